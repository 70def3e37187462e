// What `inspect` looks into: the store of --root, or a file named by --source.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/metadata/db.h"
#include "bayplan/metadata/file_source.h"
#include "session.h"

namespace bayplan::cli {

class InspectSource {
 public:
  /// `source`: as open_file_source; empty for the store. Errors: those of open_store_root and
  /// open_file_source.
  static Result<InspectSource> open(const Session& session, const std::string& source);

  const metadata::BucketSource& buckets() const noexcept;
  /// Null for the store.
  const metadata::FileSource* file() const noexcept { return file_.get(); }
  /// The bucket at the end of `path`. Errors: not_found, invalid_argument, corrupt, io.
  Result<metadata::Bucket> bucket(const std::string& path) const;
  /// The path's last step, and the bucket that it is in. Errors: as bucket.
  Result<std::pair<metadata::Bucket, std::string>> key(const std::string& path) const;
  /// Between entries: what was read of a file may go.
  void forget() const;

  /// The exit code, after everything was read: says on standard error what is wrong with the file as a whole.
  /// `damaged`: something in it could not be read. Errors: busy (the file was written to meanwhile), io.
  Result<int> finish(bool damaged) const;

 private:
  Result<metadata::Bucket> descend(const std::vector<std::string>& steps, std::string_view kind,
                                   const std::string& path) const;

  std::unique_ptr<metadata::FileSource> file_;
  std::optional<metadata::Db> db_;
  std::unique_ptr<const metadata::ReadTx> tx_;
};

}  // namespace bayplan::cli
