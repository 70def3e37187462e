#include "pages/live_copy.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>

#include "bayplan/base/file.h"

namespace bayplan::metadata {
namespace {

constexpr int kAttempts = 100;

// What the newest commit sees lies before its end; a file that was cut is copied as far as it goes.
Result<void> copy(int from, int to, std::uint64_t size, const std::string& name) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(from, name));
  size = std::min(size, static_cast<std::uint64_t>(info.st_size));
  if (::lseek(to, 0, SEEK_SET) != 0) return Error::from_errno(errno, "file", name, "lseek");
  std::array<std::byte, 65536> part{};
  for (std::uint64_t done = 0; done < size;) {
    const std::span<std::byte> bytes(part.data(), std::min<std::uint64_t>(part.size(), size - done));
    BAYPLAN_TRY(file::pread_exact(from, bytes, done, name));
    BAYPLAN_TRY(file::write_all(to, bytes, name));
    done += bytes.size();
  }
  return {};
}

}  // namespace

std::vector<std::uint64_t> lock_holders(const struct stat& info) {
  std::vector<std::uint64_t> holders;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    unsigned major = 0;
    unsigned minor = 0;
    std::uint64_t inode = 0;
    std::int64_t pid = 0;
    // bolt's locks are FLOCK, LMDB's POSIX.
    if (std::sscanf(line.c_str(), "%*u: %*s %*s %*s %" SCNd64 " %x:%x:%" SCNu64, &pid, &major, &minor,
                    &inode) == 4 &&
        inode == info.st_ino && major == ::major(info.st_dev) && minor == ::minor(info.st_dev)) {
      holders.push_back(static_cast<std::uint64_t>(std::max<std::int64_t>(pid, 1)));
    }
  }
  std::sort(holders.begin(), holders.end());
  holders.erase(std::unique(holders.begin(), holders.end()), holders.end());
  return holders;
}

Result<UniqueFd> copy_between_commits(int fd, const std::string& name, const CopyMoment& moment) {
  BAYPLAN_ASSIGN(const UniqueFd directory, file::open_dir(std::filesystem::temp_directory_path()));
  BAYPLAN_ASSIGN(auto made, file::create_unnamed(directory.get(), 0600, name));
  if (!made) return Error(Errc::unsupported, "file", name, "is in use, and there is no place for a copy");
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    BAYPLAN_ASSIGN(const std::uint64_t bytes, moment.begin());
    BAYPLAN_TRY(copy(fd, made->get(), bytes, name));
    BAYPLAN_ASSIGN(const bool still, moment.still());
    if (still) return std::move(*made);
  }
  return Error(Errc::busy, "file", name, "was written to each time that it was copied")
      .with_advice("try again, or stop who writes");
}

}  // namespace bayplan::metadata
