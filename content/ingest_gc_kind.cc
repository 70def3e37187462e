#include "bayplan/content/record_kinds.h"
#include "gc_kind.h"
#include "ingest_records.h"
#include "ref_dir.h"
#include "sweep.h"

namespace bayplan::content {
namespace {

using ingests::IngestRecord;
using ingests::kIngestKind;
using metadata::Bucket;
using metadata::BucketSource;

// Whether somebody has its lock.
bool is_written_to(const BlobDirs& dirs, const IngestRecord& ingest) {
  return is_locked(dirs, ingests::directory_of(ingest.backend));
}

std::string expiry_words(const IngestRecord& ingest) {
  if (!ingest.expires) return {};
  return (*ingest.expires <= now() ? "expired at " : "expires at ") + format_rfc3339(*ingest.expires);
}

// What records alone tell.
class IngestRecords : public metadata::GcKind {
 public:
  std::string_view kind() const override { return kIngestKind; }

  Result<void> scan(const BucketSource& source, std::string_view ns, metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto records, ingests::ingest_bucket(source, ns));
    if (!records) return {};
    return records->for_each_bucket(
        [&](std::string_view ref, const Bucket& record) { return tell(ref, record, sink); });
  }

  Result<void> look(const BucketSource& source, std::string_view ns, std::string_view ref,
                    metadata::GcSink& sink) const override {
    BAYPLAN_ASSIGN(const auto records, ingests::ingest_bucket(source, ns));
    BAYPLAN_ASSIGN(const auto record, records ? records->bucket(ref) : std::optional<Bucket>());
    return record ? tell(ref, *record, sink) : Result<void>{};
  }

  Result<void> remove(metadata::WriteTx& tx, const metadata::GcNode& node) const override {
    const auto ingest = ingests::get(tx, node.ns, node.key);
    if (ingest && is_live(*ingest)) return Error(Errc::in_use, kIngestKind, node.key, "it is being written");
    return ingests::remove(tx, node.ns, node.key);
  }

  Result<void> check(const BucketSource&, std::string_view, const metadata::ProblemSink&) const override {
    return {};
  }

 private:
  Result<void> tell(std::string_view ref, const Bucket& record, metadata::GcSink& sink) const {
    BAYPLAN_ASSIGN(const IngestRecord ingest, ingests::decode_record(ref, record));
    const bool live = is_live(ingest);
    const std::string reason = live ? "being written" : expiry_words(ingest);
    const bool lasts = ingest.expires && *ingest.expires > now();
    BAYPLAN_TRY(sink.object({.key = ref,
                             .root = live || lasts,
                             .reason = reason,
                             .until = lasts ? ingest.expires : std::nullopt}));
    if (!ingest.expected) return {};
    return sink.edge({.kind = "content", .key = ingest.expected->to_string(), .why = "expected"});
  }
  virtual bool is_live(const IngestRecord&) const { return false; }
};

class IngestKind final : public IngestRecords {
 public:
  explicit IngestKind(SharedDirs dirs) : dirs_(std::move(dirs)) {}

  Result<std::optional<metadata::FileSweep>> unlink(const metadata::Db& db,
                                                    const metadata::Removal& removal) const override {
    return unlink_staging(*dirs_, db, removal);
  }

  Result<metadata::FileSweep> sweep_files(const metadata::Db& db, const Control& control) const override {
    return sweep_staging(*dirs_, db, control);
  }

  Result<void> check(const BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override {
    BAYPLAN_ASSIGN(const auto records, ingests::ingest_bucket(source, ns));
    if (!records) return {};
    return records->for_each([&](const metadata::Entry& entry) -> Result<void> {
      const auto ingest = ingests::decode_record(*records, entry);
      if (!ingest && ingest.error().code() != Errc::corrupt) return ingest.error();
      if (!ingest) {
        sink({.object = {std::string(kIngestKind), std::string(ns), std::string(entry.key)},
              .what = ingest.error().to_string()});
      }
      return {};
    });
  }

 private:
  bool is_live(const IngestRecord& ingest) const override { return is_written_to(*dirs_, ingest); }

  SharedDirs dirs_;
};

}  // namespace

const metadata::GcKind& ingest_records_kind() {
  static const IngestRecords kKind;
  return kKind;
}

std::unique_ptr<metadata::GcKind> make_ingest_kind(SharedDirs dirs) {
  return std::make_unique<IngestKind>(std::move(dirs));
}

}  // namespace bayplan::content
