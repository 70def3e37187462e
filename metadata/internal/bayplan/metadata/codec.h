// containerd's value encodings (schema.h). Encoders return bytes; decoders check every byte.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bayplan/base/labels.h"
#include "bayplan/base/result.h"
#include "bayplan/base/time.h"
#include "bayplan/metadata/any.h"
#include "bayplan/metadata/labels_view.h"
#include "bayplan/metadata/tx.h"

namespace bayplan::metadata::codec {

std::string encode_time(Time time);
/// Version 1 and 2 of Go's binary time. Errors: corrupt.
Result<Time> decode_time(std::string_view bytes);

std::string encode_varint(std::int64_t number);
/// Errors: corrupt (overlong, overflow, bytes left over).
Result<std::int64_t> decode_varint(std::string_view bytes);
/// decode_varint of a count of bytes or objects. Errors: corrupt (also when negative).
Result<std::uint64_t> decode_size(std::string_view bytes);

using metadata::Any;
std::string encode_any(const Any& any);
/// Unknown fields are skipped. Errors: corrupt.
Result<Any> decode_any(std::string_view bytes);

/// Replaces the string map at `key` of `record` as a whole; empty values are dropped, an empty map leaves no
/// bucket. Errors: no_space, closed, corrupt, io.
Result<void> write_map(MutableBucket& record, std::string_view key, const Labels& map);
/// Errors: corrupt, closed, io.
Result<Labels> read_map(const Bucket& record, std::string_view key);

/// A key that a record is read for, and what is there. Views live as the record's source says.
struct Part {
  std::string_view key;
  enum class Is : unsigned char { nothing, value, bucket, inline_bucket } is = Is::nothing;
  std::string_view bytes{};     ///< the value, or the inline bucket
  std::uint64_t bucket_id = 0;  ///< of any other bucket
  std::uint64_t revision = 0;   ///< of the row that holds the inline bucket

  bool is_bucket() const noexcept { return is == Is::bucket || is == Is::inline_bucket; }
  /// The value. Errors: corrupt (absent, or a bucket).
  Result<std::string_view> require() const;
  /// Of the source that was asked for this; empty when absent or a value.
  std::optional<BucketHandle> bucket() const;
};
/// Looks all of them up: a record that lies in one row is gone through once, up to the last of them, fastest
/// for parts in the order of their keys. Errors: corrupt, closed, io.
Result<void> read_parts(const Bucket& record, std::span<Part> parts);
/// The same of the bucket at `part` of `record`; without one, nothing is there. Errors: as above.
Result<void> read_parts(const Bucket& record, const Part& part, std::span<Part> parts);
/// The string map at `part` of `record`, empty where nothing or a value is. Errors: corrupt, closed, io.
Result<LabelsView> view_map(const Bucket& record, const Part& part);
/// Errors: corrupt (absent or malformed).
Result<Time> read_time(const Part& part);

/// createdat and updatedat of a record.
struct Times {
  Time created;
  Time updated;
};
Result<void> write_times(MutableBucket& record, const Times& times);
/// Errors: corrupt (absent or malformed), closed, io.
Result<Times> read_times(const Bucket& record);
/// The size that is `part`, for reports: 0 where there is none that can be read.
std::uint64_t size_or_none(const Part& part);

}  // namespace bayplan::metadata::codec
