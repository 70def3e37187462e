// Inline buckets: a small bucket, and the small buckets inside it, in the bytes of one row.
//
//   bucket = entry*                                  in key order
//   entry  = u8 key length (bit 7: a bucket) · u16 LE value length · key · value
//
// The value of a bucket's entry is that bucket. The empty key holds the sequence, u64 LE, as in rows (row.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"
#include "byte_order.h"

namespace bayplan::metadata {

/// What one row may hold; larger buckets get rows of their own.
inline constexpr std::size_t kMaxInlineBytes = 1024;
/// Larger values lie in rows of their own, so that a change beside them does not write them again.
inline constexpr std::size_t kMaxInlineValueBytes = 512;
inline constexpr std::size_t kMaxInlineKeyBytes = 127;
/// Buckets inside one another in one row, the outermost included.
inline constexpr std::size_t kMaxInlineDepth = 8;

/// Whether two keys are equal, for the short ones that records have: its length tells most apart, and a call
/// to compare the others takes longer than to do it.
inline bool same_key(std::string_view a, std::string_view b) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (a.size() != b.size()) return false;
  if (a.size() < kWord / 2 || a.size() > 4 * kWord) return a == b;
  if (a.size() < kWord) {
    const std::size_t last = a.size() - kWord / 2;
    return load_le<std::uint32_t>(a.data()) == load_le<std::uint32_t>(b.data()) &&
           load_le<std::uint32_t>(a.data() + last) == load_le<std::uint32_t>(b.data() + last);
  }
  const std::size_t last = a.size() - kWord;
  const auto same_word = [&](std::size_t at) {
    return load_le<std::uint64_t>(a.data() + at) == load_le<std::uint64_t>(b.data() + at);
  };
  if (!same_word(0) || !same_word(last)) return false;
  return a.size() <= 2 * kWord || (same_word(kWord) && same_word(last - kWord));
}

/// One entry. Views of the bytes that were read.
struct InlineEntry {
  std::string_view key;  ///< empty: the sequence
  std::string_view value;
  bool is_bucket = false;

  /// Bytes that the entry takes.
  std::size_t size() const noexcept { return 3 + key.size() + value.size(); }
};

/// Takes an inline bucket apart, entry for entry.
class InlineScan {
 public:
  explicit InlineScan(std::string_view bytes = {}) noexcept : rest_(bytes) {}
  /// False at the end, and where an entry reaches beyond it, which damaged() tells apart.
  bool next(InlineEntry& entry) noexcept {
    if (rest_.size() < kHeaderBytes) return false;
    const auto key_field = static_cast<unsigned char>(rest_.front());
    const std::size_t key_size = key_field & kKeySizeBits;
    const std::size_t value_size = load_le<std::uint16_t>(rest_.data() + kValueSizeAt);
    if (key_size + value_size > rest_.size() - kHeaderBytes) return false;
    entry.key = {rest_.data() + kHeaderBytes, key_size};
    entry.value = {rest_.data() + kHeaderBytes + key_size, value_size};
    entry.is_bucket = (key_field & kBucketBit) != 0;
    rest_.remove_prefix(kHeaderBytes + key_size + value_size);
    return true;
  }
  /// Goes on to the next entry of `key`; false as next().
  bool find(std::string_view key, InlineEntry& entry) noexcept {
    while (next(entry)) {
      if (same_key(entry.key, key)) return true;
    }
    return false;
  }
  /// Precondition: next() answered false.
  bool damaged() const noexcept { return !rest_.empty(); }
  /// What lies behind the entries that were answered.
  std::string_view rest() const noexcept { return rest_; }

  static constexpr std::size_t kHeaderBytes = 3;
  static constexpr std::size_t kValueSizeAt = 1;
  static constexpr unsigned char kBucketBit = 0x80;
  static constexpr unsigned char kKeySizeBits = 0x7f;

 private:
  std::string_view rest_;
};

/// What a scan that is damaged() has found: corrupt.
Error inline_damage();

/// The entry of `key`, or empty. Errors: corrupt.
Result<std::optional<InlineEntry>> inline_find(std::string_view bytes, std::string_view key);
/// The first user entry whose key is > `key` (>= when `inclusive`), or empty. Errors: corrupt.
Result<std::optional<InlineEntry>> inline_after(std::string_view bytes, std::string_view key, bool inclusive);
/// The last user entry, of those whose key is < *`key` if a key is given, or empty. Errors: corrupt.
Result<std::optional<InlineEntry>> inline_before(std::string_view bytes, std::optional<std::string_view> key);

/// Buckets inside one another in `bytes`, 1 without any. Errors: corrupt (also: deeper than kMaxInlineDepth,
/// keys out of order, a sequence of wrong size).
Result<std::size_t> inline_depth(std::string_view bytes);

/// Keys that lead from an inline bucket to one inside it.
using InlinePath = std::span<const std::string_view>;

/// The bucket at `path`. Errors: corrupt (also: it is not there).
Result<std::string_view> inline_descend(std::string_view bytes, InlinePath path);

/// What became of an entry that was to be stored.
enum class InlinePut {
  stored,
  full,          ///< the limits above do not allow it
  holds_value,   ///< a bucket was to be stored, and a value is there
  holds_bucket,  ///< a bucket is there
};

/// An inline bucket while it is changed.
class InlineBuffer {
 public:
  explicit InlineBuffer(std::string_view bytes = {}) { assign(bytes); }
  void assign(std::string_view bytes);
  std::string_view bytes() const noexcept { return bytes_; }

  /// Stores `entry` in the bucket at `path`, replacing a value of the same key. Nothing is changed unless it
  /// was stored. Errors: corrupt.
  Result<InlinePut> put(InlinePath path, const InlineEntry& entry);
  /// Absent is fine. Errors: corrupt.
  Result<void> erase(InlinePath path, std::string_view key);

 private:
  struct Spot;
  Result<void> locate(InlinePath path, std::string_view key, Spot& spot) const;
  char* make_room(const Spot& spot, std::size_t size);

  std::string bytes_;
};

}  // namespace bayplan::metadata
