// Bolt files made byte by byte, as bolt writes them: of every page size, with and without a list of free
// pages, to be damaged by tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bayplan/metadata/bucket_source.h"

namespace bayplan::test {

struct BoltLayout {
  std::uint32_t page_bytes = 4096;
  std::uint64_t transaction = 7;
  bool free_list = true;
  std::uint64_t free_pages = 3;  ///< between the meta pages and the others
};

/// A bolt file that holds what `root` holds. Small buckets are inline.
std::string bolt_file(const metadata::Bucket& root, const BoltLayout& layout);

/// A branch or leaf page by hand, and the checksum of a meta page that was changed.
struct BoltElement {
  std::string key;
  std::string value{};      ///< leaf
  std::uint32_t flags = 0;  ///< leaf
  std::uint64_t child = 0;  ///< branch
};
/// Padded to whole pages of `page_bytes`; without padding where that is 0.
std::string bolt_page(std::uint64_t number, bool leaf, const std::vector<BoltElement>& elements,
                      std::uint32_t page_bytes);
void seal_bolt_meta(char* page);

}  // namespace bayplan::test
