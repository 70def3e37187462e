// The collector: mark and sweep over records of all kinds, then the files no record names.
//
// metadata knows no kind. Each folder hands in its GcKind; the caller lists the kinds it composed. Edges
// never cross namespaces. Roots and edges follow containerd (core/metadata/gc.go).
//
// Nobody waits for a collection: it marks on a read snapshot while others write, in this and in other
// processes. Meanwhile every record function leaves a note of what it made or changed (note_change), and
// what is noted, with all that it leads to, is kept. Removal happens in small transactions between those of
// others, whoever refers first: at every moment all that a remaining object needs is still there.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/labels.h"
#include "bayplan/base/progress.h"
#include "bayplan/base/time.h"
#include "bayplan/metadata/db.h"
#include "bayplan/metadata/events.h"

namespace bayplan::metadata {

/// One object. `kind` is the registering folder's word: "content", "snapshot", "image", "container".
struct GcNode {
  std::string kind;
  std::string ns;
  std::string key;  ///< digest, "<snapshotter>/<key>", image name, container id

  friend bool operator==(const GcNode&, const GcNode&) = default;
  friend auto operator<=>(const GcNode&, const GcNode&) = default;
};

/// An object as its kind tells of it.
struct GcObject {
  std::string_view key;
  bool root = false;          ///< kept for its own sake
  bool collectable = true;    ///< this kind may remove it; else only its owner does
  std::string_view reason{};  ///< for people: what makes it a root, or why it is none any more
  std::uint64_t bytes = 0;    ///< disk space that goes with it
  /// Of a root: when it stops being one by itself. Later than the moment at which it is told.
  std::optional<Time> until{};
};

enum class EdgeType : unsigned char {
  structural,  ///< part of the record: a parent, a target
  label,       ///< a containerd.io/gc.ref.* label
  back,        ///< a containerd.io/gc.bref.* label: the object lives as long as the target does
};

/// From the object told last to one that it keeps alive, which need not exist.
struct GcEdge {
  std::string_view kind;
  std::string_view key;
  EdgeType type = EdgeType::structural;
  std::string_view why{};  ///< for people: the field or label
  bool flat = false;       ///< of the target, and what it leads to, only structural edges count
};

/// Takes what a kind tells. Views are read before the call returns.
class GcSink {
 public:
  virtual ~GcSink() = default;
  virtual Result<void> object(const GcObject& object) = 0;
  virtual Result<void> edge(const GcEdge& edge) = 0;
};

/// Something a check found. `object` may have an empty key where it concerns more than one.
struct Problem {
  GcNode object;
  std::string what;
};
using ProblemSink = std::function<void(Problem)>;

struct FileSweep {
  std::uint64_t files = 0;  ///< blobs, staging directories, snapshot directories removed
  std::uint64_t bytes = 0;  ///< disk space they held

  FileSweep& operator+=(const FileSweep& other) noexcept {
    files += other.files;
    bytes += other.bytes;
    return *this;
  }
};

/// Files whose record is gone (removals.h), by the name that their kind gave them.
struct Removal {
  std::string name;
  std::uint64_t revision = 0;  ///< of the commit that removed the record
};

/// One kind of object. Implementations are immutable and thread-safe. Read functions work on any
/// BucketSource, so they answer for dead stores as well. Errors of the read functions: the sink's, corrupt,
/// closed, io.
class GcKind {
 public:
  virtual ~GcKind() = default;
  /// Several kinds may have one word, each with objects of its own (snapshots: one for each snapshotter).
  virtual std::string_view kind() const = 0;

