#include "row.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "byte_order.h"
#include "crc32c.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kCrcAt = 1;
constexpr std::size_t kRevisionAt = 5;

std::uint32_t checksum(std::string_view row_key, Tag tag, std::uint64_t revision,
                       std::string_view payload) noexcept {
  char fixed[9];
  fixed[0] = static_cast<char>(tag);
  store_le(fixed + 1, revision);
  return crc32c(row_key, {fixed, sizeof fixed}, payload);
}

bool is_known(Tag tag) noexcept {
  return tag == Tag::value || tag == Tag::bucket || tag == Tag::inline_bucket || tag == Tag::chain ||
         tag == Tag::sequence;
}

// A tag belongs to exactly one shape of key, and all but values and inline buckets carry one number.
bool has_right_shape(std::string_view user_key, const Row& row) noexcept {
  if (user_key.empty() != (row.tag == Tag::sequence)) return false;
  const bool chain_key = user_key.size() == kMaxRowKeyBytes && user_key.back() == '\0';
  if (user_key.size() > kMaxChunkBytes && !chain_key) return false;
  if (chain_key != (row.tag == Tag::chain)) return false;
  return row.tag == Tag::value || row.tag == Tag::inline_bucket ||
         row.payload.size() == sizeof(std::uint64_t);
}

}  // namespace

RowKey::RowKey(std::uint64_t bucket_id, std::string_view user_key) noexcept {
  const std::size_t length = std::min(user_key.size(), kMaxRowKeyBytes);
  store_be(bytes_, bucket_id);
  if (length > 0) std::memcpy(bytes_ + kBucketIdBytes, user_key.data(), length);
  size_ = kBucketIdBytes + length;
}

RowKey RowKey::chain(std::uint64_t bucket_id, std::string_view chunk) noexcept {
  RowKey key(bucket_id, chunk.substr(0, kMaxChunkBytes));
  key.bytes_[key.size_++] = '\0';
  return key;
}

std::uint64_t Row::number() const noexcept {
  return payload.size() == sizeof(std::uint64_t) ? load_le<std::uint64_t>(payload.data()) : 0;
}

Result<void> decode_row(std::string_view row_key, std::string_view stored, Row& row) {
  if (row_key.size() < kBucketIdBytes) return corrupt_row(row_key, "the row's key is too short");
  if (stored.size() < kRowHeaderBytes) return corrupt_row(row_key, "the row is too short");
  row = {static_cast<Tag>(stored[0]), load_le<std::uint64_t>(stored.data() + kRevisionAt),
         stored.substr(kRowHeaderBytes)};
  if (checksum(row_key, row.tag, row.revision, row.payload) !=
      load_le<std::uint32_t>(stored.data() + kCrcAt)) {
    return corrupt_row(row_key, "the row's checksum does not match");
  }
  const std::string_view user_key = row_key.substr(kBucketIdBytes);
  if (!is_known(row.tag)) {
    return Error(Errc::version_mismatch, "key", user_key,
                 "row of unknown kind " + std::to_string(static_cast<int>(row.tag)));
  }
  if (!has_right_shape(user_key, row))
    return corrupt_row(row_key, "the row's kind does not fit its key or size");
  return {};
}

Result<Row> decode_row(std::string_view row_key, std::string_view stored) {
  Row row;
  BAYPLAN_TRY(decode_row(row_key, stored, row));
  return row;
}

void encode_row(std::string_view row_key, const Row& row, char* to) noexcept {
  to[0] = static_cast<char>(row.tag);
  store_le(to + kCrcAt, checksum(row_key, row.tag, row.revision, row.payload));
  store_le(to + kRevisionAt, row.revision);
  if (!row.payload.empty()) std::memcpy(to + kRowHeaderBytes, row.payload.data(), row.payload.size());
}

Error corrupt_row(std::string_view row_key, std::string_view what) {
  if (row_key.size() < kBucketIdBytes) return Error(Errc::corrupt, "row", row_key, what);
  return Error(Errc::corrupt, "key", row_key.substr(kBucketIdBytes), what)
      .with_advice("run a check of the whole store");
}

}  // namespace bayplan::metadata
