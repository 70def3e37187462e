#include "name_table.h"

#include <bit>
#include <cstring>
#include <utility>

#include "crc32c.h"

namespace bayplan::metadata {

std::uint32_t ObjectName::hash() const noexcept { return crc32c(key, std::uint32_t{ns} << 8 | word); }

NameTable::Id NameTable::intern(const ObjectName& name, std::uint32_t hash) {
  if (4 * names_.size() > 3 * slots_.size()) add_slots(2 * slots_.size());
  Slot& slot = slots_[slot_of(name, hash)];
  if (slot.id != 0) return slot.id;
  slot = {hash, static_cast<Id>(names_.size())};
  const std::size_t size = name.key.size();
  auto* const key = static_cast<char*>(keys_.allocate(size, 1));
  if (size > 0) std::memcpy(key, name.key.data(), size);
  names_.push_back({key, static_cast<std::uint32_t>(size), name.ns, name.word});
  return slot.id;
}

NameTable::Id NameTable::fetch_name(std::uint32_t hash) const noexcept {
  std::size_t at = hash & last_slot();
  while (slots_[at].id != 0 && slots_[at].hash != hash) at = (at + 1) & last_slot();
  const Id id = slots_[at].id;
  __builtin_prefetch(&names_[id]);
  return id;
}

// Where it is, or belongs. Chains are none: what is not in its own slot is behind it.
std::size_t NameTable::slot_of(const ObjectName& name, std::uint32_t hash) const {
  std::size_t at = hash & last_slot();
  for (; slots_[at].id != 0; at = (at + 1) & last_slot()) {
    if (slots_[at].hash == hash && names_[slots_[at].id].name() == name) break;
  }
  return at;
}

void NameTable::expect(std::size_t names) {
  names_.reserve(names);
  if (const std::size_t slots = std::bit_ceil(2 * names); slots > slots_.size()) add_slots(slots);
}

void NameTable::add_slots(std::size_t number) {
  const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(number));
  for (const Slot& slot : before) {
    std::size_t at = slot.hash & last_slot();
    while (slots_[at].id != 0) at = (at + 1) & last_slot();
    if (slot.id != 0) slots_[at] = slot;
  }
}

}  // namespace bayplan::metadata
