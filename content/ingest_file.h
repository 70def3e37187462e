// The bytes of one ingest: written, hashed on the way, checked, moved to their final name.
#pragma once

#include <optional>
#include <span>

#include "bayplan/content/store.h"
#include "ready_file.h"
#include "staging_dir.h"

namespace bayplan::content {

class IngestFile {
 public:
  /// Errors: as StagingDir::create.
  static Result<IngestFile> create(std::shared_ptr<const BlobDirs> dirs, const Expected& expected);

  Result<void> write(std::span<const std::byte> bytes);
  std::uint64_t offset() const noexcept { return offset_; }
  Digest digest() const { return hasher_.digest(); }
  const BlobDirs& dirs() const noexcept { return dir_.dirs(); }

  /// The digest, when the bytes are what was expected and nothing failed so far.
  /// Errors: digest_mismatch, and what an earlier write answered.
  Result<Digest> check() const;
  Result<void> sync() const;
  /// Gives the synced bytes the name of `digest`, in place of whatever has it.
  Result<void> move_to_blobs(const Digest& digest) const;

 private:
  IngestFile(StagingDir dir, UniqueFd data, const Expected& expected, DigestAlgorithm algorithm);

  StagingDir dir_;
  UniqueFd data_;
  Expected expected_;
  Hasher hasher_;
  std::uint64_t offset_ = 0;
  std::optional<Error> failure_{};  // the file may hold other bytes than those that were hashed
};

struct Ingest::State {
  explicit State(IngestFile staged) : file(std::move(staged)) {}
  IngestFile file;
};

/// Makes the bytes of `files`, ingests of one store, durable under their digests. All are checked before any
/// is touched. Errors: digest_mismatch, no_space, closed, io, and what an earlier write answered.
Result<std::vector<ReadyFile>> publish_files(const BlobDirs& dirs, std::span<IngestFile* const> files);

}  // namespace bayplan::content
