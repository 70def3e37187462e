#include "bayplan/metadata/gc.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include "bayplan/base/fault.h"
#include "bayplan/metadata/removals.h"
#include "collection.h"
#include "gc_report.h"
#include "object_graph.h"
#include "tx_state.h"

namespace bayplan::metadata {
namespace {

using Clock = std::chrono::steady_clock;

// Writers wait for one of these: for removing, and for what was noted since the last look.
constexpr std::chrono::microseconds kLongestRemoving{1000};
constexpr std::size_t kMostRemoved = 64;
constexpr std::uint64_t kMostNotesRead = 512;
constexpr std::uint64_t kMostNotesDropped = 128;

// The collector stands in line like any writer, and then stays away for as long as this many times: of a busy
// store it takes little, of an idle one all.
constexpr int kRests = 2;
constexpr Clock::duration kLongestRest = std::chrono::milliseconds(20);

void sort_by_node(std::vector<GcRemoval>& removed) {
  std::sort(removed.begin(), removed.end(),
            [](const GcRemoval& a, const GcRemoval& b) { return a.node < b.node; });
}

/// One collection that removes: from the first look to the last record.
class Collector {
 public:
  Collector(const Db& db, GcKinds kinds, const Control& control)
      : db_(db), kinds_(kinds), control_(control) {}

  Result<GcReport> run() {
    BAYPLAN_ASSIGN(const CollectorTurn turn, CollectorTurn::take(db_));
    BAYPLAN_TRY(end_notes(db_));
    BAYPLAN_ASSIGN(const std::uint64_t seen, look());
    if (!order_.empty()) BAYPLAN_TRY(remove_unreached(seen));
    sort_by_node(report_.removed);
    report_.marked = graph_->kept();
    report_.next_expiry = graph_->next_expiry();
    return std::move(report_);
  }

 private:
  /// Answers the commit that it saw.
  Result<std::uint64_t> look() {
    ObjectGraph& graph = graph_.emplace(kinds_);
    BAYPLAN_ASSIGN(const std::uint64_t seen, db_.view([&](const ReadTx& tx) -> Result<std::uint64_t> {
      graph.expect(state_of(tx).row_count());
      BAYPLAN_TRY(graph.scan(tx, control_));
      return tx.revision();
    }));
    graph.mark();
    order_ = graph.removal_order();
    BAYPLAN_TRY(fault::at(fault::Point::gc_marked));
    return seen;
  }

  Result<void> remove_unreached(std::uint64_t seen) {
    BAYPLAN_ASSIGN(const bool unchanged, begin_notes(seen));
    auto done = fault::at(fault::Point::gc_started);
    if (done && !unchanged) {
      auto looked = look();
      if (!looked) done = std::move(looked).error();
    }
    if (done) done = sweep();
    auto ended = end_notes(db_);
    return done ? std::move(ended) : std::move(done);
  }

  /// Whether nothing was committed since `seen`, so that what was seen then still holds.
  Result<bool> begin_notes(std::uint64_t seen) {
    return db_.update(
        [&](WriteTx& tx) -> Result<bool> {
          BAYPLAN_ASSIGN(epoch_, start_notes(tx));
          return epoch_ == seen + 1;
        },
        {.reclaiming = true});
  }

  Result<void> sweep() {
    while (at_ < order_.size()) {
      BAYPLAN_TRY(control_.cancel.check());
      BAYPLAN_TRY(catch_up());
      std::vector<GcRemoval> removed;
      const auto asked = Clock::now();
      Clock::duration in_line{};
      const auto step = [&](WriteTx& tx) {
        in_line = Clock::now() - asked;
        return remove_some(tx, removed);
      };
      // What a power cut takes back is garbage still; files go when the removal of their records is durable.
      BAYPLAN_ASSIGN(at_, db_.update(step, {.reclaiming = true, .durability = Durability::no_metasync}));
      std::move(removed.begin(), removed.end(), std::back_inserter(report_.removed));
      BAYPLAN_TRY(fault::at(fault::Point::gc_removed));
      if (control_.progress) control_.progress({"collect", "objects", at_, order_.size()});
      if (at_ < order_.size()) std::this_thread::sleep_for(std::min(kRests * in_line, kLongestRest));
    }
    return {};
  }

