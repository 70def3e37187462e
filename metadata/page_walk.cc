#include "page_walk.h"

#include <optional>
#include <unordered_map>

#include "byte_order.h"

namespace bayplan::metadata {
namespace {

// LMDB's own limit (CURSOR_STACK).
constexpr std::size_t kMaxTreeDepth = 32;

enum class Keys { bytes, integers };
enum class Extent { upper, all };

// Takes memory for what was inserted, whatever length a file claims.
class PageSet {
 public:
  /// False when it is there.
  bool insert(std::uint64_t page) {
    std::vector<bool>& part = parts_[page / kPartPages];
    if (part.empty()) part.resize(kPartPages);
    if (part[page % kPartPages]) return false;
    part[page % kPartPages] = true;
    return true;
  }

 private:
  static constexpr std::uint64_t kPartPages = 1 << 15;
  std::unordered_map<std::uint64_t, std::vector<bool>> parts_;
};

bool is_before(std::string_view a, std::string_view b, Keys keys) {
  if (keys == Keys::bytes) return a < b;
  return load_le<std::uint64_t>(a.data()) < load_le<std::uint64_t>(b.data());
}

class Walker {
 public:
  Walker(const PageFile& file, Extent extent) : file_(file), extent_(extent) {}

  Result<void> run() {
    BAYPLAN_TRY(tree(file_.meta().main, Keys::bytes, &Walker::main_leaf));
    for (std::size_t i = 0; i < subtrees_.size(); ++i) {
      const TreeRecord subtree = subtrees_[i];
      BAYPLAN_TRY(extent_ == Extent::all ? tree(subtree, Keys::bytes, &Walker::row_leaf) : root_of(subtree));
    }
    if (extent_ == Extent::upper) return {};
    BAYPLAN_TRY(tree(file_.meta().free_list, Keys::integers, &Walker::free_leaf));
    for (const std::uint64_t page : free_) BAYPLAN_TRY(claim(page, 1, "is in use, and free as well"));
    return {};
  }

 private:
  struct Pending {
    std::uint64_t page;
    std::size_t level;
    std::string lower;  // no key below may be smaller
  };
  using OnLeaf = Result<void> (Walker::*)(std::uint64_t page, const Node& node);

  Result<void> claim(std::uint64_t page, std::uint64_t count, std::string_view twice) {
    for (; count > 0; ++page, --count) {
      if (page < kFirstDataPage || page > file_.meta().last_page)
        return damaged_page(page, "no page of the file");
      if (page >= file_.pages()) continue;  // free, and never written
      if (!used_.insert(page)) return damaged_page(page, twice);
    }
    return {};
  }

  Result<void> root_of(const TreeRecord& record) {
    if (record.flags != 0) return damaged_page(record.root, "the root of a tree of unknown kind");
    if (record.root == kNoPage) return {};
    std::string buffer;
    BAYPLAN_ASSIGN(const Page page, file_.read(record.root, buffer));
    return check_children(record.root, page, Keys::bytes);
  }

  // LMDB ends the process at such a page. It lets one pass in its own list, where it may leave them.
  static Result<void> check_children(std::uint64_t number, const Page& page, Keys keys) {
    if (page.is_leaf || page.nodes.size() > 1 || keys == Keys::integers) return {};
    return damaged_page(number, "a branch with a single child");
  }

  // In key order: the stack holds what is still to the right.
  Result<void> tree(const TreeRecord& record, Keys keys, OnLeaf on_leaf) {
    if (record.root == kNoPage) return {};
    if (record.depth == 0 || record.depth > kMaxTreeDepth)
      return damaged_page(record.root, "a tree of impossible depth");
    std::vector<Pending> pending{{record.root, 1, {}}};
    std::optional<std::string> last_key;
    std::uint64_t entries = 0;
    std::string buffer;
    while (!pending.empty()) {
      const Pending at = std::move(pending.back());
      pending.pop_back();
      BAYPLAN_TRY(claim(at.page, 1, "is used twice"));
      BAYPLAN_ASSIGN(const Page page, file_.read(at.page, buffer));
      if (page.is_leaf != (at.level == record.depth)) return damaged_page(at.page, "lies at the wrong depth");
      BAYPLAN_TRY(check_children(at.page, page, keys));
      BAYPLAN_TRY(check_keys(at, page, keys, last_key));
      if (!page.is_leaf) {
        push_children(at, page, pending);
        continue;
      }
      entries += page.nodes.size();
      last_key.emplace(page.nodes.back().key);
      for (const Node& node : page.nodes) BAYPLAN_TRY((this->*on_leaf)(at.page, node));
    }
    if (entries != record.entries) return damaged_page(record.root, "its tree has another number of entries");
    return {};
  }

