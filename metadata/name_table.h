// The names of objects, each once and by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace bayplan::metadata {

/// Kind and namespace by number: few of each, many keys.
struct ObjectName {
  std::uint8_t word = 0;
  std::uint16_t ns = 0;
  std::string_view key{};

  std::uint32_t hash() const noexcept;
  friend bool operator==(const ObjectName&, const ObjectName&) = default;
};

class NameTable {
 public:
  /// 0 is nobody's; the others count up.
  using Id = std::uint32_t;

  NameTable() : slots_(64), names_(1) {}

  /// About how many names there will be.
  void expect(std::size_t names);

  /// One more than the last id.
  std::size_t size() const noexcept { return names_.size(); }
  ObjectName operator[](Id id) const noexcept { return names_[id].name(); }
  /// 0 when there is none.
  Id find(const ObjectName& name) const { return slots_[slot_of(name, name.hash())].id; }
  /// Its id, a new one if need be. `hash` is the name's.
  Id intern(const ObjectName& name, std::uint32_t hash);

  // Most of interning is waiting for memory. Who has several names to intern, and calls these for all of them
  // first, each before the next, waits for all at once.
  void fetch_slot(std::uint32_t hash) const noexcept { __builtin_prefetch(&slots_[hash & last_slot()]); }
  /// The id that the hash alone speaks for; 0: it speaks against all.
  Id fetch_name(std::uint32_t hash) const noexcept;
  void fetch_key(Id id) const noexcept {
    const Kept& name = names_[id];
    __builtin_prefetch(name.key);
    __builtin_prefetch(name.key + name.size);
  }

 private:
  // The hash tells other names apart without a look at them.
  struct Slot {
    std::uint32_t hash = 0;
    Id id = 0;  // 0: free
  };
  struct Kept {
    const char* key = nullptr;
    std::uint32_t size = 0;
    std::uint16_t ns = 0;
    std::uint8_t word = 0;
    ObjectName name() const noexcept { return {word, ns, {key, size}}; }
  };

  std::size_t last_slot() const noexcept { return slots_.size() - 1; }
  std::size_t slot_of(const ObjectName& name, std::uint32_t hash) const;
  void add_slots(std::size_t number);

  std::pmr::monotonic_buffer_resource keys_;
  std::vector<Slot> slots_;  // a power of two
  std::vector<Kept> names_;
};

}  // namespace bayplan::metadata
