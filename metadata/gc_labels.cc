// The labels by which records keep others alive: containerd's core/metadata/gc.go.
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::metadata {
namespace {

constexpr std::string_view kRootPrefix = "containerd.io/gc.root";
constexpr std::string_view kContentPrefix = "containerd.io/gc.ref.content";
constexpr std::string_view kSnapshotPrefix = "containerd.io/gc.ref.snapshot.";
constexpr std::string_view kImagePrefix = "containerd.io/gc.ref.image";

// True for `prefix` itself and for prefix.X and prefix/X, whose X only tells labels apart.
bool is_named(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix)) return false;
  const std::string_view name = key.substr(prefix.size());
  return name.empty() || name.front() == '.' || name.front() == '/';
}

Result<void> label_edge(const Entry& label, std::string_view ns, const NodeSink& sink) {
  if (label.is_bucket) return {};
  if (is_named(label.key, kContentPrefix))
    return sink({"content", std::string(ns), std::string(label.value)});
  if (is_named(label.key, kImagePrefix)) return sink({"image", std::string(ns), std::string(label.value)});
  if (!label.key.starts_with(kSnapshotPrefix)) return {};
  std::string_view snapshotter = label.key.substr(kSnapshotPrefix.size());
  snapshotter = snapshotter.substr(0, snapshotter.find('/'));
  return sink({"snapshot", std::string(ns), std::string(snapshotter).append("/").append(label.value)});
}

std::optional<Time> parse_expiry(std::string_view text) {
  const auto expiry = parse_rfc3339(text);
  return expiry ? std::optional(*expiry) : std::nullopt;
}

}  // namespace

Result<void> label_edges(const Bucket& record, std::string_view ns, const NodeSink& sink) {
  BAYPLAN_ASSIGN(const auto labels, record.bucket(schema::kLabels));
  if (!labels) return {};
  return labels->for_each([&](const Entry& label) { return label_edge(label, ns, sink); });
}

Result<bool> has_gc_root_label(const Bucket& record) {
  BAYPLAN_ASSIGN(const auto labels, record.bucket(schema::kLabels));
  if (!labels) return false;
  BAYPLAN_ASSIGN(const auto cursor, labels->cursor());
  BAYPLAN_ASSIGN(const auto found, cursor->seek(kRootPrefix));
  return found && found->key.starts_with(kRootPrefix);
}

std::optional<Time> gc_expiry(const Labels& labels) {
  const auto label = labels.find(std::string(kGcExpireLabel));
  return label == labels.end() ? std::nullopt : parse_expiry(label->second);
}

Result<bool> is_gc_expired(const Bucket& record, Time at) {
  BAYPLAN_ASSIGN(const auto labels, record.bucket(schema::kLabels));
  if (!labels) return false;
  BAYPLAN_ASSIGN(const auto text, labels->get(kGcExpireLabel));
  if (!text) return false;
  const auto expiry = parse_expiry(*text);
  return expiry && *expiry <= at;
}

}  // namespace bayplan::metadata
