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
#include "pages/bolt_meta.h"

namespace bayplan::metadata::bolt {
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

Result<std::uint64_t> lock_holder(int fd, const std::string& name) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd, name));
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    unsigned major = 0;
    unsigned minor = 0;
    std::uint64_t inode = 0;
    std::int64_t pid = 0;
    if (std::sscanf(line.c_str(), "%*u: FLOCK %*s %*s %" SCNd64 " %x:%x:%" SCNu64, &pid, &major, &minor,
                    &inode) == 4 &&
        inode == info.st_ino && major == ::major(info.st_dev) && minor == ::minor(info.st_dev)) {
      return static_cast<std::uint64_t>(std::max<std::int64_t>(pid, 1));
    }
  }
  return 0;
}

Result<UniqueFd> copy_between_commits(int fd, const std::string& name) {
  BAYPLAN_ASSIGN(const UniqueFd directory, file::open_dir(std::filesystem::temp_directory_path()));
  BAYPLAN_ASSIGN(auto made, file::create_unnamed(directory.get(), 0600, name));
  if (!made) return Error(Errc::unsupported, "file", name, "is in use, and there is no place for a copy");
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    BAYPLAN_ASSIGN(const Metas before, read_metas(fd, name));
    const Meta& newest = before.newest();
    BAYPLAN_TRY(copy(fd, made->get(), newest.end * newest.page_bytes, name));
    BAYPLAN_ASSIGN(const Metas after, read_metas(fd, name));
    if (before.same(after)) return std::move(*made);
  }
  return Error(Errc::busy, "file", name, "was written to each time that it was copied")
      .with_advice("try again, or stop who writes");
}

}  // namespace bayplan::metadata::bolt
