#include "gc_kind.h"

#include <algorithm>
#include <array>

#include "bayplan/metadata/check.h"
#include "bayplan/metadata/namespaces.h"
#include "db_fixture.h"
#include "support/gc_telling.h"

namespace bayplan::content::test {
namespace {

using bayplan::test::Telling;
using metadata::GcNode;
using metadata::ReadTx;
using metadata::WriteTx;

class GcKindTest : public RecordTest {
 protected:
  std::vector<std::string> words(const std::vector<GcNode>& nodes) const {
    std::vector<std::string> found;
    for (const GcNode& node : nodes) found.push_back(node.kind + " " + node.ns + " " + node.key);
    std::sort(found.begin(), found.end());
    return found;
  }
  Telling told(std::string_view ns = "default") const { return must(Telling::all(db_, kind(), ns)); }
  std::vector<std::string> roots() const { return words(told().roots); }
  std::vector<std::string> candidates() const { return words(told().collectable); }
  std::vector<std::string> edges(const Digest& digest) const {
    return words(must(Telling::one(db_, kind(), "default", digest.to_string())).edges);
  }
  std::vector<std::string> problems() const {
    return must(db_.view([&](const ReadTx& tx) -> Result<std::vector<std::string>> {
      std::vector<std::string> found;
      BAYPLAN_TRY(kind().check(tx, "default", [&](const metadata::Problem& problem) {
        EXPECT_EQ(problem.object.kind, "content");
        found.push_back(problem.object.key + " " + problem.what);
      }));
      return found;
    }));
  }
  Result<metadata::GcReport> collect() {
    const std::array<const metadata::GcKind*, 1> kinds{&kind()};
    return metadata::collect(db_, kinds, {}, {});
  }
  const metadata::GcKind& kind() const { return store_.gc_kind(); }
  static GcNode node(const Digest& digest) {
    return {.kind = "content", .ns = "default", .key = digest.to_string()};
  }
  static std::string named(const Digest& digest) { return "content default " + digest.to_string(); }
};

TEST_F(GcKindTest, AnEmptyStoreHasNothing) {
  EXPECT_TRUE(roots().empty());
  EXPECT_TRUE(candidates().empty());
  EXPECT_TRUE(edges(Digest::of("none")).empty());
  EXPECT_TRUE(problems().empty());
}

TEST_F(GcKindTest, RootsAreWhatCarriesARootLabel) {
  record("free", {{"k", "v"}});
  const Digest pinned = record("pinned", {{"containerd.io/gc.root", "2026-11-20T10:00:00Z"}});
  record("elsewhere", {{"containerd.io/gc.root", "x"}}, "other");
  EXPECT_EQ(roots(), std::vector{named(pinned)});
}

TEST_F(GcKindTest, EdgesAreTheReferenceLabels) {
  const Digest digest = record("manifest", {{"containerd.io/gc.ref.content.config", "sha256:c"},
                                            {"containerd.io/gc.ref.content.l.0", "sha256:l"},
                                            {"containerd.io/gc.ref.snapshot.overlay", "chain"},
                                            {"containerd.io/gc.ref.contentbad", "sha256:x"},
                                            {"unrelated", "sha256:y"}});
  EXPECT_EQ(edges(digest), (std::vector<std::string>{"content default sha256:c", "content default sha256:l",
                                                     "snapshot default overlay/chain"}));
}

TEST_F(GcKindTest, CandidatesAreAllRecordsOfTheNamespace) {
  std::vector<std::string> expected{named(record("one")), named(record("two"))};
  record("three", {}, "other");
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(candidates(), expected);
}

TEST_F(GcKindTest, RemoveTakesTheRecord) {
  const Digest digest = record("text");
  must(db_.update([&](WriteTx& tx) { return kind().remove(tx, node(digest)); }));
  EXPECT_EQ(code_of(stat_now(digest)), Errc::not_found);
  const auto again = db_.update([&](WriteTx& tx) { return kind().remove(tx, node(digest)); });
  EXPECT_EQ(code_of(again), Errc::not_found);
}

TEST_F(GcKindTest, ACollectionKeepsWhatIsReachableAndRemovesTheRestWithItsBytes) {
  const Digest layer = record("layer");
  const Digest root = record(
      "root", {{"containerd.io/gc.root", "x"}, {"containerd.io/gc.ref.content.l.0", layer.to_string()}});
  const Digest loose = record("loose");
  const auto report = must(collect());
  EXPECT_EQ(bayplan::test::removed_nodes(report), std::vector{node(loose)});
  EXPECT_EQ(report.removed.front().bytes, 5u);
  EXPECT_EQ(report.removed.front().why, "unreferenced");
  EXPECT_EQ(report.files.files, 1u);
  EXPECT_TRUE(stat_now(root));
  EXPECT_TRUE(stat_now(layer));
  EXPECT_TRUE(has_file("root"));
  EXPECT_TRUE(has_file("layer"));
  EXPECT_FALSE(has_file("loose"));
}

TEST_F(GcKindTest, CheckFindsNothingWrongInAGoodStore) {
  record("one", {{"containerd.io/gc.ref.content.l.0", "sha256:absent"}});
  record("two");
  EXPECT_TRUE(problems().empty());
  const std::array<const metadata::GcKind*, 1> kinds{&kind()};
  EXPECT_TRUE(must(metadata::check(db_, kinds)).clean());
}

TEST_F(GcKindTest, CheckReportsFilesThatAreMissingOrWrong) {
  const Digest missing = record("missing");
  std::filesystem::remove(path_of(missing));
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_EQ(problems()[0], missing.to_string() + " the file of the blob is missing");

  plant(missing, "short");
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_NE(problems()[0].find("holds 5 bytes instead of 7"), std::string::npos) << problems()[0];

  std::filesystem::remove(path_of(missing));
  std::filesystem::create_directory(path_of(missing));
  ASSERT_EQ(problems().size(), 1u);
  EXPECT_NE(problems()[0].find("not a regular file"), std::string::npos) << problems()[0];
}

TEST_F(GcKindTest, CheckReportsRecordsThatDoNotDecodeAndGoesOn) {
  const Digest missing = record("missing");
  std::filesystem::remove(path_of(missing));
  must(db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto blobs, metadata::create_namespace_bucket(tx, "default", {"content", "blob"}));
    BAYPLAN_TRY(blobs.put("a value", "x"));
    BAYPLAN_TRY(blobs.create_bucket("no digest"));
    BAYPLAN_TRY(blobs.create_bucket(Digest::of("empty record").to_string()));
    return {};
  }));
  EXPECT_EQ(problems().size(), 4u);
}

}  // namespace
}  // namespace bayplan::content::test
