#include "staging_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "bayplan/base/file.h"

namespace bayplan::content {
namespace {

// One is lost when a sweep looks between mkdir and lock. Sweeps may follow one another without a pause, from
// several processes: a few tries were seen not to be enough.
constexpr int kAttempts = 10000;
constexpr mode_t kPrivateMode = 0700;

}  // namespace

Result<std::optional<UniqueFd>> lock_if_still_there(int ingest, const std::string& name) {
  auto fd = file::open_dir_at(ingest, name);
  if (!fd && fd.error().code() == Errc::not_found) return std::optional<UniqueFd>();
  if (!fd) return std::move(fd).error();
  BAYPLAN_TRY(file::lock_exclusive(fd->get(), name));
  const auto there = file::stat_at(ingest, name);
  if (!there && there.error().code() == Errc::not_found) return std::optional<UniqueFd>();
  BAYPLAN_TRY(there);
  return std::optional(*std::move(fd));
}

StagingDir::StagingDir(SharedDirs dirs, std::string name, UniqueFd fd)
    : dirs_(std::move(dirs)), name_(std::move(name)), fd_(std::move(fd)) {}

Result<StagingDir> StagingDir::create(SharedDirs dirs) {
  BAYPLAN_TRY(dirs->locks->check_process());
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string name = file::random_name({});
    // Not synced: nothing in it has to survive before it is renamed away.
    if (::mkdirat(dirs->ingest.get(), name.c_str(), kPrivateMode) != 0) {
      if (errno == EEXIST) continue;
      return Error::from_errno(errno, "directory", name, "mkdirat");
    }
    BAYPLAN_ASSIGN(auto fd, lock_if_still_there(dirs->ingest.get(), name));
    if (fd) return StagingDir(std::move(dirs), std::move(name), *std::move(fd));
  }
  return Error(Errc::busy, "directory", "ingest", "sweeps removed every new directory");
}

StagingDir::~StagingDir() {
  if (!dirs_ || !dirs_->locks->check_process()) return;
  // Mostly its file was moved out of it, and it is empty.
  if (::unlinkat(dirs_->ingest.get(), name_.c_str(), AT_REMOVEDIR) == 0) return;
  ignore_error(file::remove_tree(dirs_->ingest.get(), name_), "the next sweep removes what is left");
}

}  // namespace bayplan::content
