// The labels by which records keep others alive: containerd's core/metadata/gc.go.
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::metadata {
namespace {

constexpr std::string_view kPrefix = "containerd.io/gc.";
constexpr std::string_view kReference = "containerd.io/gc.ref.";
constexpr std::string_view kBackReference = "containerd.io/gc.bref.";

// `word` itself and word.X and word/X, whose X only tells labels apart.
bool is_named(std::string_view text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  const std::string_view name = text.substr(word.size());
  return name.empty() || name.front() == '.' || name.front() == '/';
}

// `what`: the label behind its prefix, "content.config" or "snapshot.overlay/x".
Result<void> named_edge(std::string_view what, EdgeType type, const Entry& label, GcSink& sink) {
  constexpr std::string_view kSnapshot = "snapshot.";
  for (const std::string_view kind : {"content", "image"}) {
    if (is_named(what, kind)) return sink.edge({kind, label.value, type, label.key});
  }
  // Containers are roots: only what lives as long as one can name it.
  if (type == EdgeType::back && is_named(what, "container"))
    return sink.edge({"container", label.value, type, label.key});
  if (!what.starts_with(kSnapshot)) return {};
  const std::string_view snapshotter = what.substr(kSnapshot.size(), what.find('/') - kSnapshot.size());
  return sink.edge({"snapshot", std::string(snapshotter).append("/").append(label.value), type, label.key});
}

Result<void> label_edge(const Entry& label, GcSink& sink) {
  if (label.is_bucket) return {};
  const std::string_view key = label.key;
  if (key.starts_with(kReference))
    return named_edge(key.substr(kReference.size()), EdgeType::label, label, sink);
  if (key.starts_with(kBackReference))
    return named_edge(key.substr(kBackReference.size()), EdgeType::back, label, sink);
  return {};
}

Result<void> for_each_gc_label(const Bucket& record, const std::function<Result<void>(const Entry&)>& visit) {
  BAYPLAN_ASSIGN(const auto labels, record.bucket(schema::kLabels));
  if (!labels) return {};
  BAYPLAN_ASSIGN(const auto cursor, labels->cursor());
  auto label = cursor->seek(kPrefix);
  for (; label && *label && (*label)->key.starts_with(kPrefix); label = cursor->next())
    BAYPLAN_TRY(visit(**label));
  if (!label) return std::move(label).error();
  return {};
}

std::optional<Time> parse_expiry(std::string_view text) {
  const auto expiry = parse_rfc3339(text);
  return expiry ? std::optional(*expiry) : std::nullopt;
}

}  // namespace

Result<void> label_edges(const Bucket& record, GcSink& sink) {
  return for_each_gc_label(record, [&](const Entry& label) { return label_edge(label, sink); });
}

Result<bool> has_gc_root_label(const Bucket& record) {
  bool found = false;
  BAYPLAN_TRY(for_each_gc_label(record, [&](const Entry& label) -> Result<void> {
    found = found || label.key.starts_with(kGcRootLabel);
    return {};
  }));
  return found;
}

std::optional<Time> gc_expiry(const Labels& labels) {
  const auto label = labels.find(std::string(kGcExpireLabel));
  return label == labels.end() ? std::nullopt : parse_expiry(label->second);
}

Result<std::optional<std::string_view>> passed_expiry(const Bucket& record, Time at) {
  BAYPLAN_ASSIGN(const auto labels, record.bucket(schema::kLabels));
  if (!labels) return std::optional<std::string_view>();
  BAYPLAN_ASSIGN(const auto text, labels->get(kGcExpireLabel));
  const auto expiry = text ? parse_expiry(*text) : std::nullopt;
  return expiry && *expiry <= at ? text : std::nullopt;
}

}  // namespace bayplan::metadata
