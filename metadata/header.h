// The header row: key "bayplan" of the unnamed main database, rewritten by every commit.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"
#include "row.h"

namespace bayplan::metadata {

inline constexpr std::string_view kHeaderKey = "bayplan";
inline constexpr std::uint32_t kFormatVersion = 1;

struct Header {
  // Feature bits. This library knows none: a set compatible bit is kept, a set read-only-compatible one
  // forbids writing, a set incompatible one forbids everything.
  std::uint64_t compatible = 0;
  std::uint64_t read_only_compatible = 0;
  std::uint64_t incompatible = 0;
  std::array<char, 16> uuid{};
  std::uint64_t next_id = kFirstFreeBucketId;  ///< of buckets and continuations; never reused
  std::uint64_t revision = 0;                  ///< number of the last commit
  std::uint64_t mutations = 0;                 ///< rows written since creation
  std::uint64_t deletions = 0;                 ///< rows removed since creation
  std::uint64_t txn = 0;                       ///< LMDB's number of the commit that wrote this
  std::uint64_t collection = 0;                ///< of the commit that began the collection that runs; 0: none
  std::array<char, 48> reserved{};             ///< kept as found
};

std::string encode_header(const Header& header);
/// Errors: corrupt (magic, length, checksum), version_mismatch (another format version, unknown incompatible
/// features).
Result<Header> decode_header(std::string_view stored);

/// Errors: corrupt, when the header is not of commit `txn`: an old meta page passes for the newest. The first
/// commit of a compacted copy, whose numbers LMDB begins anew, is excepted.
Result<void> check_commit(const Header& header, std::uint64_t txn);

/// 8-4-4-4-12 hex.
std::string format_uuid(const std::array<char, 16>& uuid);
/// A random one (RFC 9562 version 4). Errors: io.
Result<std::array<char, 16>> random_uuid();

}  // namespace bayplan::metadata
