// containerd's TestContainersList and TestContainersCreateUpdateDelete, case for case; extensions are not
// stored yet.
#include <gmock/gmock.h>

#include "bayplan/containers/containers.h"
#include "bayplan/metadata/db.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "support/event_log.h"
#include "support/temp_dir.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kNs = "default";

Container sample(std::string id) {
  Container container;
  container.id = std::move(id);
  container.image = "docker.io/library/a:1";
  container.snapshotter = "overlay";
  container.snapshot_key = "key";
  container.spec = R"({"ociVersion":"1.1.0"})";
  return container;
}

class RecordTest : public testing::Test {
 protected:
  Result<void> create(const Container& container) const {
    return db_.update([&](WriteTx& tx) { return containers::create(tx, kNs, container); });
  }
  Result<Container> update(const Container& container, const FieldMask& mask = {}) const {
    return db_.update([&](WriteTx& tx) { return containers::update(tx, kNs, container, mask); });
  }
  Result<void> remove(std::string_view id) const {
    return db_.update([&](WriteTx& tx) { return containers::remove(tx, kNs, id); });
  }
  Container get(std::string_view id) const {
    return db_.view([&](const ReadTx& tx) { return containers::get(tx, kNs, id); }).value();
  }

  test::TempDir dir_;
  metadata::Db db_ = metadata::Db::open(dir_.path() / "metadata").value();
};

class TestContainersList : public RecordTest {
 protected:
  void SetUp() override {
    for (int n = 1; n <= 4; ++n) {
      Container container = sample("container-" + std::to_string(n));
      container.labels = {{n % 2 == 0 ? "even" : "odd", "true"}};
      ASSERT_TRUE(create(container));
    }
  }
  std::vector<std::string> listed(const std::vector<std::string>& filters) {
    std::vector<std::string> found;
    const auto done = db_.view([&](const ReadTx& tx) -> Result<metadata::ListEnd> {
      BAYPLAN_ASSIGN(const auto filter, metadata::Filter::parse(filters));
      BAYPLAN_ASSIGN(const auto bound, filter.bind(container_fields()));
      return containers::list(
          tx, kNs, bound, {},
          [&](const Container& container) -> Result<void> {
            found.push_back(container.id);
            return {};
          },
          [&](std::string_view key, const Error&) { problems_.emplace_back(key); });
    });
    EXPECT_TRUE(done) << done.error().to_string();
    return found;
  }
  std::vector<std::string> problems_;
};

TEST_F(TestContainersList, FullSet) {
  EXPECT_THAT(listed({}), ElementsAre("container-1", "container-2", "container-3", "container-4"));
}
TEST_F(TestContainersList, FullSetFiltered) {
  EXPECT_EQ(listed({"labels.even==true", "labels.odd==true"}).size(), 4u);
}
TEST_F(TestContainersList, Even) {
  EXPECT_THAT(listed({"labels.even==true"}), ElementsAre("container-2", "container-4"));
}
TEST_F(TestContainersList, Odd) {
  EXPECT_THAT(listed({"labels.odd==true"}), ElementsAre("container-1", "container-3"));
}
TEST_F(TestContainersList, ByID) { EXPECT_THAT(listed({"id==container-3"}), ElementsAre("container-3")); }
TEST_F(TestContainersList, ByIDLabelEven) {
  EXPECT_THAT(listed({"labels.even==true,id==container-2"}), ElementsAre("container-2"));
}
TEST_F(TestContainersList, ByRuntime) {
  EXPECT_EQ(listed({"runtime.name==io.containerd.runc.v2"}).size(), 4u);
  EXPECT_THAT(listed({"runtime.name==other"}), IsEmpty());
}
TEST_F(TestContainersList, DeleteAndDeleteAgain) {
  for (const std::string& id : listed({})) {
    EXPECT_TRUE(remove(id));
    EXPECT_EQ(remove(id).error().code(), Errc::not_found);
  }
}
TEST_F(TestContainersList, ADamagedRecordIsReportedAndTheOthersAreListed) {
  ASSERT_TRUE(db_.update([](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto record,
                   metadata::open_namespace_bucket(tx, kNs, {metadata::schema::kContainers, "container-2"}));
    return record->erase(metadata::schema::kSpec);
  }));
  EXPECT_THAT(listed({}), ElementsAre("container-1", "container-3", "container-4"));
  EXPECT_THAT(problems_, ElementsAre("container-2"));
}

