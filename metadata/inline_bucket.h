// Inline buckets: a small bucket, and the small buckets inside it, in the bytes of one row.
//
//   bucket = entry*                                  in key order
//   entry  = u16 LE key length (bit 15: a bucket) · u16 LE value length · key · value
//
// The value of a bucket's entry is that bucket. The empty key holds the sequence, u64 LE, as in rows (row.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// What one row may hold; larger buckets get rows of their own.
inline constexpr std::size_t kMaxInlineBytes = 1024;
/// Larger values lie in rows of their own, so that a change beside them does not write them again.
inline constexpr std::size_t kMaxInlineValueBytes = 512;
/// Buckets inside one another in one row, the outermost included.
inline constexpr std::size_t kMaxInlineDepth = 8;

/// One entry. Views of the bytes that were read.
struct InlineEntry {
  std::string_view key;  ///< empty: the sequence
  std::string_view value;
  bool is_bucket = false;

  /// Bytes that the entry takes.
  std::size_t size() const noexcept { return 4 + key.size() + value.size(); }
};

/// Takes an inline bucket apart, entry for entry.
class InlineReader {
 public:
  explicit InlineReader(std::string_view bytes) : rest_(bytes) {}
  /// Empty at the end. Errors: corrupt (lengths beyond the end; the reader is at its end then).
  Result<std::optional<InlineEntry>> next();

 private:
  std::string_view rest_;
};

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

/// An inline bucket while it is changed.
class InlineBuffer {
 public:
  explicit InlineBuffer(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes() const noexcept { return bytes_; }

  /// Stores `entry` in the bucket at `path`, replacing one of the same key. False, and nothing changed, when
  /// the limits above do not allow it. Errors: corrupt.
  Result<bool> put(InlinePath path, const InlineEntry& entry);
  /// Absent is fine. Errors: corrupt.
  Result<void> erase(InlinePath path, std::string_view key);

 private:
  struct Spot;
  Result<Spot> locate(InlinePath path, std::string_view key) const;
  void replace(const Spot& spot, std::string_view with);

  std::string bytes_;
};

}  // namespace bayplan::metadata
