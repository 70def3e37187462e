#include "slots.h"

#include <utility>

namespace bayplan::registry {
namespace {

constexpr std::chrono::milliseconds kLookForCancel{50};

}  // namespace

Slots::Slot::Slot(Slot&& other) noexcept
    : slots_(std::exchange(other.slots_, nullptr)), name_(std::move(other.name_)) {}

Slots::Slot& Slots::Slot::operator=(Slot&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  slots_ = std::exchange(other.slots_, nullptr);
  name_ = std::move(other.name_);
  return *this;
}

void Slots::Slot::give_back() noexcept {
  Slots* slots = std::exchange(slots_, nullptr);
  if (slots == nullptr) return;
  const std::lock_guard lock(slots->mutex_);
  const auto found = slots->users_.find(name_);
  found->second.taken -= 1;
  if (found->second.taken == 0 && found->second.waiting.empty()) slots->users_.erase(found);
  slots->changed_.notify_all();
}

std::size_t Slots::waiting(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  return found == users_.end() ? 0 : found->second.waiting.size();
}

Result<Slots::Slot> Slots::take(const std::string& name, const CancelToken& cancel) {
  std::unique_lock lock(mutex_);
  Users& users = users_[name];
  const std::uint64_t turn = next_++;
  users.waiting.insert(turn);
  while (users.taken >= per_name_ || *users.waiting.begin() != turn) {
    if (auto alive = cancel.check(); !alive) {
      users.waiting.erase(turn);
      changed_.notify_all();
      return std::move(alive).error();
    }
    changed_.wait_for(lock, kLookForCancel);
  }
  users.waiting.erase(turn);
  users.taken += 1;
  changed_.notify_all();
  return Slot(*this, name);
}

}  // namespace bayplan::registry
