#include "inspect_source.h"

#include <cstdio>

#include "bucket_path.h"
#include "exit_codes.h"
#include "print.h"

namespace bayplan::cli {

Result<InspectSource> InspectSource::open(const Session& session, const std::string& path) {
  InspectSource opened;
  BAYPLAN_ASSIGN(opened.file_, metadata::open_file_source(path.empty() ? session.root.string() : path));
  return opened;
}

Result<metadata::RecordReader> InspectSource::records() const {
  const metadata::FileSource* const records = file_->records();
  if (records == nullptr)
    return Error(Errc::corrupt, "file", "meta.db", "cannot be read; `inspect info` says why");
  return metadata::RecordReader(*records, [file = file_.get()](std::string_view snapshotter) {
    return file->snapshotter(snapshotter);
  });
}

Result<metadata::Bucket> InspectSource::descend(const std::vector<std::string>& steps, std::string_view kind,
                                                const std::string& path) const {
  metadata::Bucket bucket = root_bucket(*file_);
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

Result<int> InspectSource::finish(bool damaged) const {
  BAYPLAN_TRY(file_->unchanged());
  for (const std::string& problem : file_->facts().problems)
    std::fprintf(stderr, "bayplan: damaged: %s\n", printable(problem).c_str());
  return damaged || !file_->facts().problems.empty() ? kDamage : kOk;
}

}  // namespace bayplan::cli
