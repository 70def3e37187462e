// Collections when they are due (gc_schedule.h), on Boost.Asio. Needs Boost's headers, as asio.h does.
//
//   metadata::GcScheduler scheduler(context.get_executor(), db, kinds);
//   BAYPLAN_TRY(scheduler.start());
//   scheduler.async_collect(boost::asio::bind_executor(strand, [](Result<GcReport> report) { .. }));
//
// A timer on the executor wakes it; while there is something to wait for (with polls always) that keeps the
// executor's context busy, until stop(). Commits of this process wake it through subscribe(). Collections
// block the thread they run on for as long as they take: give `worker` an executor of its own where that
// matters.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "bayplan/metadata/asio.h"
#include "bayplan/metadata/events.h"
#include "bayplan/metadata/gc_schedule.h"

namespace bayplan::metadata {

struct GcSchedulerOptions {
  GcParameters parameters{};
  boost::asio::any_io_executor worker{};  ///< where collections run; none: on the scheduler's executor
  /// Told of every collection, and of a poll that failed, one call at a time, on the worker. May use the
  /// scheduler, stop() included. Must not throw.
  std::function<void(const Result<GcReport>&)> on_report{};
};

namespace internal {

// All that callbacks share. They hold it by shared pointers, or weak ones where it holds them.
class GcScheduling : public std::enable_shared_from_this<GcScheduling> {
 public:
  using Waiter = std::function<void(const Result<GcReport>&)>;

  GcScheduling(const boost::asio::any_io_executor& executor, Db db, GcKinds kinds, GcSchedulerOptions options)
      : options_(std::move(options)),
        worker_(options_.worker ? options_.worker : executor),
        kinds_(kinds.begin(), kinds.end()),
        db_(std::move(db)),
        timer_(executor) {}

  Result<void> start() {
    std::unique_lock lock(mutex_);
    if (state_ != State::made) return not_running("it was started before");
    const Db db = db_;
    lock.unlock();
    const std::weak_ptr<GcScheduling> self = weak_from_this();
    auto subscription = subscribe(db, [self](std::span<const Event> commit) {
      if (const auto scheduling = self.lock()) scheduling->committed(commit);
    });
    if (!subscription) return std::move(subscription).error();
    lock.lock();
    if (state_ != State::made) {
      lock.unlock();  // the handler may wait for it, and the subscription's end for the handler
      return not_running("it was started or stopped meanwhile");
    }
    subscription_ = std::move(*subscription);
    schedule_.emplace(options_.parameters, GcMoment::now());
    state_ = State::running;
    arm();
    return {};
  }

  void collect(Waiter waiter) {
    std::unique_lock lock(mutex_);
    if (state_ != State::running) {
      lock.unlock();
      return waiter(not_running("it does not run"));
    }
    waiters_.push_back(std::move(waiter));
    schedule_->triggered(GcMoment::now());
    arm();
  }

  void stop() {
    std::unique_lock lock(mutex_);
    if (std::exchange(state_, State::stopped) == State::running) timer_.cancel();
    control_.cancel.cancel();
    const std::vector<Waiter> left = std::exchange(waiters_, {});
    const bool inside = working_on_ == std::this_thread::get_id();
    while (!inside && working_on_ != std::thread::id()) idle_.wait(lock);
    Subscription subscription = std::move(subscription_);
    const Db db = std::exchange(db_, {});  // closes the store, if it is the last, without the lock
    lock.unlock();
    subscription.reset();
    for (const Waiter& waiter : left) waiter(Error(Errc::cancelled, "collection", {}, "its scheduler stops"));
  }

 private:
  enum class State : unsigned char { made, running, stopped };
  // What one commit, or many, created and changed, until somebody looks when it ends.
  static constexpr std::size_t kMostChanged = 4096;

  static Error not_running(const char* message) {
    return {Errc::failed_precondition, "scheduler", {}, message};
  }

  // On the thread that commits.
  void committed(std::span<const Event> commit) {
    const std::lock_guard lock(mutex_);
    if (state_ != State::running) return;
    std::uint64_t removed = 0;
    for (const Event& event : commit) {
      if (event.change == Change::removed) ++removed;
      if (event.change != Change::removed) changed_.push_back({event.kind, event.ns, event.key});
    }
    const GcMoment at = GcMoment::now();
    removed_meanwhile_ += removed;
    if (!collecting_ || removed != commit.size()) schedule_->committed(removed != 0 && !collecting_, at);
    if (changed_.size() > kMostChanged) {  // a collection looks at everything
      changed_.clear();
      schedule_->committed(true, at);
    }
    arm();
  }

  // With the lock, as the next two.
  void arm() {
    if (state_ != State::running || posted_) return;
    const GcMoment at = GcMoment::now();
    if (!changed_.empty() || schedule_->due(at) != GcSchedule::Due::nothing) return post();
    const auto next = schedule_->next(at);
    if (next == armed_) return;
    armed_ = next;
    if (!next) {
      timer_.cancel();
      return;
    }
    timer_.expires_at(*next);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& failed) {
      if (!failed) self->woken();
    });
  }

  void post() {
    posted_ = true;
    boost::asio::post(worker_, [self = shared_from_this()] { self->work(); });
  }

  void woken() {
    const std::lock_guard lock(mutex_);
    armed_.reset();
    arm();
  }

