// What `inspect` looks into: the store of --root, or what --source names.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/metadata/file_source.h"
#include "bayplan/metadata/stored_records.h"
#include "session.h"

namespace bayplan::cli {

class InspectSource {
 public:
  /// `path`: as open_file_source; empty for the store of --root. Errors: those of open_file_source.
  static Result<InspectSource> open(const Session& session, const std::string& path);

  const metadata::FileSource& file() const noexcept { return *file_; }
  /// The records of all kinds. Errors: corrupt (the file that has them cannot be read).
  Result<metadata::RecordReader> records() const;
  /// The bucket at the end of `path`. Errors: not_found, invalid_argument, corrupt, io.
  Result<metadata::Bucket> bucket(const std::string& path) const;
  /// The path's last step, and the bucket that it is in. Errors: as bucket.
  Result<std::pair<metadata::Bucket, std::string>> key(const std::string& path) const;
  /// Between entries: what was read of a file may go.
  void forget() const { file_->forget(); }

  /// The exit code, after everything was read: says on standard error what is wrong with the file as a whole.
  /// `damaged`: something in it could not be read. Errors: busy (a file was written to meanwhile), io.
  Result<int> finish(bool damaged) const;

 private:
  Result<metadata::Bucket> descend(const std::vector<std::string>& steps, std::string_view kind,
                                   const std::string& path) const;

  std::unique_ptr<metadata::FileSource> file_;
};

}  // namespace bayplan::cli
