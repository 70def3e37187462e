// Content: blobs named by digest.
//
// Writing: Ingest takes the bytes, publish() makes them durable under their digest (data synced, renamed,
// directory synced) and answers ReadyBlobs, add() records them in the caller's transaction. A record
// therefore never names bytes that a power cut can take away; leftovers of a crash are files without a
// record, which sweep_files removes.
//
//   BAYPLAN_ASSIGN(auto ingest, blobs.ingest({.digest = expected}));
//   BAYPLAN_TRY(ingest.write(bytes));
//   BAYPLAN_ASSIGN(auto ready, std::move(ingest).finish());
//   db.update([&](WriteTx& tx) { return content::add(tx, "default", std::move(ready), labels,
//                                                        metadata::leased(lease)); });
//
// On disk: <root>/blobs/<alg>/<hex> (an OCI layout's blobs folder, files 0400), <root>/ingest, <root>/lock.
// An Ingest is a file without a name (O_TMPFILE), of which a crash leaves nothing; where the file system has
// none, or /proc is missing, it is <root>/ingest/<id>/data.
//
// blobs/<alg>/<hex> is a name that can come back, so whoever publishes or unlinks a digest has its byte of
// <root>/lock (an OFD lock at an offset derived from the digest): publishers share it until their record is
// committed and never wait for one another, in one process or in several; an unlinker claims it alone, only
// when nobody has it, while it looks once more for a record and unlinks. It is always taken before the write
// lock.
//
// Store is thread-safe; Ingest, ReadyBlob and BlobReader belong to one thread at a time. After fork() the
// child opens anew; dropping what it inherited leaves the parent's files and locks alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/digest.h"
#include "bayplan/base/field_mask.h"
#include "bayplan/base/labels.h"
#include "bayplan/base/progress.h"
#include "bayplan/base/stream.h"
#include "bayplan/base/time.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/list.h"

namespace bayplan::content {

/// What finished bytes must be. Absent members are not checked.
struct Expected {
  std::optional<Digest> digest{};
  std::optional<std::uint64_t> size{};  ///< bytes; more than this is refused while writing, not after
};

/// Durable bytes that wait for their record, and the lock that keeps them from being unlinked. Move-only.
/// Dropping it releases the lock; without a record the next sweep removes the bytes.
class ReadyBlob {
 public:
  ReadyBlob(ReadyBlob&&) noexcept;
  ReadyBlob& operator=(ReadyBlob&&) noexcept;
  ~ReadyBlob();

  const Digest& digest() const noexcept;
  std::uint64_t size() const noexcept;

