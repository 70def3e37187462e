#include "bayplan/images/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bayplan/images/images.h"
#include "bayplan/metadata/check.h"
#include "support/temp_dir.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;

const StoreOptions kNative{.snapshotter = "native"};

class StoreTest : public testing::Test {
 protected:
  std::filesystem::path root() const { return dir_.path() / "store"; }

  test::TempDir dir_;
};

std::vector<std::string> kind_names(const Store& store) {
  std::vector<std::string> names;
  for (const metadata::GcKind* kind : store.gc_kinds()) names.emplace_back(kind->kind());
  return names;
}

TEST_F(StoreTest, OpenMakesEverythingInOneDirectory) {
  const auto store = Store::open(root(), kNative);
  ASSERT_EQ(outcome(store), "ok");
  EXPECT_EQ(store->root().path, root());
  EXPECT_TRUE(std::filesystem::is_regular_file(root() / "store.json"));
  EXPECT_TRUE(std::filesystem::is_directory(root() / "metadata"));
  EXPECT_TRUE(std::filesystem::is_directory(root() / "content/blobs"));
  EXPECT_TRUE(std::filesystem::is_directory(root() / "snapshots/native"));
}

TEST_F(StoreTest, OpeningAgainFindsWhatWasRecorded) {
  std::string uuid;
  {
    auto store = Store::open(root(), kNative);
    ASSERT_EQ(outcome(store), "ok");
    uuid = store->root().uuid;
    ASSERT_EQ(outcome(store->db().update([](metadata::WriteTx& tx) {
                return create(tx, "default", {"a", {"application/x", Digest::of("x"), 1}, {}});
              })),
              "ok");
  }
  const auto store = Store::open(root(), kNative);
  ASSERT_EQ(outcome(store), "ok");
  EXPECT_EQ(store->root().uuid, uuid);
  EXPECT_EQ(outcome(store->db().view([](const metadata::ReadTx& tx) { return get(tx, "default", "a"); })),
            "ok");
}

TEST_F(StoreTest, ChoosesTheBestSnapshotterUnlessOneIsNamed) {
  auto best = Store::open(root());
  ASSERT_EQ(outcome(best), "ok");
  EXPECT_EQ(best->snapshotter().name(), snapshots::Snapshotter::open_best(root() / "snapshots")->name());
  auto native = Store::open(root(), kNative);
  ASSERT_EQ(outcome(native), "ok");
  EXPECT_EQ(native->snapshotter().name(), "native");
}

TEST_F(StoreTest, AnUnknownSnapshotterIsUnsupported) {
  EXPECT_EQ(outcome(Store::open(root(), {.snapshotter = "zfs"})), "unsupported");
}

TEST_F(StoreTest, DoesNotCreateWhatItWasToldNotTo) {
  StoreOptions options = kNative;
  options.metadata.create = false;
  EXPECT_EQ(outcome(Store::open(root(), options)), "not_found");
  EXPECT_FALSE(std::filesystem::exists(root()));
}

TEST_F(StoreTest, KnowsItsKindsAlsoAfterAMove) {
  auto opened = Store::open(root(), kNative);
  ASSERT_EQ(outcome(opened), "ok");
  const auto before = opened->gc_kinds();
  const Store moved = std::move(opened).value();
  EXPECT_EQ(moved.gc_kinds(), before);
  EXPECT_THAT(kind_names(moved), ElementsAre("content", "ingest", "snapshot", "mount", "image", "lease"));
}

TEST_F(StoreTest, IsCleanAndCollectableFromTheStart) {
  const auto store = Store::open(root(), kNative);
  ASSERT_EQ(outcome(store), "ok");
  const auto report = metadata::check(store->db(), store->gc_kinds());
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_TRUE(report->clean());
  const auto collected = metadata::collect(store->db(), store->gc_kinds(), {}, {});
  ASSERT_EQ(outcome(collected), "ok");
  EXPECT_THAT(collected->removed, IsEmpty());
}

}  // namespace
}  // namespace bayplan::images
