// A directory of blobs, as bare as durable ones can be: the files of an ingest with nothing around them.
#pragma once

#include <filesystem>
#include <string_view>

namespace bayplan::bench {

/// Thread-safe. Failures are exceptions.
class BlobFiles {
 public:
  /// Makes `directory`.
  explicit BlobFiles(const std::filesystem::path& directory);
  ~BlobFiles();
  BlobFiles(const BlobFiles&) = delete;
  BlobFiles& operator=(const BlobFiles&) = delete;

  /// A file without a name, its bytes, its sync, its name, the sync of that.
  void write(std::string_view name, std::string_view bytes) const;

 private:
  int directory_;
};

}  // namespace bayplan::bench
