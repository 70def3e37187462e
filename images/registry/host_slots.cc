#include "host_slots.h"

#include <utility>

namespace bayplan::registry {
namespace {

constexpr std::chrono::milliseconds kLookForCancel{50};

}  // namespace

HostSlots::Slot::Slot(Slot&& other) noexcept
    : slots_(std::exchange(other.slots_, nullptr)), host_(std::move(other.host_)) {}

HostSlots::Slot& HostSlots::Slot::operator=(Slot&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  slots_ = std::exchange(other.slots_, nullptr);
  host_ = std::move(other.host_);
  return *this;
}

void HostSlots::Slot::give_back() noexcept {
  HostSlots* slots = std::exchange(slots_, nullptr);
  if (slots == nullptr) return;
  const std::lock_guard lock(slots->mutex_);
  const auto found = slots->hosts_.find(host_);
  found->second.taken -= 1;
  if (found->second.taken == 0 && found->second.waiting.empty()) slots->hosts_.erase(found);
  slots->changed_.notify_all();
}

std::size_t HostSlots::waiting(const std::string& host) {
  const std::lock_guard lock(mutex_);
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? 0 : found->second.waiting.size();
}

Result<HostSlots::Slot> HostSlots::take(const std::string& name, const CancelToken& cancel) {
  std::unique_lock lock(mutex_);
  Host& host = hosts_[name];
  const std::uint64_t turn = next_++;
  host.waiting.insert(turn);
  while (host.taken >= per_host_ || *host.waiting.begin() != turn) {
    if (auto alive = cancel.check(); !alive) {
      host.waiting.erase(turn);
      changed_.notify_all();
      return std::move(alive).error();
    }
    changed_.wait_for(lock, kLookForCancel);
  }
  host.waiting.erase(turn);
  host.taken += 1;
  changed_.notify_all();
  return Slot(*this, name);
}

}  // namespace bayplan::registry
