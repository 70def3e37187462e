// The bolt files of a containerd root directory, as one tree.
#pragma once

#include <string>
#include <vector>

#include "bayplan/metadata/file_source.h"

namespace bayplan::metadata {

inline constexpr const char* kContainerdMetadata = "meta.db";
inline constexpr const char* kContainerdSnapshots = "metadata.db";

class ContainerdRoot final : public FileSource {
 public:
  /// One file; `source` is null where it could not be opened, and `problem` says why.
  struct Part {
    std::string key;  // of the first level
    std::unique_ptr<FileSource> source;
    std::string problem{};
  };
  /// `parts` in the order of their keys.
  explicit ContainerdRoot(std::vector<Part> parts);

  BucketHandle root_handle() const override;
  Result<std::optional<Entry>> find(const BucketHandle& bucket, std::string_view key) const override;
  Result<std::optional<BucketHandle>> find_bucket(const BucketHandle& bucket,
                                                  std::string_view key) const override;
  Result<std::uint64_t> sequence(const BucketHandle& bucket) const override;
  Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle& bucket) const override;

  const FileFacts& facts() const noexcept override { return facts_; }
  std::vector<FileFacts> files() const override;
  const FileSource* records() const noexcept override { return part(kContainerdMetadata); }
  const FileSource* snapshotter(std::string_view name) const noexcept override;
  void forget() const override;
  Result<void> check(const DamageSink& tell) const override;
  Result<void> unchanged() const override;

 private:
  const FileSource* part(std::string_view key) const noexcept;

  std::vector<Part> parts_;
  FileFacts facts_;
};

}  // namespace bayplan::metadata
