// Snapshots: trees of files, each a layer over its parent.
//
// Terms (containerd's): an *active* snapshot is writable, a *view* is read-only and can never be committed, a
// *committed* one is immutable and the only kind that can be a parent. All share one key space per namespace
// and snapshotter. Committed layers of images are named by chainID.
//
// Life cycle. Files come first, outside any transaction; the record follows in the caller's:
//
//   auto stage = db.view([&](const ReadTx& tx) {                          // directory on disk, locked
//     return snapshotter.stage(tx, "default", chain_id);
//   });
//   db.update([&](WriteTx& tx) {
//     return snapshotter.prepare(tx, "default", "c1", std::move(*stage), {}, metadata::leased(lease));
//   });
//   auto mounts = db.view([&](const ReadTx& tx) { return snapshotter.mounts(tx, "default", "c1"); });
//   ...                                                                   // the container writes
//   auto sealed = db.view([&](const ReadTx& tx) { return snapshotter.seal(tx, "default", "c1"); });
//   db.update([&](WriteTx& tx) {
//     return snapshotter.commit(tx, "default", "name", "c1", *sealed, {}, metadata::leased(lease));
//   });
//
// A Stage is a directory that no record names yet, kept from the collector by a lock. A transaction that
// consumes it makes it visible when it commits; if it fails, or the Stage is dropped, the directory is
// removed. Layers of an image are staged on one another (stage_on), filled by Stage::apply, and committed by
// one transaction.
//
// On disk: <root>/<driver>/<id>/{fs,work}; id is at most 6 characters, made exclusively, never reused.
// Drivers: overlay (the kernel's; a stage with parents is applied through a private overlay mount, so that
// every path means what the flattened tree means) and native (plain copies, reflinked where possible).
// Same chainID, same tree, in every driver.
//
// Thread-safe. Transaction functions are all-or-nothing inside the caller's transaction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/diagnostics.h"
#include "bayplan/base/field_mask.h"
#include "bayplan/base/labels.h"
#include "bayplan/base/progress.h"
#include "bayplan/base/stream.h"
#include "bayplan/base/time.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/list.h"
#include "bayplan/snapshots/diff.h"
#include "bayplan/snapshots/mount.h"

namespace bayplan::snapshots {

/// Stored as one byte; values never change (containerd's).
enum class Kind : std::uint8_t { view = 1, active = 2, committed = 3 };
std::string_view to_string(Kind kind) noexcept;

struct Usage {
  std::uint64_t inodes = 0;
  std::uint64_t bytes = 0;  ///< disk blocks, each inode once, of this layer only

  friend bool operator==(const Usage&, const Usage&) = default;
};

struct Info {
  Kind kind = Kind::active;
  std::string key;
  std::string parent;     ///< empty for a base layer
  std::string directory;  ///< name below <root>/<driver>
  Labels labels;
  Time created{};
  Time updated{};
  Usage usage{};  ///< of committed snapshots; zero for others (usage() measures those)

  friend bool operator==(const Info&, const Info&) = default;
};

/// What snapshots are filtered by (metadata/filter.h): name (the key), kind, parent (there, and empty, in a
/// base layer), size (of committed ones), createdat, updatedat, labels.K.
metadata::FieldTable snapshot_fields() noexcept;

/// What an applied layer was.
struct ApplyReport {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;              ///< of file content
  std::vector<std::string> warnings{};  ///< what was dropped by policy, one line each, at most 64
};

struct ApplyLimits {
  std::uint64_t max_bytes = 64ull << 30;  ///< content of one layer
  std::uint64_t max_entries = 4'000'000;
};

/// A directory being made. Move-only. Not thread-safe.
class Stage {
 public:
  Stage(Stage&&) noexcept;
  Stage& operator=(Stage&&) noexcept;
  /// Removes the directory unless a transaction consumed it.
  ~Stage();

