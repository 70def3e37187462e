#include "bayplan/containers/sandboxes.h"

#include <gmock/gmock.h>

#include "record_test.h"
#include "support/gc_telling.h"

namespace bayplan::containers::sandboxes {
namespace {

using metadata::Any;
using metadata::GcNode;
using metadata::ReadTx;
using metadata::WriteTx;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Sandboxes : public RecordTest {
 protected:
  static Sandbox pod(std::string id) {
    return {.id = std::move(id),
            .sandboxer = "podsandbox",
            .runtime = {"runc", Any{"options", "o"}},
            .spec = Any{"spec", "existing"},
            .extensions = {{"ext1", {"type", "one"}}, {"ext2", {"type", "two"}}},
            .labels = {{"a", "1"}, {"b", "2"}}};
  }
  Result<void> create(const Sandbox& sandbox) const {
    return db_.update([&](WriteTx& tx) { return sandboxes::create(tx, kNs, sandbox); });
  }
  Result<Sandbox> update(const Sandbox& sandbox, const FieldMask& mask = {}) const {
    return db_.update([&](WriteTx& tx) { return sandboxes::update(tx, kNs, sandbox, mask); });
  }
  Result<Sandbox> get(std::string_view id) const {
    return db_.view([&](const ReadTx& tx) { return sandboxes::get(tx, kNs, id); });
  }
  Result<void> remove(std::string_view id) const {
    return db_.update([&](WriteTx& tx) { return sandboxes::remove(tx, kNs, id); });
  }
  std::vector<std::string> listed(const std::vector<std::string>& filters,
                                  const metadata::ListOptions& options = {}) {
    std::vector<std::string> found;
    const auto done = db_.view([&](const ReadTx& tx) -> Result<metadata::ListEnd> {
      BAYPLAN_ASSIGN(const auto filter, metadata::Filter::parse(filters));
      BAYPLAN_ASSIGN(const auto bound, filter.bind(fields()));
      return sandboxes::list(
          tx, kNs, bound, options,
          [&](const Sandbox& sandbox) -> Result<void> {
            found.push_back(sandbox.id);
            return {};
          },
          [&](std::string_view key, const Error&) { damaged_.emplace_back(key); });
    });
    EXPECT_TRUE(done) << done.error().to_string();
    return found;
  }
  // What `given` is after an update at `at`, and what the store then answers.
  void becomes(const Sandbox& given, const FieldMask& mask, Sandbox expected) {
    const Sandbox before = get(given.id).value();
    const auto updated = update(given, mask);
    ASSERT_TRUE(updated) << updated.error().to_string();
    EXPECT_GT(updated->updated, before.updated);
    expected.created = before.created;
    expected.updated = updated->updated;
    EXPECT_EQ(*updated, expected);
    EXPECT_EQ(get(given.id).value(), expected);
  }

  std::vector<std::string> damaged_;
};

// containerd's core/metadata/sandbox_test.go

TEST_F(Sandboxes, TestSandboxCreate) {
  const Time before = now();
  ASSERT_TRUE(create(pod("1")));
  Sandbox expected = pod("1");
  const Sandbox read = get("1").value();
  EXPECT_GE(read.created, before);
  EXPECT_EQ(read.created, read.updated);
  expected.created = expected.updated = read.created;
  EXPECT_EQ(read, expected);
}

TEST_F(Sandboxes, TestSandboxCreateDup) {
  ASSERT_TRUE(create(pod("1")));
  EXPECT_EQ(code(create({.id = "1"})), Errc::already_exists);
  EXPECT_EQ(get("1")->sandboxer, "podsandbox");
}

TEST_F(Sandboxes, TestSandboxUpdate) {
  ASSERT_TRUE(create(pod("1")));
  Sandbox given = {.id = "1",
                   .runtime = {"other", {}},
                   .spec = Any{"spec", "updated"},
                   .extensions = {{"ext1", {"type", "not taken"}}, {"ext2", {"type", "updated"}}},
                   .labels = {{"a", "updated"}, {"b", "not taken"}}};
  Sandbox expected = pod("1");
  expected.labels["a"] = "updated";
  expected.extensions["ext2"] = {"type", "updated"};
  expected.spec = given.spec;
  becomes(given, {"labels.a", "extensions.ext2", "spec"}, expected);
}

TEST_F(Sandboxes, TestSandboxGetInvalid) {
  EXPECT_EQ(code(get("invalid_id")), Errc::not_found);
  ASSERT_TRUE(create(pod("1")));
  EXPECT_EQ(code(get("invalid_id")), Errc::not_found);
}

TEST_F(Sandboxes, TestSandboxList) {
  EXPECT_THAT(listed({}), IsEmpty());
  for (const char* id : {"2", "1", "3"}) ASSERT_TRUE(create(pod(id)));
  EXPECT_THAT(listed({}), ElementsAre("1", "2", "3"));
}

TEST_F(Sandboxes, TestSandboxListWithFilter) {
  for (const char* id : {"1", "2", "3"}) ASSERT_TRUE(create(pod(id)));
  EXPECT_THAT(listed({"id==1"}), ElementsAre("1"));
}

TEST_F(Sandboxes, TestSandboxDelete) {
  ASSERT_TRUE(create(pod("1")));
  ASSERT_TRUE(remove("1"));
  EXPECT_EQ(code(get("1")), Errc::not_found);
  EXPECT_EQ(code(remove("1")), Errc::not_found);
}

// Beyond it.

TEST_F(Sandboxes, WithoutRuntimeSpecAndLabelsItIsOneToo) {
  ASSERT_TRUE(create({.id = "bare"}));
  const Sandbox read = get("bare").value();
  EXPECT_EQ(read.runtime, Runtime{});
  EXPECT_EQ(read.spec, std::nullopt);
}

TEST_F(Sandboxes, CreateRefusesWhatCanNeverBeRight) {
  const auto refused = [&](const std::function<void(Sandbox&)>& spoil) {
    Sandbox sandbox = pod("s");
    spoil(sandbox);
    return code(create(sandbox)) == Errc::invalid_argument;
  };
  EXPECT_TRUE(refused([](Sandbox& s) { s.id = ""; }));
  EXPECT_TRUE(refused([](Sandbox& s) { s.id = "a/b"; }));
  EXPECT_TRUE(refused([](Sandbox& s) { s.labels["k"] = std::string(5000, 'x'); }));
  EXPECT_TRUE(refused([](Sandbox& s) { s.extensions[""] = {}; }));
  EXPECT_THAT(listed({}), IsEmpty());
}

TEST_F(Sandboxes, UpdateOfNoneIsNotFound) {
  EXPECT_EQ(code(update(pod("1"))), Errc::not_found);
  ASSERT_TRUE(create(pod("1")));
  EXPECT_EQ(code(update(pod("2"))), Errc::not_found);
}

TEST_F(Sandboxes, WithoutAMaskAllThatCanChangeDoes) {
  ASSERT_TRUE(create(pod("1")));
  Sandbox given = pod("1");
  given.labels = {{"c", "3"}};
  given.extensions = {{"ext3", {"type", "three"}}};
  given.spec = Any{"other", ""};
  given.runtime.options = Any{"other", "p"};
  becomes(given, {}, given);
}

// containerd keeps the bytes of a spec, of options and of extensions that an update leaves out.
TEST_F(Sandboxes, WhatAnUpdateLeavesOutIsGone) {
  for (const FieldMask& mask : {FieldMask{}, FieldMask{"labels", "extensions", "spec", "runtime"}}) {
    ASSERT_TRUE(create(pod("1")));
    Sandbox given = {.id = "1", .sandboxer = "podsandbox", .runtime = {"runc", {}}};
    becomes(given, mask, given);
    for (const char* key : {"spec", "runtime/options", "extensions/", "labels/"})
      EXPECT_FALSE(dump("sandboxes", "1").contains(key)) << key;
    ASSERT_TRUE(remove("1"));
  }
}

TEST_F(Sandboxes, AMaskedKeyThatIsAbsentGoes) {
  ASSERT_TRUE(create(pod("1")));
  Sandbox expected = pod("1");
  expected.labels.erase("a");
  expected.extensions.erase("ext1");
  becomes({.id = "1"}, {"labels.a", "extensions.ext1"}, expected);
}

TEST_F(Sandboxes, TheRuntimeChangesOnlyUnderItsMask) {
  ASSERT_TRUE(create(pod("1")));
  Sandbox given = pod("1");
  given.runtime.name = "crun";
  EXPECT_EQ(code(update(given)), Errc::invalid_argument);
  becomes(given, {"runtime"}, given);
}

TEST_F(Sandboxes, TheSandboxerNeverChanges) {
  ASSERT_TRUE(create(pod("1")));
  Sandbox given = pod("1");
  given.sandboxer = "shim";
  EXPECT_EQ(code(update(given)), Errc::invalid_argument);
  for (const char* path : {"sandboxer", "id", "createdat", "runtime.name", "spec.x", ""})
    EXPECT_EQ(code(update(given, {"labels", path})), Errc::invalid_argument) << path;
  EXPECT_EQ(get("1")->sandboxer, "podsandbox");
  EXPECT_EQ(get("1")->created, get("1")->updated);
}

TEST_F(Sandboxes, FieldsToFilterBy) {
  ASSERT_TRUE(create(pod("1")));
  ASSERT_TRUE(create({.id = "2", .labels = {{"a", "2"}}}));
  EXPECT_THAT(listed({"sandboxer==podsandbox"}), ElementsAre("1"));
  EXPECT_THAT(listed({"runtime.name==runc"}), ElementsAre("1"));
  EXPECT_THAT(listed({"labels.a==2"}), ElementsAre("2"));
  EXPECT_THAT(listed({"createdat>1h,updatedat>1h"}), ElementsAre("1", "2"));
  EXPECT_THAT(listed({}, {.limit = 1}), ElementsAre("1"));
  EXPECT_THAT(listed({}, {.after = "1"}), ElementsAre("2"));
}

TEST_F(Sandboxes, ADamagedRecordIsReportedAndTheOthersAreListed) {
  for (const char* id : {"1", "2", "3"}) ASSERT_TRUE(create(pod(id)));
  change("sandboxes", "2", [](metadata::MutableBucket& record) { return record.delete_bucket("runtime"); });
  EXPECT_THAT(listed({}), ElementsAre("1", "3"));
  EXPECT_THAT(damaged_, ElementsAre("2"));
  const auto walked =
      db_.view([](const ReadTx& tx) { return walk(tx, kNs, [](const Sandbox&) { return Result<void>(); }); });
  ASSERT_EQ(code(walked), Errc::corrupt);
  EXPECT_THAT(walked.error().to_string(), HasSubstr("sandbox \"2\""));
}

class SandboxKind : public Sandboxes {
 protected:
  std::vector<std::string> problems() const {
    std::vector<std::string> found;
    const auto done = db_.view([&](const ReadTx& tx) {
      return kind_.check(tx, kNs, [&](const metadata::Problem& problem) {
        found.push_back(problem.object.kind + " " + problem.object.key + ": " + problem.what);
      });
    });
    EXPECT_TRUE(done) << done.error().to_string();
    return found;
  }
  static constexpr const char* kPause = "registry.test/pause:3";
  const metadata::GcKind& kind_ = gc_kind();
};

TEST_F(SandboxKind, EverySandboxIsARootAndNoneACandidate) {
  ASSERT_TRUE(create(pod("a")));
  ASSERT_TRUE(create(pod("b")));
  const auto told = test::Telling::all(db_, kind_, kNs).value();
  EXPECT_THAT(told.roots, ElementsAre(GcNode{"sandbox", "default", "a"}, GcNode{"sandbox", "default", "b"}));
  EXPECT_THAT(told.collectable, IsEmpty());
  EXPECT_THAT(told.reasons, ElementsAre("a sandbox", "a sandbox"));
  EXPECT_THAT(told.edges, IsEmpty());
}

TEST_F(SandboxKind, KeepsWhatItsLabelsName) {
  Sandbox sandbox = pod("s");
  sandbox.labels = {{"containerd.io/gc.ref.content.x", "sha256:1"},
                    {"containerd.io/gc.ref.image", "pause:3"},
                    {"containerd.io/gc.ref.snapshot.overlay/x", "key"}};
  ASSERT_TRUE(create(sandbox));
  change("sandboxes", "s", [](metadata::MutableBucket& record) { return record.put("spec", "\xff"); });
  EXPECT_THAT(test::Telling::one(db_, kind_, kNs, "s")->edges,
              ElementsAre(GcNode{"content", "default", "sha256:1"}, GcNode{"image", "default", "pause:3"},
                          GcNode{"snapshot", "default", "overlay/key"}));
}

TEST_F(SandboxKind, WhyNamesTheSandbox) {
  Sandbox sandbox = pod("s");
  sandbox.labels = {{"containerd.io/gc.ref.image", kPause}};
  ASSERT_TRUE(create(sandbox));
  ASSERT_TRUE(db_.update([](WriteTx& tx) { return images::create(tx, kNs, expired_image(kPause)); }));
  const std::vector<const metadata::GcKind*> kinds = {&images::image_gc_kind(), &kind_};
  const GcNode image{"image", std::string(kNs), kPause};
  const auto answer = db_.view([&](const ReadTx& tx) { return metadata::why(tx, kinds, image, 10, {}); });
  ASSERT_EQ(answer->chains.size(), 1u);
  EXPECT_EQ(answer->chains[0][0].node, (GcNode{"sandbox", std::string(kNs), "s"}));
  EXPECT_EQ(answer->chains[0][0].why, "a sandbox");
  EXPECT_THAT(metadata::collect(db_, kinds, {}, {})->removed, IsEmpty());
  ASSERT_TRUE(remove("s"));
  EXPECT_THAT(test::removed_nodes(metadata::collect(db_, kinds, {}, {}).value()), ElementsAre(image));
}

TEST_F(SandboxKind, DamageIsAProblemEachAndNotTheEndOfTheCheck) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(create(pod(id)));
  EXPECT_THAT(problems(), IsEmpty());
  change("sandboxes", "a", [](metadata::MutableBucket& record) { return record.put("spec", "\xff"); });
  change("sandboxes", "b", [](metadata::MutableBucket& record) { return record.erase("createdat"); });
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("sandbox a: "), HasSubstr("sandbox b: ")));
}

TEST_F(SandboxKind, AContainerOfNoSandboxIsNoProblem) {
  Container container = sample("c");
  container.snapshotter = container.snapshot_key = "";
  container.sandbox_id = "gone";
  ASSERT_TRUE(RecordTest::create(container));
  std::vector<std::string> found;
  ASSERT_TRUE(db_.view([&](const ReadTx& tx) {
    return container_gc_kind().check(tx, kNs, [&](const metadata::Problem& p) { found.push_back(p.what); });
  }));
  EXPECT_THAT(found, IsEmpty());
}

TEST_F(SandboxKind, RemoveRemovesTheRecord) {
  ASSERT_TRUE(create(pod("s")));
  const GcNode node{"sandbox", std::string(kNs), "s"};
  ASSERT_TRUE(db_.update([&](WriteTx& tx) { return kind_.remove(tx, node); }));
  EXPECT_EQ(code(get("s")), Errc::not_found);
}

}  // namespace
}  // namespace bayplan::containers::sandboxes
