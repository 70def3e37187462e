#include "staging_dir.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <thread>

#include "bayplan/base/file.h"
#include "fixture.h"

namespace bayplan::content::test {
namespace {

class StagingDirTest : public ContentTest {
 protected:
  std::filesystem::path only_entry() const {
    EXPECT_EQ(ingests(), 1u);
    return std::filesystem::directory_iterator(root() / "ingest")->path();
  }
  bool locked(const std::filesystem::path& path) const {
    const UniqueFd fd = must(file::open_dir(path));
    return !file::try_lock_exclusive(fd.get(), "staging");
  }

  std::shared_ptr<const BlobDirs> dirs_ = must(open_blob_dirs(root()));
};

TEST_F(StagingDirTest, IsPrivateAndLockedWhileItLives) {
  const StagingDir staging = must(StagingDir::create(dirs_));
  EXPECT_EQ(mode_of(only_entry()), 0700u);
  EXPECT_TRUE(locked(only_entry()));
}

TEST_F(StagingDirTest, IsRemovedWithWhatIsInIt) {
  {
    const StagingDir staging = must(StagingDir::create(dirs_));
    plant(only_entry() / "data", "bytes");
  }
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(StagingDirTest, MovingItMovesItsEnd) {
  std::optional<StagingDir> kept;
  {
    StagingDir staging = must(StagingDir::create(dirs_));
    kept.emplace(std::move(staging));
  }
  EXPECT_EQ(ingests(), 1u);
  EXPECT_TRUE(locked(only_entry()));
  kept.reset();
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(StagingDirTest, EveryOneHasItsOwnName) {
  const StagingDir first = must(StagingDir::create(dirs_));
  const StagingDir second = must(StagingDir::create(dirs_));
  EXPECT_EQ(ingests(), 2u);
}

/// Waits until some thread of this machine waits for the flock of `inode`.
void await_flock_waiter(ino_t inode) {
  const std::string end = ":" + std::to_string(inode) + " 0 EOF";
  while (true) {
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
      if (line.find("-> FLOCK") != std::string::npos && line.ends_with(end)) return;
    }
    std::this_thread::yield();
  }
}

TEST_F(StagingDirTest, ADirectoryThatWasSweptWhileItsMakerWaitedIsNotTaken) {
  const auto path = root() / "ingest/new";
  std::filesystem::create_directory(path);
  const int ingest = dirs_->ingest.get();
  UniqueFd swept = must(file::open_dir(path));
  must(file::lock_exclusive(swept.get(), "new"));
  const ino_t inode = must(file::stat_fd(swept.get(), "new")).st_ino;
  std::thread maker([&] { EXPECT_FALSE(must(lock_if_still_there(ingest, "new"))); });
  await_flock_waiter(inode);
  must(file::remove_tree(ingest, "new"));
  swept.reset();
  maker.join();
  EXPECT_FALSE(must(lock_if_still_there(ingest, "new")));
}

TEST_F(StagingDirTest, AForkedChildNeitherMakesNorRemovesAny) {
  std::optional<StagingDir> staging(must(StagingDir::create(dirs_)));
  const pid_t child = ::fork();
  if (child == 0) {
    const bool closed = code_of(StagingDir::create(dirs_)) == Errc::closed;
    staging.reset();
    ::_exit(closed ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(locked(only_entry()));
}

}  // namespace
}  // namespace bayplan::content::test
