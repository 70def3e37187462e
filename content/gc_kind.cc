#include "gc_kind.h"

#include <array>
#include <string>

#include "bayplan/content/record_kinds.h"
#include "bayplan/metadata/gc_record.h"
#include "bayplan/metadata/schema.h"
#include "records.h"
#include "sweep.h"

namespace bayplan::content {
namespace {

using metadata::Bucket;
using metadata::BucketSource;
using metadata::Entry;
using metadata::GcNode;
using metadata::codec::Part;

GcNode node_of(std::string_view ns, std::string_view key) {
  return {.kind = std::string(kContentKind), .ns = std::string(ns), .key = std::string(key)};
}

Result<void> tell(std::string_view ns, std::string_view key, const Bucket& record, metadata::GcSink& sink) {
  std::array parts{Part{metadata::schema::kLabels}, Part{metadata::schema::kSize}};
  BAYPLAN_TRY(metadata::codec::read_parts(record, parts));
  const auto& [label_part, size] = parts;
  BAYPLAN_ASSIGN(const auto labels, metadata::GcLabels::of(record, label_part));
  BAYPLAN_TRY(sink.object({.key = key,
                           .root = labels.root(),
                           .reason = labels.root() ? metadata::kGcRootLabel : "",
                           .bytes = metadata::codec::size_or_none(size)}));
  return labels.edges(ns, sink);
}

// What is wrong with one record or its file; empty when nothing is.
Result<std::string> problem_of(const BlobDirs& dirs, const Bucket& blobs, const Entry& entry) {
  const auto info = decode_record(blobs, entry);
  if (!info && info.error().code() == Errc::corrupt) return info.error().to_string();
  if (!info) return info.error();
  const auto file = check_blob_file(dirs, info->digest, info->size);
  if (file) return std::string();
  if (file.error().code() == Errc::not_found) return std::string("the file of the blob is missing");
  if (file.error().code() == Errc::corrupt) return file.error().to_string();
  return file.error();
}

// What records alone tell.
class ContentRecords : public metadata::GcKind {
 public:
  std::string_view kind() const override { return kContentKind; }

  Result<void> scan(const BucketSource& source, std::string_view ns, metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, ns));
    if (!blobs) return {};
    return blobs->for_each_bucket(
        [&](std::string_view key, const Bucket& record) { return tell(ns, key, record, sink); });
  }

  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view key,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, ns));
    BAYPLAN_ASSIGN(const auto record, blobs ? blobs->bucket(key) : std::optional<Bucket>());
    return record ? tell(ns, key, *record, sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const GcNode& node) const override {
    return remove_record(tx, node.ns, node.key);
  }

  Result<void> check(const BucketSource&, std::string_view, const metadata::ProblemSink&) const override {
    return {};
  }
};

class ContentKind final : public ContentRecords {
 public:
  explicit ContentKind(SharedDirs dirs) : dirs_(std::move(dirs)) {}

  Result<metadata::FileSweep> sweep_files(const metadata::Db& db, const Control& control) const override {
    return sweep_blobs(*dirs_, db, control);
  }

  Result<std::optional<metadata::FileSweep>> unlink(const metadata::Db& db,
                                                    const metadata::Removal& removal) const override {
    return unlink_blob(*dirs_, db, removal);
  }

  Result<void> check(const BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override {
    BAYPLAN_ASSIGN(const auto blobs, blob_bucket(source, ns));
    if (!blobs) return {};
    return blobs->for_each([&](const Entry& entry) -> Result<void> {
      BAYPLAN_ASSIGN(std::string what, problem_of(*dirs_, *blobs, entry));
      if (!what.empty()) sink({.object = node_of(ns, entry.key), .what = std::move(what)});
      return {};
    });
  }

 private:
  SharedDirs dirs_;
};

}  // namespace

const metadata::GcKind& content_records_kind() {
  static const ContentRecords kKind;
  return kKind;
}

std::unique_ptr<metadata::GcKind> make_content_kind(SharedDirs dirs) {
  return std::make_unique<ContentKind>(std::move(dirs));
}

}  // namespace bayplan::content
