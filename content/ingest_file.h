// The bytes of one ingest: written, hashed on the way, checked, moved to their final name.
#pragma once

#include <optional>
#include <span>

#include "bayplan/base/fd.h"
#include "bayplan/content/store.h"
#include "ready_file.h"
#include "staging_dir.h"

namespace bayplan::content {

/// What to hash with for this.
inline DigestAlgorithm algorithm_of(const Expected& expected) {
  return expected.digest ? expected.digest->algorithm() : DigestAlgorithm::sha256;
}

/// A file without a name, or file "data" of an ingest's directory, whose descriptor it borrows. Move-only.
class IngestFile {
 public:
  /// An empty one without a name; none where the file system has no such files. Errors: no_space,
  /// permission_denied, io.
  static Result<std::optional<IngestFile>> create_unnamed(SharedDirs dirs, const Expected& expected);
  /// An empty one, in place of whatever is there. Errors: no_space, permission_denied, io.
  static Result<IngestFile> create(SharedDirs dirs, int dir, const Expected& expected);
  /// One whose first `offset` bytes `hasher` has seen. What follows them is cut off, or, where `trust_rest`,
  /// hashed too. Errors: not_found; corrupt (shorter than that), permission_denied, io.
  static Result<IngestFile> resume(SharedDirs dirs, int dir, const Expected& expected, Hasher hasher,
                                   std::uint64_t offset, bool trust_rest);

  Result<void> write(std::span<const std::byte> bytes);
  std::uint64_t offset() const noexcept { return offset_; }
  Digest digest() const { return hasher_.digest(); }
  const Hasher& hasher() const noexcept { return hasher_; }
  const Expected& expected() const noexcept { return expected_; }

  /// Another descriptor of it. Errors: io.
  Result<UniqueFd> open_again() const;

  /// From now on it has to become this; where that digest is of another algorithm, the bytes are hashed
  /// again.
  Result<void> expect(const Expected& expected);
  /// Cuts off what a failed write left behind the hashed bytes, and makes those durable.
  Result<void> settle() const;

  /// The digest, when the bytes are what was expected and nothing failed so far.
  /// Errors: digest_mismatch, and what an earlier write answered.
  Result<Digest> check() const;
  Result<void> sync() const;
  /// Gives the synced bytes the name of `digest`, in place of whatever has it.
  Result<void> move_to_blobs(const Digest& digest) const;

 private:
  IngestFile(SharedDirs dirs, int dir, UniqueFd data, const Expected& expected, Hasher hasher);
  Result<void> link_to_blobs(const Digest& digest) const;

  SharedDirs dirs_;
  int dir_;  // kUnnamed: in none
  UniqueFd data_;
  Expected expected_;
  Hasher hasher_;
  std::uint64_t offset_ = 0;
  std::optional<Error> failure_{};  // the file may hold other bytes than those that were hashed
};

struct Ingest::State {
  State(SharedDirs store, std::optional<StagingDir> staging, IngestFile staged)
      : dirs(std::move(store)), dir(std::move(staging)), file(std::move(staged)) {}
  SharedDirs dirs;
  std::optional<StagingDir> dir;  ///< of a file with a name
  IngestFile file;
};

/// Makes the bytes of `files`, ingests of one store, durable under their digests. All are checked before any
/// is touched. Errors: digest_mismatch, no_space, closed, io, and what an earlier write answered.
Result<std::vector<ReadyFile>> publish_files(const BlobDirs& dirs, std::span<IngestFile* const> files);

/// Locks a blob that is there, of this size where that is known, and makes its name durable; empty when it is
/// absent, or of another size, or no file. Errors: closed, io.
Result<std::optional<ReadyFile>> adopt_file(const BlobDirs& dirs, const Digest& digest,
                                            std::optional<std::uint64_t> size);

}  // namespace bayplan::content
