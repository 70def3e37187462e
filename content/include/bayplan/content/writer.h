// Writer: an ingest by reference, which outlives its process. Protocol and semantics as containerd's content
// store (core/content, plugins/content/local): open, write, close; open again, in any process, and go on at
// offset(); commit.
//
//   const WriterOptions options{.expected = {digest, size}};
//   BAYPLAN_ASSIGN(Writer writer, open_writer(blobs, db, "default", "layer-1", options));
//   BAYPLAN_TRY(source.skip(writer.offset()));
//   BAYPLAN_TRY(copy(source, writer));
//   BAYPLAN_ASSIGN(Info info, std::move(writer).commit(labels, metadata::leased(lease)));
//
// Whoever goes on has to bring the same bytes: those that are there are not seen again, and without an
// expected digest another source's end behind them makes a blob that nobody wanted. Writer::digest() tells
// what they are.
//
// Its record (ingests.h) is made when it is opened; the bytes lie in <root>/ingest/<sha256 of the record's
// backend>/data. Beside them, "state" holds how far they were hashed, and the digest's inner state there: it
// is written when the writer is closed and every kCheckpointBytes, after the bytes were synced, so that to
// go on reads nothing again. A process that was killed left bytes behind the last checkpoint: they are
// hashed, at most kCheckpointBytes of them. After another boot they are cut off instead, because a power cut
// may have taken some and left zeros.
//
// One writer at a time has a reference, proven by a lock that dies with its process. While it has,
// collections keep the ingest and what it expects, expired or not.
//
// The functions are thread-safe; a Writer belongs to one thread at a time, holds two descriptors and a handle
// of the Db. In a forked child it can only be dropped, which leaves everything to the parent.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bayplan/content/ingests.h"
#include "bayplan/content/store.h"

namespace bayplan::content {

inline constexpr std::uint64_t kCheckpointBytes = std::uint64_t{64} << 20;

struct WriterOptions {
  Expected expected{};
  /// Lists the ingest while it lasts, in place of an expiry, and what opening finds recorded already.
  std::string lease{};
};

/// What a writer has written, to be read while it goes on. Copies share a descriptor, which outlives the
/// writer and the publishing of its bytes. Thread-safe.
class WrittenBytes {
 public:
  /// Fills `into` from byte `offset` on; the caller knows from Writer::offset() that so much is there.
  /// Errors: corrupt (it is not), io.
  Result<void> read_at(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  friend class Writer;
  struct File;
  explicit WrittenBytes(std::shared_ptr<const File> file);
  std::shared_ptr<const File> file_;
};

/// An ingest by reference, open for writing. Move-only. Dropping it is close() that tells nobody of errors.
class Writer final : public ByteSink {
 public:
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;
  ~Writer() override;

  /// Appends. Errors: too_large (more than the expected size), no_space, io: these stay until truncate() or
  /// the next opening.
  Result<void> write(std::span<const std::byte> bytes) override;
  /// Bytes so far.
  std::uint64_t offset() const noexcept;
  /// Digest of the bytes so far, of the algorithm of the expected digest, else sha256.
  Digest digest() const;
  /// Whether nothing need be written: the store had the bytes, and this namespace may have them for knowing
  /// their digest (Sharing). Writing more appends to a copy of them.
  bool is_adopted() const noexcept;

  /// Its bytes, unchecked, up to the next truncate(). Precondition: !is_adopted(). Errors: io.
  Result<WrittenBytes> written() const;

  /// Back to offset 0. Errors: no_space, io.
  Result<void> truncate();

  /// Ends the writing and keeps the ingest for whoever opens it next. What was written is synced. Errors:
  /// no_space, io: then less than that may be there for the next one.
  Result<void> close() &&;

  /// Makes the bytes durable under their digest, to be recorded with add() in a transaction of the caller's,
  /// which also ends the ingest. `expected` says more, or other things, than the opening did. Until the
  /// transaction is over nobody else can open the reference. If it fails, or the ReadyBlob is dropped, the
  /// ingest remains and is empty. Errors: digest_mismatch (digest or size; the ingest is closed and keeps its
  /// bytes), what a write answered, no_space, closed, io.
  Result<ReadyBlob> finish(const Expected& expected = {}) &&;

  /// finish(), and the record in a transaction of its own, which shares its commit with those of other
  /// threads (Db::submit). Errors: already_exists (the namespace has that blob by now; it is kept as `keeper`
  /// says, and the ingest is gone), invalid_argument (labels), not_found (the lease), those of finish() and
  /// of Db::submit. Precondition: outside of write transactions.
  Result<Info> commit(const Labels& labels, const metadata::Keeper& keeper, const Expected& expected = {}) &&;

 private:
  struct State;
  friend Result<Writer> open_writer(const Store&, const metadata::Db&, std::string_view, std::string_view,
                                    const WriterOptions&);
  explicit Writer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Begins the ingest `ref` of namespace `ns`, or goes on with it. Errors: already_exists (the namespace has a
/// blob of the expected digest; options.lease lists it from now on), busy (somebody writes to it, whose
/// process is named; or removes what an earlier one left), failed_precondition (it was begun for another
/// size, or has more bytes than expected; truncating is not possible without opening: abort it),
/// invalid_argument (namespace, reference), not_found (the lease), corrupt (the record), no_space,
/// permission_denied, closed, io, and those of Db::update. Precondition: outside of write transactions.
Result<Writer> open_writer(const Store& store, const metadata::Db& db, std::string_view ns,
                           std::string_view ref, const WriterOptions& options = {});

/// Returns when nobody writes to `ref`, which may not exist: at once, or when the writer closes it or dies.
/// By then another may have begun. Errors: cancelled (noticed within a tenth of a second), corrupt (the
/// record), permission_denied, closed, io. Precondition: outside of write transactions.
Result<void> await_writer(const Store& store, const metadata::Db& db, std::string_view ns,
                          std::string_view ref, const CancelToken& cancel);

/// How far an ingest is.
struct IngestStatus {
  std::string ref;
  std::uint64_t offset = 0;              ///< bytes that are there
  std::optional<std::uint64_t> total{};  ///< bytes, where its writer knew
  std::optional<Digest> expected{};
  Time started{};                 ///< 0 where nothing was written yet, or the state is damaged
  Time updated{};                 ///< when the last bytes came; as `started`
  std::optional<Time> expires{};  ///< of the record
  std::optional<pid_t> writer{};  ///< the process that writes to it

  friend bool operator==(const IngestStatus&, const IngestStatus&) = default;
};

/// Errors: not_found, corrupt, closed, io.
Result<IngestStatus> ingest_status(const Store& store, const metadata::BucketSource& source,
                                   std::string_view ns, std::string_view ref);

/// What ingests are filtered by (metadata/filter.h): ref, expected, expireat.
metadata::FieldTable ingest_fields() noexcept;
/// The ingests that match, in the order of the references. Errors: as metadata::list.
Result<metadata::ListEnd> list_ingests(const Store& store, const metadata::BucketSource& source,
                                       std::string_view ns, const metadata::BoundFilter& filter,
                                       const metadata::ListOptions& options,
                                       const std::function<Result<void>(const IngestStatus&)>& visit,
                                       const metadata::ListProblem& problem = {});

/// Removes the ingest with its bytes; `lease` lists it no longer, if one is given. Errors: not_found, busy
/// (somebody writes to it, whose process is named; or began it anew), closed, io, and those of Db::update.
/// Precondition: outside of write transactions.
Result<void> abort_ingest(const Store& store, const metadata::Db& db, std::string_view ns,
                          std::string_view ref, std::string_view lease = {});

}  // namespace bayplan::content
