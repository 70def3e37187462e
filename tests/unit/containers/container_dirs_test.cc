// Work and run directories of containers (items T27, S49, D2, N6).
#include "container_dirs.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "bayplan/containers/directories.h"
#include "record_test.h"

namespace bayplan::containers {
namespace {

namespace fs = std::filesystem;

class ContainerDirectories : public testing::Test {
 protected:
  static constexpr std::string_view kNs = "default";

  static mode_t mode(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  }
  static ino_t inode_of(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_ino;
  }
  /// Whether the kernel has somebody wait for a lock of this inode.
  static bool somebody_waits_for(const std::string& inode) {
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
      if (line.find("->") != std::string::npos && line.find(inode) != std::string::npos) return true;
    }
    return false;
  }
  void record(const std::string& id) const {
    Container container;
    container.id = id;
    container.spec = "{}";
    store_.db().update([&](metadata::WriteTx& tx) { return create(tx, kNs, container); }).value();
  }
  metadata::FileSweep sweep() const {
    return directories_gc_kind(store_)->sweep_files(store_.db(), {}).value();
  }
  static void put(const fs::path& path) { std::ofstream(path) << "x"; }

  test::TempDir dir_;
  fs::path root_ = dir_.path() / "store";
  fs::path run_root_ = dir_.path() / "run";
  images::Store store_ = images::Store::open(root_, {.snapshotter = "native", .run_root = run_root_}).value();
  ContainerDirs dirs_ = ContainerDirs::of(store_).value();
};

TEST_F(ContainerDirectories, T27_LieUnderRootAndRunRootAndArePrivate) {
  dirs_.make_work(kNs, "c1").value();
  dirs_.make_run(kNs, "c1").value();
  EXPECT_EQ(dirs_.work(kNs, "c1"), root_ / "containers/default/c1");
  EXPECT_TRUE(dirs_.run(kNs, "c1").native().starts_with(run_root_.native() + "/.dirs/"));
  EXPECT_TRUE(dirs_.run(kNs, "c1").native().ends_with("/default/c1"));
  for (fs::path path : {dirs_.work(kNs, "c1"), dirs_.run(kNs, "c1")}) {
    for (; path != dir_.path(); path = path.parent_path()) EXPECT_EQ(mode(path), 0700u) << path;
  }
}

TEST_F(ContainerDirectories, S49_AreMadeAgainWhenTheRunRootWasEmptied) {
  dirs_.make_run(kNs, "c1").value();
  fs::remove_all(run_root_);
  dirs_.make_run(kNs, "c1").value();
  EXPECT_TRUE(fs::is_directory(dirs_.run(kNs, "c1")));
}

TEST_F(ContainerDirectories, N6_ThoseOfAnEarlierBootDoNotCountAndGo) {
  record("c1");
  dirs_.make_run(kNs, "c1").value();
  const fs::path mine = dirs_.run(kNs, "c1").parent_path().parent_path();
  const std::string store = mine.filename().native().substr(0, 17);
  fs::create_directories(mine.parent_path() / (store + "00000000") / "default/c1");
  fs::create_directories(mine.parent_path() / ("0000000000000000.00000000/default/c1"));
  EXPECT_EQ(sweep().files, 1u);
  EXPECT_FALSE(fs::exists(mine.parent_path() / (store + "00000000")));
  EXPECT_TRUE(fs::exists(mine / "default/c1"));
  EXPECT_TRUE(fs::exists(mine.parent_path() / "0000000000000000.00000000")) << "of another store";
}

TEST_F(ContainerDirectories, GoTogether) {
  auto held = dirs_.lock(kNs, "c1").value();
  dirs_.make_run(kNs, "c1").value();
  put(dirs_.work(kNs, "c1") / "state");
  put(dirs_.run(kNs, "c1") / "pid");
  EXPECT_GT(dirs_.remove(std::move(held)).value(), 0u);
  EXPECT_TRUE(fs::is_empty(root_ / "containers/default"));
  EXPECT_FALSE(fs::exists(dirs_.run(kNs, "c1")));
}

TEST_F(ContainerDirectories, ASweepTakesThoseWithoutARecordOnly) {
  record("kept");
  for (const char* id : {"kept", "left"}) {
    dirs_.make_work(kNs, id).value();
    dirs_.make_run(kNs, id).value();
  }
  dirs_.make_run(kNs, "only-run").value();
  fs::create_directory(root_ / "containers/default/.tmp-0123456789abcdef");
  EXPECT_EQ(sweep().files, 3u);
  EXPECT_TRUE(fs::exists(dirs_.work(kNs, "kept")));
  EXPECT_TRUE(fs::exists(dirs_.run(kNs, "kept")));
  for (const char* id : {"left", "only-run", ".tmp-0123456789abcdef"}) {
    EXPECT_FALSE(fs::exists(dirs_.work(kNs, id))) << id;
    EXPECT_FALSE(fs::exists(dirs_.run(kNs, id))) << id;
  }
}

TEST_F(ContainerDirectories, ASweepSparesWhatSomebodyIsMaking) {
  const auto held = dirs_.lock(kNs, "c1").value();
  EXPECT_EQ(sweep().files, 0u);
  EXPECT_TRUE(fs::exists(dirs_.work(kNs, "c1")));
  EXPECT_EQ(code(dirs_.lock(kNs, "c1", ContainerDirs::Wait::no)), Errc::busy);
}

TEST_F(ContainerDirectories, WhoWaitedForOneThatWasRemovedGetsANewOne) {
  auto held = dirs_.lock(kNs, "c1").value();
  put(dirs_.work(kNs, "c1") / "old");
  const std::string inode = ":" + std::to_string(inode_of(dirs_.work(kNs, "c1"))) + " ";
  std::thread waiter([&] {
    const auto mine = dirs_.lock(kNs, "c1").value();
    EXPECT_TRUE(fs::exists(dirs_.work(kNs, "c1")));
    EXPECT_FALSE(fs::exists(dirs_.work(kNs, "c1") / "old"));
  });
  while (!somebody_waits_for(inode)) std::this_thread::yield();
  dirs_.remove(std::move(held)).value();
  waiter.join();
}

TEST_F(ContainerDirectories, AStoreWithoutARunRootHasNone) {
  const auto store = images::Store::open(root_, {.snapshotter = "native"}).value();
  EXPECT_EQ(code(ContainerDirs::of(store)), Errc::failed_precondition);
  EXPECT_EQ(directories_gc_kind(store)->sweep_files(store.db(), {})->files, 0u);
}

}  // namespace
}  // namespace bayplan::containers
