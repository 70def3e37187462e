// Whatever fails while a container is made, the store holds what it held, and the error is that of the step
// (items S38, N2, A31).
#include "service_fixture.h"

namespace bayplan::containers {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RuntimeFailures : public ServiceFixture {
 protected:
  RuntimeFailures() {
    make_and_forget_one();
    EXPECT_EQ(words(service().create_pod_sandbox(pod("p1"), {})), "");
    before_ = digest();
    directories_before_ = directories();
  }
  ~RuntimeFailures() override {
    fault::arm({});
    EXPECT_EQ(digest(), before_);
    EXPECT_EQ(directories(), directories_before_);
    EXPECT_THAT(store_.problems(), testing::IsEmpty());
    const auto made = service().create_container(member("p1", "c1"), {});
    EXPECT_EQ(words(made), "") << "and it can be made afterwards";
  }
  Result<ContainerInfo> create() const { return service().create_container(member("p1", "c1"), {}); }

  Digest before_ = Digest::of("");
  std::vector<std::string> directories_before_;
};

TEST_F(RuntimeFailures, S38_N2_EachWriteOfTheTransaction) {
  const Error injected(Errc::io, "fault", "key_write");
  int nth = 0;
  for (bool succeeded = false; !succeeded;) {
    ++nth;
    int seen = 0;
    fault::arm([&](fault::Point point) -> std::optional<Error> {
      if (point != fault::Point::key_write || ++seen != nth) return {};
      return injected;
    });
    const auto made = create();
    fault::arm({});
    succeeded = made.has_value();
    if (succeeded) break;
    ASSERT_EQ(words(made), injected.to_string()) << "its write " << nth;
    ASSERT_EQ(digest(), before_) << "its write " << nth;
    ASSERT_EQ(directories(), directories_before_) << "its write " << nth;
  }
  EXPECT_GT(nth, 30);
  ASSERT_EQ(words(service().delete_container("c1")), "");
  collect();
}

TEST_F(RuntimeFailures, S38_N2_TheCommitAndTheSnapshot) {
  for (const fault::Point failing : {fault::Point::commit_before, fault::Point::stage_created}) {
    fault::arm([&](fault::Point point) -> std::optional<Error> {
      if (point != failing) return {};
      return Error(Errc::io, "fault", fault::name(point));
    });
    const auto made = create();
    fault::arm({});
    ASSERT_EQ(outcome(made), "io");
    EXPECT_EQ(made.error().name(), fault::name(failing));
    EXPECT_EQ(digest(), before_);
    EXPECT_EQ(directories(), directories_before_);
  }
}

TEST_F(RuntimeFailures, A31_TheWorkDirectory) {
  const fs::path there = store_.root() / "containers/default/c1";
  write_text_file(there, "a file");
  EXPECT_NE(outcome(create()), "ok");
  EXPECT_EQ(read_text_file(there), "a file");
  fs::remove(there);
}

TEST_F(RuntimeFailures, A31_TheRunDirectory) {
  const fs::path there = service().run_dir("p1").value().parent_path() / "c1";
  write_text_file(there, "a file");
  EXPECT_NE(outcome(create()), "ok");
  fs::remove(there);
}

TEST_F(RuntimeFailures, A31_TheNames) {
  ContainerRequest request = member("p1", "c1");
  request.container_name = "pod-p1";
  EXPECT_EQ(outcome(service().create_container(request, {})), "already_exists");
}

TEST_F(RuntimeFailures, A31_TheNameOfTheLayer) {
  const auto take = [&](std::vector<std::string> names) {
    store_->db()
        .update([&](metadata::WriteTx& tx) -> Result<void> {
          return storage::add_layer_names(tx, kNs, "p1", names);
        })
        .value();
  };
  take({"name-c1-layer"});
  const Digest taken = digest();
  const auto refused = create();
  EXPECT_EQ(outcome(refused), "already_exists");
  EXPECT_EQ(refused.error().kind(), "layer name");
  EXPECT_EQ(digest(), taken);
  ContainerRequest thief = member("p1", "thief");
  ASSERT_EQ(words(service().create_container(thief, {})), "");
  store_->db()
      .update([&](metadata::WriteTx& tx) -> Result<void> {
        return storage::add_layer_names(tx, kNs, "thief", {"name-c1-layer"});
      })
      .value();
  ASSERT_EQ(words(service().delete_container("thief")), "") << "takes the name along";
  collect();
  before_ = digest();  // p1 was changed
}

TEST_F(RuntimeFailures, A31_TheConfiguration) {
  ContainerRequest request = member("p1", "c1");
  for (const char* config : {"nonsense", "[]", "{\"a\":1"}) {
    request.config = config;
    EXPECT_EQ(outcome(service().create_container(request, {})), "invalid_argument") << config;
  }
}

TEST_F(RuntimeFailures, A31_TheImagesUser) {
  store_.add_image("docker.io/library/nobody:1", {plain_layer("x")}, {.user = "nobody-at-all"});
  before_ = digest();
  directories_before_ = directories();
  ContainerRequest request = member("p1", "c1");
  request.image_name = "nobody:1";
  EXPECT_EQ(outcome(service().create_container(request, {})), "not_found");
}

TEST_F(RuntimeFailures, T4_AnIdThatIsInUseKeepsItsContainerAndItsDirectories) {
  write_text_file(store_.root() / "containers/default/p1/state", "of p1");
  ContainerRequest request = member("p1", "p1");
  request.container_name = "other";
  const auto made = service().create_container(request, {});
  EXPECT_EQ(outcome(made), "already_exists");
  EXPECT_EQ(made.error().kind(), "container");
  EXPECT_THAT(made.error().message(), HasSubstr("that ID is already in use"));
  EXPECT_EQ(read_text_file(store_.root() / "containers/default/p1/state"), "of p1");
}

TEST_F(RuntimeFailures, WhatACrashLeftOfAnotherOneIsNotInherited) {
  fs::create_directory(store_.root() / "containers/default/c1");
  write_text_file(store_.root() / "containers/default/c1/old", "x");
  ASSERT_EQ(words(create()), "");
  EXPECT_FALSE(fs::exists(store_.root() / "containers/default/c1/old"));
  ASSERT_EQ(words(service().delete_container("c1")), "");
  collect();
}

TEST_F(RuntimeFailures, N2_DeletingIsAllOrNothing) {
  ASSERT_EQ(words(create()), "");
  const Digest with = digest();
  const Error injected(Errc::io, "fault", "key_write");
  int nth = 0;
  for (bool succeeded = false; !succeeded;) {
    ++nth;
    int seen = 0;
    fault::arm([&](fault::Point point) -> std::optional<Error> {
      if (point != fault::Point::key_write || ++seen != nth) return {};
      return injected;
    });
    const auto removed = service().delete_container("c1");
    fault::arm({});
    succeeded = removed.has_value();
    if (succeeded) break;
    ASSERT_EQ(words(removed), injected.to_string()) << "its write " << nth;
    ASSERT_EQ(digest(), with) << "its write " << nth;
    ASSERT_TRUE(fs::exists(store_.root() / "containers/default/c1/config.json"));
  }
  EXPECT_GT(nth, 4);
  collect();
}

}  // namespace
}  // namespace bayplan::containers
