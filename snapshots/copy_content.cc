#include "copy_content.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "bayplan/base/file.h"
#include "write_at.h"

namespace bayplan::snapshots {
namespace {

constexpr std::size_t kBuffer = std::size_t{256} * 1024;

Error failed(std::string_view name, std::string_view call) {
  return Error::from_errno(errno, "file", name, call);
}

}  // namespace

Result<void> ContentCopier::copy(int from, int to, std::uint64_t size, std::string_view name) {
  if (size == 0) return {};
  if (reflinks_ && ::ioctl(to, FICLONE, from) == 0) return {};
  reflinks_ = false;
  if (::ftruncate(to, static_cast<off_t>(size)) != 0) return failed(name, "ftruncate");
  std::uint64_t at = 0;
  while (at < size) {
    const off_t data = ::lseek(from, static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 && errno == ENXIO) return {};  // a hole up to the end
    if (data < 0) return failed(name, "lseek");
    const off_t hole = ::lseek(from, data, SEEK_HOLE);
    if (hole < 0) return failed(name, "lseek");
    const std::uint64_t end = std::min(static_cast<std::uint64_t>(hole), size);
    BAYPLAN_TRY(copy_range(from, to, static_cast<std::uint64_t>(data), end, name));
    at = end;
  }
  return {};
}

Result<void> ContentCopier::copy_range(int from, int to, std::uint64_t begin, std::uint64_t end,
                                       std::string_view name) {
  while (copies_in_kernel_ && begin < end) {
    auto from_offset = static_cast<loff_t>(begin);
    loff_t to_offset = from_offset;
    const ssize_t count = ::copy_file_range(from, &from_offset, to, &to_offset, end - begin, 0);
    if (count > 0) {
      begin += static_cast<std::uint64_t>(count);
    } else if (count == 0) {
      break;  // some file systems answer that although there is more: reading tells
    } else if (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
      copies_in_kernel_ = false;
    } else if (errno != EINTR) {
      return failed(name, "copy_file_range");
    }
  }
  return begin < end ? copy_by_hand(from, to, begin, end, name) : Result<void>();
}

Result<void> ContentCopier::copy_by_hand(int from, int to, std::uint64_t begin, std::uint64_t end,
                                         std::string_view name) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer, end - begin)));
  while (begin < end) {
    const auto chunk = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - begin)));
    BAYPLAN_TRY(file::pread_exact(from, chunk, begin, name));
    BAYPLAN_TRY(write_at(to, chunk, begin, name));
    begin += chunk.size();
  }
  return {};
}

}  // namespace bayplan::snapshots
