// LMDB 0.9 data files, read page by page with every bound checked: no mapping, no trust. 64-bit
// little-endian.
#pragma once

#include <cstdint>
#include <string>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

inline constexpr std::uint64_t kNoPage = ~std::uint64_t{0};

/// What a tree's record in a meta page says.
struct TreeRecord {
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = kNoPage;
};

struct MetaPage {
  std::uint32_t page_bytes = 0;
  std::uint64_t last_page = 0;
  std::uint64_t txn = 0;
  TreeRecord free_list;
  TreeRecord main;
};

class PageFile {
 public:
  /// Reads and checks both meta pages against the file's size. Borrows `fd`.
  /// Errors: corrupt, version_mismatch, io.
  static Result<PageFile> open(int fd);

  /// The meta page of the last commit.
  const MetaPage& meta() const noexcept { return meta_; }
  std::uint64_t file_bytes() const noexcept { return file_bytes_; }

 private:
  PageFile(int fd, MetaPage meta, std::uint64_t file_bytes) : fd_(fd), meta_(meta), file_bytes_(file_bytes) {}

  int fd_;
  MetaPage meta_;
  std::uint64_t file_bytes_;
};

}  // namespace bayplan::metadata
