#include "bayplan/base/new_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"

namespace bayplan::file {
namespace {

constexpr std::size_t kBufferBytes = 128u << 10;

bool is_regular(int fd) noexcept {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

Result<void> FdSink::write(std::span<const std::byte> bytes) {
  const bool direct = bytes.size() > kBufferBytes / 2;
  if (direct || buffer_.size() + bytes.size() > kBufferBytes) BAYPLAN_TRY(flush());
  if (direct) return put(bytes);
  buffer_ += as_text(bytes);
  return {};
}

Result<void> FdSink::flush() {
  BAYPLAN_TRY(put(as_bytes(buffer_)));
  buffer_.clear();
  return {};
}

Result<void> FdSink::put(std::span<const std::byte> bytes) const {
  if (!cancel_ || is_regular(fd_)) return write_all(fd_, bytes, name_);
  while (!bytes.empty()) {
    BAYPLAN_TRY(wait_ready(fd_, POLLOUT, name_, *cancel_));
    // What a pipe that is ready takes at once.
    const auto piece = bytes.first(std::min<std::size_t>(bytes.size(), PIPE_BUF));
    BAYPLAN_TRY(write_all(fd_, piece, name_));
    bytes = bytes.subspan(piece.size());
  }
  return {};
}

NewPath::NewPath(UniqueFd parent, std::string name)
    : parent_(std::move(parent)), name_(std::move(name)), temporary_(random_name(kTemporaryPrefix)) {}

Result<NewPath> NewPath::open(const std::filesystem::path& path) {
  const std::filesystem::path normal = path.lexically_normal();
  const std::filesystem::path clean = normal.has_filename() ? normal : normal.parent_path();
  BAYPLAN_ASSIGN(UniqueFd parent, open_dir(clean.has_parent_path() ? clean.parent_path() : "."));
  NewPath made(std::move(parent), clean.filename());
  const auto there = stat_at(made.parent_.get(), made.name_);
  if (there) {
    return Error(Errc::already_exists, "file", path.native())
        .with_advice("remove it first, or choose another name");
  }
  if (there.error().code() != Errc::not_found) return there.error();
  return made;
}

Result<UniqueFd> NewPath::create_file() const {
  return open_beneath(parent_.get(), temporary_, O_WRONLY | O_CREAT | O_EXCL, 0666);
}

Result<UniqueFd> NewPath::create_directory() const {
  if (::mkdirat(parent_.get(), temporary_.c_str(), 0777) != 0) {
    return Error::from_errno(errno, "directory", name_, "mkdirat");
  }
  return open_dir_at(parent_.get(), temporary_);
}

Result<void> NewPath::settle(Result<void> written) const {
  if (written) written = fault::at(fault::Point::new_file_written);
  if (written) written = rename_exclusive(parent_.get(), temporary_, parent_.get(), name_);
  if (written) return sync_dir(parent_.get(), name_);
  ignore_error(remove_tree(parent_.get(), temporary_), "the first error says more");
  return written;
}

}  // namespace bayplan::file
