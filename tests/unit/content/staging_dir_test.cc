#include "staging_dir.h"

#include <sys/wait.h>
#include <unistd.h>

#include <optional>

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
