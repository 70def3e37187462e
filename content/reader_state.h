// An open blob and how far it was read.
#pragma once

#include "bayplan/base/fd.h"
#include "bayplan/content/store.h"
#include "blob_dirs.h"
#include "hash_file.h"

namespace bayplan::content {

struct BlobReader::State {
  State(UniqueFd opened, const Digest& name, std::uint64_t bytes, Verify how)
      : fd(std::move(opened)), digest(name), size(bytes), verify(how), hasher(name.algorithm()) {}

  UniqueFd fd;
  Digest digest;
  std::uint64_t size;
  Verify verify;
  Hasher hasher;
  std::uint64_t offset = 0;
};

/// Opens the file of `digest`, which is a regular one of `size` bytes. Errors: as Store::open_blob.
Result<UniqueFd> open_blob_file(const BlobDirs& dirs, const Digest& digest, std::uint64_t size);

/// Hashes all of it. Errors: digest_mismatch, corrupt (it ended early), io, and those of `on_hashed`.
Result<void> verify_blob_file(int fd, const Digest& digest, std::uint64_t size, const OnHashed& on_hashed);

}  // namespace bayplan::content
