#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "bundle_dir.h"
#include "container_store.h"

namespace bayplan::containers {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// How often something is mounted at `path`.
int mounts_at(const fs::path& path) {
  std::istringstream table(read_file("/proc/self/mountinfo"));
  int count = 0;
  for (std::string line; std::getline(table, line);)
    count += line.find(" " + path.string() + " ") != std::string::npos;
  return count;
}

class BundleTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    store_.add_image("a", {plain_layer("one"), plain_layer("two")});
    ASSERT_EQ(words(store_.create("c1", "a")), "");
  }
  void TearDown() override { EXPECT_THAT(store_.problems(), IsEmpty()); }

  fs::path rootfs() const { return store_.bundle_path("c1") / "rootfs"; }
  // Where, and for how many.
  std::pair<fs::path, std::uint64_t> mounted() {
    const auto at =
        store_->db().view([&](const metadata::ReadTx& tx) { return store_->mounts().find(tx, kNs, "c1"); });
    EXPECT_EQ(words(at), "");
    return *at ? std::pair((*at)->target, (*at)->count) : std::pair<fs::path, std::uint64_t>{};
  }
  void record(const Container& container) {
    ASSERT_EQ(words(store_->db().update([&](metadata::WriteTx& tx) { return create(tx, kNs, container); })),
              "");
  }
  // What a process that was killed leaves: a mounted rootfs, an old config, and no lock.
  void leave_behind() const {
    fs::create_directories(rootfs());
    std::ofstream(store_.bundle_path("c1") / "config.json") << "old";
    const std::ofstream lock(store_.bundle_path("c1") / "lock");
    ASSERT_EQ(::mount("tmpfs", rootfs().c_str(), "tmpfs", 0, nullptr), 0);
  }

  ContainerStore store_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Drivers, BundleTest, ::testing::Values("overlay", "native"),
                         [](const auto& driver) { return driver.param; });

TEST_P(BundleTest, HoldsTheMountedSnapshotAndTheSpec) {
  const auto bundle = store_.prepare("c1");
  ASSERT_EQ(words(bundle), "");
  EXPECT_EQ(bundle->path(), store_.bundle_path("c1"));
  EXPECT_EQ(read_file(rootfs() / "one") + read_file(rootfs() / "two"), "xx");
  EXPECT_EQ(mounts_at(rootfs()), 1);
  const auto config = json::Document::parse(read_file(bundle->path() / "config.json"), "config");
  ASSERT_EQ(words(config), "");
  EXPECT_EQ(config->root().object("root")->string("path").value(), "rootfs");
  EXPECT_THAT(config->root().object("process")->optional_strings("args").value(),
              testing::ElementsAre("/bin/sh"));
}

std::string cgroup_of(const fs::path& bundle) {
  const auto config = json::Document::parse(read_file(bundle / "config.json"), "config");
  return std::string(config->root().object("linux")->string("cgroupsPath").value());
}

TEST_P(BundleTest, TheSameNameInTwoStoresHasTwoCgroups) {
  ContainerStore other(GetParam());
  other.add_image("a", {plain_layer("one")});
  ASSERT_EQ(words(other.create("c1", "a")), "");
  const auto ours = store_.prepare("c1");
  const auto theirs = other.prepare("c1");
  ASSERT_EQ(words(ours) + words(theirs), "");
  EXPECT_THAT(cgroup_of(ours->path()), testing::StartsWith("bayplan-default+c1-"));
  EXPECT_NE(cgroup_of(ours->path()), cgroup_of(theirs->path()));
}

TEST_P(BundleTest, ASpecMayChooseItsCgroup) {
  Container container = *store_.get("c1");
  container.id = "c2";
  container.spec = R"({"ociVersion":"1.1.0","linux":{"cgroupsPath":"/own"}})";
  record(container);
  const auto bundle = store_.prepare("c2");
  ASSERT_EQ(words(bundle), "");
  EXPECT_EQ(cgroup_of(bundle->path()), "/own");
}

TEST_P(BundleTest, IsForItsOwnerOnly) {
  const auto bundle = store_.prepare("c1");
  for (const fs::path& path : {store_.run_root(), bundle->path().parent_path(), bundle->path()}) {
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777u, 0700u) << path;
  }
}

TEST_P(BundleTest, WhatIsWrittenStaysWithTheContainer) {
  {
    const auto bundle = store_.prepare("c1");
    std::ofstream(rootfs() / "written") << "kept";
  }
  const auto again = store_.prepare("c1");
  ASSERT_EQ(words(again), "");
  EXPECT_EQ(read_file(rootfs() / "written"), "kept");
}

