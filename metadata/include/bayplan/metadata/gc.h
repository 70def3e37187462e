// The collector: mark and sweep over records of all kinds, then the files no record names.
//
// metadata knows no kind. Each folder hands in its GcKind; the caller lists the kinds it composed. Edges
// never cross namespaces. Roots and edges follow containerd (core/metadata/gc.go).
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

namespace bayplan::metadata {

/// One object. `kind` is the registering folder's word: "content", "snapshot", "image", "container".
struct GcNode {
  std::string kind;
  std::string ns;
  std::string key;  ///< digest, "<snapshotter>/<key>", image name, container id

  friend bool operator==(const GcNode&, const GcNode&) = default;
  friend auto operator<=>(const GcNode&, const GcNode&) = default;
};

using NodeSink = std::function<Result<void>(GcNode)>;

/// Something a check found. `object` may have an empty key where it concerns more than one.
struct Problem {
  GcNode object;
  std::string what;
};
using ProblemSink = std::function<void(Problem)>;

struct FileSweep {
  std::uint64_t files = 0;  ///< blobs, staging directories, snapshot directories removed
  std::uint64_t bytes = 0;  ///< disk space they held
};

/// One kind of object. Implementations are immutable and thread-safe. Read functions work on any
/// BucketSource, so they answer for dead stores as well. Errors of the read functions: the sink's, corrupt,
/// closed, io.
class GcKind {
 public:
  virtual ~GcKind() = default;
  virtual std::string_view kind() const = 0;

  /// Objects of this kind that are kept for their own sake.
  virtual Result<void> roots(const BucketSource& source, std::string_view ns, const NodeSink& sink) const = 0;
  /// What `node` keeps alive; targets need not exist.
  virtual Result<void> edges(const BucketSource& source, const GcNode& node, const NodeSink& sink) const = 0;
  /// Every object of this kind that a collection may remove; empty for kinds that only their owner deletes.
  virtual Result<void> candidates(const BucketSource& source, std::string_view ns,
                                  const NodeSink& sink) const = 0;
  /// Removes the record of `node`, all-or-nothing; its files go with sweep_files. Errors: not_found, closed,
  /// corrupt, io.
  virtual Result<void> remove(WriteTx& tx, const GcNode& node) const = 0;
  /// Removes files of this kind that no record names and no living process is making. May be called at any
  /// time, from any process. Errors: cancelled, permission_denied, io; what was removed stays removed.
  virtual Result<FileSweep> sweep_files(const Db& db, const Control& control) const = 0;
  /// Reports records that do not decode, references that do not resolve, and files that are missing or of the
  /// wrong size. A problem is never an error; errors are for what prevents checking.
  virtual Result<void> check(const BucketSource& source, std::string_view ns,
                             const ProblemSink& sink) const = 0;
};

/// Emits the targets of the containerd.io/gc.ref.{content,snapshot,image}* labels of a record's bucket:
/// gc.ref.content[.X|/X] = digest, gc.ref.snapshot.<snapshotter>[/X] = key, gc.ref.image[.X|/X] = name. A
/// suffix introduced otherwise is ignored. Errors: the sink's, corrupt, closed, io.
Result<void> label_edges(const Bucket& record, std::string_view ns, const NodeSink& sink);

/// True when the record's labels hold a key that begins with containerd.io/gc.root. Errors: corrupt, closed,
/// io.
Result<bool> has_gc_root_label(const Bucket& record);

/// The label that says when an image or a lease ends, RFC 3339.
inline constexpr std::string_view kGcExpireLabel = "containerd.io/gc.expire";

/// When a record with these labels ends; empty: never. An expiry that cannot be read never comes: removing
/// what somebody wanted is the worse mistake.
std::optional<Time> gc_expiry(const Labels& labels);
/// Whether the end of the record in this bucket has come at `at`. Errors: corrupt, closed, io.
Result<bool> is_gc_expired(const Bucket& record, Time at);

struct GcOptions {
  bool dry_run = false;  ///< mark, report, remove nothing
};

struct GcReport {
  std::uint64_t marked = 0;     ///< objects reachable
  std::vector<GcNode> removed;  ///< objects removed (dry run: that would be), in byte order
  FileSweep files;              ///< zero in a dry run
};

/// One collection over all namespaces. Marking and removal of records are one write transaction; files follow
/// after it is durable. Errors: cancelled (before the sweep commits: nothing was removed),
/// failed_precondition (inside a write transaction), read_only, no_space, corrupt, closed, io.
Result<GcReport> collect(const Db& db, std::span<const GcKind* const> kinds, const GcOptions& options,
                         const Control& control);

}  // namespace bayplan::metadata