  /// Applies an uncompressed layer tar to the tree, with the semantics of oci image-spec layer.md (whiteouts,
  /// opaque directories, replacement), reading `tar` to its very end. Every path is resolved by the kernel
  /// beneath the layer's root. In a user namespace, devices become empty files of mode 0, with a warning
  /// each. Errors: those of TarReader, invalid_argument (an entry that cannot be: its parent is a file,
  /// whiteouts of
  /// "." or "..", ids out of range), unsupported (an owner that this user namespace does not have), too_large
  /// (limits), cancelled, no_space, permission_denied, io, tar's own. After an error the stage is good for
  /// nothing but being dropped.
  Result<ApplyReport> apply(ByteSource& tar, const ApplyLimits& limits, const Control& control);

  /// Measures the layer. Call after the last apply. Errors: io, permission_denied.
  Result<Usage> measure();

  const std::string& directory() const noexcept;

 private:
  friend class Snapshotter;
  struct State;
  explicit Stage(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Whether the caller made a snapshot's files durable already, as with sync() for many at once.
enum class Synced : bool { no, yes };

/// Proof that an active snapshot's files are durable, and what they measure.
struct Sealed {
  std::string key;
  std::string directory;
  Usage usage;
};

class Driver;

class Snapshotter {
 public:
  /// Opens (and creates) <root>/<driver>; `driver` is "overlay" or "native".
  /// Errors: unsupported (unknown driver, or a kernel that cannot do overlay here: the advice says native),
  /// permission_denied, io.
  static Result<Snapshotter> open(const std::filesystem::path& root, std::string_view driver,
                                  const DiagnosticSink& diagnostics = {});
  /// With overlay where this process can mount one below `root`, else with native. Errors: those of open,
  /// but for unsupported.
  static Result<Snapshotter> open_best(const std::filesystem::path& root,
                                       const DiagnosticSink& diagnostics = {});

  Snapshotter(Snapshotter&&) noexcept;
  Snapshotter& operator=(Snapshotter&&) noexcept;
  ~Snapshotter();

  std::string_view name() const noexcept;

  /// A new directory over committed snapshot `parent` ("" = none).
  /// Native copies the parent's tree, durably. Errors: not_found, invalid_argument (parent not committed),
  /// too_large (directory names are used up), unsupported (native: a file's owner has no id in this user
  /// namespace), no_space, permission_denied, io, corrupt, closed.
  Result<Stage> stage(const metadata::BucketSource& source, std::string_view ns, std::string_view parent);
  /// A new directory over another stage, which must be complete and must not be applied to any more.
  /// Only add_committed takes the result: it names the parent. Errors: invalid_argument (a stage of another
  /// snapshotter, or consumed), and stage()'s.
  Result<Stage> stage_on(const Stage& below);

  /// Makes everything staged on this snapshotter's file system durable (syncfs). Errors: io, no_space.
  Result<void> sync();

  /// Records. A stage is consumed by success only. Each: already_exists (the key, in this namespace and
  /// snapshotter), not_found (the lease), conflict (the parent is gone, or not the one the stage was made
  /// over), invalid_argument (empty key, labels, a stage of another snapshotter, or consumed), and those of
  /// MutableBucket.
  Result<void> prepare(metadata::WriteTx& tx, std::string_view ns, std::string_view key, Stage&& stage,
                       const Labels& labels, const metadata::Keeper& keeper);
  Result<void> view(metadata::WriteTx& tx, std::string_view ns, std::string_view key, Stage&& stage,
                    const Labels& labels, const metadata::Keeper& keeper);
  /// Precondition: sync() came after the last apply. `parent` names what it was staged on ("" for none) and
  /// must be a committed snapshot in this transaction.
  Result<void> add_committed(metadata::WriteTx& tx, std::string_view ns, std::string_view name,
                             std::string_view parent, Stage&& stage, const Usage& usage, const Labels& labels,
                             const metadata::Keeper& keeper);

  /// Makes the files of active snapshot `key` durable, unless they are, and measures them; nobody may write
  /// to it any more. Errors: not_found, failed_precondition (not active), in_use (a row says that it is
  /// mounted), io, no_space, corrupt, closed.
  Result<Sealed> seal(const metadata::BucketSource& source, std::string_view ns, std::string_view key,
                      Synced synced = Synced::no);
  /// Turns active `key` into committed `name`; labels replace, created and updated become now (containerd).
  /// `rebase_onto` gives a parent to one that has none; its layer then lies over that one's tree. Errors:
  /// not_found (the key, the lease, the parent to be), already_exists, failed_precondition (not active; the
  /// parent to be is not committed), in_use (it is mounted: mounts.h), conflict (not what was sealed),
  /// invalid_argument (also: it has another parent already), unsupported (native: its tree lacks what the
  /// parent's has), and those of MutableBucket.
  Result<void> commit(metadata::WriteTx& tx, std::string_view ns, std::string_view name, std::string_view key,
                      const Sealed& sealed, const Labels& labels, const metadata::Keeper& keeper,
                      std::string_view rebase_onto = {});

  /// Removes the record; its files are queued and follow with the next collection. Errors: not_found, in_use
  /// (it has children, or is mounted (mounts.h); containerd's failed precondition), and those of
  /// MutableBucket.
  Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view key);
  /// Takes what `mask` names ("labels", "labels.K"; empty: all labels) from `labels`. Errors: not_found,
  /// invalid_argument (labels; another path), and those of MutableBucket.
  Result<void> set_labels(metadata::WriteTx& tx, std::string_view ns, std::string_view key,
                          const Labels& labels, const FieldMask& mask = {});

  /// Errors: not_found, corrupt, closed, io.
  Result<Info> stat(const metadata::BucketSource& source, std::string_view ns, std::string_view key) const;
  /// Key order. A record that does not decode is an error naming it.
  Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                    const std::function<Result<void>(const Info&)>& visit) const;
  /// The snapshots that match (snapshot_fields()), in key order. Errors: as metadata::list.
  Result<metadata::ListEnd> list(const metadata::BucketSource& source, std::string_view ns,
                                 const metadata::BoundFilter& filter, const metadata::ListOptions& options,
                                 const std::function<Result<void>(const Info&)>& visit,
                                 const metadata::ListProblem& problem = {}) const;
  /// Stored for committed snapshots, measured on disk for others. Errors: not_found, corrupt, busy (its tree
  /// is being rearranged), closed, io.
  Result<Usage> usage(const metadata::BucketSource& source, std::string_view ns, std::string_view key) const;
  /// How to mount an active snapshot or a view, containerd's shapes: no parent: bind of its own directory
  /// (rw,rbind, or ro,rbind for a view); a view with one parent: bind of the parent (ro,rbind); else overlay
  /// (native: bind). A directory that an unclean boot lost is made again, empty. Errors: not_found,
  /// failed_precondition (committed), corrupt, no_space, permission_denied, closed, io.
  Result<std::vector<Mount>> mounts(const metadata::BucketSource& source, std::string_view ns,
                                    std::string_view key) const;

  /// The layer that a snapshot of any kind is over its parent, to be written outside of the transaction.
  /// Errors: not_found, busy (a sweep has one of its directories), corrupt, closed, permission_denied, io.
  Result<LayerDiff> diff(const metadata::BucketSource& source, std::string_view ns,
                         std::string_view key) const;

  /// kind() "snapshot"; keys "<snapshotter>/<key>". Lives as long as this object.
  const metadata::GcKind& gc_kind() const noexcept;

 private:
  friend class Mounts;
  friend class LockedMount;
  struct State;
  explicit Snapshotter(std::unique_ptr<State> state);
  Result<void> check_ours(const Stage& stage) const;
  std::unique_ptr<State> state_;
};

}  // namespace bayplan::snapshots
