#include "pages/reader_hold.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "bayplan/base/file.h"
#include "bayplan/metadata/file_source.h"
#include "environment.h"
#include "precheck.h"

namespace bayplan::metadata {

ReaderHold::ReaderHold(std::shared_ptr<Environment> environment, Reader* reader)
    : environment_(std::move(environment)),
      reader_(reader),
      due_(std::chrono::steady_clock::now() + kMostHoldTime) {}

ReaderHold::ReaderHold(ReaderHold&& other) noexcept
    : environment_(std::move(other.environment_)),
      reader_(std::exchange(other.reader_, nullptr)),
      due_(other.due_) {}

Result<ReaderHold> ReaderHold::take(const std::filesystem::path& directory) {
  BAYPLAN_ASSIGN(const UniqueFd fd, file::open_dir(directory));
  // On a read-only file system LMDB would go without a slot.
  if (::faccessat(fd.get(), kLockName, W_OK, AT_EACCESS) != 0)
    return Error::from_errno(errno, "file", kLockName, "faccessat");
  BAYPLAN_ASSIGN(auto environment, acquire_environment(directory, {.read_only = true, .create = false}));
  BAYPLAN_ASSIGN(Reader* const reader, environment->begin_read());
  return ReaderHold(std::move(environment), reader);
}

void ReaderHold::release_if_due() noexcept {
  if (held() && std::chrono::steady_clock::now() >= due_) release();
}

void ReaderHold::release() noexcept {
  if (held()) environment_->end_read(std::exchange(reader_, nullptr));
  environment_.reset();
}

}  // namespace bayplan::metadata
