#include <array>
#include <functional>

#include "bayplan/content/store.h"
#include "bayplan/metadata/gc_record.h"
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

GcNode image_node(std::string_view ns, std::string_view name) {
  return {.kind = std::string(kImageKind), .ns = std::string(ns), .key = std::string(name)};
}

Result<void> tell(std::string_view ns, std::string_view name, const Bucket& record, Time at, GcSink& sink) {
  std::array parts{metadata::codec::Part{metadata::schema::kLabels}};
  BAYPLAN_TRY(metadata::codec::read_parts(record, parts));
  BAYPLAN_ASSIGN(const auto labels, metadata::GcLabels::of(record, parts.front()));
  BAYPLAN_ASSIGN(const auto expiry, labels.stored_expiry());
  const bool passed = expiry && expiry->at <= at;
  const std::string reason = passed ? "expired at " + std::string(expiry->text) : "an image";
  metadata::GcObject object{.key = name, .root = !passed, .reason = reason};
  if (expiry && !passed) object.until = expiry->at;
  BAYPLAN_TRY(sink.object(object));
  BAYPLAN_ASSIGN(const std::string_view digest, target_digest(record).with_context("image", name));
  BAYPLAN_TRY(sink.edge({.kind = "content", .key = digest, .why = "target"}));
  return labels.edges(ns, sink);
}

// What is wrong with the target of an image; empty when nothing is.
Result<std::string> target_problem(const BucketSource& source, std::string_view ns, const ImageView& image) {
  BAYPLAN_ASSIGN(const Digest target, Digest::parse(image.digest));
  const auto content = content::stat(source, ns, target);
  if (content && content->size == image.size) return std::string();
  if (content) {
    return "its target has " + std::to_string(content->size) + " bytes, not " + std::to_string(image.size);
  }
  if (content.error().code() == Errc::not_found) {
    return "its target " + std::string(image.digest) + " has no content record";
  }
  // A content record that does not decode is for content's own check to report.
  if (content.error().code() == Errc::corrupt) return std::string();
  return content.error();
}

// What is wrong with one record; empty when nothing is.
Result<std::string> problem_of(const BucketSource& source, std::string_view ns, const Bucket& images,
                               const metadata::Entry& entry) {
  const auto image = view_entry(images, entry);
  if (image) return target_problem(source, ns, *image);
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
        [&](std::string_view name, const Bucket& record) { return tell(ns, name, record, at, sink); });
  }

  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view name,
                    GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto record,
                   metadata::namespace_bucket(source, ns, {metadata::schema::kImages, name}));
    return record ? tell(ns, name, *record, now(), sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const GcNode& node) const override {
    return images::remove(tx, node.ns, node.key);
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
