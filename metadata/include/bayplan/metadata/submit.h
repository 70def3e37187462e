// Submitted: what Db::submit answers. The rest of this file is how closures travel to the thread that commits
// them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "bayplan/metadata/options.h"
#include "bayplan/metadata/tx.h"

namespace bayplan::metadata {

namespace internal {

/// A closure on its way through the queue.
class Submission {
 public:
  virtual ~Submission() = default;
  /// Runs the closure once. An error means that its writes are to be undone; a throw becomes one.
  virtual Result<void> run(WriteTx& tx) = 0;
  /// What run() did was undone. The closure's own error, if it had one, stays.
  virtual void lose(const Error& error) = 0;
  /// The outcome is final.
  virtual void resolve() noexcept = 0;

  Durability durability = Durability::full;
};

/// The error that stands for whatever a closure threw.
Error thrown_error(const std::exception_ptr& thrown);

/// What all who wait for one environment's outcomes wait at: one call wakes everybody of a group.
/// Thread-safe.
class Bell {
 public:
  /// `environment` is compared, never used.
  explicit Bell(const void* environment) noexcept;
  /// Wakes all who wait.
  void ring() noexcept;
  /// Waits until `open`, or until `deadline` if there is one. Answers whether it is open.
  /// Errors: failed_precondition (this thread would wait for itself), closed (in a forked child).
  Result<bool> wait(const std::atomic<bool>& open,
                    std::optional<std::chrono::steady_clock::time_point> deadline) const;

 private:
  const void* environment_;
  std::uint64_t generation_;
  mutable std::atomic<std::uint32_t> rung_{0};
};

template <class F, class R>
class ClosureRun : public Submission {
 public:
  explicit ClosureRun(F closure) : closure_(std::move(closure)) {}

  Result<void> run(WriteTx& tx) override {
    try {
      outcome_.emplace(std::invoke(*closure_, tx));
    } catch (...) {
      thrown_ = std::current_exception();
      outcome_.emplace(thrown_error(thrown_));
    }
    if (*outcome_) return {};
    return outcome_->error();
  }
  void lose(const Error& error) override {
    if (!outcome_ || *outcome_) outcome_.emplace(error);
  }

 protected:
  std::optional<F> closure_;
  std::optional<R> outcome_{};
  std::exception_ptr thrown_{};
};

/// The part of a waited-for submission that does not depend on the closure's type.
template <class R>
class Pending {
 public:
  explicit Pending(std::shared_ptr<const Bell> bell) : bell_(std::move(bell)) {}
  virtual ~Pending() = default;
  bool is_open() const noexcept { return open_.load(std::memory_order_acquire); }
  /// As Bell::wait.
  Result<bool> wait(std::optional<std::chrono::steady_clock::time_point> deadline) const {
    return bell_->wait(open_, deadline);
  }
  /// Once. Rethrows what the closure threw. Precondition: is_open().
  virtual R take() = 0;

 protected:
  void open() noexcept { open_.store(true, std::memory_order_release); }

 private:
  std::shared_ptr<const Bell> bell_;
  std::atomic<bool> open_{false};
};

template <class F, class R>
class FutureRun final : public ClosureRun<F, R>, public Pending<R> {
 public:
  FutureRun(F closure, std::shared_ptr<const Bell> bell)
      : ClosureRun<F, R>(std::move(closure)), Pending<R>(std::move(bell)) {}
  void resolve() noexcept override {
    this->closure_.reset();
    this->open();  // who waits hears it from the bell
  }
  R take() override {
    if (this->thrown_) std::rethrow_exception(std::exchange(this->thrown_, nullptr));
    return std::move(*this->outcome_);
  }
};

template <class F, class R, class Done>
class CallbackRun final : public ClosureRun<F, R> {
 public:
  CallbackRun(F closure, Done done) : ClosureRun<F, R>(std::move(closure)), done_(std::move(done)) {}
  void resolve() noexcept override {
    this->closure_.reset();
    std::invoke(std::move(done_), std::move(*this->outcome_));
  }

 private:
  Done done_;
};

}  // namespace internal

/// The outcome of a submitted closure, once. May outlive every Db handle. Dropping it does not cancel the
/// closure. One thread at a time.
template <class T>
class [[nodiscard]] Submitted {
 public:
  explicit Submitted(std::shared_ptr<internal::Pending<Result<T>>> pending) : pending_(std::move(pending)) {}

  /// Waits until the closure's group is durable and the hooks have run, and answers what the closure
  /// answered, or rethrows what it threw. A second call answers failed_precondition. Adds errors:
  /// failed_precondition (not ready, and this thread is inside a write transaction of the store, or is the
  /// one that runs closures and hooks: it would wait for itself; ask again elsewhere), closed (in a forked
  /// child); no_space, corrupt, io: the group's commit failed.
  Result<T> get() {
    if (!pending_) return Error(Errc::failed_precondition, "submission", {}, "its outcome was taken before");
    BAYPLAN_TRY(pending_->wait({}));
    return std::exchange(pending_, nullptr)->take();
  }

  /// Whether get() would return at once. False after get().
  bool ready() const noexcept { return pending_ && pending_->is_open(); }

  /// Waits up to `duration`; answers ready(). Where get() would refuse to wait it does not wait either.
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> duration) const {
    const auto ticks = std::chrono::duration_cast<std::chrono::steady_clock::duration>(duration);
    if (!pending_) return false;
    const auto open = pending_->wait(std::chrono::steady_clock::now() + ticks);
    return open && *open;
  }

 private:
  std::shared_ptr<internal::Pending<Result<T>>> pending_;
};

}  // namespace bayplan::metadata
