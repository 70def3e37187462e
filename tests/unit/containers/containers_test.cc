#include "bayplan/containers/containers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "bayplan/metadata/check.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/db.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "support/gc_telling.h"
#include "support/temp_dir.h"

namespace bayplan::containers {
namespace {

using metadata::Db;
using metadata::GcNode;
using metadata::MutableBucket;
using metadata::ReadTx;
using metadata::WriteTx;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace schema = metadata::schema;

constexpr std::string_view kNs = "default";

Container sample(std::string id = "c1") {
  Container container;
  container.id = std::move(id);
  container.image = "docker.io/library/a:1";
  container.snapshotter = "overlay";
  container.snapshot_key = "key-of-c1";
  container.spec = R"({"ociVersion":"1.1.0"})";
  container.labels = {{"colour", "blue"}};
  return container;
}

class ContainersTest : public ::testing::Test {
 protected:
  Result<void> create(const Container& container, std::string_view ns = kNs) const {
    return db_.update([&](WriteTx& tx) { return containers::create(tx, ns, container); });
  }
  Result<Container> get(std::string_view id, std::string_view ns = kNs) const {
    return db_.view([&](const ReadTx& tx) { return containers::get(tx, ns, id); });
  }
  Result<std::vector<std::string>> ids() const {
    return db_.view([&](const ReadTx& tx) -> Result<std::vector<std::string>> {
      std::vector<std::string> found;
      BAYPLAN_TRY(walk(tx, kNs, [&](const Container& container) -> Result<void> {
        found.push_back(container.id);
        return {};
      }));
      return found;
    });
  }
  // Changes the record of `id` behind the functions' back.
  void damage(std::string_view id, const std::function<Result<void>(MutableBucket&)>& change) const {
    const auto done = db_.update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(tx, kNs, {schema::kContainers, id}));
      return change(*record);
    });
    ASSERT_TRUE(done) << done.error().to_string();
  }
  static Errc code(const Result<void>& result) { return result ? Errc{} : result.error().code(); }

  test::TempDir dir_;
  Db db_ = Db::open(dir_.path() / "metadata").value();
};

TEST_F(ContainersTest, WhatIsCreatedIsRead) {
  const Time before = now();
  ASSERT_TRUE(create(sample()));
  const auto read = get("c1");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_GE(read->created, before);
  EXPECT_EQ(read->created, read->updated);
  Container expected = sample();
  expected.created = expected.updated = read->created;
  EXPECT_EQ(*read, expected);
}

TEST_F(ContainersTest, TheRecordIsContainerds) {
  ASSERT_TRUE(create(sample()));
  const auto checked = db_.view([](const ReadTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto record, root_bucket(tx).descend({"v1", "default", "containers", "c1"}));
    EXPECT_EQ(record->require("image").value(), "docker.io/library/a:1");
    EXPECT_EQ(record->require("snapshotter").value(), "overlay");
    EXPECT_EQ(record->require("snapshotKey").value(), "key-of-c1");
    EXPECT_EQ(record->descend({"runtime"}).value()->require("name").value(), "io.containerd.runc.v2");
    EXPECT_EQ(record->descend({"labels"}).value()->require("colour").value(), "blue");
    EXPECT_EQ(record->require("createdat")->size(), 15u);
    const std::string spec(record->require("spec").value());
    EXPECT_EQ(spec, "\x0a\x36" + std::string(kSpecTypeUrl) + "\x12\x16" + R"({"ociVersion":"1.1.0"})");
    return {};
  });
  EXPECT_TRUE(checked);
}

TEST_F(ContainersTest, NamespacesAreApart) {
  ASSERT_TRUE(create(sample(), "one"));
  EXPECT_EQ(get("c1", "two").error().code(), Errc::not_found);
  EXPECT_TRUE(create(sample(), "two"));
}

