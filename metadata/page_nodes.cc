// The inside of branch, leaf and overflow pages.
#include <algorithm>
#include <utility>

#include "bayplan/base/file.h"
#include "byte_order.h"
#include "page_file.h"

namespace bayplan::metadata {
namespace {

constexpr std::uint16_t kBranchFlag = 1;
constexpr std::uint16_t kLeafFlag = 2;
constexpr std::uint16_t kOverflowFlag = 4;
constexpr std::size_t kNodeHeaderBytes = 8;
// What 32 bits of size can ask for, and a page.
constexpr std::uint64_t kMostOverflowBytes = (std::uint64_t{1} << 32) + 65536;

struct PageHeader {
  std::uint64_t number;
  std::uint16_t flags;
  std::uint16_t lower;  // end of the node offsets
  std::uint16_t upper;  // begin of the nodes
  std::uint32_t pages;  // overflow, instead of both
};

PageHeader read_header(std::string_view page) {
  const char* at = page.data();
  return {load_le<std::uint64_t>(at), load_le<std::uint16_t>(at + 10), load_le<std::uint16_t>(at + 12),
          load_le<std::uint16_t>(at + 14), load_le<std::uint32_t>(at + 12)};
}

bool fill_leaf(Node& node, std::string_view rest) {
  node.data_size = load_le<std::uint16_t>(rest.data()) |
                   static_cast<std::uint32_t>(load_le<std::uint16_t>(rest.data() + 2)) << 16;
  const std::string_view behind = rest.substr(kNodeHeaderBytes + node.key.size());
  if (node.flags > (Node::kBigData | Node::kSubtree)) return false;
  const std::size_t inside = node.flags == Node::kBigData ? sizeof(std::uint64_t) : node.data_size;
  if (behind.size() < inside) return false;
  node.data = behind.substr(0, inside);
  return node.flags != Node::kSubtree || inside == TreeRecord::kBytes;
}

// Bytes that a node takes in its page.
std::size_t size_of(const Node& node, bool is_leaf) {
  const std::size_t size = kNodeHeaderBytes + node.key.size() + (is_leaf ? node.data.size() : 0);
  return size + size % 2;
}

// What is larger, LMDB puts on overflow pages: it counts on two nodes to a page.
std::size_t largest_node(std::size_t page_bytes) {
  return ((page_bytes - kPageHeaderBytes) / 2 & ~std::size_t{1}) - sizeof(std::uint16_t);
}

// LMDB moves nodes about by these sums: one that reached into the next would end outside the page.
bool are_packed(std::vector<std::pair<std::size_t, std::size_t>> places, std::size_t begin, std::size_t end) {
  std::sort(places.begin(), places.end());
  for (const auto& [offset, size] : places) {
    if (offset != begin) return false;
    begin += size;
  }
  return begin == end;
}

// False when the node at `offset` reaches beyond the page or is of no known kind.
bool read_node(std::string_view page, std::size_t offset, bool is_leaf, Node& node) {
  if (offset + kNodeHeaderBytes > page.size()) return false;
  const std::string_view rest = page.substr(offset);
  const std::size_t key_size = load_le<std::uint16_t>(rest.data() + 6);
  if (kNodeHeaderBytes + key_size > rest.size()) return false;
  node.key = rest.substr(kNodeHeaderBytes, key_size);
  node.flags = load_le<std::uint16_t>(rest.data() + 4);
  if (is_leaf) return fill_leaf(node, rest);
  node.child = load_le<std::uint32_t>(rest.data()) | static_cast<std::uint64_t>(node.flags) << 32;
  return true;
}

}  // namespace

Result<Page> PageFile::read(std::uint64_t number, std::string& buffer) const {
  if (number >= pages()) return damaged_page(number, "lies behind the end of the file; it was truncated");
  buffer.resize(meta_.page_bytes);
  BAYPLAN_TRY(read_at(number, 0, buffer));
  const PageHeader header = read_header(buffer);
  Page page;
  page.is_leaf = header.flags == kLeafFlag;
  if (header.number != number) return damaged_page(number, "holds the content of another page");
  if (!page.is_leaf && header.flags != kBranchFlag) return damaged_page(number, "neither branch nor leaf");
  if (header.lower <= kPageHeaderBytes || header.lower % 2 != 0 || header.lower > header.upper ||
      header.upper > buffer.size()) {
    return damaged_page(number, "its bounds contradict one another");
  }
  const std::size_t count = (header.lower - kPageHeaderBytes) / 2;
  page.nodes.resize(count);
  std::vector<std::pair<std::size_t, std::size_t>> places;
  places.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t offset = load_le<std::uint16_t>(buffer.data() + kPageHeaderBytes + 2 * i);
    if (offset < header.upper || !read_node(buffer, offset, page.is_leaf, page.nodes[i])) {
      return damaged_page(number, "entry " + std::to_string(i) + " reaches out of the page");
    }
    places.emplace_back(offset, size_of(page.nodes[i], page.is_leaf));
    if (places.back().second > largest_node(buffer.size())) {
      return damaged_page(number, "entry " + std::to_string(i) + " is too large to lie inside a page");
    }
  }
  if (!are_packed(std::move(places), header.upper, buffer.size()))
    return damaged_page(number, "its entries overlap");
  return page;
}

Result<Overflow> PageFile::read_overflow(std::uint64_t number, std::uint64_t data_size) const {
  const std::uint64_t needed = (kPageHeaderBytes + data_size + meta_.page_bytes - 1) / meta_.page_bytes;
  if (number >= pages() || needed > pages() - number) {
    return damaged_page(number, "overflow data lie behind the end of the file; it was truncated");
  }
  std::string bytes(kPageHeaderBytes + data_size, '\0');
  BAYPLAN_TRY(read_at(number, 0, bytes));
  const PageHeader header = read_header(bytes);
  if (header.number != number || header.flags != kOverflowFlag || header.pages < needed ||
      header.pages > pages() - number || header.pages > kMostOverflowBytes / meta_.page_bytes) {
    return damaged_page(number, "not the overflow page that it should be");
  }
  return Overflow{bytes.substr(kPageHeaderBytes), header.pages};
}

}  // namespace bayplan::metadata
