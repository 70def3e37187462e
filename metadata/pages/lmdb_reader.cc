#include "pages/lmdb_reader.h"

#include "bayplan/metadata/file_source.h"
#include "byte_order.h"

namespace bayplan::metadata::lmdb {

Result<Reader::Pointer> Reader::page(std::uint64_t number, std::uint64_t owner, const PageBounds& bounds) {
  Pointer page = cache_.find(number);
  const bool known = page != nullptr;
  if (!known) {
    BAYPLAN_ASSIGN(page, Page::read(file_, number, bounds));
  }
  if (!claims_.claim(number, 1, owner)) return damaged(number, "is used twice: one who leads here is wrong");
  if (!known) cache_.add(page);
  return page;
}

Result<Reader::Pointer> Reader::host_page(std::uint64_t number) {
  if (Pointer page = cache_.find(number)) return page;
  return Page::read(file_, number, {});
}

Result<std::string_view> Reader::data(const Page& page, std::size_t index) {
  const Node& node = page.node(index);
  if (node.flags == 0) return node.data;
  if (node.flags != Node::kBigData) return damaged(page.number(), "an entry of unexpected kind");
  if (node.data_size > kMaxInspectedValueBytes) {
    return Error(Errc::too_large, "page", std::to_string(page.number()),
                 "an entry of " + std::to_string(node.data_size) + " bytes, and no more than " +
                     std::to_string(kMaxInspectedValueBytes) + " are read");
  }
  const auto first = load_le<std::uint64_t>(node.data.data());
  BAYPLAN_ASSIGN(const Overflow overflow, file_.read_overflow(first, node.data_size));
  if (!claims_.claim(first, overflow.pages, place_of(page.number(), index)))
    return damaged(first, "is used twice: one who leads here is wrong");
  return arena_.keep(overflow.data);
}

}  // namespace bayplan::metadata::lmdb
