// A store's data.mdb as a source of buckets.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "bayplan/metadata/file_source.h"
#include "pages/reader_hold.h"
#include "pages/store_rows.h"

namespace bayplan::metadata {

/// What was done about processes that have the store open.
struct StoreUse {
  std::vector<std::uint64_t> holders{};
  Reading reading = Reading::file;
  std::optional<ReaderHold> hold{};  ///< of Reading::slot
};

class StoreSource final : public FileSource {
 public:
  /// Of the newest of `metas`. Errors: corrupt (nothing leads to rows), io.
  static Result<std::unique_ptr<FileSource>> open(UniqueFd fd, const MetaPages& metas, StoreUse use);

  BucketHandle root_handle() const override { return {kRootBucketId}; }
  Result<std::optional<Entry>> find(const BucketHandle& bucket, std::string_view key) const override;
  Result<std::optional<BucketHandle>> find_bucket(const BucketHandle& bucket,
                                                  std::string_view key) const override;
  Result<std::uint64_t> sequence(const BucketHandle& bucket) const override;
  Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle& bucket) const override;

  const FileFacts& facts() const noexcept override { return facts_; }
  void forget() const override {
    reader_.arena().clear();
    if (hold_) hold_->release_if_due();
  }
  Result<void> check(const DamageSink& tell) const override;
  Result<void> unchanged() const override;

 private:
  StoreSource(UniqueFd fd, PageFile file, StoreUse use);
  Result<void> find_rows();
  Result<void> read_main(std::string_view key, std::string& data);
  void read_facts(const MetaPages& metas);

  mutable lmdb::Reader reader_;
  mutable StoreState state_;
  FileFacts facts_;
  mutable std::optional<ReaderHold> hold_;
};

}  // namespace bayplan::metadata