TEST_F(ContainersTest, AnIdIsTakenOnce) {
  ASSERT_TRUE(create(sample()));
  Container other = sample();
  other.image = "other";
  EXPECT_EQ(code(create(other)), Errc::already_exists);
  EXPECT_EQ(get("c1")->image, "docker.io/library/a:1");
}

TEST_F(ContainersTest, CreateRefusesWhatCanNeverBeRight) {
  const auto refused = [&](const std::function<void(Container&)>& spoil) {
    Container container = sample();
    spoil(container);
    return code(create(container)) == Errc::invalid_argument;
  };
  EXPECT_TRUE(refused([](Container& c) { c.id = "../up"; }));
  EXPECT_TRUE(refused([](Container& c) { c.id = ""; }));
  EXPECT_TRUE(refused([](Container& c) { c.id = std::string(77, 'a'); }));
  EXPECT_TRUE(refused([](Container& c) { c.runtime.name = ""; }));
  EXPECT_TRUE(refused([](Container& c) { c.spec = ""; }));
  EXPECT_TRUE(refused([](Container& c) { c.spec = "{"; }));
  EXPECT_TRUE(refused([](Container& c) { c.snapshotter = ""; }));
  EXPECT_TRUE(refused([](Container& c) { c.labels[""] = "x"; }));
  EXPECT_TRUE(refused([](Container& c) { c.labels["k"] = std::string(5000, 'x'); }));
  EXPECT_EQ(code(create(sample(), "version")), Errc::invalid_argument);
  EXPECT_THAT(*ids(), IsEmpty());
}

TEST_F(ContainersTest, ASnapshotIsNotDemanded) {
  Container container = sample();
  container.snapshotter = container.snapshot_key = container.image = "";
  ASSERT_TRUE(create(container));
  EXPECT_EQ(get("c1")->snapshotter, "");
}

TEST_F(ContainersTest, AFailedCreateLeavesTheTransactionUsableAndUnchanged) {
  const auto done = db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(containers::create(tx, kNs, sample("a")));
    EXPECT_FALSE(containers::create(tx, kNs, sample("a")));
    Container bad = sample("b");
    bad.spec.clear();
    EXPECT_FALSE(containers::create(tx, kNs, bad));
    return containers::create(tx, kNs, sample("c"));
  });
  ASSERT_TRUE(done);
  EXPECT_THAT(*ids(), ElementsAre("a", "c"));
}

TEST_F(ContainersTest, LabelsAreReplacedAndUpdatedMoves) {
  ASSERT_TRUE(create(sample()));
  const Container before = *get("c1");
  ASSERT_TRUE(db_.update([&](WriteTx& tx) {
    return set_labels(tx, kNs, "c1", {{"shape", "round"}, {"gone", ""}});
  }));
  const Container after = *get("c1");
  EXPECT_EQ(after.labels, (Labels{{"shape", "round"}}));
  EXPECT_EQ(after.created, before.created);
  EXPECT_GT(after.updated, before.updated);
  EXPECT_EQ(after.spec, before.spec);
}

TEST_F(ContainersTest, SetLabelsKeepsWhatItDoesNotKnow) {
  ASSERT_TRUE(create(sample()));
  damage("c1", [](MutableBucket& record) { return record.put("sandboxid", "pod1"); });
  ASSERT_TRUE(db_.update([&](WriteTx& tx) { return set_labels(tx, kNs, "c1", {}); }));
  EXPECT_TRUE(db_.view([](const ReadTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto record, root_bucket(tx).descend({"v1", "default", "containers", "c1"}));
    EXPECT_EQ(record->require("sandboxid").value(), "pod1");
    return {};
  }));
}

TEST_F(ContainersTest, SetLabelsRefusals) {
  ASSERT_TRUE(create(sample()));
  const auto set = [&](std::string_view id, const Labels& labels) {
    return code(db_.update([&](WriteTx& tx) { return set_labels(tx, kNs, id, labels); }));
  };
  EXPECT_EQ(set("c2", {}), Errc::not_found);
  EXPECT_EQ(set("c1", {{"", "x"}}), Errc::invalid_argument);
  EXPECT_EQ(get("c1")->labels, sample().labels);
}

