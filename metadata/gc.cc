#include "bayplan/metadata/gc.h"

#include <map>
#include <utility>

#include "bayplan/base/fault.h"
#include "bayplan/metadata/namespaces.h"

namespace bayplan::metadata {
namespace {

using Kinds = std::span<const GcKind* const>;

/// What a walk over one snapshot of the store found.
struct Mark {
  std::uint64_t reachable = 0;
  std::map<GcNode, const GcKind*> unreachable;
};

class Marker {
 public:
  Marker(const BucketSource& source, Kinds kinds, const Control& control)
      : source_(source), kinds_(kinds), control_(control) {
    for (const GcKind* kind : kinds) by_name_.emplace(kind->kind(), kind);
  }

  Result<Mark> run() {
    BAYPLAN_ASSIGN(const auto names, list_namespaces(source_));
    for (const std::string& ns : names) BAYPLAN_TRY(roots(ns));
    mark_.reachable = seen_.size();
    BAYPLAN_TRY(follow());
    for (const std::string& ns : names) BAYPLAN_TRY(candidates(ns));
    return std::move(mark_);
  }

 private:
  enum class Seen : bool { as_root, as_target };

  Result<void> visit(GcNode node, Seen how) {
    const auto [at, added] = seen_.emplace(std::move(node), how);
    if (added) pending_.push_back(&at->first);
    return {};
  }

  Result<void> roots(const std::string& ns) {
    for (const GcKind* kind : kinds_) {
      BAYPLAN_TRY(control_.cancel.check());
      BAYPLAN_TRY(
          kind->roots(source_, ns, [&](GcNode node) { return visit(std::move(node), Seen::as_root); }));
    }
    return {};
  }

  Result<void> follow() {
    while (!pending_.empty()) {
      BAYPLAN_TRY(control_.cancel.check());
      const GcNode& node = *pending_.back();  // a map's keys stay where they are
      pending_.pop_back();
      const auto kind = by_name_.find(node.kind);
      if (kind == by_name_.end()) continue;
      BAYPLAN_TRY(kind->second->edges(
          source_, node, [&](GcNode target) { return visit(std::move(target), Seen::as_target); }));
    }
    return {};
  }

  Result<void> candidates(const std::string& ns) {
    for (const GcKind* kind : kinds_) {
      BAYPLAN_TRY(control_.cancel.check());
      BAYPLAN_TRY(kind->candidates(source_, ns, [&](GcNode node) -> Result<void> {
        classify(*kind, std::move(node));
        return {};
      }));
    }
    return {};
  }

  // A target counts as reachable only here, because what an edge names need not exist; a root was counted
  // before.
  void classify(const GcKind& kind, GcNode node) {
    const auto seen = seen_.find(node);
    if (seen == seen_.end()) {
      mark_.unreachable.emplace(std::move(node), &kind);
    } else if (seen->second == Seen::as_target) {
      ++mark_.reachable;
    }
  }

  const BucketSource& source_;
  Kinds kinds_;
  const Control& control_;
  std::map<std::string_view, const GcKind*> by_name_;
  std::map<GcNode, Seen> seen_;
  std::vector<const GcNode*> pending_;
  Mark mark_;
};

Result<Mark> mark(const Db& db, Kinds kinds, const Control& control) {
  return db.view([&](const ReadTx& tx) { return Marker(tx, kinds, control).run(); });
}

GcReport to_report(const Mark& mark) {
  GcReport report;
  report.marked = mark.reachable;
  for (const auto& [node, kind] : mark.unreachable) report.removed.push_back(node);
  return report;
}

Result<GcReport> mark_and_sweep(const Db& db, WriteTx& tx, Kinds kinds, const Control& control) {
  // Nobody else can write now, so that a reader sees what this transaction sees, and without copying it.
  BAYPLAN_ASSIGN(const Mark found, mark(db, kinds, control));
  BAYPLAN_TRY(fault::at(fault::Point::gc_marked));
  for (const auto& [node, kind] : found.unreachable) {
    BAYPLAN_TRY(control.cancel.check());
    const auto removed = kind->remove(tx, node);
    // Removing one object may have taken another with it.
    if (!removed && removed.error().code() != Errc::not_found) return removed.error();
  }
  return to_report(found);
}

}  // namespace

Result<GcReport> collect(const Db& db, Kinds kinds, const GcOptions& options, const Control& control) {
  if (options.dry_run) {
    BAYPLAN_ASSIGN(const Mark found, mark(db, kinds, control));
    return to_report(found);
  }
  BAYPLAN_ASSIGN(
      GcReport report,
      db.update([&](WriteTx& tx) { return mark_and_sweep(db, tx, kinds, control); }, {.reclaiming = true}));
  BAYPLAN_TRY(fault::at(fault::Point::gc_swept));
  for (const GcKind* kind : kinds) {
    BAYPLAN_ASSIGN(const FileSweep swept, kind->sweep_files(db, control));
    report.files.files += swept.files;
    report.files.bytes += swept.bytes;
  }
  return report;
}

}  // namespace bayplan::metadata
