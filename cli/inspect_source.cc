#include "inspect_source.h"

#include <cstdio>

#include "bucket_path.h"
#include "exit_codes.h"
#include "print.h"

namespace bayplan::cli {

Result<InspectSource> InspectSource::open(const Session& session, const std::string& source) {
  InspectSource opened;
  if (!source.empty()) {
    BAYPLAN_ASSIGN(opened.file_, metadata::open_file_source(source));
    return opened;
  }
  BAYPLAN_ASSIGN(auto root, session.open_records_read_only());
  opened.db_ = std::move(root.db);
  BAYPLAN_ASSIGN(opened.tx_, opened.db_->begin_read());
  return opened;
}

const metadata::BucketSource& InspectSource::buckets() const noexcept {
  if (file_) return *file_;
  return *tx_;
}

Result<metadata::Bucket> InspectSource::descend(const std::vector<std::string>& steps, std::string_view kind,
                                                const std::string& path) const {
  metadata::Bucket bucket = root_bucket(buckets());
  for (const auto& step : steps) {
    BAYPLAN_ASSIGN(auto next, bucket.bucket(step));
    if (!next) return Error(Errc::not_found, kind, path);
    bucket = *next;
  }
  return bucket;
}

Result<metadata::Bucket> InspectSource::bucket(const std::string& path) const {
  BAYPLAN_ASSIGN(const auto steps, parse_bucket_path(path));
  return descend(steps, "bucket", path);
}

Result<std::pair<metadata::Bucket, std::string>> InspectSource::key(const std::string& path) const {
  BAYPLAN_ASSIGN(auto steps, parse_bucket_path(path));
  if (steps.empty()) return Error(Errc::invalid_argument, "path", path, "names no key");
  std::string key = std::move(steps.back());
  steps.pop_back();
  BAYPLAN_ASSIGN(const metadata::Bucket bucket, descend(steps, "key", path));
  return std::pair(bucket, std::move(key));
}

void InspectSource::forget() const {
  if (file_) file_->forget();
}

Result<int> InspectSource::finish(bool damaged) const {
  if (!file_) return damaged ? kDamage : kOk;
  BAYPLAN_TRY(file_->unchanged());
  for (const std::string& problem : file_->facts().problems)
    std::fprintf(stderr, "bayplan: damaged: %s\n", printable(problem).c_str());
  return damaged || !file_->facts().problems.empty() ? kDamage : kOk;
}

}  // namespace bayplan::cli