TEST_F(ContainersTest, RemovedOnceIsGone) {
  ASSERT_TRUE(create(sample()));
  const auto remove_it = [&] { return db_.update([&](WriteTx& tx) { return remove(tx, kNs, "c1"); }); };
  ASSERT_TRUE(remove_it());
  EXPECT_EQ(get("c1").error().code(), Errc::not_found);
  EXPECT_EQ(code(remove_it()), Errc::not_found);
  const auto elsewhere = db_.update([&](WriteTx& tx) { return remove(tx, "nowhere", "c1"); });
  EXPECT_EQ(code(elsewhere), Errc::not_found);
}

TEST_F(ContainersTest, WalkIsInIdOrder) {
  EXPECT_THAT(*ids(), IsEmpty());
  for (const char* id : {"b", "a", "B"}) ASSERT_TRUE(create(sample(id)));
  EXPECT_THAT(*ids(), ElementsAre("B", "a", "b"));
}

TEST_F(ContainersTest, WalkStopsAtTheVisitorsError) {
  for (const char* id : {"a", "b"}) ASSERT_TRUE(create(sample(id)));
  int visits = 0;
  const auto walked = db_.view([&](const ReadTx& tx) {
    return walk(tx, kNs, [&](const Container&) -> Result<void> {
      ++visits;
      return Error(Errc::cancelled, "test", "");
    });
  });
  EXPECT_EQ(code(walked), Errc::cancelled);
  EXPECT_EQ(visits, 1);
}

TEST_F(ContainersTest, ARecordThatDoesNotDecodeIsNamed) {
  ASSERT_TRUE(create(sample("good")));
  ASSERT_TRUE(create(sample("bad")));
  damage("bad", [](MutableBucket& record) { return record.put(schema::kSpec, "\xff"); });
  for (const Error& error : {get("bad").error(), ids().error()}) {
    EXPECT_EQ(error.code(), Errc::corrupt);
    EXPECT_THAT(error.to_string(), HasSubstr("container \"bad\""));
  }
}

TEST_F(ContainersTest, AValueWhereARecordBelongsIsNamed) {
  ASSERT_TRUE(create(sample("good")));
  ASSERT_TRUE(db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto records, metadata::open_namespace_bucket(tx, kNs, {schema::kContainers}));
    return records->put("bad", "a plain value");
  }));
  const auto walked = ids();
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().code(), Errc::corrupt);
  EXPECT_THAT(walked.error().to_string(), HasSubstr("container \"bad\""));
}

TEST_F(ContainersTest, EveryMandatoryPartIsMissedWhenGone) {
  ASSERT_TRUE(create(sample("spec")));
  ASSERT_TRUE(create(sample("type")));
  ASSERT_TRUE(create(sample("runtime")));
  ASSERT_TRUE(create(sample("time")));
  damage("spec", [](MutableBucket& record) { return record.erase(schema::kSpec); });
  damage("type", [](MutableBucket& record) {
    return record.put(schema::kSpec, metadata::codec::encode_any({.type_url = "other", .value = "{}"}));
  });
  damage("runtime", [](MutableBucket& record) { return record.delete_bucket(schema::kRuntime); });
  damage("time", [](MutableBucket& record) { return record.put(schema::kCreatedAt, "soon"); });
  for (const char* id : {"spec", "type", "runtime", "time"})
    EXPECT_EQ(get(id).error().code(), Errc::corrupt) << id;
}

