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

constexpr std::chrono::milliseconds kLongestPassing{1};

// Whoever comes holds the turnstile while it waits for the writer's byte. Whoever leaves and comes straight
// back has to pass the turnstile again, so that another process gets in between.
constexpr std::uint64_t kTurnstileByte = std::uint64_t{1} << 32;
constexpr std::uint64_t kWriterByte = kTurnstileByte + 1;
constexpr std::uint64_t kCollectorByte = kTurnstileByte + 2;

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

Result<void> WriterGate::try_lock_collector() {
  return file::try_lock_byte(file_.get(), kCollectorByte, kOpenLockName);
}

void WriterGate::unlock_collector() noexcept { file::unlock_byte(file_.get(), kCollectorByte); }

// Both kinds wait: they take turns.
bool WriterGate::is_turn_of(WriterKind kind) const noexcept {
  if (inside_) return false;
  if (kind == WriterKind::group) return singles_.empty() || last_ == WriterKind::single;
  return groups_.empty() || last_ == WriterKind::group;
}

// Whoever comes while nobody is inside goes in before those who are only just being woken, which is faster
// for all; but not for ever.
bool WriterGate::may_pass(WriterKind kind) const {
  if (!is_turn_of(kind)) return false;
  const std::deque<Waiter*>& line = kind == WriterKind::single ? singles_ : groups_;
  return line.empty() || Clock::now() - line.front()->since < kLongestPassing;
}

Result<void> WriterGate::enter_process(WriterKind kind, const WriteOptions& options) {
  std::unique_lock lock(mutex_);
  if (!may_pass(kind)) BAYPLAN_TRY(wait_in_line(lock, kind, options));
  inside_ = true;
  last_ = kind;
  return {};
}

Result<void> WriterGate::wait_in_line(std::unique_lock<std::mutex>& lock, WriterKind kind,
                                      const WriteOptions& options) {
  std::deque<Waiter*>& line = line_of(kind);
  Waiter self{.since = Clock::now()};
  line.push_back(&self);
  Backoff backoff(options);
  Result<void> allowed;
  // Its turn is asked for first: a wake-up that was meant for this thread is never lost to its deadline.
  while (!(is_turn_of(kind) && line.front() == &self) &&
         (allowed = backoff.check("another thread of this process writes"))) {
    if (options.cancel) {
      self.turn.wait_until(lock,
                           backoff.next());  // NOLINT(bugprone-spuriously-wake-up-functions): the loop looks
    } else if (options.deadline) {
      self.turn.wait_until(lock, *options.deadline);  // NOLINT(bugprone-spuriously-wake-up-functions)
    } else {
      self.turn.wait(lock);
    }
  }
  line.erase(std::find(line.begin(), line.end(), &self));
  if (!allowed && !inside_) call_next();  // who waited for this one to go first
  return allowed;
}

void WriterGate::leave_process() noexcept {
  const std::lock_guard lock(mutex_);
  inside_ = false;
  call_next();
}

void WriterGate::call_next() noexcept {
  for (const WriterKind kind : {WriterKind::single, WriterKind::group}) {
    if (std::deque<Waiter*>& line = line_of(kind); !line.empty() && is_turn_of(kind))
      line.front()->turn.notify_one();
  }
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
