// Pages and rows of a store's data.mdb, and the memory for what is handed out of them.
#pragma once

#include "arena.h"
#include "bayplan/base/fd.h"
#include "pages/lmdb_page.h"
#include "pages/page_cache.h"
#include "pages/page_claims.h"

namespace bayplan::metadata::lmdb {

class Reader {
 public:
  using Pointer = Page::Pointer;
  static Error damaged(std::uint64_t number, std::string_view what) { return damaged_page(number, what); }

  Reader(UniqueFd fd, PageFile file) : fd_(std::move(fd)), file_(std::move(file)) {}

  int fd() const noexcept { return fd_.get(); }
  const PageFile& file() const noexcept { return file_; }
  Arena& arena() noexcept { return arena_; }

  /// Page `number`, to which `owner` (place_of) refers. Errors: corrupt (also: another refers to it, too),
  /// io.
  Result<Pointer> page(std::uint64_t number, std::uint64_t owner, const PageBounds& bounds);
  /// One that was good enough to name a bucket on it. Errors: corrupt, io.
  Result<Pointer> host_page(std::uint64_t number);
  /// The data of a leaf's entry: lives as long as page and arena. Errors: corrupt, too_large, io.
  Result<std::string_view> data(const Page& page, std::size_t index);

 private:
  UniqueFd fd_;
  PageFile file_;
  PageCache<Page> cache_;
  PageClaims claims_;
  Arena arena_;
};

}  // namespace bayplan::metadata::lmdb
