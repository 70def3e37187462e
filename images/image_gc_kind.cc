#include <functional>

#include "bayplan/content/store.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "image_records.h"

namespace bayplan::images {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::GcNode;
using metadata::GcSink;
using metadata::ProblemSink;

constexpr std::string_view kExpireLabel = "containerd.io/gc.expire";

GcNode image_node(std::string_view ns, std::string_view name) {
  return {.kind = std::string(kImageKind), .ns = std::string(ns), .key = std::string(name)};
}

// Empty unless it has come. One that cannot be read never does: removing what somebody wanted is the worse
// mistake.
Result<std::string> expired(const Bucket& record, Time at) {
  BAYPLAN_ASSIGN(const auto labels, record.bucket(metadata::schema::kLabels));
  if (!labels) return std::string();
  BAYPLAN_ASSIGN(const auto text, labels->get(kExpireLabel));
  if (!text) return std::string();
  const auto expiry = parse_rfc3339(*text);
  if (!expiry || *expiry > at) return std::string();
  return "expired at " + std::string(*text);
}

Result<void> tell(std::string_view name, const Bucket& record, Time at, GcSink& sink) {
  BAYPLAN_ASSIGN(const std::string expiry, expired(record, at));
  const bool root = expiry.empty();
  BAYPLAN_TRY(
      sink.object({.key = name, .root = root, .reason = root ? "an image" : std::string_view(expiry)}));
  BAYPLAN_ASSIGN(const std::string_view digest, target_digest(record).with_context("image", name));
  BAYPLAN_TRY(sink.edge({.kind = "content", .key = digest, .why = "target"}));
  return metadata::label_edges(record, sink);
}

// What is wrong with the target of an image; empty when nothing is.
Result<std::string> target_problem(const BucketSource& source, std::string_view ns,
                                   const Descriptor& target) {
  const auto content = content::stat(source, ns, target.digest);
  if (content && content->size == target.size) return std::string();
  if (content) {
    return "its target has " + std::to_string(content->size) + " bytes, not " + std::to_string(target.size);
  }
  if (content.error().code() == Errc::not_found) {
    return "its target " + target.digest.to_string() + " has no content record";
  }
  // A content record that does not decode is for content's own check to report.
  if (content.error().code() == Errc::corrupt) return std::string();
  return content.error();
}

// What is wrong with one record; empty when nothing is.
Result<std::string> problem_of(const BucketSource& source, std::string_view ns, const Bucket& images,
                               const metadata::Entry& entry) {
  const auto image = decode_entry(images, entry);
  if (image) return target_problem(source, ns, image->target);
  if (image.error().code() == Errc::corrupt) return image.error().to_string();
  return image.error();
}

class ImageKind final : public metadata::GcKind {
 public:
  std::string_view kind() const override { return kImageKind; }

  Result<void> scan(const BucketSource& source, std::string_view ns, GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto images, image_bucket(source, ns));
    if (!images) return {};
    const Time at = now();
    return images->for_each_bucket(
        [&](std::string_view name, const Bucket& record) { return tell(name, record, at, sink); });
  }

  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view name,
                    GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto record,
                   metadata::namespace_bucket(source, ns, {metadata::schema::kImages, name}));
    return record ? tell(name, *record, now(), sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const GcNode& node) const override {
    return images::remove(tx, node.ns, node.key);
  }

  Result<metadata::FileSweep> sweep_files(const metadata::Db&, const Control&) const override {
    return metadata::FileSweep{};
  }

  Result<void> check(const BucketSource& source, std::string_view ns,
                     const ProblemSink& sink) const override {
    BAYPLAN_ASSIGN(const auto images, image_bucket(source, ns));
    if (!images) return {};
    return images->for_each([&](const metadata::Entry& entry) -> Result<void> {
      BAYPLAN_ASSIGN(std::string what, problem_of(source, ns, *images, entry));
      if (!what.empty()) sink({.object = image_node(ns, entry.key), .what = std::move(what)});
      return {};
    });
  }
};

}  // namespace

const metadata::GcKind& image_gc_kind() {
  static const ImageKind kKind;
  return kKind;
}

}  // namespace bayplan::images
