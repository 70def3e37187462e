// Buckets of a write transaction, wherever they lie: in rows of their own, or inside the row of a bucket
// around them.
#pragma once

#include <array>
#include <string_view>

#include "tx_state.h"

namespace bayplan::metadata {

struct Location {
  std::uint64_t rows_id = 0;  ///< under which its rows lie or, when it is inline, its host's row
  OpenBucketId host = 0;      ///< the inline bucket that has the row; 0: it has rows of its own
  std::string_view host_key{};
  std::array<std::string_view, kMaxInlineDepth> steps{};
  std::size_t depth = 0;

  /// From the host to the bucket.
  InlinePath path() const noexcept { return {steps.data(), depth}; }
};

/// The bucket at `key` of `parent` as this transaction names it. `rows_id` is 0 when it is inline.
OpenBucketId open_bucket(WriteCore& core, OpenBucketId parent, std::string_view key, std::uint64_t rows_id);

/// open_bucket() for one that was created just now.
OpenBucketId open_new_bucket(WriteCore& core, OpenBucketId parent, std::string_view key,
                             std::uint64_t rows_id);

/// Errors: corrupt (inline buckets deeper than any this library writes).
Result<void> locate_bucket(const OpenBuckets& buckets, OpenBucketId id, Location& location);

struct HostRow {
  std::string_view bytes;  ///< valid until the next write
  std::uint64_t revision = 0;
};

/// The row of location.host, what is pending included. Errors: corrupt, version_mismatch, no_space, io.
Result<HostRow> read_host(ReadState& state, const Location& location);

/// Stores `entry` in the inline bucket at `location`. Errors: as read_host.
Result<InlinePut> put_inline(ReadState& state, const Location& location, const InlineEntry& entry);
/// Errors: as read_host.
Result<void> erase_inline(ReadState& state, const Location& location, std::string_view key);

/// Gives location.host rows of its own; what is small inside it stays inline, in those.
/// Errors: as read_host; after one, the level has to be undone.
Result<void> spill(ReadState& state, const Location& location);

/// Writes the entries of an inline bucket, which is sound, as rows under `id`. Errors: no_space, io.
Result<void> put_rows(WriteCore& core, std::uint64_t id, std::string_view inline_bytes);

}  // namespace bayplan::metadata
