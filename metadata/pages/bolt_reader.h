// Pages and buckets of one bolt file, and the memory for what is handed out of them.
#pragma once

#include <optional>
#include <string>

#include "arena.h"
#include "bayplan/base/fd.h"
#include "bayplan/metadata/bucket_source.h"
#include "pages/bolt_meta.h"
#include "pages/bolt_page.h"
#include "pages/page_cache.h"
#include "pages/page_claims.h"

namespace bayplan::metadata::bolt {

/// Names the bucket that holds the top-level ones. Others are named by where their records lie (place_of).
inline constexpr std::uint64_t kRootBucket = ~std::uint64_t{0};

/// A bucket's record.
struct BucketRecord {
  std::uint64_t root = 0;       ///< of its tree; 0: it is inline
  Page::Pointer inline_page{};  ///< then
  std::uint64_t sequence = 0;
};

class Reader {
 public:
  using Pointer = Page::Pointer;
  static Error damaged(std::uint64_t number, std::string_view what) { return bolt::damaged(number, what); }

  Reader(UniqueFd fd, std::string name, const Meta& meta)
      : fd_(std::move(fd)), name_(std::move(name)), meta_(meta) {}

  const Meta& meta() const noexcept { return meta_; }
  int fd() const noexcept { return fd_.get(); }
  const std::string& name() const noexcept { return name_; }
  Page::File file() const noexcept { return {fd_.get(), meta_.page_bytes, meta_.end, name_}; }
  Arena& arena() noexcept { return arena_; }
  const PageClaims& claims() const noexcept { return claims_; }
  PageClaims& claims() noexcept { return claims_; }

  /// Page `number`, to which `owner` (place_of) refers. Errors: corrupt (also: another refers to it, too),
  /// io.
  Result<Page::Pointer> page(std::uint64_t number, std::uint64_t owner, const PageBounds& bounds);
  /// Errors: corrupt, too_large, io.
  Result<BucketRecord> bucket(std::uint64_t handle);

 private:
  Result<Page::Pointer> host_page(std::uint64_t number);

  UniqueFd fd_;
  std::string name_;
  Meta meta_;
  PageCache<Page> cache_;
  PageClaims claims_;
  Arena arena_;
};

}  // namespace bayplan::metadata::bolt
