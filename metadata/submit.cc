#include "bayplan/metadata/submit.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <limits>
#include <string>

#include "environment_registry.h"
#include "own_thread.h"

namespace bayplan::metadata::internal {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "a futex is 32 bits");

// Until `word` is not `before`, the deadline, or for no reason. std::atomic cannot wait with a deadline.
void wait_for_change(std::atomic<std::uint32_t>& word, std::uint32_t before,
                     std::optional<std::chrono::steady_clock::time_point> deadline) {
  timespec until{};
  if (deadline) {
    const auto since = deadline->time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    until.tv_sec = seconds.count();
    until.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count();
  }
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, before, deadline ? &until : nullptr, nullptr,
            FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

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

Bell::Bell(const void* environment) noexcept : environment_(environment), generation_(process_generation()) {}

void Bell::ring() noexcept {
  rung_.fetch_add(1, std::memory_order_release);
  ::syscall(SYS_futex, &rung_, FUTEX_WAKE_PRIVATE, std::numeric_limits<int>::max(), nullptr, nullptr, 0);
}

Result<bool> Bell::wait(const std::atomic<bool>& open,
                        std::optional<std::chrono::steady_clock::time_point> deadline) const {
  if (open.load(std::memory_order_acquire)) return true;
  if (generation_ != process_generation()) {
    return Error(Errc::closed, "submission", {}, "made before this process was forked");
  }
  if (OwnThread::is_writing(environment_)) {
    return Error(Errc::failed_precondition, "submission", {}, "waiting inside a write transaction never ends")
        .with_advice("ask for the outcome after the transaction, or on another thread");
  }
  while (true) {
    const std::uint32_t before = rung_.load(std::memory_order_acquire);
    if (open.load(std::memory_order_acquire)) return true;
    if (deadline && std::chrono::steady_clock::now() >= *deadline) return false;
    wait_for_change(rung_, before, deadline);
  }
}

}  // namespace bayplan::metadata::internal