  // Outside of a write transaction, so that few notes are left for one.
  Result<void> catch_up() {
    bool more = true;
    while (more) {
      BAYPLAN_ASSIGN(more, db_.view([&](const ReadTx& tx) { return follow_notes(tx); }));
    }
    return {};
  }

  /// Whether there are more.
  Result<bool> follow_notes(const BucketSource& source) {
    BAYPLAN_ASSIGN(const NotesRead read,
                   read_notes(source, last_note_, kMostNotesRead,
                              [&](std::string_view kind, std::string_view ns, std::string_view key) {
                                return graph_->look(source, kind, ns, key);
                              }));
    last_note_ = read.last;
    return read.more;
  }

  /// Answers how far in order_ it came.
  Result<std::size_t> remove_some(WriteTx& tx, std::vector<GcRemoval>& removed) {
    if (collection_epoch(tx) != epoch_) {
      return Error(Errc::conflict, "collection", {}, "more was changed meanwhile than it could follow")
          .with_advice("try again when the store is less busy");
    }
    BAYPLAN_ASSIGN(const bool behind, follow_notes(tx));
    BAYPLAN_TRY(drop_notes(tx, last_note_, kMostNotesDropped));
    std::size_t at = at_;
    const auto end = Clock::now() + kLongestRemoving;
    while (!behind && at < order_.size() && removed.size() < kMostRemoved && Clock::now() < end)
      BAYPLAN_TRY(remove(tx, order_[at++], removed));
    return at;
  }

  Result<void> remove(WriteTx& tx, ObjectGraph::Id id, std::vector<GcRemoval>& removed) {
    if (graph_->reached(id)) return {};
    const GcNode node = graph_->node(id);
    auto gone = graph_->kind(id).remove(tx, node);
    if (!gone && gone.error().code() == Errc::not_found) return {};  // somebody else was first
    if (!gone && gone.error().code() == Errc::in_use) return graph_->look(tx, node.kind, node.ns, node.key);
    if (gone) removed.push_back(removal(*graph_, id));
    return gone;
  }

  const Db& db_;
  GcKinds kinds_;
  const Control& control_;
  std::optional<ObjectGraph> graph_{};
  std::vector<ObjectGraph::Id> order_{};  // what is to go
  std::size_t at_ = 0;                    // in order_
  std::uint64_t epoch_ = 0;
  std::uint64_t last_note_ = 0;
  GcReport report_{};
};

Result<GcReport> rehearse(const Db& db, GcKinds kinds, const Control& control) {
  return db.view([&](const ReadTx& tx) -> Result<GcReport> {
    ObjectGraph graph(kinds);
    graph.expect(state_of(tx).row_count());
    BAYPLAN_TRY(graph.scan(tx, control));
    graph.mark();
    return unkept_report(graph);
  });
}

}  // namespace

Result<GcReport> collect(const Db& db, GcKinds kinds, const GcOptions& options, const Control& control) {
  if (options.dry_run) return rehearse(db, kinds, control);
  BAYPLAN_ASSIGN(GcReport report, Collector(db, kinds, control).run());
  BAYPLAN_TRY(fault::at(fault::Point::gc_swept));
  auto files = unlink_removed(db, kinds, kAllRemovals, control);
  for (const GcKind* kind : kinds) {
    if (!options.leftovers) break;
    BAYPLAN_TRY(control.cancel.check());
    auto swept = kind->sweep_files(db, control);
    if (files && swept) *files += *swept;
    if (files && !swept) files = std::move(swept);
  }
  BAYPLAN_ASSIGN(report.files, std::move(files));
  return report;
}

Result<std::optional<FileSweep>> GcKind::unlink(const Db&, const Removal&) const {
  return std::optional<FileSweep>();
}
Result<FileSweep> GcKind::sweep_files(const Db&, const Control&) const { return FileSweep{}; }

}  // namespace bayplan::metadata
