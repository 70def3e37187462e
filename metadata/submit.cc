#include "bayplan/metadata/submit.h"

#include <string>

#include "environment_registry.h"
#include "own_thread.h"

namespace bayplan::metadata::internal {

Error thrown_error(const std::exception_ptr& thrown) {
  std::string what = "the closure threw";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    what += ": " + std::string(exception.what());
  } catch (...) {
    what += " something that is no std::exception";
  }
  return Error(Errc::failed_precondition, "submission", {}, what);
}

void Waiting::belong_to(const void* environment) noexcept {
  environment_ = environment;
  generation_ = process_generation();
}

void Waiting::open() noexcept {
  const std::lock_guard lock(mutex_);
  open_ = true;
  opened_.notify_all();
}

bool Waiting::is_open() const noexcept {
  if (generation_ != process_generation()) return false;  // the lock may be held by a thread of the parent
  const std::lock_guard lock(mutex_);
  return open_;
}

Result<void> Waiting::may_wait() const {
  if (generation_ != process_generation()) {
    return Error(Errc::closed, "submission", {}, "made before this process was forked");
  }
  if (is_open() || !OwnThread::is_writing(environment_)) return {};
  return Error(Errc::failed_precondition, "submission", {}, "waiting inside a write transaction never ends")
      .with_advice("ask for the outcome after the transaction, or on another thread");
}

Result<void> Waiting::wait() {
  BAYPLAN_TRY(may_wait());
  std::unique_lock lock(mutex_);
  opened_.wait(lock, [this] { return open_; });
  return {};
}

bool Waiting::wait_until(std::chrono::steady_clock::time_point deadline) {
  if (!may_wait()) return is_open();
  std::unique_lock lock(mutex_);
  return opened_.wait_until(lock, deadline, [this] { return open_; });
}

}  // namespace bayplan::metadata::internal
