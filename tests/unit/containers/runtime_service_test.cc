// Containers and pods of the runtime service (items S22, S43 to S49, S51, S52, S71, A31).
#include "bayplan/containers/containers.h"
#include "bayplan/containers/tasks.h"
#include "service_fixture.h"

namespace bayplan::containers {
namespace {

namespace fs = std::filesystem;
using metadata::ReadTx;
using metadata::WriteTx;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RuntimeServiceTest : public ServiceFixture {
 protected:
  void set_raw_metadata(const std::string& id, std::string_view text) {
    store_->db().update([&](WriteTx& tx) { return storage::set_metadata(tx, kNs, id, text); }).value();
  }
};

TEST_F(RuntimeServiceTest, S43_OnlyAnInfrastructureContainerIsAPodSandbox) {
  make_pod("p1");
  make("p1", "c1");
  EXPECT_EQ(wrong(service().remove_pod_sandbox("")), (Wrong{Errc::invalid_argument, BadInput::sandbox_id}));
  EXPECT_EQ(wrong(service().remove_pod_sandbox("none")), (Wrong{Errc::not_found, BadInput::sandbox_id}));
  EXPECT_EQ(wrong(service().remove_pod_sandbox("c1")), (Wrong{Errc::invalid_argument, BadInput::sandbox_id}));
  ASSERT_EQ(words(service().remove_pod_sandbox("pod-p1")), "");
  EXPECT_THAT(service().list().value(), ElementsAre("c1")) << "members stay";
}

TEST_F(RuntimeServiceTest, S44_S71_DeletingTakesRecordSnapshotNamesAndDirectories) {
  make_and_forget_one();
  const Digest before = digest();
  const auto directories_before = directories();
  const ContainerInfo info = make("p1", "c1");
  ASSERT_EQ(words(service().start_container("c1")), "");
  ASSERT_EQ(words(service().delete_container("name-c1")), "");
  EXPECT_FALSE(fs::exists(info.dir));
  EXPECT_FALSE(fs::exists(info.run_dir));
  EXPECT_EQ(outcome(store_.snapshot("c1")), "not_found");
  collect();
  EXPECT_EQ(directories(), directories_before);
  make("p1", "c1");
  ASSERT_EQ(words(service().delete_container("c1")), "") << "its names are free again";
  collect();
  EXPECT_EQ(digest(), before);
}

TEST_F(RuntimeServiceTest, S44_S48_AnUnknownContainerIsSuccessOrAnErrorAsAskedFor) {
  EXPECT_EQ(wrong(service().delete_container("")), (Wrong{Errc::invalid_argument, BadInput::container_id}));
  EXPECT_EQ(wrong(service().stop_container("")), (Wrong{Errc::invalid_argument, BadInput::container_id}));
  EXPECT_EQ(words(service().delete_container("none")), "");
  EXPECT_EQ(words(service().stop_container("none")), "");
  const RuntimeService strict = service({.unknown = Unknown::is_error});
  EXPECT_EQ(wrong(strict.delete_container("none")), (Wrong{Errc::not_found, BadInput::container_id}));
  EXPECT_EQ(wrong(strict.stop_container("none")), (Wrong{Errc::not_found, BadInput::container_id}));
}

TEST_F(RuntimeServiceTest, S73_WhatRunsIsNotDeleted) {
  make_pod("p1");
  const fs::path at = service().start_container("p1").value();
  const auto change_task = [&](auto change) { return store_->db().update(change); };
  const tasks::Task task = tasks::of_process("p1", ::getpid()).value();
  ASSERT_EQ(words(change_task([&](WriteTx& tx) { return tasks::create(tx, kNs, task); })), "");
  const Digest before = digest();
  EXPECT_EQ(outcome(service().delete_container("p1")), "failed_precondition");
  EXPECT_EQ(outcome(service().remove_pod_sandbox("p1")), "failed_precondition");
  EXPECT_EQ(outcome(libpod().delete_container("p1")), "failed_precondition");
  EXPECT_EQ(outcome(service().wipe()), "failed_precondition");
  EXPECT_EQ(digest(), before);
  EXPECT_TRUE(is_mounted(at)) << "what runs keeps its files";
  ASSERT_EQ(words(change_task([&](WriteTx& tx) { return tasks::remove(tx, kNs, "p1"); })), "");
  EXPECT_EQ(words(service().remove_pod_sandbox("p1")), "");
}

TEST_F(RuntimeServiceTest, S71_AnotherContainersSnapshotStaysMounted) {
  make("p1", "c1");
  const fs::path at = service().start_container("c1").value();
  const auto record = store_.get("c1");
  Container other = *record;
  other.id = "c2";
  ASSERT_EQ(words(store_->db().update([&](WriteTx& tx) { return create(tx, kNs, other); })), "");
  ASSERT_EQ(words(service().delete_container("c1")), "");
  EXPECT_TRUE(is_mounted(at));
  EXPECT_EQ(outcome(store_.snapshot("c1")), "ok");
  ASSERT_EQ(words(service().delete_container("c2")), "");
  EXPECT_FALSE(fs::exists(at)) << "the mount point goes with the mount";
  EXPECT_EQ(outcome(store_.snapshot("c1")), "not_found");
}

TEST_F(RuntimeServiceTest, S71_SyncCollectsWhatItReleased) {
  make_pod("p1");
  make("p1", "c1");
  const std::string parent = store_.snapshot("c1")->parent;
  store_->db().update([&](WriteTx& tx) { return images::remove(tx, kNs, kImage); }).value();
  ASSERT_EQ(words(service().delete_container("c1", {.sync = true})), "");
  EXPECT_EQ(outcome(store_.snapshot(parent)), "ok") << "the pod's infrastructure container stands on it";
  ASSERT_EQ(words(service().remove_pod_sandbox("p1", {.sync = true})), "");
  EXPECT_EQ(outcome(store_.snapshot(parent)), "not_found");
  EXPECT_THAT(directories(), IsEmpty());
}

TEST_F(RuntimeServiceTest, S71_WhatSomethingElseRefersToStays) {
  make("p1", "c1");
  snapshots::Stage stage = store_->db()
                               .view([&](const ReadTx& tx) {
                                 return store_->snapshotter().stage(tx, kNs, store_.snapshot("c1")->parent);
                               })
                               .value();
  store_->db()
      .update([&](WriteTx& tx) {
        return store_->snapshotter().prepare(tx, kNs, "else", std::move(stage),
                                             {{"containerd.io/gc.root", "1"}}, metadata::referred());
      })
      .value();
  const std::string parent = store_.snapshot("c1")->parent;
  ASSERT_EQ(words(service().delete_container("c1")), "");
  store_->db().update([&](WriteTx& tx) { return images::remove(tx, kNs, kImage); }).value();
  collect();
  EXPECT_EQ(outcome(store_.snapshot(parent)), "ok");
  store_->db().update([&](WriteTx& tx) { return store_->snapshotter().remove(tx, kNs, "else"); }).value();
  collect();
  EXPECT_EQ(outcome(store_.snapshot(parent)), "not_found");
}

TEST_F(RuntimeServiceTest, S45_MetadataIsReplacedAndKeepsWhatIsNotOurs) {
  make("p1", "c1");
  set_raw_metadata("c1", R"({"name":"old","new-key":[1]})");
  RuntimeMetadata metadata = service().container_metadata("c1").value();
  metadata.name = "new";
  ASSERT_EQ(words(service().set_container_metadata("c1", metadata)), "");
  EXPECT_EQ(service().container_metadata("c1").value(), metadata);
  EXPECT_THAT(record("c1").metadata, HasSubstr(R"("new-key":[1])"));
}

TEST_F(RuntimeServiceTest, S45_WhatIsUnknownOrNoJsonIsSaidAndStays) {
  make("p1", "c1");
  for (const Error& error :
       {service().container_metadata("none").error(), service().set_container_metadata("none", {}).error()}) {
    EXPECT_EQ(error.code(), Errc::not_found);
    EXPECT_EQ(error.message(), "identifier is not a layer, image, or container");
  }
  set_raw_metadata("c1", "nonsense");
  EXPECT_EQ(outcome(service().container_metadata("c1")), "corrupt");
  EXPECT_EQ(outcome(service().set_container_metadata("c1", {})), "corrupt");
  EXPECT_EQ(record("c1").metadata, "nonsense");
}

TEST_F(RuntimeServiceTest, S45_OnlyContainersAreAddressed) {
  make("p1", "c1");
  EXPECT_EQ(outcome(service().container_metadata("name-c1-layer")), "not_found");
  EXPECT_EQ(outcome(service().container_metadata(kImage)), "not_found");
}

TEST_F(RuntimeServiceTest, S46_AChangeIsOneTransaction) {
  make("p1", "c1");
  const auto set_label = [](RuntimeMetadata& metadata) -> Result<void> {
    metadata.mount_label = "label";
    return {};
  };
  const auto raise = [](RuntimeMetadata& metadata) -> Result<void> {
    ++metadata.attempt;
    return {};
  };
  ASSERT_EQ(words(service().update_container_metadata("c1", set_label)), "");
  EXPECT_EQ(service().update_container_metadata("c1", raise)->attempt, 1u);
  EXPECT_EQ(service().update_container_metadata("c1", raise)->attempt, 2u);
  EXPECT_EQ(service().container_metadata("c1")->mount_label, "label");
  const Digest before = digest();
  const auto refused = service().update_container_metadata(
      "c1", [](RuntimeMetadata&) -> Result<void> { return Error(Errc::cancelled, "test", {}); });
  EXPECT_EQ(outcome(refused), "cancelled");
  EXPECT_EQ(digest(), before);
}

TEST_F(RuntimeServiceTest, S49_DirectoriesAreFoundAndMadeAgain) {
  const ContainerInfo info = make("p1", "c1");
  EXPECT_EQ(service().work_dir("name-c1").value(), info.dir);
  EXPECT_EQ(service().run_dir("c1").value(), info.run_dir);
  fs::remove_all(store_.run_root());
  EXPECT_EQ(service().run_dir("c1").value(), info.run_dir);
  EXPECT_TRUE(fs::is_directory(info.run_dir));
  for (const std::string& id : {std::string(), std::string("none")}) {
    EXPECT_EQ(bad_input(service().work_dir(id).error()), BadInput::container_id);
    EXPECT_EQ(bad_input(service().run_dir(id).error()), BadInput::container_id);
  }
  EXPECT_FALSE(fs::exists(store_.root() / "containers/default/none")) << "D2";
}

TEST_F(RuntimeServiceTest, S51_MembersAreListedInfrastructureFirst) {
  make_pod("p2");
  make("p2", "a1");
  make("p2", "z1");
  make_pod("p1");
  ASSERT_EQ(words(libpod().create_container(libpod_request("l1"), {})), "");
  const auto ids = [](const PodMembers& members) {
    std::vector<std::string> found;
    for (const PodMember& one : members) found.push_back(one.id);
    return found;
  };
  EXPECT_THAT(ids(service().members("p2").value()), ElementsAre("p2", "a1", "z1"));
  EXPECT_THAT(ids(service().members("none").value()), IsEmpty());
  const auto pods = service().pods().value();
  ASSERT_EQ(pods.size(), 2u);
  EXPECT_THAT(ids(pods.at("p1")), ElementsAre("p1"));
  EXPECT_THAT(ids(pods.at("p2")), ElementsAre("p2", "a1", "z1"));
}

TEST_F(RuntimeServiceTest, S51_MetadataThatCannotBeReadNeverHidesTheOthers) {
  make_pod("p1");
  make("p1", "c1");
  make("p1", "c2");
  set_raw_metadata("c1", "nonsense");
  std::vector<std::string> told;
  const auto members = service().members("p1", [&](std::string_view id, const Error& error) {
    told.emplace_back(id);
    EXPECT_EQ(error.code(), Errc::corrupt);
  });
  ASSERT_EQ(members->size(), 2u);
  EXPECT_THAT(told, ElementsAre("c1"));
  EXPECT_EQ(service().members("p1")->size(), 2u) << "also without somebody to tell";
}

TEST_F(RuntimeServiceTest, S52_ResyncTellsWhatOthersDid) {
  make_pod("p1");
  make("p1", "c1");
  const Resync first = service().resync({}).value();
  EXPECT_THAT(first.added, ElementsAre("c1", "p1"));
  ASSERT_EQ(words(service().delete_container("c1")), "");
  make("p1", "c2");
  const Resync second = service().resync(first.added).value();
  EXPECT_THAT(second.added, ElementsAre("c2"));
  EXPECT_THAT(second.vanished, ElementsAre("c1"));
  EXPECT_THAT(second.kept, ElementsAre("p1"));
}

TEST_F(RuntimeServiceTest, S22_StatusTellsMetadataMountAndCanonicalImage) {
  make("p1", "c1");
  ContainerStatus status = service().container_status("name-c1").value();
  EXPECT_EQ(status.id, "c1");
  EXPECT_EQ(status.metadata.name, "name-c1");
  EXPECT_EQ(status.mounted, std::nullopt);
  EXPECT_THAT(*status.image, testing::StartsWith("docker.io/library/app@sha256:"));
  const fs::path at = service().start_container("c1").value();
  status = service().container_status("c1").value();
  EXPECT_EQ(*status.mounted, (MountedContainer{"c1", at, 1}));
  EXPECT_EQ(bad_input(service().container_status("none").error()), BadInput::container_id);
}

}  // namespace
}  // namespace bayplan::containers
