#include "writer_gate.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "bayplan/base/file.h"
#include "open_lock.h"

namespace bayplan::metadata {
namespace {

using Clock = std::chrono::steady_clock;

// Whoever comes holds the turnstile while it waits for the writer's byte. Whoever leaves and comes straight
// back has to pass the turnstile again, so that another process gets in between.
constexpr std::uint64_t kTurnstileByte = std::uint64_t{1} << 32;
constexpr std::uint64_t kWriterByte = kTurnstileByte + 1;

bool limited(const WriteOptions& options) { return options.deadline || options.cancel; }

Error too_late(std::string_view holder) {
  return Error(Errc::busy, "writer lock", {}, "not free before the deadline: " + std::string(holder))
      .with_advice("allow more time, or keep the write transactions that others open shorter");
}

// How often to look at what cannot be waited for.
class Backoff {
 public:
  explicit Backoff(const WriteOptions& options) : options_(options) {}

  /// Errors: busy (the deadline has passed), cancelled.
  Result<void> check(std::string_view holder) const {
    if (options_.cancel) BAYPLAN_TRY(options_.cancel->check());
    if (options_.deadline && Clock::now() >= *options_.deadline) return too_late(holder);
    return {};
  }
  /// When to look next.
  Clock::time_point next() {
    const auto soon = Clock::now() + std::exchange(pause_, std::min(2 * pause_, kLongest));
    return options_.deadline ? std::min(soon, *options_.deadline) : soon;
  }

 private:
  static constexpr std::chrono::microseconds kLongest{5000};
  const WriteOptions& options_;
  std::chrono::microseconds pause_{100};
};

Result<void> poll_byte(int file, std::uint64_t offset, Backoff& backoff) {
  while (true) {
    auto locked = file::try_lock_byte(file, offset, kOpenLockName);
    if (locked || locked.error().code() != Errc::busy) return locked;
    BAYPLAN_TRY(backoff.check("another process writes"));
    std::this_thread::sleep_until(backoff.next());
  }
}

}  // namespace

Result<void> WriterGate::enter(WriterKind kind, const WriteOptions& options) {
  if (options.cancel) BAYPLAN_TRY(options.cancel->check());
  BAYPLAN_TRY(enter_process(kind, options));
  auto locked = limited(options) ? poll_file(options) : lock_file();
  if (!locked) leave_process();
  return locked;
}

void WriterGate::leave() noexcept {
  file::unlock_byte(file_.get(), kWriterByte);
  leave_process();
}

bool WriterGate::open_for(WriterKind kind) const noexcept {
  if (inside_) return false;
  if (kind == WriterKind::group) return singles_waiting_ == 0 || last_ == WriterKind::single;
  return groups_waiting_ == 0 || last_ == WriterKind::group;
}

Result<void> WriterGate::enter_process(WriterKind kind, const WriteOptions& options) {
  std::unique_lock lock(mutex_);
  const bool single = kind == WriterKind::single;
  std::condition_variable& mine = single ? single_ : group_;
  std::uint32_t& waiting = single ? singles_waiting_ : groups_waiting_;
  Backoff backoff(options);
  Result<void> allowed;
  ++waiting;
  // The lock comes first: a wake-up that was meant for this thread is never lost to its deadline.
  while (!open_for(kind) && (allowed = backoff.check("another thread of this process writes"))) {
    if (options.cancel) {
      mine.wait_until(lock, backoff.next());  // NOLINT(bugprone-spuriously-wake-up-functions): the loop looks
    } else if (options.deadline) {
      mine.wait_until(lock, *options.deadline);  // NOLINT(bugprone-spuriously-wake-up-functions)
    } else {
      mine.wait(lock);
    }
  }
  --waiting;
  if (!allowed) {
    (single ? group_ : single_).notify_one();  // perhaps it waited for this one to go first
    return allowed;
  }
  inside_ = true;
  last_ = kind;
  return {};
}

void WriterGate::leave_process() noexcept {
  const std::lock_guard lock(mutex_);
  inside_ = false;
  if (singles_waiting_ > 0) single_.notify_one();
  if (groups_waiting_ > 0) group_.notify_one();
}

Result<void> WriterGate::lock_file() {
  BAYPLAN_TRY(file::lock_byte(file_.get(), kTurnstileByte, kOpenLockName));
  auto locked = file::lock_byte(file_.get(), kWriterByte, kOpenLockName);
  file::unlock_byte(file_.get(), kTurnstileByte);
  return locked;
}

Result<void> WriterGate::poll_file(const WriteOptions& options) {
  Backoff backoff(options);
  BAYPLAN_TRY(poll_byte(file_.get(), kTurnstileByte, backoff));
  auto locked = poll_byte(file_.get(), kWriterByte, backoff);
  file::unlock_byte(file_.get(), kTurnstileByte);
  return locked;
}

}  // namespace bayplan::metadata
