#include "inline_bucket.h"

#include <algorithm>
#include <array>
#include <cstring>
namespace bayplan::metadata {
namespace {

Error bad_inline(std::string_view what) { return Error(Errc::corrupt, "inline bucket", {}, what); }
Error bad_path() { return bad_inline("a bucket inside has vanished"); }

using Found = Result<std::optional<InlineEntry>>;

Found answer(const InlineScan& ended, std::optional<InlineEntry> found) {
  if (ended.damaged()) return inline_damage();
  return found;
}

// Keys in order, lengths right; buckets inside go through `inside`.
template <class Inside>
Result<void> check_level(std::string_view bytes, Inside inside) {
  InlineScan scan(bytes);
  InlineEntry entry;
  std::optional<std::string_view> last;
  while (scan.next(entry)) {
    if (last && entry.key <= *last) return bad_inline("its keys are out of order");
    const bool is_sequence = entry.key.empty();
    if (is_sequence && (entry.is_bucket || entry.value.size() != sizeof(std::uint64_t)))
      return bad_inline("its sequence is malformed");
    last = entry.key;
    if (entry.is_bucket) BAYPLAN_TRY(inside(entry.value));
  }
  if (scan.damaged()) return inline_damage();
  return {};
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

// Steps from `bytes` into the bucket at `key`; `entry` is that bucket's. Errors: corrupt.
Result<void> step_into(std::string_view& bytes, std::string_view key, InlineEntry& entry) {
  InlineScan scan(bytes);
  if (!scan.find(key, entry)) return scan.damaged() ? inline_damage() : bad_path();
  if (!entry.is_bucket) return bad_path();
  bytes = entry.value;
  return {};
}

}  // namespace

Error inline_damage() { return bad_inline("an entry reaches beyond the end"); }

Found inline_find(std::string_view bytes, std::string_view key) {
  InlineScan scan(bytes);
  InlineEntry entry;
  if (scan.find(key, entry)) return entry;
  return answer(scan, {});
}

Found inline_after(std::string_view bytes, std::string_view key, bool inclusive) {
  InlineScan scan(bytes);
  InlineEntry entry;
  while (scan.next(entry)) {
    if (entry.key.empty()) continue;
    const int order = entry.key.compare(key);
    if (order > 0 || (order == 0 && inclusive)) return std::optional(entry);
  }
  return answer(scan, {});
}

Found inline_before(std::string_view bytes, std::optional<std::string_view> key) {
  InlineScan scan(bytes);
  InlineEntry entry;
  std::optional<InlineEntry> last;
  while (scan.next(entry)) {
    if (key && entry.key >= *key) return last;
    if (!entry.key.empty()) last = entry;
  }
  return answer(scan, last);
}

Result<std::size_t> inline_depth(std::string_view bytes) { return depth_of(bytes, kMaxInlineDepth); }

Result<std::string_view> inline_descend(std::string_view bytes, InlinePath path) {
  InlineEntry entry;
  for (const std::string_view step : path) BAYPLAN_TRY(step_into(bytes, step, entry));
  return bytes;
}

// Where an entry is, or belongs.
struct InlineBuffer::Spot {
  std::size_t at = 0;
  std::size_t size = 0;  // of the entry that is there; 0: none is
  bool is_bucket = false;
  std::size_t depth = 0;
  std::array<std::size_t, kMaxInlineDepth> around;  // entries of the buckets around it
};

void InlineBuffer::assign(std::string_view bytes) {
  bytes_.reserve(kMaxInlineBytes);
  bytes_.assign(bytes);
}

Result<void> InlineBuffer::locate(InlinePath path, std::string_view key, Spot& spot) const {
  if (path.size() >= kMaxInlineDepth) return bad_inline("its buckets lie too deep");
  const std::string_view all = bytes_;
  const auto offset = [&](std::string_view part) {
    return static_cast<std::size_t>(part.data() - all.data());
  };
  std::string_view bytes = all;
  InlineEntry entry;
  for (const std::string_view step : path) {
    BAYPLAN_TRY(step_into(bytes, step, entry));
    spot.around[spot.depth++] = offset(entry.key) - InlineScan::kHeaderBytes;
  }
  spot.at = offset(bytes);
  InlineScan scan(bytes);
  while (scan.next(entry)) {
    const int order = entry.key.compare(key);
    if (order == 0) {
      spot.size = entry.size();
      spot.is_bucket = entry.is_bucket;
    }
    if (order >= 0) return {};
    spot.at += entry.size();
  }
  if (scan.damaged()) return inline_damage();
  return {};
}

// `size` bytes in place of what is at `spot`, and the lengths of the buckets around it.
char* InlineBuffer::make_room(const Spot& spot, std::size_t size) {
  bytes_.replace(spot.at, spot.size, size, '\0');
  for (std::size_t i = 0; i < spot.depth; ++i) {
    char* const length = bytes_.data() + spot.around[i] + InlineScan::kValueSizeAt;
    store_le(length, static_cast<std::uint16_t>(load_le<std::uint16_t>(length) + size - spot.size));
  }
  return bytes_.data() + spot.at;
}

Result<InlinePut> InlineBuffer::put(InlinePath path, const InlineEntry& entry) {
  Spot spot;
  BAYPLAN_TRY(locate(path, entry.key, spot));
  if (spot.is_bucket) return InlinePut::holds_bucket;
  if (spot.size != 0 && entry.is_bucket) return InlinePut::holds_value;
  if (entry.key.size() > kMaxInlineKeyBytes) return InlinePut::full;
  if (!entry.is_bucket && entry.value.size() > kMaxInlineValueBytes) return InlinePut::full;
  std::size_t depth = path.size() + 1;
  if (entry.is_bucket) {
    BAYPLAN_ASSIGN(const std::size_t inner, inline_depth(entry.value));
    depth += inner;
  }
  if (depth > kMaxInlineDepth) return InlinePut::full;
  if (bytes_.size() - spot.size + entry.size() > kMaxInlineBytes) return InlinePut::full;
  char* to = make_room(spot, entry.size());
  const auto key_size = static_cast<unsigned char>(entry.key.size());
  *to = static_cast<char>(entry.is_bucket ? key_size | InlineScan::kBucketBit : key_size);
  store_le(to + InlineScan::kValueSizeAt, static_cast<std::uint16_t>(entry.value.size()));
  to += InlineScan::kHeaderBytes;
  to = std::copy(entry.key.begin(), entry.key.end(), to);
  std::copy(entry.value.begin(), entry.value.end(), to);
  return InlinePut::stored;
}

Result<void> InlineBuffer::erase(InlinePath path, std::string_view key) {
  Spot spot;
  BAYPLAN_TRY(locate(path, key, spot));
  if (spot.size != 0) make_room(spot, 0);
  return {};
}

}  // namespace bayplan::metadata
