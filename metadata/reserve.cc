#include "reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "bayplan/base/file.h"

namespace bayplan::metadata {
namespace {

constexpr const char* kReserveName = "reserve";
constexpr std::uint64_t kLargest = std::uint64_t{1} << 20;
constexpr std::uint64_t kSmallest = std::uint64_t{64} << 10;
constexpr std::uint64_t kPartOfDisk = 8;
constexpr std::uint64_t kBlock = 512;  // of st_blocks

std::uint64_t wanted(int fd) {
  const auto total = file::total_bytes(fd, kReserveName);
  return total ? std::clamp(*total / kPartOfDisk, kSmallest, kLargest) : kLargest;
}

// release() empties it.
bool is_own_file(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink <= 1;
}

}  // namespace

Reserve Reserve::open(int directory) noexcept {
  Reserve reserve;
  auto file = file::open_beneath(directory, kReserveName, O_RDWR | O_CREAT | O_NONBLOCK, 0600);
  if (!file || !is_own_file(file->get())) return reserve;
  reserve.bytes_ = wanted(file->get());
  reserve.file_ = std::move(*file);
  reserve.fill();
  return reserve;
}

bool Reserve::fill() noexcept {
  if (!file_) return true;
  struct stat info {};
  if (::fstat(file_.get(), &info) == 0 && static_cast<std::uint64_t>(info.st_blocks) * kBlock >= bytes_)
    return true;
  const int rc = ::posix_fallocate(file_.get(), 0, static_cast<off_t>(bytes_));
  return rc != ENOSPC && rc != EDQUOT;
}

void Reserve::release() noexcept {
  if (!file_) return;
  const auto left = file::free_bytes(file_.get(), kReserveName);
  if (left && *left >= bytes_) return;
  // What cannot be given back stays: the transaction says itself what it lacks.
  [[maybe_unused]] const int rc = ::ftruncate(file_.get(), 0);
}

}  // namespace bayplan::metadata