TEST_P(BundleTest, ReleaseUnmountsAndRemoves) {
  auto bundle = store_.prepare("c1");
  ASSERT_EQ(words(bundle), "");
  EXPECT_EQ(words(std::move(*bundle).release()), "");
  EXPECT_EQ(mounts_at(rootfs()), 0);
  EXPECT_TRUE(fs::is_empty(store_.bundle_path("c1").parent_path()));
}

TEST_P(BundleTest, DroppingItDoesTheSame) {
  { ASSERT_EQ(words(store_.prepare("c1")), ""); }
  EXPECT_EQ(mounts_at(rootfs()), 0);
  EXPECT_TRUE(fs::is_empty(store_.bundle_path("c1").parent_path()));
}

TEST_P(BundleTest, ASecondOneIsBusyAndDisturbsNothing) {
  const auto bundle = store_.prepare("c1");
  const auto second = store_.prepare("c1");
  EXPECT_EQ(outcome(second), "busy");
  EXPECT_FALSE(second.error().advice().empty());
  EXPECT_EQ(read_file(rootfs() / "one"), "x");
}

TEST_P(BundleTest, ContainersDoNotDisturbOneAnother) {
  ASSERT_EQ(words(store_.create("c2", "a")), "");
  const auto one = store_.prepare("c1");
  { EXPECT_EQ(words(store_.prepare("c2")), ""); }
  EXPECT_EQ(mounts_at(rootfs()), 1);
}

TEST_P(BundleTest, WhatAKilledRunLeftIsTakenOver) {
  leave_behind();
  const auto bundle = store_.prepare("c1");
  ASSERT_EQ(words(bundle), "");
  EXPECT_EQ(mounts_at(rootfs()), 1);
  EXPECT_EQ(read_file(rootfs() / "one"), "x");
  EXPECT_THAT(read_file(bundle->path() / "config.json"), HasSubstr("ociVersion"));
}

TEST_P(BundleTest, AnUnknownContainerIsNotFoundAndLeavesNothing) {
  EXPECT_EQ(outcome(store_.prepare("c2")), "not_found");
  EXPECT_EQ(outcome(store_.prepare("../c1")), "not_found");
  EXPECT_FALSE(fs::exists(store_.run_root()));
}

TEST_P(BundleTest, ASpecCannotChooseItsRoot) {
  Container container = *store_.get("c1");
  container.id = "c2";
  container.spec = R"({"ociVersion":"1.1.0","root":{"path":"/","readonly":true},"hostname":"h"})";
  record(container);
  const auto bundle = store_.prepare("c2");
  ASSERT_EQ(words(bundle), "");
  EXPECT_EQ(read_file(bundle->path() / "config.json"),
            R"({"root":{"path":"rootfs","readonly":true},"ociVersion":"1.1.0","hostname":"h"})");
}

TEST_P(BundleTest, WithoutASnapshotOfThisSnapshotterThereIsNoRootfs) {
  Container container = *store_.get("c1");
  container.id = "c2";
  container.snapshotter = container.snapshot_key = "";
  record(container);
  EXPECT_EQ(outcome(store_.prepare("c2")), "failed_precondition");
  EXPECT_FALSE(fs::exists(store_.bundle_path("c2")));
}

TEST_P(BundleTest, RemoveTakesRecordAndSnapshot) {
  ASSERT_EQ(words(store_.remove("c1")), "");
  EXPECT_EQ(outcome(store_.get("c1")), "not_found");
  EXPECT_EQ(outcome(store_.snapshot("c1")), "not_found");
  EXPECT_FALSE(fs::exists(store_.bundle_path("c1")));
  EXPECT_EQ(outcome(store_.remove("c1")), "not_found");
}

TEST_P(BundleTest, RemoveRefusesWhatRuns) {
  const auto bundle = store_.prepare("c1");
  EXPECT_EQ(outcome(store_.remove("c1")), "in_use");
  EXPECT_EQ(words(store_.get("c1")), "");
  EXPECT_EQ(words(store_.snapshot("c1")), "");
  EXPECT_EQ(mounts_at(rootfs()), 1);
}

TEST_P(BundleTest, RemoveUnmountsWhatAKilledRunLeft) {
  leave_behind();
  EXPECT_EQ(words(store_.remove("c1")), "");
  EXPECT_EQ(mounts_at(rootfs()), 0);
  EXPECT_FALSE(fs::exists(store_.bundle_path("c1")));
}