  // On the worker, one at a time.
  void work() {
    std::unique_lock lock(mutex_);
    if (state_ != State::running) return;
    working_on_ = std::this_thread::get_id();
    look_at_changed(lock);
    const auto due = schedule_->due(GcMoment::now());
    if (due == GcSchedule::Due::poll) poll(lock);
    if (due == GcSchedule::Due::collection) run(lock);
    working_on_ = {};
    posted_ = false;
    idle_.notify_all();
    arm();
  }

  void look_at_changed(std::unique_lock<std::mutex>& lock) {
    const std::vector<GcNode> changed = std::exchange(changed_, {});
    if (changed.empty()) return;
    lock.unlock();
    const auto expiry = db_.view([&](const ReadTx& tx) { return first_expiry(tx, kinds_, changed); });
    lock.lock();
    if (expiry && *expiry) schedule_->expires(**expiry);
    if (!expiry) schedule_->committed(true, GcMoment::now());  // a collection tells what is wrong
  }

  Result<std::uint64_t> revision() const {
    return db_.view([](const ReadTx& tx) -> Result<std::uint64_t> { return tx.revision(); });
  }

  void poll(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const auto found = revision();
    if (!found && options_.on_report) options_.on_report(found.error());
    lock.lock();
    if (found) schedule_->polled(*found, GcMoment::now());
    if (!found) schedule_->failed(GcMoment::now());
  }

  void run(std::unique_lock<std::mutex>& lock) {
    const std::vector<Waiter> waiters = std::exchange(waiters_, {});
    collecting_ = true;
    removed_meanwhile_ = 0;
    lock.unlock();
    const Result<GcReport> report = collect_now();
    lock.lock();
    collecting_ = false;
    note(report);
    lock.unlock();
    if (options_.on_report) options_.on_report(report);
    for (const Waiter& waiter : waiters) waiter(report);
    lock.lock();
  }

  Result<GcReport> collect_now() {
    const auto seen = revision();
    GcOptions options;
    {
      const std::lock_guard lock(mutex_);
      options = schedule_->began(seen ? *seen : 0, GcMoment::now());
    }
    if (!seen) return seen.error();
    return metadata::collect(db_, kinds_, options, control_);
  }

  void note(const Result<GcReport>& report) {
    const GcMoment at = GcMoment::now();
    if (!report) return schedule_->failed(at);
    schedule_->ended(report->next_expiry, at);
    if (removed_meanwhile_ > report->removed.size()) schedule_->committed(true, at);
  }

  const GcSchedulerOptions options_;
  const boost::asio::any_io_executor worker_;
  const std::vector<const GcKind*> kinds_;
  const Control control_{};

  std::mutex mutex_;  // of all below; not held while others' code runs
  std::condition_variable idle_;
  Db db_;  // and this by the working thread, without it
  State state_ = State::made;
  std::optional<GcSchedule> schedule_{};
  boost::asio::steady_timer timer_;
  std::optional<GcSchedule::Steady> armed_{};
  bool posted_ = false;
  bool collecting_ = false;
  std::thread::id working_on_{};
  std::uint64_t removed_meanwhile_ = 0;  // objects, the collector's own among them
  std::vector<GcNode> changed_{};
  std::vector<Waiter> waiters_{};
  Subscription subscription_{};
};

}  // namespace internal

/// One is enough for a store in a process; those of several processes find each other busy, and try later.
/// Thread-safe, but for its destruction.
class GcScheduler {
 public:
  /// Keeps the store open until stop(). Precondition: the kinds and the executors' contexts outlive this.
  GcScheduler(const boost::asio::any_io_executor& executor, Db db, GcKinds kinds,
              GcSchedulerOptions options = {})
      : scheduling_(
            std::make_shared<internal::GcScheduling>(executor, std::move(db), kinds, std::move(options))) {}
  GcScheduler(const GcScheduler&) = delete;
  GcScheduler& operator=(const GcScheduler&) = delete;
  ~GcScheduler() { stop(); }

  /// Once. Errors: failed_precondition (started or stopped before), closed.
  Result<void> start() { return scheduling_->start(); }

  /// Asks for a collection, and completes with its outcome, `void(Result<GcReport>)`, on the token's
  /// associated executor, never inside this call: containerd's ScheduleAndWait. It begins after the call: one
  /// that runs already may have missed what the caller did. Errors of the outcome: those of collect();
  /// failed_precondition (not started, or stopped); cancelled (by stop()).
  template <class CompletionToken>
  auto async_collect(CompletionToken&& token) {
    return boost::asio::async_initiate<CompletionToken, void(Result<GcReport>)>(
        [](auto&& handler, const std::shared_ptr<internal::GcScheduling>& scheduling) {
          using Handler = std::decay_t<decltype(handler)>;
          using Completion = internal::PostCompletion<Handler, Result<GcReport>>;
          auto completion = std::make_shared<Completion>(std::forward<decltype(handler)>(handler));
          scheduling->collect(
              [completion](const Result<GcReport>& report) { std::invoke(std::move(*completion), report); });
        },
        token, scheduling_);
  }

  /// Ends it for good. A collection that runs is cancelled, and waited for, except by its own on_report; the
  /// caller must not hold what on_report, or a handler of events, waits for. When it returns, the store and
  /// the kinds are used no more. Those who wait for collections get cancelled.
  void stop() { scheduling_->stop(); }

 private:
  std::shared_ptr<internal::GcScheduling> scheduling_;
};

}  // namespace bayplan::metadata
