// Who hears of commits, and the commits that wait to be told.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bayplan/base/diagnostics.h"
#include "bayplan/metadata/events.h"

namespace bayplan::metadata {

/// Commits are pushed under the writer lock, which orders them; released when they are durable; and told by
/// one thread at a time, outside the lock. Thread-safe. Outlives its environment where a Subscription does.
class EventHub : public std::enable_shared_from_this<EventHub> {
 public:
  explicit EventHub(DiagnosticSink diagnostics);
  ~EventHub();
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  Subscription subscribe(EventHandler handler);
  void end(const std::shared_ptr<Subscriber>& subscriber) noexcept;

  /// Whether anybody subscribes. A transaction that begins while nobody does notes nothing.
  bool wanted() const noexcept { return subscribers_count_.load(std::memory_order_acquire) != 0; }

  /// What commit `revision` changed; nothing is fine. Precondition: under the writer lock.
  void push(std::vector<Event> events, std::uint64_t revision);
  /// The last commit that was pushed; 0: none.
  std::uint64_t pushed() const;
  /// Commits up to `revision` are durable.
  void release(std::uint64_t revision);
  /// Tells what was released, unless another thread is about to.
  void deliver();
  /// Whether commits wait to become durable.
  bool any() const noexcept { return waiting_.load(std::memory_order_acquire) != 0; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void tell(Lock& lock, const std::vector<Event>& events, std::uint64_t number);
  void call(const Subscriber& subscriber, const std::vector<Event>& events) const;

  struct Commit {
    std::uint64_t revision = 0;
    std::uint64_t number = 0;  // of the push
    std::vector<Event> events{};
  };

  const DiagnosticSink diagnostics_;
  const std::uint64_t generation_;
  std::atomic<std::size_t> subscribers_count_{0};
  std::atomic<std::size_t> waiting_{0};  // commits in queue_

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Subscriber>> subscribers_;
  std::deque<Commit> queue_;
  std::uint64_t pushes_ = 0;
  std::uint64_t pushed_ = 0;
  std::uint64_t durable_ = 0;
  std::thread::id teller_{};
  const Subscriber* called_now_ = nullptr;
  std::condition_variable called_;
};

}  // namespace bayplan::metadata
