// A bolt file as a source of buckets.
#pragma once

#include <memory>

#include "bayplan/metadata/file_source.h"
#include "pages/bolt_reader.h"

namespace bayplan::metadata::bolt {

class Source final : public FileSource {
 public:
  /// Of the newest of `metas`. Errors: io.
  static Result<std::unique_ptr<FileSource>> open(UniqueFd fd, std::string name, Metas metas,
                                                  std::vector<std::uint64_t> holders);

  BucketHandle root_handle() const override { return {kRootBucket}; }
  Result<std::optional<Entry>> find(const BucketHandle& bucket, std::string_view key) const override;
  Result<std::optional<BucketHandle>> find_bucket(const BucketHandle& bucket,
                                                  std::string_view key) const override;
  Result<std::uint64_t> sequence(const BucketHandle& bucket) const override;
  Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle& bucket) const override;

  const FileFacts& facts() const noexcept override { return facts_; }
  void forget() const override { reader_.arena().clear(); }
  Result<void> check(const DamageSink& tell) const override;
  Result<void> unchanged() const override;

 private:
  Source(UniqueFd fd, std::string name, Metas metas);

  mutable Reader reader_;
  Metas metas_;
  FileFacts facts_;
};

/// Everything but the buckets: the list of free pages, and pages that are neither used nor free. `complete`:
/// all that is used was claimed.
Result<void> check_free_pages(Reader& reader, bool complete, const DamageSink& tell);

}  // namespace bayplan::metadata::bolt
