// Ingests as the collector sees them.
#pragma once

#include "bayplan/metadata/gc.h"
#include "blob_dirs.h"

namespace bayplan::content {

/// Roots are those that somebody writes to, and those that have not expired. Edges: what they expect.
class IngestKind final : public metadata::GcKind {
 public:
  explicit IngestKind(std::shared_ptr<const BlobDirs> dirs) : dirs_(std::move(dirs)) {}

  std::string_view kind() const override;
  Result<void> scan(const metadata::BucketSource& source, std::string_view ns,
                    metadata::GcSink& sink) const override;
  Result<void> look(const metadata::BucketSource& source, std::string_view ns, std::string_view ref,
                    metadata::GcSink& sink) const override;
  Result<void> remove(metadata::WriteTx& tx, const metadata::GcNode& node) const override;
  Result<std::optional<metadata::FileSweep>> unlink(const metadata::Db& db,
                                                    const metadata::Removal& removal) const override;
  /// Also removes the directories of ingests that have no reference.
  Result<metadata::FileSweep> sweep_files(const metadata::Db& db, const Control& control) const override;
  Result<void> check(const metadata::BucketSource& source, std::string_view ns,
                     const metadata::ProblemSink& sink) const override;

 private:
  Result<void> tell(std::string_view ref, const metadata::Bucket& record, metadata::GcSink& sink) const;
  std::shared_ptr<const BlobDirs> dirs_;
};

}  // namespace bayplan::content
