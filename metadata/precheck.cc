#include "precheck.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "bayplan/base/file.h"
#include "page_walk.h"

namespace bayplan::metadata {
namespace {

constexpr std::array kNetworkFileSystems = {std::uint32_t{NFS_SUPER_MAGIC},
                                            std::uint32_t{SMB_SUPER_MAGIC},
                                            std::uint32_t{0xFF534D42} /* CIFS */,
                                            std::uint32_t{0xFE534D42} /* SMB2 */,
                                            std::uint32_t{V9FS_MAGIC},
                                            std::uint32_t{AFS_SUPER_MAGIC},
                                            std::uint32_t{CODA_SUPER_MAGIC},
                                            std::uint32_t{0x00C36400} /* Ceph */,
                                            std::uint32_t{0x0BD00BD0} /* Lustre */};

Result<void> narrow(int fd, mode_t mode, const char* name) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd, name));
  if ((info.st_mode & 0777u) == mode || info.st_uid != ::geteuid()) return {};
  if (::fchmod(fd, mode) != 0) return Error::from_errno(errno, "file", name, "fchmod");
  return {};
}

// A file that is too short for its last page is fine if nothing lies there, which takes a look at all pages
// to tell.
Result<void> check_pages(int fd) {
  BAYPLAN_ASSIGN(const PageFile pages, PageFile::open(fd));
  return pages.is_short() ? check_all_pages(pages) : check_upper_pages(pages);
}

// LMDB opens this one by itself: it would follow a link and overwrite what that leads to.
Result<void> check_lock_file(int directory_fd) {
  auto info = file::stat_at(directory_fd, kLockName);
  if (!info && info.error().code() == Errc::not_found) return {};
  BAYPLAN_ASSIGN(const struct stat found, std::move(info));
  if (S_ISREG(found.st_mode) && found.st_nlink == 1) return {};
  return Error(Errc::corrupt, "file", kLockName, "a link, or no regular file")
      .with_advice("remove it while nobody uses the store: it holds no data");
}

}  // namespace

Result<void> check_file_system(int directory_fd) {
  struct statfs info {};
  if (::fstatfs(directory_fd, &info) != 0) return Error::from_errno(errno, "directory", {}, "fstatfs");
  const auto type = static_cast<std::uint32_t>(info.f_type);
  if (std::find(kNetworkFileSystems.begin(), kNetworkFileSystems.end(), type) == kNetworkFileSystems.end())
    return {};
  return Error(Errc::invalid_argument, "directory", {}, "is on a network file system")
      .with_advice("put the metadata on a local file system");
}

Result<void> fill_lock_file(int directory_fd, std::uint32_t max_readers) {
  // Blocks, and no length, because that is how LMDB tells whether the file is new.
  constexpr off_t kSlotBytes = 64;
  constexpr off_t kHeadBytes = 4096;
  BAYPLAN_ASSIGN(const UniqueFd file, file::open_beneath(directory_fd, kLockName, O_RDWR | O_CREAT, 0600));
  if (::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0,
                  kHeadBytes + kSlotBytes * static_cast<off_t>(max_readers)) == 0 ||
      errno == EOPNOTSUPP) {
    return {};
  }
  return Error::from_errno(errno, "file", kLockName, "fallocate");
}

Result<void> check_has_data(int directory_fd) {
  const auto data = file::stat_at(directory_fd, kDataName);
  if (data) return {};
  if (data.error().code() != Errc::not_found) return data.error();
  if (file::stat_at(directory_fd, kLockName)) {
    return Error(Errc::corrupt, "file", kDataName, "absent beside its lock file")
        .with_advice("restore the store from a backup");
  }
  return Error(Errc::failed_precondition, "directory", {}, "is not empty and holds no store")
      .with_advice("name an empty or absent directory");
}

Result<void> precheck(int directory_fd, bool read_only, std::uint32_t max_readers) {
  BAYPLAN_ASSIGN(const UniqueFd data, file::open_regular(directory_fd, kDataName));
  BAYPLAN_TRY(check_lock_file(directory_fd));
  if (!read_only) {
    BAYPLAN_TRY(narrow(directory_fd, 0700, "metadata"));
    BAYPLAN_TRY(narrow(data.get(), 0600, kDataName));
  }
  // A reader that may not write there goes without, as LMDB lets it.
  auto filled = fill_lock_file(directory_fd, max_readers);
  if (!filled && (!read_only || filled.error().code() == Errc::no_space)) return filled;
  // A writer of another process may be at work between two looks; what is really wrong stays wrong.
  constexpr int kAttempts = 5;
  auto checked = check_pages(data.get());
  for (int attempt = 1; !checked && checked.error().code() == Errc::corrupt && attempt < kAttempts;
       ++attempt) {
    checked = check_pages(data.get());
  }
  return checked;
}

}  // namespace bayplan::metadata
