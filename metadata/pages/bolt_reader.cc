#include "pages/bolt_reader.h"

#include "byte_order.h"

namespace bayplan::metadata::bolt {
namespace {

constexpr std::size_t kBucketRecordBytes = 16;
constexpr std::uint64_t kIndexBits = 0xffff;

}  // namespace

Result<Page::Pointer> Reader::page(std::uint64_t number, std::uint64_t owner, const PageBounds& bounds) {
  Page::Pointer page = cache_.find(number);
  const bool known = page != nullptr;
  if (!known) {
    BAYPLAN_ASSIGN(page, Page::read(file(), number, bounds));
  }
  if (!claims_.claim(number, page->pages(), owner))
    return damaged(number, "is used twice: one who leads here is wrong");
  if (!known) cache_.add(page);
  return page;
}

// A page that was good enough to name a bucket on it.
Result<Page::Pointer> Reader::host_page(std::uint64_t number) {
  if (Page::Pointer page = cache_.find(number)) return page;
  return Page::read(file(), number, {});
}

Result<BucketRecord> Reader::bucket(std::uint64_t handle) {
  if (handle == kRootBucket) return BucketRecord{meta_.root, {}, meta_.sequence};
  const std::uint64_t number = handle >> 16;
  const std::size_t index = handle & kIndexBits;
  BAYPLAN_ASSIGN(const Page::Pointer host, host_page(number));
  if (index >= host->elements().size()) return damaged(number, "has changed");
  const Element& element = host->elements()[index];
  if (element.problem != nullptr) return host->damaged_element(index);
  if (!element.is_bucket || element.value_bytes > kBucketRecordBytes + meta_.page_bytes)
    return damaged(number, "element " + std::to_string(index) + " is too long for a bucket");
  Arena scratch;
  BAYPLAN_ASSIGN(const std::string_view value, host->value(file(), index, scratch));
  BucketRecord record{load_le<std::uint64_t>(value.data()), {}, load_le<std::uint64_t>(value.data() + 8)};
  if (record.root == 0) {
    BAYPLAN_ASSIGN(record.inline_page, Page::read_inline(number, value.substr(kBucketRecordBytes)));
  } else if (record.root < kFirstDataPage || record.root >= meta_.end || value.size() != kBucketRecordBytes) {
    return damaged(number, "element " + std::to_string(index) + " is no bucket's record");
  }
  return record;
}

}  // namespace bayplan::metadata::bolt
