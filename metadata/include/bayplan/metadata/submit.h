// Submitted: what Db::submit answers. The rest of this file is how closures travel to the thread that commits
// them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

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
};

/// The error that stands for whatever a closure threw.
Error thrown_error(const std::exception_ptr& thrown);

/// Where the one who submitted waits. Thread-safe.
class Waiting {
 public:
  /// `environment` is compared, never used.
  void belong_to(const void* environment) noexcept;
  void open() noexcept;
  bool is_open() const noexcept;
  /// Errors: failed_precondition (this thread would wait for itself), closed (in a forked child).
  Result<void> wait();
  bool wait_until(std::chrono::steady_clock::time_point deadline);

 private:
  Result<void> may_wait() const;

  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  const void* environment_ = nullptr;
  std::uint64_t generation_ = 0;
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
  virtual ~Pending() = default;
  virtual Waiting& waiting() noexcept = 0;
  /// Once. Rethrows what the closure threw. Precondition: waiting().is_open().
  virtual R take() = 0;
};

template <class F, class R>
class FutureRun final : public ClosureRun<F, R>, public Pending<R> {
 public:
  FutureRun(F closure, const void* environment) : ClosureRun<F, R>(std::move(closure)) {
    waiting_.belong_to(environment);
  }
  void resolve() noexcept override {
    this->closure_.reset();
    waiting_.open();
  }
  Waiting& waiting() noexcept override { return waiting_; }
  R take() override {
    if (this->thrown_) std::rethrow_exception(std::exchange(this->thrown_, nullptr));
    return std::move(*this->outcome_);
  }

 private:
  Waiting waiting_;
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
    BAYPLAN_TRY(pending_->waiting().wait());
    return std::exchange(pending_, nullptr)->take();
  }

  /// Whether get() would return at once. False after get().
  bool ready() const noexcept { return pending_ && pending_->waiting().is_open(); }

  /// Waits up to `duration`; answers ready(). Where get() would refuse to wait it does not wait either.
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> duration) const {
    const auto ticks = std::chrono::duration_cast<std::chrono::steady_clock::duration>(duration);
    return pending_ && pending_->waiting().wait_until(std::chrono::steady_clock::now() + ticks);
  }

 private:
  std::shared_ptr<internal::Pending<Result<T>>> pending_;
};

}  // namespace bayplan::metadata
