// Rows: how buckets lie in LMDB's one named database.
//
//   key   = bucket id, u64 big-endian · user key (a chain row: 502 bytes of it and 0x00)
//   value = tag u8 · CRC32C u32 LE (over key, tag, revision, payload) · revision u64 LE · payload
//
// A user key of more than kMaxChunkBytes continues in a chain: the row of its first 502 bytes and 0x00 holds
// the id under which the rest lives, again as rows. Such a row sorts right behind the plain key of the same
// 502 bytes and before all greater keys, so byte order survives.
#pragma once

#include <cstdint>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// On disk; a number is never reused or changed.
enum class Tag : unsigned char {
  value = 1,
  bucket = 2,            ///< payload: id of the bucket
  inline_bucket = 3,     ///< payload: the bucket (inline_bucket.h)
  chain = 4,             ///< payload: id of the continuation
  chunked_value = 5,     ///< reserved
  compressed_value = 6,  ///< reserved
  sequence = 7,          ///< under the empty user key; payload: the bucket's counter
};

inline constexpr std::uint64_t kRootBucketId = 1;
inline constexpr std::uint64_t kFirstFreeBucketId = 2;
inline constexpr std::size_t kMaxChunkBytes = 502;
inline constexpr std::size_t kMaxRowKeyBytes = kMaxChunkBytes + 1;
inline constexpr std::size_t kRowHeaderBytes = 13;
inline constexpr std::size_t kBucketIdBytes = 8;
/// Levels of chains that a key of kMaxKeyBytes needs.
inline constexpr std::size_t kMaxChainDepth = 66;

/// A row key as LMDB stores it. Precondition: `user_key` is at most kMaxRowKeyBytes.
class RowKey {
 public:
  RowKey(std::uint64_t bucket_id, std::string_view user_key) noexcept;
  /// The key of the chain row for `chunk` (kMaxChunkBytes long).
  static RowKey chain(std::uint64_t bucket_id, std::string_view chunk) noexcept;

  std::string_view bytes() const noexcept { return {bytes_, size_}; }
  std::string_view user_key() const noexcept { return bytes().substr(kBucketIdBytes); }

 private:
  char bytes_[kBucketIdBytes + kMaxRowKeyBytes];
  std::size_t size_;
};

/// One row's value. `payload` points where the row was read from.
struct Row {
  Tag tag = Tag::value;
  std::uint64_t revision = 0;
  std::string_view payload;

  /// The id in a bucket or chain row, the counter in a sequence row. Precondition: decode_row made this.
  std::uint64_t number() const noexcept;
};

/// A row and its user key, as they lie in LMDB's pages: valid until the next write.
struct KeyedRow {
  std::string_view key;
  Row row;
};

/// Checks and takes apart what LMDB stores under `row_key`. Errors: corrupt (checksum, structure),
/// version_mismatch (a reserved or unknown tag).
Result<Row> decode_row(std::string_view row_key, std::string_view stored);
/// The same into `row`, which means nothing after an error.
Result<void> decode_row(std::string_view row_key, std::string_view stored, Row& row);

/// Fills `to`, kRowHeaderBytes + payload.size() long.
void encode_row(std::string_view row_key, const Row& row, char* to) noexcept;

/// The corrupt-row error, without the bucket: bucket_path.h tells its path. `row_key` is as LMDB stores it,
/// whatever its length.
Error corrupt_row(std::string_view row_key, std::string_view what);

}  // namespace bayplan::metadata
