#include "store_usage.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "bayplan/metadata/namespaces.h"
#include "gc_kinds.h"
#include "image_use.h"

namespace bayplan::cli {
namespace {

using metadata::GcNode;
using metadata::ReadTx;
using Id = std::size_t;

constexpr std::string_view kImage = "image";
constexpr std::string_view kSnapshot = "snapshot";

/// What several objects may share: a blob is one file for all namespaces.
struct Files {
  std::uint64_t bytes = 0;
  bool in_use = false;
  std::uint32_t images = 0;  ///< that lead to them
  std::size_t kind = 0;
};

struct Object {
  GcNode node;
  Id files = 0;
  bool reclaimable = false;
  std::vector<GcNode> targets{};
};

std::string file_name(const GcNode& node) {
  return node.kind + "/" + (node.kind == "content" ? "" : node.ns + "/") + node.key;
}

class Inventory final : public metadata::GcSink {
 public:
  Inventory(const images::Store& store, const Control& control)
      : kinds_(all_kinds(store)), control_(control) {}

  Result<void> scan(const ReadTx& tx) {
    BAYPLAN_ASSIGN(const auto namespaces, metadata::list_namespaces(tx));
    for (const metadata::GcKind* kind : kinds_) {
      begin(kind->kind());
      for (const auto& ns : namespaces) {
        ns_ = ns;
        BAYPLAN_TRY(kind->scan(tx, ns, *this));
      }
    }
    for (const auto& ns : namespaces) {
      BAYPLAN_ASSIGN(const Names used, images_in_use(tx, kinds_, ns));
      for (const auto& name : used) images_used_ += ids_.count({std::string(kImage), ns, name});
    }
    return {};
  }

  Result<void> object(const metadata::GcObject& object) override {
    BAYPLAN_TRY(control_.cancel.check());
    GcNode node{usage_.kinds[kind_].kind, ns_, std::string(object.key)};
    const auto [file, is_new] = file_ids_.try_emplace(file_name(node), files_.size());
    if (is_new) files_.push_back({.bytes = object.bytes, .kind = kind_});
    ids_.emplace(node, objects_.size());
    objects_.push_back({std::move(node), file->second});
    return {};
  }

  Result<void> edge(const metadata::GcEdge& edge) override {
    if (edge.type != metadata::EdgeType::back)
      objects_.back().targets.push_back({std::string(edge.kind), ns_, std::string(edge.key)});
    return {};
  }

  /// The record of a snapshot that is written to says nothing of its size; its directory may be gone with a
  /// collection that runs, or with an unclean boot.
  Result<void> measure_snapshots(const ReadTx& tx, const snapshots::Snapshotter& snapshotter) {
    const std::string prefix = std::string(snapshotter.name()) + "/";
    for (const Object& object : objects_) {
      const GcNode& node = object.node;
      if (node.kind != kSnapshot || !node.key.starts_with(prefix)) continue;
      BAYPLAN_TRY(control_.cancel.check());
      const auto usage = snapshotter.usage(tx, node.ns, std::string_view(node.key).substr(prefix.size()));
      if (usage) files_[object.files].bytes = usage->bytes;
      const Errc code = usage ? Errc::busy : usage.error().code();
      if (code != Errc::busy && code != Errc::not_found) return usage.error();
    }
    return {};
  }

  /// Another snapshot than that of scan(): what it does not know there is left out.
  void mark_reclaimable(const metadata::GcReport& report) {
    for (const auto& removal : report.removed) {
      const auto id = ids_.find(removal.node);
      if (id != ids_.end()) objects_[id->second].reclaimable = true;
    }
  }

