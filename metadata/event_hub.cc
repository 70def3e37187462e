#include "event_hub.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "environment_registry.h"

namespace bayplan::metadata {

struct Subscriber {
  EventHandler handler;
  std::uint64_t since = 0;  // pushes before this one are not its business
  bool ended = false;
};

EventHub::EventHub(DiagnosticSink diagnostics)
    : diagnostics_(std::move(diagnostics)), generation_(process_generation()) {}

EventHub::~EventHub() = default;

Subscription EventHub::subscribe(EventHandler handler) {
  Subscription subscription;
  subscription.hub_ = shared_from_this();
  subscription.subscriber_ = std::make_shared<Subscriber>();
  subscription.subscriber_->handler = std::move(handler);
  const std::lock_guard lock(mutex_);
  subscription.subscriber_->since = pushes_;
  subscribers_.push_back(subscription.subscriber_);
  subscribers_count_.store(subscribers_.size(), std::memory_order_release);
  return subscription;
}

void EventHub::end(const std::shared_ptr<Subscriber>& subscriber) noexcept {
  if (generation_ != process_generation()) return;  // its locks may be held by threads of the parent
  Lock lock(mutex_);
  subscriber->ended = true;
  std::erase(subscribers_, subscriber);
  subscribers_count_.store(subscribers_.size(), std::memory_order_release);
  if (teller_ == std::this_thread::get_id()) return;  // inside a handler
  called_.wait(lock, [&] { return called_now_ != subscriber.get(); });
}

void EventHub::push(std::vector<Event> events, std::uint64_t revision) {
  if (events.empty()) return;
  const std::lock_guard lock(mutex_);
  queue_.push_back({.revision = revision, .number = pushes_++, .events = std::move(events)});
  pushed_ = revision;
  waiting_.store(queue_.size(), std::memory_order_release);
}

std::uint64_t EventHub::pushed() const {
  const std::lock_guard lock(mutex_);
  return pushed_;
}

void EventHub::release(std::uint64_t revision) {
  if (!any()) return;
  const std::lock_guard lock(mutex_);
  durable_ = std::max(durable_, revision);
}

void EventHub::deliver() {
  if (!any()) return;
  Lock lock(mutex_);
  if (teller_ != std::thread::id{}) return;  // which looks again before it leaves
  teller_ = std::this_thread::get_id();
  while (!queue_.empty() && queue_.front().revision <= durable_) {
    const Commit commit = std::move(queue_.front());
    queue_.pop_front();
    waiting_.store(queue_.size(), std::memory_order_release);
    tell(lock, commit.events, commit.number);
  }
  teller_ = {};
}

void EventHub::tell(Lock& lock, const std::vector<Event>& events, std::uint64_t number) {
  auto subscribers = subscribers_;  // handlers may change it
  for (const auto& subscriber : subscribers) {
    if (subscriber->ended || subscriber->since > number) continue;
    // Before the hub is let go: whoever ends the subscription from then on waits for the call.
    called_now_ = subscriber.get();
    lock.unlock();
    call(*subscriber, events);
    lock.lock();
    called_now_ = nullptr;
    called_.notify_all();
  }
  lock.unlock();
  subscribers.clear();  // what a handler held may end other subscriptions
  lock.lock();
}

void EventHub::call(const Subscriber& subscriber, const std::vector<Event>& events) const {
  std::string what;
  try {
    return subscriber.handler(events);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
    what = "something that is no std::exception";
  }
  if (diagnostics_) diagnostics_({Level::error, "an event handler threw", {{"exception", what}}});
}

void Subscription::reset() noexcept {
  if (const auto hub = std::exchange(hub_, nullptr)) hub->end(subscriber_);
  subscriber_.reset();
}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (this == &other) return *this;
  reset();
  hub_ = std::move(other.hub_);
  subscriber_ = std::move(other.subscriber_);
  return *this;
}

}  // namespace bayplan::metadata