 private:
  friend class Store;
  friend class Ingest;
  friend struct StoreAccess;
  struct State;
  explicit ReadyBlob(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// Bytes on their way in. Invisible to everybody until published. Move-only; dropping it removes what it
/// wrote. Holds at most two descriptors. Keeps the algorithm of the expected digest, else sha256.
class Ingest final : public ByteSink {
 public:
  Ingest(Ingest&&) noexcept;
  Ingest& operator=(Ingest&&) noexcept;
  ~Ingest() override;

  /// Errors: too_large (more than expected), no_space, io. The first one stays: later calls and publishing
  /// answer it.
  Result<void> write(std::span<const std::byte> bytes) override;
  std::uint64_t offset() const noexcept;
  /// Digest of the bytes so far.
  Digest digest() const;

  /// Checks and publishes this one. Errors: digest_mismatch (digest or size differ from what was expected),
  /// what a write answered, no_space, closed, io.
  Result<ReadyBlob> finish() &&;

 private:
  friend class Store;
  struct State;
  explicit Ingest(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A published blob, open for reading.
class BlobReader final : public ByteSource {
 public:
  BlobReader(BlobReader&&) noexcept;
  BlobReader& operator=(BlobReader&&) noexcept;
  ~BlobReader() override;

  /// Sequential reading. When verifying, the read that reaches the end answers digest_mismatch if the bytes
  /// do not hash to the digest: nothing read may be believed before that.
  Result<std::size_t> read(std::span<std::byte> into) override;
  /// Reads from byte `offset` on, whatever read() is at, unverified. As many bytes as were asked for, fewer
  /// only at the end, none beyond it. Thread-safe. Errors: corrupt (the file ended early), io.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const;
  /// Hashes the whole blob, whatever read() is at. Thread-safe. Errors: digest_mismatch, corrupt (the file
  /// ended early), cancelled, io.
  Result<void> verify(const Control& control = {}) const;
  std::uint64_t size() const noexcept;

 private:
  friend class Store;
  struct State;
  explicit BlobReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

enum class Verify : bool { no, yes };

/// Who may have a blob that the store has already. containerd's content sharing policy.
enum class Sharing : bool {
  shared,    ///< whoever knows its digest
  isolated,  ///< whoever writes all its bytes; or knows its digest, where a namespace records it that has the
             ///< label metadata::kShareableLabel with the value "true"
};

struct StoreOptions {
  Sharing sharing = Sharing::shared;  ///< what open_writer() goes by; adopt() is for who has seen the bytes
};

class Store {
 public:
  /// Opens (and creates) `root`. Errors: permission_denied, no_space, io.
  static Result<Store> open(const std::filesystem::path& root, const StoreOptions& options = {});
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// Starts an ingest of `expected` (the algorithm of expected.digest, else sha256).
  /// Errors: no_space, permission_denied, closed, io.
  Result<Ingest> ingest(const Expected& expected = {});

  /// Publishes many with shared syncs, in the order given. All are checked before the first is touched; on an
  /// error none is reported as ready, and files that got their name already wait for the next sweep.
  /// Precondition: they are ingests of this store. Errors: as Ingest::finish.
  Result<std::vector<ReadyBlob>> publish(std::vector<Ingest> ingests);

  /// Locks a blob that is already there with this size, so that it can be recorded without writing it again;
  /// empty when it is absent or of another size. The bytes are taken as they are. Errors: closed, io.
  Result<std::optional<ReadyBlob>> adopt(const Digest& digest, std::uint64_t size);

  /// Errors: not_found, corrupt (not a regular file, or not `size` bytes long), io.
  Result<BlobReader> open_blob(const Digest& digest, std::uint64_t size, Verify verify) const;

  /// The whole of a blob, verified. Errors: too_large (over `limit`), digest_mismatch, and those of
  /// open_blob.
  Result<std::string> read_blob(const Digest& digest, std::uint64_t size, std::size_t limit) const;

  /// Bytes that still fit on its disk, as far as anybody but root may fill it. Errors: io.
  Result<std::uint64_t> free_bytes() const;

  /// kind() "content"; keys are digests. Lives as long as this object.
  const metadata::GcKind& gc_kind() const noexcept;
  /// kind() "ingest"; keys are references (ingests.h). A root is what has not expired, and what somebody
  /// writes to. Its sweep takes the directories of abandoned ingests. Lives as long as this object.
  const metadata::GcKind& ingest_gc_kind() const noexcept;

 private:
  friend struct StoreAccess;
  struct State;
  explicit Store(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// A content record.
struct Info {
  Digest digest;
  std::uint64_t size = 0;  ///< bytes
  Labels labels{};
  Time created{};
  Time updated{};

  friend bool operator==(const Info&, const Info&) = default;
};

// Records, in the caller's transaction; all-or-nothing each.

/// Records a blob in namespace `ns`, consuming `blob`: its lock is held until the transaction ends. A record
/// that is there keeps its creation time and gains the labels; empty values remove. After an error `blob` is
/// still the caller's. Errors: invalid_argument (namespace, labels), not_found (the lease), corrupt (the
/// present record), and those of MutableBucket.
Result<void> add(metadata::WriteTx& tx, std::string_view ns, ReadyBlob&& blob, const Labels& labels,
                 const metadata::Keeper& keeper);
/// Takes what `mask` names ("labels", "labels.K"; empty: "labels") from `info`, keeps the rest, sets updated.
/// Answers the record as it is now. Errors: not_found, invalid_argument (labels; another path), corrupt, and
/// those of MutableBucket.
Result<Info> update(metadata::WriteTx& tx, std::string_view ns, const Info& info, const FieldMask& mask = {});
/// Replaces the labels. Errors: as update.
Result<void> set_labels(metadata::WriteTx& tx, std::string_view ns, const Digest& digest,
                        const Labels& labels);
/// Sets (or, with an empty value, removes) single labels, leaving the others. Errors: as set_labels.
Result<void> merge_labels(metadata::WriteTx& tx, std::string_view ns, const Digest& digest,
                          const Labels& labels);
/// Removes the record; the bytes go with the next sweep unless another namespace records them. Errors:
/// not_found, and those of MutableBucket.
Result<void> remove(metadata::WriteTx& tx, std::string_view ns, const Digest& digest);
/// Errors: not_found, corrupt, closed, io.
Result<Info> stat(const metadata::BucketSource& source, std::string_view ns, const Digest& digest);
/// What content is filtered by (metadata/filter.h): digest, size, createdat, updatedat, labels.K.
metadata::FieldTable content_fields() noexcept;
/// The records that match, in digest order. Errors: as metadata::list.
Result<metadata::ListEnd> list(const metadata::BucketSource& source, std::string_view ns,
                               const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                               const std::function<Result<void>(const Info&)>& visit,
                               const metadata::ListProblem& problem = {});
/// Digest order. A record that does not decode is an error naming it. Errors: visit's, corrupt, closed, io.
Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const Info&)>& visit);

}  // namespace bayplan::content