TEST_P(BundleTest, IsACountedMount) {
  auto bundle = store_.prepare("c1");
  ASSERT_EQ(words(bundle), "");
  EXPECT_EQ(mounted(), (std::pair<fs::path, std::uint64_t>{rootfs(), 1}));
  ASSERT_EQ(words(std::move(*bundle).release()), "");
  EXPECT_EQ(mounted(), (std::pair<fs::path, std::uint64_t>{}));
}

TEST_P(BundleTest, AMountThatAKilledRunCountedIsTakenOver) {
  fs::create_directories(rootfs());
  ASSERT_EQ(words(store_->mounts().mount(kNs, "c1", rootfs())), "");
  const auto bundle = store_.prepare("c1");
  ASSERT_EQ(words(bundle), "");
  EXPECT_EQ(mounted(), (std::pair<fs::path, std::uint64_t>{rootfs(), 1}));
  EXPECT_EQ(mounts_at(rootfs()), 1);
}

TEST_P(BundleTest, RemoveUndoesAMountThatAKilledRunCounted) {
  fs::create_directories(rootfs());
  ASSERT_EQ(words(store_->mounts().mount(kNs, "c1", rootfs())), "");
  ASSERT_EQ(words(store_.remove("c1")), "");
  EXPECT_EQ(mounts_at(rootfs()), 0);
}

TEST_P(BundleTest, WhatIsMountedElsewhereIsLeftAlone) {
  const auto elsewhere = store_->mounts().mount(kNs, "c1");
  ASSERT_EQ(words(elsewhere), "");
  EXPECT_EQ(outcome(store_.prepare("c1")), "in_use");
  EXPECT_FALSE(fs::exists(store_.bundle_path("c1")));
  EXPECT_EQ(outcome(store_.remove("c1")), "in_use");
  EXPECT_EQ(mounted(), (std::pair<fs::path, std::uint64_t>{elsewhere->target, 1}));
  ASSERT_EQ(words(store_->mounts().unmount(kNs, "c1")), "");
}

TEST_P(BundleTest, FilesThatAreOpenKeepItUntilTheNextOne) {
  auto bundle = store_.prepare("c1");
  ASSERT_EQ(words(bundle), "");
  {
    const std::ifstream open(rootfs() / "one");
    EXPECT_EQ(outcome(std::move(*bundle).release()), "busy");
  }
  EXPECT_EQ(words(store_.prepare("c1")), "");
  EXPECT_EQ(mounts_at(rootfs()), 0);
}

TEST_P(BundleTest, RemoveDoesNotMissASnapshotThatIsGone) {
  ASSERT_EQ(words(store_->db().update(
                [&](metadata::WriteTx& tx) { return store_->snapshotter().remove(tx, kNs, "c1"); })),
            "");
  EXPECT_EQ(words(store_.remove("c1")), "");
}

// The process that took the lock dies, the runtime that it handed it to lives on: the container still runs.
TEST(BundleDir, StaysLockedWhileTheRuntimeLives) {
  const test::TempDir dir;
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  int ends[2];
  int said[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::pipe(said), 0);
  const pid_t taker = ::fork();
  if (taker == 0) {
    const auto taken = BundleDir::acquire(dir.path(), "default", "c1");
    const pid_t runtime = ::fork();
    if (runtime == 0) {
      ::close(ends[1]);
      char end = 0;
      ::_exit(::read(ends[0], &end, 1) == 0 ? 0 : 1);
    }
    ::_exit(::write(said[1], &runtime, sizeof(runtime)) == sizeof(runtime) && taken ? 0 : 1);
  }
  pid_t runtime = 0;
  ASSERT_EQ(::read(said[0], &runtime, sizeof(runtime)), static_cast<ssize_t>(sizeof(runtime)));
  int status = 0;
  ASSERT_EQ(::waitpid(taker, &status, 0), taker);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(outcome(BundleDir::acquire(dir.path(), "default", "c1")), "busy");
  for (const int fd : {ends[0], ends[1], said[0], said[1]}) ::close(fd);
  ASSERT_EQ(::waitpid(runtime, &status, 0), runtime);
  EXPECT_EQ(outcome(BundleDir::acquire(dir.path(), "default", "c1")), "ok");
}

TEST(BundleDir, TakesIdentifiersOnly) {
  const test::TempDir dir;
  EXPECT_EQ(outcome(BundleDir::acquire(dir.path(), "..", "c1")), "invalid_argument");
  EXPECT_EQ(outcome(BundleDir::acquire(dir.path(), "default", "a/b")), "invalid_argument");
  EXPECT_EQ(outcome(BundleDir::acquire(dir.path(), ".runtime", "c1")), "invalid_argument");
}

}  // namespace
}  // namespace bayplan::containers
