// containerd's TestContainersCreateUpdateDelete, case for case; those about extensions are in
// container_extensions_test.cc.
#include "container_update.h"

#include <gmock/gmock.h>

#include "support/event_log.h"

namespace bayplan::containers {
namespace {

TEST_F(TestContainersCreateUpdateDelete, UpdateIDFail) { refused(sample("d"), {}, Errc::not_found); }

TEST_F(TestContainersCreateUpdateDelete, UpdateRuntimeFail) {
  Container given = original_;
  given.runtime.name = "other";
  refused(given, {}, Errc::invalid_argument);
  refused(given, {"runtime"}, Errc::invalid_argument);
}

TEST_F(TestContainersCreateUpdateDelete, UpdateRuntimeClearFail) {
  Container given = original_;
  given.runtime.name.clear();
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
  EXPECT_EQ(code(create(given)), Errc::invalid_argument);
}

TEST_F(TestContainersCreateUpdateDelete, WhatCannotBeChangedIsRefusedNotIgnored) {
  const std::vector<std::function<void(Container&)>> changes = {
      [](Container& c) { c.sandbox_id = "other"; },
      [](Container& c) { c.sandbox_id.clear(); },
      [](Container& c) { c.runtime.options->value = "other"; },
      [](Container& c) { c.runtime.options.reset(); },
  };
  for (const auto& change : changes) {
    Container given = original_;
    change(given);
    refused(given, {}, Errc::invalid_argument);
    Container labelled = original_;
    becomes(given, {"labels"}, labelled);
    original_ = get("c");
  }
}

TEST_F(TestContainersCreateUpdateDelete, WithoutAMaskAllThatCanChangeDoes) {
  Container wanted = other();
  wanted.runtime = original_.runtime;
  wanted.snapshotter = original_.snapshotter;
  wanted.sandbox_id = original_.sandbox_id;
  becomes(wanted, {}, wanted);
}

TEST_F(TestContainersCreateUpdateDelete, OtherPathsAreRefusedAndNothingIsChanged) {
  for (const char* path : {"id", "sandboxid", "runtime.options", "created", "", "spec.x", "image.name"})
    refused(other(), {"labels", path}, Errc::invalid_argument);
}

TEST_F(TestContainersCreateUpdateDelete, WhatTheRecordHoldsBesideIsKept) {
  change("containers", "c", [](metadata::MutableBucket& record) -> Result<void> {
    BAYPLAN_TRY(record.put("future", "x"));
    BAYPLAN_ASSIGN(auto runtime, record.bucket(metadata::schema::kRuntime));
    return runtime->put("future", "y");
  });
  ASSERT_TRUE(update(other(), {"labels", "spec", "image", "snapshotkey", "extensions"}));
  const Dump after = dump("containers", "c");
  EXPECT_EQ(after.at("future"), "x");
  EXPECT_EQ(after.at("runtime/future"), "y");
}

// S72. The record is one that an older containerd wrote, with an Any whose fields stand the other way round.
TEST_F(TestContainersCreateUpdateDelete, UpdateOfLabelsAloneLeavesTheRestByteIdentical) {
  const std::string backwards = "\x12\x02{}\x0a\x36" + std::string(kSpecTypeUrl);
  change("containers", "c", [&](metadata::MutableBucket& record) -> Result<void> {
    BAYPLAN_TRY(record.put(metadata::schema::kSpec, backwards));
    return record.erase(metadata::schema::kSandboxId);
  });
  const auto without_labels = [&] {
    Dump found = dump("containers", "c");
    std::erase_if(found, [](const auto& row) {
      return row.first.starts_with("labels/") || row.first == metadata::schema::kUpdatedAt;
    });
    return found;
  };
  const Dump before = without_labels();
  ASSERT_EQ(before.at("spec"), backwards);
  ASSERT_TRUE(update(other(), {"labels"}));
  EXPECT_EQ(without_labels(), before);
  EXPECT_EQ(get("c").labels, other().labels);
  ASSERT_TRUE(update(other(), {"labels.foo", "image"}));
  Dump expected = before;
  expected["image"] = "other:1";
  EXPECT_EQ(without_labels(), expected);
}

// containerd's store of old wrote the request where it should have written what the mask had made of it.
TEST_F(TestContainersCreateUpdateDelete, AMaskedUpdateChangesNoOtherField) {
  Container wanted = original_;
  for (const char* path : {"labels.new", "spec", "image", "snapshotkey", "extensions.new"}) {
    if (path == std::string_view("labels.new")) wanted.labels["new"] = "three";
    if (path == std::string_view("spec")) wanted.spec = other().spec;
    if (path == std::string_view("image")) wanted.image = other().image;
    if (path == std::string_view("snapshotkey")) wanted.snapshot_key = other().snapshot_key;
    if (path == std::string_view("extensions.new")) wanted.extensions["new"] = {};
    becomes(other(), {path}, wanted);
  }
}

TEST_F(RecordTest, SaysWhatItDid) {
  test::EventLog log(db_);
  ASSERT_TRUE(create(sample("c")));
  EXPECT_THAT(log.seen(),
              testing::ElementsAre("created namespace default/default", "created container default/c"));
  Container changed = sample("c");
  changed.labels = {{"k", "v"}};
  ASSERT_TRUE(update(changed, {"labels"}));
  EXPECT_THAT(log.seen(), testing::ElementsAre("updated container default/c"));
  ASSERT_TRUE(db_.update([](metadata::WriteTx& tx) { return set_labels(tx, kNs, "c", {}); }));
  EXPECT_THAT(log.seen(), testing::ElementsAre("updated container default/c"));
  ASSERT_TRUE(remove("c"));
  EXPECT_THAT(log.seen(), testing::ElementsAre("removed container default/c"));
  EXPECT_THAT(log.told(), testing::ElementsAre("created namespace default/default",
                                               "created container default/c", "updated container default/c",
                                               "updated container default/c", "removed container default/c"));
}

}  // namespace
}  // namespace bayplan::containers
