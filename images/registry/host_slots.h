// How many bodies may be under way to one registry at once. Who waits here waits by itself, not with a
// request that grows old; who came first is first, so that a body that waits for an earlier one never keeps
// it from beginning.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "bayplan/base/progress.h"

namespace bayplan::registry {

class HostSlots {
 public:
  explicit HostSlots(unsigned per_host) : per_host_(per_host) {}

  /// Given back when destroyed; must not outlive the slots.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&& other) noexcept;
    ~Slot() { give_back(); }

   private:
    friend class HostSlots;
    Slot(HostSlots& slots, std::string host) : slots_(&slots), host_(std::move(host)) {}
    void give_back() noexcept;
    HostSlots* slots_ = nullptr;
    std::string host_;
  };

  /// Waits for one of `host`. Thread-safe. Errors: cancelled.
  Result<Slot> take(const std::string& host, const CancelToken& cancel);

  /// How many wait for `host` now.
  std::size_t waiting(const std::string& host);

 private:
  struct Host {
    unsigned taken = 0;
    std::set<std::uint64_t> waiting{};  ///< by when they came
  };

  unsigned per_host_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Host> hosts_;
  std::uint64_t next_ = 0;
};

}  // namespace bayplan::registry
