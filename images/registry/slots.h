// How many may do something at once: bodies of one registry, questions for one token. Who waits here waits by
// itself, not with a request that grows old; who came first is first, so that a body that waits for an
// earlier one never keeps that from beginning.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "bayplan/base/progress.h"

namespace bayplan::registry {

class Slots {
 public:
  explicit Slots(unsigned per_name) : per_name_(per_name) {}

  /// Given back when destroyed; must not outlive the slots.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&& other) noexcept;
    ~Slot() { give_back(); }

   private:
    friend class Slots;
    Slot(Slots& slots, std::string name) : slots_(&slots), name_(std::move(name)) {}
    void give_back() noexcept;
    Slots* slots_ = nullptr;
    std::string name_;
  };

  /// Waits for one of `name`. Thread-safe. Errors: cancelled.
  Result<Slot> take(const std::string& name, const CancelToken& cancel);

  /// How many wait for `name` now.
  std::size_t waiting(const std::string& name);

 private:
  struct Users {
    unsigned taken = 0;
    std::set<std::uint64_t> waiting{};  ///< by when they came
  };

  unsigned per_name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Users> users_;
  std::uint64_t next_ = 0;
};

}  // namespace bayplan::registry