  /// Tells every object of the namespace, each followed by its edges.
  virtual Result<void> scan(const BucketSource& source, std::string_view ns, GcSink& sink) const = 0;
  /// Tells the one object with its edges, if it exists.
  virtual Result<void> look(const BucketSource& source, std::string_view ns, std::string_view key,
                            GcSink& sink) const = 0;
  /// Removes the record of `node`, all-or-nothing, and queues its files. Errors: not_found, in_use (what the
  /// records do not tell keeps it since they were looked at: a collection keeps it, and all that it leads
  /// to), closed, corrupt, io.
  virtual Result<void> remove(WriteTx& tx, const GcNode& node) const = 0;
  /// Removes the files that were queued as `removal`, if they still are; files whose names are given again,
  /// as those of blobs, only if no record has the name. Empty: they are in use, or not of this kind, and stay
  /// queued. The default is of kinds without files. Called from several threads at once. Errors:
  /// permission_denied, failed_precondition (something is mounted there), closed, corrupt, io.
  virtual Result<std::optional<FileSweep>> unlink(const Db& db, const Removal& removal) const;
  /// Removes files of this kind that no record names, that are not queued, and that no living process is
  /// making: what a crash left. May be called at any time, from any process. The default is of kinds without
  /// files. Errors: cancelled, permission_denied, io; what was removed stays removed.
  virtual Result<FileSweep> sweep_files(const Db& db, const Control& control) const;
  /// Reports records that do not decode, references that do not resolve, and files that are missing or of the
  /// wrong size. A problem is never an error; errors are for what prevents checking.
  virtual Result<void> check(const BucketSource& source, std::string_view ns,
                             const ProblemSink& sink) const = 0;
};
using GcKinds = std::span<const GcKind* const>;

/// Tells the edges that the labels of a record's bucket name: containerd.io/gc.ref.content[.X|/X] = digest,
/// gc.ref.snapshot.<snapshotter>[/X] = key, gc.ref.image[.X|/X] = name, and as back edges gc.bref.content,
/// gc.bref.container, gc.bref.image[.X|/X], gc.bref.snapshot.<snapshotter>[/X]. A suffix introduced otherwise
/// is ignored. gc.cond.snapshot.<snapshotter>[/X] = "usedat<2h[,..]|key" is an edge while one of the
/// conditions holds: the snapshot's label gc.cond.value-usedat is a time less than ("<"), or more than (">"),
/// that long ago. `ns` is the record's. Errors: the sink's, corrupt, closed, io.
Result<void> label_edges(std::string_view ns, const Bucket& record, GcSink& sink);

inline constexpr std::string_view kGcRootLabel = "containerd.io/gc.root";

/// True when the record has a label that begins with kGcRootLabel, whatever its value. Errors: corrupt,
/// closed, io.
Result<bool> has_gc_root_label(const Bucket& record);

/// Every function that makes, changes or removes an object of a GcKind, or a namespace, calls this in its
/// transaction, once for each. Subscribers hear of it after the commit (events.h); and where a collection
/// runs, in whatever process, it learns of what was created or updated before it removes more. Errors: those
/// of MutableBucket; none for `removed`.
Result<void> note_change(WriteTx& tx, std::string_view kind, std::string_view ns, std::string_view key,
                         Change change);

/// The label that says when an image or a lease ends, RFC 3339.
inline constexpr std::string_view kGcExpireLabel = "containerd.io/gc.expire";

/// When a record with these labels ends; empty: never. An expiry that cannot be read never comes: removing
/// what somebody wanted is the worse mistake.
std::optional<Time> gc_expiry(const Labels& labels);

/// When a record ends, as it says and as it is read.
struct StoredExpiry {
  std::string_view text;  ///< a view of the record's
  Time at{};
};
/// gc_expiry() of the record in this bucket. Errors: corrupt, closed, io.
Result<std::optional<StoredExpiry>> stored_expiry(const Bucket& record);

struct GcOptions {
  bool dry_run = false;   ///< mark, report, remove nothing
  bool leftovers = true;  ///< look for files that neither a record nor the queue names: reads all directories
};

/// An object that went, or in a dry run would.
struct GcRemoval {
  GcNode node;
  std::string why;
  std::uint64_t bytes = 0;  ///< disk space, as its record says
};

struct GcReport {
  std::uint64_t marked = 0;          ///< objects kept
  std::vector<GcRemoval> removed{};  ///< in byte order of the nodes
  FileSweep files{};                 ///< zero in a dry run
  /// When the first root stops being one by itself, of those that were seen. Empty: none does.
  std::optional<Time> next_expiry{};
};

/// One collection over all namespaces. One process at a time collects a store; the others get busy. When it
/// ends early, by an error or with the process, what it removed stays removed, and the next one begins anew.
/// Files that cannot be removed hold up no others: the first error is answered when all the rest is done.
/// Errors: busy (another collection runs), cancelled, failed_precondition (inside a write transaction;
/// something is mounted on a file), permission_denied (files), conflict (so much was changed meanwhile that
/// it gave up), read_only, no_space, corrupt, closed, io.
Result<GcReport> collect(const Db& db, GcKinds kinds, const GcOptions& options, const Control& control);

/// One step of a chain of references.
struct GcLink {
  GcNode node;
  std::string why;  ///< of the first: what makes it a root; of the others: the field or label that leads here
};
struct GcAnswer {
  bool exists = false;
  std::vector<std::vector<GcLink>> chains;  ///< each from a root to the object; none: nothing keeps it
  bool more = false;                        ///< there are others beyond the limit
};

/// Why is it still here: the chains of references that lead from roots to `node`, shortest first, `limit` at
/// most. Errors: invalid_argument (a kind that is not among `kinds`), cancelled, corrupt, closed, io.
Result<GcAnswer> why(const BucketSource& source, GcKinds kinds, const GcNode& node, std::size_t limit,
                     const Control& control);
/// The objects with an edge to `node`, kept or not, and the field or label of each; it need not exist.
/// Errors: as why.
Result<std::vector<GcLink>> referrers(const BucketSource& source, GcKinds kinds, const GcNode& node,
                                      const Control& control);

}  // namespace bayplan::metadata
