#include "inline_bucket.h"

#include <algorithm>
#include <array>

#include "byte_order.h"
#include "row.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kEntryHeaderBytes = 4;
constexpr std::size_t kValueLengthAt = 2;
constexpr std::uint16_t kBucketBit = 0x8000;

Error bad_inline(std::string_view what) { return Error(Errc::corrupt, "inline bucket", {}, what); }

std::string encode_entry(const InlineEntry& entry) {
  std::string out;
  out.reserve(entry.size());
  const auto key_size = static_cast<std::uint16_t>(entry.key.size());
  append_le(out, static_cast<std::uint16_t>(entry.is_bucket ? key_size | kBucketBit : key_size));
  append_le(out, static_cast<std::uint16_t>(entry.value.size()));
  return out.append(entry.key).append(entry.value);
}

// Keys in order, lengths right; buckets inside go through `inside`.
template <class Inside>
Result<void> check_level(std::string_view bytes, Inside inside) {
  InlineReader reader(bytes);
  std::optional<std::string_view> last;
  while (true) {
    BAYPLAN_ASSIGN(const auto entry, reader.next());
    if (!entry) return {};
    if (last && entry->key <= *last) return bad_inline("its keys are out of order");
    if (entry->key.size() > kMaxChunkBytes) return bad_inline("a key is too long");
    const bool is_sequence = entry->key.empty();
    if (is_sequence && (entry->is_bucket || entry->value.size() != sizeof(std::uint64_t)))
      return bad_inline("its sequence is malformed");
    last = entry->key;
    if (entry->is_bucket) BAYPLAN_TRY(inside(entry->value));
  }
}

Result<std::size_t> depth_of(std::string_view bytes, std::size_t left) {
  if (left == 0) return bad_inline("its buckets lie too deep");
  std::size_t deepest = 0;
  BAYPLAN_TRY(check_level(bytes, [&](std::string_view inner) -> Result<void> {
    BAYPLAN_ASSIGN(const std::size_t depth, depth_of(inner, left - 1));
    deepest = std::max(deepest, depth);
    return {};
  }));
  return deepest + 1;
}

}  // namespace

Result<std::optional<InlineEntry>> InlineReader::next() {
  if (rest_.empty()) return std::optional<InlineEntry>{};
  if (rest_.size() < kEntryHeaderBytes) {
    rest_ = {};
    return bad_inline("an entry is cut off");
  }
  const auto key_field = load_le<std::uint16_t>(rest_.data());
  const std::size_t key_size = key_field & static_cast<std::uint16_t>(~kBucketBit);
  const std::size_t value_size = load_le<std::uint16_t>(rest_.data() + kValueLengthAt);
  if (key_size + value_size > rest_.size() - kEntryHeaderBytes) {
    rest_ = {};
    return bad_inline("an entry reaches beyond the end");
  }
  const InlineEntry entry{rest_.substr(kEntryHeaderBytes, key_size),
                          rest_.substr(kEntryHeaderBytes + key_size, value_size),
                          (key_field & kBucketBit) != 0};
  rest_.remove_prefix(entry.size());
  return std::optional<InlineEntry>(entry);
}

Result<std::optional<InlineEntry>> inline_find(std::string_view bytes, std::string_view key) {
  InlineReader reader(bytes);
  while (true) {
    BAYPLAN_ASSIGN(const auto entry, reader.next());
    if (!entry || entry->key > key) return std::optional<InlineEntry>{};
    if (entry->key == key) return entry;
  }
}

Result<std::optional<InlineEntry>> inline_after(std::string_view bytes, std::string_view key,
                                                bool inclusive) {
  InlineReader reader(bytes);
  while (true) {
    BAYPLAN_ASSIGN(const auto entry, reader.next());
    if (!entry) return entry;
    if (entry->key.empty() || entry->key < key) continue;
    if (inclusive || entry->key != key) return entry;
  }
}

Result<std::optional<InlineEntry>> inline_before(std::string_view bytes,
                                                 std::optional<std::string_view> key) {
  InlineReader reader(bytes);
  std::optional<InlineEntry> last;
  while (true) {
    BAYPLAN_ASSIGN(const auto entry, reader.next());
    if (!entry || (key && entry->key >= *key)) return last;
    if (!entry->key.empty()) last = entry;
  }
}

Result<std::size_t> inline_depth(std::string_view bytes) { return depth_of(bytes, kMaxInlineDepth); }

Result<std::string_view> inline_descend(std::string_view bytes, InlinePath path) {
  for (const std::string_view step : path) {
    BAYPLAN_ASSIGN(const auto entry, inline_find(bytes, step));
    if (!entry || !entry->is_bucket) return bad_inline("a bucket inside has vanished");
    bytes = entry->value;
  }
  return bytes;
}

// Where an entry is, or belongs.
struct InlineBuffer::Spot {
  std::size_t at = 0;
  std::size_t size = 0;                               // of the entry that is there; 0 when there is none
  std::array<std::size_t, kMaxInlineDepth> around{};  // entries of the buckets around it
  std::size_t depth = 0;
};

Result<InlineBuffer::Spot> InlineBuffer::locate(InlinePath path, std::string_view key) const {
  Spot spot;
  if (path.size() >= kMaxInlineDepth) return bad_inline("its buckets lie too deep");
  const std::string_view all = bytes_;
  const auto offset = [&](std::string_view part) {
    return static_cast<std::size_t>(part.data() - all.data());
  };
  std::string_view bytes = all;
  for (const std::string_view step : path) {
    BAYPLAN_ASSIGN(const auto entry, inline_find(bytes, step));
    if (!entry || !entry->is_bucket) return bad_inline("a bucket inside has vanished");
    spot.around[spot.depth++] = offset(entry->key) - kEntryHeaderBytes;
    bytes = entry->value;
  }
  spot.at = offset(bytes);
  InlineReader reader(bytes);
  while (true) {
    BAYPLAN_ASSIGN(const auto entry, reader.next());
    if (!entry || entry->key > key) return spot;
    if (entry->key == key) {
      spot.size = entry->size();
      return spot;
    }
    spot.at += entry->size();
  }
}

void InlineBuffer::replace(const Spot& spot, std::string_view with) {
  bytes_.replace(spot.at, spot.size, with);
  for (std::size_t i = 0; i < spot.depth; ++i) {
    char* const length = bytes_.data() + spot.around[i] + kValueLengthAt;
    store_le(length, static_cast<std::uint16_t>(load_le<std::uint16_t>(length) + with.size() - spot.size));
  }
}

Result<bool> InlineBuffer::put(InlinePath path, const InlineEntry& entry) {
  if (entry.key.size() > kMaxChunkBytes) return false;
  if (!entry.is_bucket && entry.value.size() > kMaxInlineValueBytes) return false;
  std::size_t depth = path.size() + 1;
  if (entry.is_bucket) {
    BAYPLAN_ASSIGN(const std::size_t inner, inline_depth(entry.value));
    depth += inner;
  }
  if (depth > kMaxInlineDepth) return false;
  BAYPLAN_ASSIGN(const Spot spot, locate(path, entry.key));
  if (bytes_.size() - spot.size + entry.size() > kMaxInlineBytes) return false;
  replace(spot, encode_entry(entry));
  return true;
}

Result<void> InlineBuffer::erase(InlinePath path, std::string_view key) {
  BAYPLAN_ASSIGN(const Spot spot, locate(path, key));
  if (spot.size > 0) replace(spot, {});
  return {};
}

}  // namespace bayplan::metadata
