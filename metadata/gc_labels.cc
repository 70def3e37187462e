// The labels by which records keep others alive: containerd's core/metadata/gc.go.
#include <array>

#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/gc_record.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "gc_conditions.h"
#include "inline_cursor.h"

namespace bayplan::metadata {
namespace {

constexpr std::string_view kPrefix = "containerd.io/gc.";
constexpr std::string_view kReference = "containerd.io/gc.ref.";
constexpr std::string_view kBackReference = "containerd.io/gc.bref.";
constexpr std::string_view kConditional = "containerd.io/gc.cond.";
constexpr std::string_view kSnapshot = "snapshot.";

struct Label {
  std::string_view key;
  std::string_view value;
};

// `word` itself and word.X and word/X, whose X only tells labels apart.
bool is_named(std::string_view text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  const std::string_view name = text.substr(word.size());
  return name.empty() || name.front() == '.' || name.front() == '/';
}

// The snapshotter of "snapshot.overlay/x".
std::string_view snapshotter_of(std::string_view what) {
  return what.substr(kSnapshot.size(), what.find('/') - kSnapshot.size());
}

std::string snapshot_node(std::string_view snapshotter, std::string_view key) {
  return std::string(snapshotter).append("/").append(key);
}

// `what`: the label behind its prefix, "content.config" or "snapshot.overlay/x".
Result<void> named_edge(std::string_view what, EdgeType type, const Label& label, GcSink& sink) {
  for (const std::string_view kind : {"content", "image"}) {
    if (is_named(what, kind)) return sink.edge({kind, label.value, type, label.key});
  }
  // Containers are roots: only what lives as long as one can name it.
  if (type == EdgeType::back && is_named(what, "container"))
    return sink.edge({"container", label.value, type, label.key});
  if (!what.starts_with(kSnapshot)) return {};
  return sink.edge({"snapshot", snapshot_node(snapshotter_of(what), label.value), type, label.key});
}

// Whoever changes what the condition is about notes it, and what is noted is kept: to look once is enough.
Result<void> conditional_edge(std::string_view what, const BucketSource& source, std::string_view ns,
                              const Label& label, GcSink& sink) {
  const auto target = split_conditional(label.value);
  if (!what.starts_with(kSnapshot) || !target) return {};
  const std::string_view snapshotter = snapshotter_of(what);
  BAYPLAN_ASSIGN(const auto record,
                 namespace_bucket(source, ns, {schema::kSnapshots, snapshotter, target->key}));
  if (!record) return {};
  BAYPLAN_ASSIGN(const bool kept, any_condition_holds(target->conditions, *record, now()));
  if (!kept) return {};
  return sink.edge({"snapshot", snapshot_node(snapshotter, target->key), EdgeType::label, label.key});
}

Result<void> label_edge(const BucketSource& source, std::string_view ns, const Label& label, GcSink& sink) {
  const std::string_view key = label.key;
  if (key.starts_with(kReference))
    return named_edge(key.substr(kReference.size()), EdgeType::label, label, sink);
  if (key.starts_with(kBackReference))
    return named_edge(key.substr(kBackReference.size()), EdgeType::back, label, sink);
  if (key.starts_with(kConditional))
    return conditional_edge(key.substr(kConditional.size()), source, ns, label, sink);
  return {};
}

template <class Visit>
Result<void> for_each_inline_gc_label(std::string_view bytes, Visit visit) {
  InlineScan scan(bytes);
  InlineEntry label;
  while (scan.next(label)) {
    if (label.key.starts_with(kPrefix)) BAYPLAN_TRY(visit(label));
  }
  return scan.damaged() ? inline_damage() : Result<void>{};
}

// `visit` takes what has a key, a value and is_bucket.
template <class Visit>
Result<void> for_each_gc_label(const Bucket& labels, Visit visit) {
  BAYPLAN_ASSIGN(const auto bytes, labels.inline_bytes());
  if (bytes) return for_each_inline_gc_label(*bytes, visit);
  return labels.for_each([&](const Entry& label) -> Result<void> {
    return label.key.starts_with(kPrefix) ? visit(label) : Result<void>{};
  });
}

Result<GcLabels> labels_of(const Bucket& record) {
  std::array parts{codec::Part{schema::kLabels}};
  BAYPLAN_TRY(codec::read_parts(record, parts));
  return GcLabels::of(record, parts.front());
}

std::optional<Time> parse_expiry(std::string_view text) {
  const auto expiry = parse_rfc3339(text);
  return expiry ? std::optional(*expiry) : std::nullopt;
}

}  // namespace

Result<GcLabels> GcLabels::of(const Bucket& record, const codec::Part& part) {
  GcLabels found;
  const auto handle = part.bucket();
  if (!handle) return found;
  const Bucket labels(record.source(), *handle);
  bool any = false;
  BAYPLAN_TRY(for_each_gc_label(labels, [&](const auto& label) -> Result<void> {
    any = true;
    found.root_ = found.root_ || label.key.starts_with(kGcRootLabel);
    return {};
  }));
  if (any) found.labels_ = labels;
  return found;
}

Result<void> GcLabels::edges(std::string_view ns, GcSink& sink) const {
  if (!labels_) return {};
  return for_each_gc_label(*labels_, [&](const auto& label) {
    return label.is_bucket ? Result<void>{}
                           : label_edge(labels_->source(), ns, {label.key, label.value}, sink);
  });
}

Result<std::optional<StoredExpiry>> GcLabels::stored_expiry() const {
  if (!labels_) return std::optional<StoredExpiry>();
  BAYPLAN_ASSIGN(const auto text, labels_->get(kGcExpireLabel));
  const auto at = text ? parse_expiry(*text) : std::nullopt;
  return at ? std::optional(StoredExpiry{*text, *at}) : std::nullopt;
}

Result<void> label_edges(std::string_view ns, const Bucket& record, GcSink& sink) {
  BAYPLAN_ASSIGN(const GcLabels labels, labels_of(record));
  return labels.edges(ns, sink);
}

Result<bool> has_gc_root_label(const Bucket& record) {
  BAYPLAN_ASSIGN(const GcLabels labels, labels_of(record));
  return labels.root();
}

std::optional<Time> gc_expiry(const Labels& labels) {
  const auto label = labels.find(std::string(kGcExpireLabel));
  return label == labels.end() ? std::nullopt : parse_expiry(label->second);
}

Result<std::optional<StoredExpiry>> stored_expiry(const Bucket& record) {
  BAYPLAN_ASSIGN(const GcLabels labels, labels_of(record));
  return labels.stored_expiry();
}

}  // namespace bayplan::metadata