class TestContainersCreateUpdateDelete : public RecordTest {
 protected:
  void SetUp() override {
    Container container = sample("c");
    container.labels = {{"foo", "one"}, {"bar", "two"}};
    ASSERT_TRUE(create(container));
    original_ = get("c");
    EXPECT_EQ(original_.created, original_.updated);
  }
  void becomes(const Container& given, const FieldMask& mask, Container expected) {
    const auto updated = update(given, mask);
    ASSERT_TRUE(updated) << updated.error().to_string();
    EXPECT_GT(updated->updated, updated->created);
    expected.created = original_.created;
    expected.updated = updated->updated;
    EXPECT_EQ(*updated, expected);
    EXPECT_EQ(get("c"), expected);
  }
  void refused(const Container& given, const FieldMask& mask, Errc code) {
    const auto updated = update(given, mask);
    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().code(), code);
    EXPECT_EQ(get("c"), original_);
  }
  // Differs from the record in everything.
  Container other() const {
    Container container = sample("c");
    container.image = "other:1";
    container.snapshot_key = "other";
    container.snapshotter = "native";
    container.runtime = "other";
    container.spec = R"({"ociVersion":"1.2.0"})";
    container.labels = {{"foo", "changed"}, {"new", "three"}};
    return container;
  }
  Container original_;
};

TEST_F(TestContainersCreateUpdateDelete, UpdateIDFail) { refused(sample("d"), {}, Errc::not_found); }

TEST_F(TestContainersCreateUpdateDelete, UpdateRuntimeFail) {
  Container given = original_;
  given.runtime = "other";
  refused(given, {}, Errc::invalid_argument);
  refused(given, {"runtime"}, Errc::invalid_argument);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateRuntimeClearFail) {
  Container given = original_;
  given.runtime.clear();
  refused(given, {}, Errc::invalid_argument);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateSpec) {
  Container wanted = original_;
  wanted.spec = other().spec;
  becomes(other(), {"spec"}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateSnapshot) {
  Container wanted = original_;
  wanted.snapshot_key = "other";
  becomes(other(), {"snapshotkey"}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateImage) {
  Container wanted = original_;
  wanted.image = "other:1";
  becomes(other(), {"image"}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateLabel) {
  Container wanted = original_;
  wanted.labels["foo"] = "changed";
  becomes(other(), {"labels.foo"}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, DeleteAllLabels) {
  Container given = original_;
  given.labels = {};
  becomes(given, {"labels"}, given);
}

TEST_F(TestContainersCreateUpdateDelete, DeleteLabel) {
  Container given = original_;
  given.labels["foo"] = "";
  Container wanted = original_;
  wanted.labels.erase("foo");
  becomes(given, {"labels"}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateSnapshotKeyImmutable) {
  refused(other(), {"snapshotter"}, Errc::invalid_argument);
  Container given = original_;
  given.snapshotter = "native";
  refused(given, {}, Errc::invalid_argument);
}

TEST_F(TestContainersCreateUpdateDelete, SnapshotKeyWithoutSnapshot) {
  Container given = sample("d");
  given.snapshotter.clear();
  EXPECT_EQ(create(given).error().code(), Errc::invalid_argument);
}

TEST_F(TestContainersCreateUpdateDelete, WithoutAMaskAllThatCanChangeDoes) {
  Container wanted = other();
  wanted.runtime = original_.runtime;
  wanted.snapshotter = original_.snapshotter;
  becomes(wanted, {}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, OtherPathsAreRefusedAndNothingIsChanged) {
  for (const char* path : {"id", "sandboxid", "created", "", "spec.x", "image.name"})
    refused(other(), {"labels", path}, Errc::invalid_argument);
}

TEST_F(TestContainersCreateUpdateDelete, WhatTheRecordHoldsBesideIsKept) {
  ASSERT_TRUE(db_.update([](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto record,
                   metadata::open_namespace_bucket(tx, kNs, {metadata::schema::kContainers, "c"}));
    BAYPLAN_ASSIGN(auto runtime, record->bucket(metadata::schema::kRuntime));
    return runtime->put(metadata::schema::kOptions, "opaque");
  }));
  ASSERT_TRUE(update(other(), {"labels", "spec", "image", "snapshotkey"}));
  ASSERT_TRUE(db_.view([](const ReadTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto runtime,
                   metadata::namespace_bucket(
                       tx, kNs, {metadata::schema::kContainers, "c", metadata::schema::kRuntime}));
    EXPECT_EQ(runtime->require(metadata::schema::kOptions).value(), "opaque");
    return {};
  }));
}

TEST_F(RecordTest, SaysWhatItDid) {
  test::EventLog log(db_);
  ASSERT_TRUE(create(sample("c")));
  EXPECT_THAT(log.seen(), ElementsAre("created namespace default/default", "created container default/c"));
  Container changed = sample("c");
  changed.labels = {{"k", "v"}};
  ASSERT_TRUE(update(changed, {"labels"}));
  EXPECT_THAT(log.seen(), ElementsAre("updated container default/c"));
  ASSERT_TRUE(db_.update([](WriteTx& tx) { return set_labels(tx, kNs, "c", {}); }));
  EXPECT_THAT(log.seen(), ElementsAre("updated container default/c"));
  ASSERT_TRUE(remove("c"));
  EXPECT_THAT(log.seen(), ElementsAre("removed container default/c"));
  EXPECT_THAT(log.told(), ElementsAre("created namespace default/default", "created container default/c",
                                      "updated container default/c", "updated container default/c",
                                      "removed container default/c"));
}

}  // namespace
}  // namespace bayplan::containers