  StoreUsage finish() && {
    std::vector<std::set<Id>> reached(objects_.size());
    for (Id id = 0; id < objects_.size(); ++id) {
      if (objects_[id].node.kind != kImage) continue;
      reached[id] = files_behind(id);
      for (const Id file : reached[id]) ++files_[file].images;
    }
    for (Id id = 0; id < objects_.size(); ++id) add(id, reached[id]);
    for (const Files& files : files_) {
      KindUsage& kind = usage_.kinds[files.kind];
      kind.bytes += files.bytes;
      if (!files.in_use) kind.reclaimable_bytes += files.bytes;
    }
    for (KindUsage& kind : usage_.kinds)
      kind.in_use = kind.kind == kImage ? images_used_ : kind.total - kind.reclaimable;
    return std::move(usage_);
  }

 private:
  void begin(std::string_view word) {
    for (kind_ = 0; kind_ < usage_.kinds.size(); ++kind_) {
      if (usage_.kinds[kind_].kind == word) return;
    }
    usage_.kinds.push_back({.kind = std::string(word)});
  }

  std::set<Id> files_behind(Id image) const {
    std::set<Id> seen;
    std::set<Id> files;
    std::vector<Id> open{image};
    while (!open.empty()) {
      const Id id = open.back();
      open.pop_back();
      if (!seen.insert(id).second) continue;
      files.insert(objects_[id].files);
      for (const GcNode& target : objects_[id].targets) {
        const auto found = ids_.find(target);
        if (found != ids_.end()) open.push_back(found->second);
      }
    }
    return files;
  }

  void add(Id id, const std::set<Id>& reached) {
    const Object& object = objects_[id];
    files_[object.files].in_use |= !object.reclaimable;
    ObjectUsage use{object.node, files_[object.files].bytes, 0, object.reclaimable};
    for (const Id file : reached) {
      use.bytes += files_[file].bytes;
      if (files_[file].images > 1) use.shared += files_[file].bytes;
    }
    if (use.node.kind == "container") use.bytes = snapshot_bytes(object);
    KindUsage& kind = usage_.kinds[files_[object.files].kind];
    ++kind.total;
    kind.reclaimable += object.reclaimable ? 1 : 0;
    usage_.objects.push_back(std::move(use));
  }

  std::uint64_t snapshot_bytes(const Object& object) const {
    std::uint64_t bytes = 0;
    for (const GcNode& target : object.targets) {
      const auto found = target.kind == kSnapshot ? ids_.find(target) : ids_.end();
      if (found != ids_.end()) bytes += files_[objects_[found->second].files].bytes;
    }
    return bytes;
  }

  std::vector<const metadata::GcKind*> kinds_;
  const Control& control_;
  std::size_t kind_ = 0;  // of usage_.kinds, being scanned
  std::string ns_{};
  std::vector<Object> objects_{};
  std::map<GcNode, Id> ids_{};
  std::vector<Files> files_{};
  std::map<std::string, Id> file_ids_{};
  std::uint64_t images_used_ = 0;
  StoreUsage usage_{};
};

KindUsage database_usage(const metadata::DbStats& stats) {
  return {.kind = "database",
          .total = stats.rows,
          .in_use = stats.rows,
          .bytes = stats.file_bytes,
          .reclaimable_bytes = stats.free_pages * stats.page_bytes};
}

}  // namespace

Result<StoreUsage> measure(images::Store& store, const Control& control) {
  Inventory inventory(store, control);
  const auto looked = store.db().view([&](const ReadTx& tx) -> Result<void> {
    BAYPLAN_TRY(inventory.scan(tx));
    return inventory.measure_snapshots(tx, store.snapshotter());
  });
  if (!looked) return looked.error();
  BAYPLAN_ASSIGN(const auto rehearsal,
                 metadata::collect(store.db(), all_kinds(store), {.dry_run = true}, control));
  inventory.mark_reclaimable(rehearsal);
  StoreUsage usage = std::move(inventory).finish();
  BAYPLAN_ASSIGN(const auto stats, store.db().stats());
  usage.kinds.push_back(database_usage(stats));
  return usage;
}

}  // namespace bayplan::cli
