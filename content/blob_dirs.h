// The open directories of a store; shared by everything the store hands out.
#pragma once

#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <memory>

#include "bayplan/base/digest.h"
#include "bayplan/base/fd.h"
#include "digest_lock.h"

namespace bayplan::content {

/// In the order of the enumeration, whose values index it.
inline constexpr std::array kAlgorithms{DigestAlgorithm::sha256, DigestAlgorithm::sha512};

struct BlobDirs {
  UniqueFd blobs;
  std::array<UniqueFd, kAlgorithms.size()> by_algorithm;
  UniqueFd ingest;
  std::shared_ptr<DigestLocks> locks;

  /// Directory of the algorithm of `digest`.
  int dir_of(const Digest& digest) const noexcept {
    return by_algorithm[static_cast<std::size_t>(digest.algorithm())].get();
  }
};

using SharedDirs = std::shared_ptr<const BlobDirs>;

/// Opens and, durably, creates them below `root`. Errors: permission_denied, no_space, io.
Result<SharedDirs> open_blob_dirs(const std::filesystem::path& root);

/// Looks at the file of `digest` without opening it.
/// Errors: not_found, corrupt (not a regular file, or not `size` bytes long), io.
Result<void> check_blob_file(const BlobDirs& dirs, const Digest& digest, std::uint64_t size);

/// The part of check_blob_file that judges. Errors: corrupt.
Result<void> check_blob_stat(const struct stat& info, const Digest& digest, std::uint64_t size);

}  // namespace bayplan::content