class ContainerKindTest : public ContainersTest {
 protected:
  test::Telling told(std::string_view ns = kNs) const { return test::Telling::all(db_, kind_, ns).value(); }
  std::vector<GcNode> edges(std::string_view id) const {
    return test::Telling::one(db_, kind_, kNs, id).value().edges;
  }
  std::vector<std::string> problems() const {
    std::vector<std::string> found;
    const auto done = db_.view([&](const ReadTx& tx) {
      return kind_.check(tx, kNs, [&](metadata::Problem problem) {
        EXPECT_EQ(problem.object.kind, "container");
        found.push_back(problem.object.key + ": " + problem.what);
      });
    });
    EXPECT_TRUE(done) << done.error().to_string();
    return found;
  }
  void record_snapshot() const {
    const auto done = db_.update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto snapshot, metadata::create_namespace_bucket(
                                        tx, kNs, {schema::kSnapshots, "overlay", "key-of-c1"}));
      return snapshot.put(schema::kName, "1");
    });
    ASSERT_TRUE(done);
  }

  const metadata::GcKind& kind_ = container_gc_kind();
};

TEST_F(ContainerKindTest, EveryContainerIsARootAndNoneACandidate) {
  ASSERT_TRUE(create(sample("a")));
  ASSERT_TRUE(create(sample("b")));
  EXPECT_EQ(kind_.kind(), "container");
  EXPECT_THAT(told().roots,
              ElementsAre(GcNode{"container", "default", "a"}, GcNode{"container", "default", "b"}));
  EXPECT_THAT(told().collectable, IsEmpty());
  EXPECT_THAT(told("no").objects, IsEmpty());
}

TEST_F(ContainerKindTest, KeepsItsSnapshotAndWhatItsLabelsName) {
  Container container = sample();
  container.labels = {{"containerd.io/gc.ref.snapshot.native/x", "extra"}};
  ASSERT_TRUE(create(container));
  EXPECT_THAT(edges("c1"), ElementsAre(GcNode{"snapshot", "default", "overlay/key-of-c1"},
                                       GcNode{"snapshot", "default", "native/extra"}));
}

TEST_F(ContainerKindTest, KeepsItsSnapshotEvenWhenTheSpecDoesNotDecode) {
  ASSERT_TRUE(create(sample()));
  damage("c1", [](MutableBucket& record) { return record.put(schema::kSpec, "\xff"); });
  EXPECT_THAT(edges("c1"), ElementsAre(GcNode{"snapshot", "default", "overlay/key-of-c1"}));
}

TEST_F(ContainerKindTest, WithoutSnapshotOrRecordThereIsNoEdge) {
  Container container = sample();
  container.snapshotter = container.snapshot_key = "";
  ASSERT_TRUE(create(container));
  EXPECT_THAT(edges("c1"), IsEmpty());
  EXPECT_THAT(edges("c2"), IsEmpty());
}

TEST_F(ContainerKindTest, ACleanStoreHasNoProblems) {
  record_snapshot();
  ASSERT_TRUE(create(sample()));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(ContainerKindTest, AMissingSnapshotIsAProblem) {
  ASSERT_TRUE(create(sample()));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("c1: its snapshot \"overlay/key-of-c1\" does not exist")));
}

TEST_F(ContainerKindTest, DamageIsAProblemEachAndNotTheEndOfTheCheck) {
  record_snapshot();
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(create(sample(id)));
  damage("a", [](MutableBucket& record) { return record.put(schema::kSpec, "\xff"); });
  damage("b", [](MutableBucket& record) {
    const std::string type(kSpecTypeUrl);
    return record.put(schema::kSpec, metadata::codec::encode_any({.type_url = type, .value = "{"}));
  });
  ASSERT_TRUE(db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto containers, metadata::open_namespace_bucket(tx, kNs, {schema::kContainers}));
    return containers->put("z", "no bucket");
  }));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("a: "), HasSubstr("b: "), HasSubstr("z: a value")));
}

TEST_F(ContainerKindTest, RemoveRemovesTheRecord) {
  ASSERT_TRUE(create(sample()));
  const GcNode node{"container", std::string(kNs), "c1"};
  ASSERT_TRUE(db_.update([&](WriteTx& tx) { return kind_.remove(tx, node); }));
  EXPECT_EQ(code(db_.update([&](WriteTx& tx) { return kind_.remove(tx, node); })), Errc::not_found);
}

}  // namespace
}  // namespace bayplan::containers