  static void push_children(const Pending& at, const Page& page, std::vector<Pending>& pending) {
    for (std::size_t i = page.nodes.size(); i > 0; --i) {
      const Node& node = page.nodes[i - 1];
      pending.push_back({node.child, at.level + 1, i == 1 ? at.lower : std::string(node.key)});
    }
  }

  Result<void> check_keys(const Pending& at, const Page& page, Keys keys,
                          const std::optional<std::string>& last_key) {
    const std::size_t first = page.is_leaf ? 0 : 1;  // a branch's first key stands for all that is smaller
    for (std::size_t i = first; i < page.nodes.size(); ++i) {
      const std::string_view key = page.nodes[i].key;
      if (keys == Keys::integers && key.size() != sizeof(std::uint64_t))
        return damaged_page(at.page, "a key of wrong size");
      const bool disordered = (i > first && !is_before(page.nodes[i - 1].key, key, keys)) ||
                              (!at.lower.empty() && is_before(key, at.lower, keys)) ||
                              (last_key && !is_before(*last_key, key, keys));
      if (disordered) return damaged_page(at.page, "its keys are out of order");
    }
    if (!at.lower.empty() && last_key && !is_before(*last_key, at.lower, keys)) {
      return damaged_page(at.page, "its separator is out of order");
    }
    return {};
  }

  Result<void> main_leaf(std::uint64_t page, const Node& node) {
    if (node.flags != Node::kSubtree) return row_leaf(page, node);
    subtrees_.push_back(read_tree_record(node.data.data()));
    const TreeRecord& subtree = subtrees_.back();
    if (subtree.flags != 0) return damaged_page(page, "records a tree of unknown kind");
    return {};
  }

  Result<void> row_leaf(std::uint64_t page, const Node& node) {
    if (node.flags == 0) return {};
    BAYPLAN_TRY(big_data(page, node));
    return {};
  }

  Result<std::string> big_data(std::uint64_t page, const Node& node) {
    if (node.flags != Node::kBigData) return damaged_page(page, "an entry of unexpected kind");
    const auto first = load_le<std::uint64_t>(node.data.data());
    BAYPLAN_ASSIGN(Overflow overflow, file_.read_overflow(first, node.data_size));
    BAYPLAN_TRY(claim(first, overflow.pages, "is used twice"));
    return std::move(overflow.data);
  }

  // A list of page numbers, the greatest first, behind their count. LMDB tells by the places of two numbers
  // whether what lies between is free as well.
  Result<void> free_leaf(std::uint64_t page, const Node& node) {
    std::string overflow;
    std::string_view data = node.data;
    if (node.flags != 0) {
      BAYPLAN_ASSIGN(overflow, big_data(page, node));
      data = overflow;
    }
    const bool holds_count = data.size() >= sizeof(std::uint64_t) && data.size() % sizeof(std::uint64_t) == 0;
    const std::uint64_t count = holds_count ? load_le<std::uint64_t>(data.data()) : 0;
    if (!holds_count || count > data.size() / sizeof(std::uint64_t) - 1) {
      return damaged_page(page, "a list of free pages of wrong size");
    }
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto free = load_le<std::uint64_t>(data.data() + i * sizeof(std::uint64_t));
      if (i > 1 && free >= free_.back()) return damaged_page(page, "a list of free pages out of order");
      free_.push_back(free);
    }
    return {};
  }

  const PageFile& file_;
  Extent extent_;
  PageSet used_;
  std::vector<TreeRecord> subtrees_;
  std::vector<std::uint64_t> free_;
};

}  // namespace

Result<void> check_upper_pages(const PageFile& file) { return Walker(file, Extent::upper).run(); }
Result<void> check_all_pages(const PageFile& file) { return Walker(file, Extent::all).run(); }

}  // namespace bayplan::metadata
