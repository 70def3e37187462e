// LMDB 0.9 data files, read page by page with every bound checked: no mapping, no trust. 64-bit
// little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

inline constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
inline constexpr std::uint64_t kFirstDataPage = 2;
inline constexpr std::size_t kPageHeaderBytes = 16;

/// What is recorded about a tree, in a meta page or in the main tree.
struct TreeRecord {
  static constexpr std::size_t kBytes = 48;
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = kNoPage;
};
/// Precondition: kBytes can be read at `at`.
TreeRecord read_tree_record(const char* at) noexcept;

struct MetaPage {
  std::uint32_t page_bytes = 0;
  std::uint64_t map_bytes = 0;
  std::uint64_t last_page = 0;
  std::uint64_t txn = 0;
  TreeRecord free_list;
  TreeRecord main;
};

/// Both meta pages; each that, or why it cannot be believed.
struct MetaPages {
  Result<MetaPage> page[2];

  /// The one of the last commit. Precondition: one at least can be believed.
  const MetaPage& newest() const;
};
/// For who looks into a damaged file. Errors: version_mismatch (LMDB 1.0, another machine's), corrupt
/// (neither can be believed), io.
Result<MetaPages> read_meta_pages(int fd);

/// One entry of a page: in a branch a separator and a child, in a leaf a key and its data.
struct Node {
  std::string_view key;
  std::uint64_t child = 0;      ///< branch
  std::uint16_t flags = 0;      ///< leaf: kBigData, kSubtree
  std::uint32_t data_size = 0;  ///< leaf
  std::string_view data;        ///< leaf: the data, or the number of its first overflow page
  static constexpr std::uint16_t kBigData = 1;
  static constexpr std::uint16_t kSubtree = 2;
};

/// A branch or leaf page whose nodes all lie inside it.
struct Page {
  bool is_leaf = false;
  std::vector<Node> nodes;
};

/// Data too large for a leaf.
struct Overflow {
  std::string data;
  std::uint64_t pages =
      0;  ///< that belong to it; more than it needs where it was shorter than what it replaced
};

class PageFile {
 public:
  /// Reads and checks both meta pages. Borrows `fd`. The file may be shorter than its last page: pages that
  /// were taken and freed by one transaction are never written. Errors: corrupt, version_mismatch, io.
  static Result<PageFile> open(int fd);

  /// The file as of `meta`, without a look at the other one. Errors: io.
  static Result<PageFile> open(int fd, const MetaPage& meta);

  /// The meta page of the last commit.
  const MetaPage& meta() const noexcept { return meta_; }
  /// Whole pages in the file.
  std::uint64_t pages() const noexcept { return file_bytes_ / meta_.page_bytes; }
  bool is_short() const noexcept { return meta_.last_page >= pages(); }

  /// The branch or leaf page `number`; its views are into `buffer`. Errors: corrupt, io.
  Result<Page> read(std::uint64_t number, std::string& buffer) const;
  /// The data that starts on overflow page `number`. Errors: corrupt, io.
  Result<Overflow> read_overflow(std::uint64_t number, std::uint64_t data_size) const;

 private:
  PageFile(int fd, MetaPage meta, std::uint64_t file_bytes) : fd_(fd), meta_(meta), file_bytes_(file_bytes) {}
  Result<void> read_at(std::uint64_t page, std::uint64_t offset, std::string& into) const;

  int fd_;
  MetaPage meta_;
  std::uint64_t file_bytes_;
};

/// The error for a page that contradicts itself.
Error damaged_page(std::uint64_t page, std::string_view what);

}  // namespace bayplan::metadata
