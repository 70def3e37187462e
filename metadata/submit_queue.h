// Group commit: the queue of submitted closures, and the thread that runs them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "bayplan/base/result.h"
#include "bayplan/metadata/submit.h"

namespace bayplan::metadata {

class Environment;

/// One thread, started by the first closure, takes what is queued into one write transaction, each closure in
/// a savepoint of its own, until the queue is empty or the group is large enough, and commits. Thread-safe.
class SubmitQueue {
 public:
  using Member = std::shared_ptr<internal::Submission>;

  /// Precondition: `environment` outlives this, and finish() comes first.
  explicit SubmitQueue(Environment& environment)
      : environment_(environment), bell_(std::make_shared<internal::Bell>(&environment)) {}
  SubmitQueue(const SubmitQueue&) = delete;
  SubmitQueue& operator=(const SubmitQueue&) = delete;

  /// Errors: busy (the thread cannot be started; nothing was queued).
  Result<void> push(Member member);
  /// Runs what is queued, ends the thread, and calls `then`, here or, where this is that very thread, at its
  /// end. Precondition: nobody pushes any more.
  void finish(std::function<void()> then);
  /// Rung when a group's outcomes are final.
  std::shared_ptr<const internal::Bell> bell() const { return bell_; }
  /// Groups committed so far, and the closures in them.
  std::pair<std::uint64_t, std::uint64_t> totals() const noexcept;

 private:
  using Members = std::vector<Member>;

  Result<void> start();
  void run();
  void run_group();
  Result<void> fill(Members& members);
  void run_member(WriteTx& tx, Members& members, Member member);
  bool take();
  bool take_or_yield(std::size_t so_far);
  Member next();

  Environment& environment_;
  std::shared_ptr<internal::Bell> bell_;
  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<Member> queue_;
  bool finishing_ = false;
  std::function<void()> then_;
  std::thread thread_;
  // The rest is the thread's own.
  std::deque<Member> taken_;
  std::size_t last_group_ = 0;
  std::atomic<std::uint64_t> groups_{0};
  std::atomic<std::uint64_t> members_{0};
};

}  // namespace bayplan::metadata
