#include "sweep.h"

#include <gmock/gmock.h>
#include <sys/mount.h>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/removals.h"
#include "bayplan/metadata/schema.h"
#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class SweepFiles : public testing::Test {
 protected:
  void make_orphan(const std::string& name) {
    std::filesystem::create_directories(store.directory(name) / "fs");
    write_file(store.directory(name) / "fs/file", std::string(10'000, 'x'));
  }
  SnapshotStore store{"overlay"};
};

TEST_F(SweepFiles, takes_what_no_record_names_and_nothing_else) {
  ASSERT_EQ(words(store.prepare("kept")), "");
  for (int i = 0; i < 70; ++i) make_orphan("x" + std::to_string(i));
  make_orphan("not-a-name");
  const auto swept = store.sweep();
  ASSERT_EQ(words(swept), "");
  EXPECT_EQ(swept->files, 71u);
  EXPECT_GE(swept->bytes, 710'000u);
  EXPECT_THAT(store.directories(), ElementsAre(store.stat("kept")->directory));
  EXPECT_TRUE(std::filesystem::exists(store.directory("next")));
  EXPECT_EQ(store.sweep()->files, 0u);
}

TEST_F(SweepFiles, records_of_other_namespaces_count) {
  auto stage = store.stage();
  ASSERT_EQ(words(store.db().update([&](metadata::WriteTx& tx) {
              return store.snapshotter().prepare(tx, "elsewhere", "key", std::move(*stage), {},
                                                 metadata::referred());
            })),
            "");
  EXPECT_EQ(store.sweep()->files, 0u);
}

TEST_F(SweepFiles, a_locked_directory_is_somebodys) {
  make_orphan("busy");
  const UniqueFd fd = file::open_dir(store.directory("busy")).value();
  ASSERT_TRUE(file::try_lock_exclusive(fd.get(), "busy"));
  EXPECT_EQ(store.sweep()->files, 0u);
  EXPECT_THAT(store.directories(), ElementsAre("busy"));
}

// The record appears after the sweep looked for records, and the lock goes before it tries the lock.
TEST_F(SweepFiles, a_stage_that_became_a_record_meanwhile_is_seen) {
  make_orphan("a");  // opens the sweep's view of the records before the fault point below
  bool prepared = false;
  fault::arm([&](fault::Point at) -> std::optional<Error> {
    if (at == fault::Point::snapshot_record_removed && !prepared) {
      prepared = true;
      EXPECT_EQ(words(store.prepare("late")), "");
    }
    return std::nullopt;
  });
  const auto swept = store.sweep();
  fault::arm({});
  EXPECT_TRUE(prepared);
  EXPECT_EQ(swept->files, 1u);
  EXPECT_THAT(store.directories(), ElementsAre(store.stat("late")->directory));
  EXPECT_EQ(store.sweep()->files, 0u);
}

TEST_F(SweepFiles, a_damaged_record_stops_it_before_anything_is_removed) {
  ASSERT_EQ(words(store.prepare("key")), "");
  make_orphan("orphan");
  const auto damaged = store.db().update([&](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto record,
                   metadata::open_namespace_bucket(tx, "default", {"snapshots", "overlay", "key"}));
    return record->put("name", "../x");
  });
  ASSERT_EQ(words(damaged), "");
  EXPECT_EQ(outcome(store.sweep()), "corrupt");
  EXPECT_THAT(store.directories(), SizeIs(2));
}

TEST_F(SweepFiles, one_that_cannot_be_removed_does_not_keep_the_others) {
  make_orphan("a");
  make_orphan("b");
  make_orphan("c");
  const std::string mounted = store.directory("b") / "fs";
  ASSERT_EQ(::mount("tmpfs", mounted.c_str(), "tmpfs", 0, nullptr), 0);
  const auto swept = store.sweep();
  EXPECT_FALSE(swept);
  EXPECT_THAT(store.directories(), ElementsAre("b"));
  ASSERT_EQ(::umount(mounted.c_str()), 0);
  EXPECT_EQ(store.sweep()->files, 1u);
}

TEST_F(SweepFiles, can_be_cancelled) {
  make_orphan("a");
  const Control control;
  control.cancel.cancel();
  EXPECT_EQ(outcome(store.snapshotter().gc_kind().sweep_files(store.db(), control)), "cancelled");
  EXPECT_THAT(store.directories(), SizeIs(1));
}

TEST_F(SweepFiles, a_failure_at_its_fault_point_leaves_the_directory) {
  make_orphan("a");
  fault::arm([](fault::Point at) -> std::optional<Error> {
    if (at == fault::Point::snapshot_record_removed) return Error(Errc::io, "test", {});
    return std::nullopt;
  });
  EXPECT_EQ(outcome(store.sweep()), "io");
  fault::arm({});
  EXPECT_THAT(store.directories(), SizeIs(1));
}

// Removed records queue their directories, and unlinking takes those and nothing else.

class UnlinkRemoved : public SweepFiles {
 protected:
  Result<metadata::FileSweep> unlink() {
    const std::vector<const metadata::GcKind*> kinds{&store.snapshotter().gc_kind()};
    return metadata::unlink_removed(store.db(), kinds, metadata::kAllRemovals, {});
  }
};

TEST_F(UnlinkRemoved, takes_the_directory_of_a_removed_record_and_no_other) {
  ASSERT_EQ(words(store.prepare("kept")), "");
  ASSERT_EQ(words(store.prepare("gone")), "");
  make_orphan("orphan");
  ASSERT_EQ(words(store.remove("gone")), "");
  EXPECT_EQ(store.sweep()->files, 1u) << "the orphan; what is queued is left to the queue";
  EXPECT_THAT(store.directories(), SizeIs(2));
  EXPECT_EQ(unlink()->files, 1u);
  EXPECT_THAT(store.directories(), ElementsAre(store.stat("kept")->directory));
  EXPECT_EQ(unlink()->files, 0u);
}

TEST_F(UnlinkRemoved, a_directory_that_somebody_locked_stays_queued) {
  ASSERT_EQ(words(store.prepare("gone")), "");
  const std::string directory = store.stat("gone")->directory;
  ASSERT_EQ(words(store.remove("gone")), "");
  {
    const UniqueFd fd = file::open_dir(store.directory(directory)).value();
    ASSERT_TRUE(file::try_lock_exclusive(fd.get(), directory));
    EXPECT_EQ(unlink()->files, 0u);
  }
  EXPECT_EQ(unlink()->files, 1u);
}

TEST_F(UnlinkRemoved, one_that_is_gone_is_taken_from_the_queue) {
  ASSERT_EQ(words(store.prepare("gone")), "");
  std::filesystem::remove_all(store.directory(store.stat("gone")->directory));
  ASSERT_EQ(words(store.remove("gone")), "");
  EXPECT_EQ(unlink()->files, 0u);
  const std::uint64_t revision = store.db().stats()->revision;
  EXPECT_EQ(unlink()->files, 0u);
  EXPECT_EQ(store.db().stats()->revision, revision);
}

TEST_F(UnlinkRemoved, names_no_path_outside) {
  ASSERT_EQ(words(store.db().update([&](metadata::WriteTx& tx) {
              return metadata::queue_removal(tx, "snapshot", "overlay/../../victim");
            })),
            "");
  EXPECT_EQ(outcome(unlink()), "corrupt");
}

}  // namespace
}  // namespace bayplan::snapshots
