#include "pages/bolt_page.h"

#include <algorithm>
#include <span>

#include "bayplan/base/file.h"
#include "bayplan/metadata/bucket_source.h"
#include "bayplan/metadata/file_source.h"
#include "byte_order.h"
#include "pages/bolt_meta.h"

namespace bayplan::metadata::bolt {
namespace {

constexpr std::uint16_t kBranchFlag = 1;
constexpr std::uint16_t kLeafFlag = 2;
constexpr std::size_t kElementBytes = 16;
constexpr std::size_t kBucketRecordBytes = 16;
constexpr std::uint32_t kBucketFlag = 1;
// bolt splits pages so that only a handful of keys ever lies behind a page's first bytes.
constexpr std::size_t kMostFarBytes = std::size_t{4} << 20;

constexpr const char* kMisplaced = "does not lie right behind the one before it";

struct Header {
  std::uint64_t number;
  std::uint16_t flags;
  std::uint16_t count;
  std::uint32_t overflow;
};
Header decode_header(std::string_view page) {
  const char* const at = page.data();
  return {load_le<std::uint64_t>(at), load_le<std::uint16_t>(at + 8), load_le<std::uint16_t>(at + 10),
          load_le<std::uint32_t>(at + 12)};
}

Result<void> read_bytes(const Page::File& file, std::uint64_t offset, char* to, std::size_t size) {
  return file::pread_exact(file.fd, std::as_writable_bytes(std::span(to, size)), offset, file.name);
}

// What a file that ends too early is called here.
Result<void> within(std::uint64_t number, Result<void> read) {
  if (!read && read.error().code() == Errc::corrupt)
    return damaged(number, "lies behind the end of the file; it was truncated");
  return read;
}

// What an inline bucket is, and nothing else will ever be.
bool looks_like_bucket(std::string_view value) {
  if (value.size() < kBucketRecordBytes + kPageHeaderBytes || load_le<std::uint64_t>(value.data()) != 0)
    return false;
  const Header header = decode_header(value.substr(kBucketRecordBytes));
  return header.number == 0 && header.flags == kLeafFlag && header.overflow == 0;
}

bool is_key_size(std::size_t size) { return size > 0 && size <= kMaxKeyBytes; }

}  // namespace

Result<Page::Pointer> Page::read(const File& file, std::uint64_t number, const PageBounds& bounds) {
  std::shared_ptr<Page> page(new Page);
  page->number_ = number;
  page->offset_ = number * file.page_bytes;
  BAYPLAN_TRY(within(number, page->read_head(file)));
  BAYPLAN_TRY(within(number, page->read_elements(&file)));
  page->check_order(bounds);
  return Pointer(std::move(page));
}

Result<Page::Pointer> Page::read_inline(std::uint64_t host, std::string_view bytes) {
  std::shared_ptr<Page> page(new Page);
  page->number_ = host;
  page->head_ = bytes;
  page->bytes_ = bytes.size();
  if (bytes.size() < kPageHeaderBytes) return damaged(host, "an inline bucket that is too short");
  const Header header = decode_header(bytes);
  if (header.number != 0 || header.flags != kLeafFlag || header.overflow != 0)
    return damaged(host, "an inline bucket that is no leaf page");
  page->count_ = header.count;
  BAYPLAN_TRY(page->read_elements(nullptr));
  for (Element& element : page->elements_) {
    if (element.is_bucket) element.blame("is a bucket inside an inline bucket");
  }
  page->check_order({});
  return Pointer(std::move(page));
}

Result<void> Page::read_head(const File& file) {
  head_.resize(file.page_bytes);
  BAYPLAN_TRY(read_bytes(file, offset_, head_.data(), head_.size()));
  const Header header = decode_header(head_);
  if (header.number != number_) return damaged(number_, "holds the content of another page");
  if (header.flags != kBranchFlag && header.flags != kLeafFlag)
    return damaged(number_, "neither branch nor leaf");
  is_leaf_ = header.flags == kLeafFlag;
  count_ = header.count;
  pages_ = std::uint64_t{header.overflow} + 1;
  if (number_ >= file.end || pages_ > file.end - number_)
    return damaged(number_, "continues behind the pages of the file");
  bytes_ = pages_ * file.page_bytes;
  const std::size_t table = kPageHeaderBytes + count_ * kElementBytes;
  if (table > bytes_) return damaged(number_, "has no room for its elements");
  if (table <= head_.size()) return {};
  const std::size_t had = head_.size();
  head_.resize(table);
  return read_bytes(file, offset_ + had, head_.data() + had, table - had);
}

Result<void> Page::read_elements(const File* file) {
  const std::size_t table = kPageHeaderBytes + count_ * kElementBytes;
  if (table > bytes_) return damaged(number_, "has no room for its elements");
  elements_.resize(count_);
  end_ = table;
  for (std::size_t i = 0; i < count_; ++i) BAYPLAN_TRY(read_element(file, i, end_));
  if (count_ > 0 && elements_.back().problem != nullptr) return {};
  if (!fits(end_, file)) return damaged(number_, "its length and its elements contradict one another");
  return file != nullptr ? check_padding(*file) : Result<void>{};
}

// bolt writes zeros behind the last element.
Result<void> Page::check_padding(const File& file) {
  if (count_ == 0) return {};
  std::string rest = head_.substr(std::min<std::uint64_t>(end_, head_.size()));
  const std::uint64_t begin = std::max<std::uint64_t>(end_, head_.size());
  std::string behind(bytes_ - begin, '\0');
  BAYPLAN_TRY(read_bytes(file, offset_ + begin, behind.data(), behind.size()));
  if ((rest + behind).find_first_not_of('\0') != std::string::npos)
    elements_.back().blame("is not followed by zeros alone");
  return {};
}

// bolt has taken one page too many where the elements filled the last to its end.
bool Page::fits(std::uint64_t used, const File* file) const noexcept {
  if (file == nullptr) return used == bytes_;
  return (used + file->page_bytes - 1) / file->page_bytes == pages_ || used / file->page_bytes + 1 == pages_;
}

Result<void> Page::read_element(const File* file, std::size_t index, std::uint64_t expected) {
  const std::uint64_t place = kPageHeaderBytes + index * kElementBytes;
  const char* const at = head_.data() + place;
  const auto word = [&](std::size_t offset) { return load_le<std::uint32_t>(at + offset); };
  Element& element = elements_[index];
  const std::uint64_t begin = place + word(is_leaf_ ? 4 : 0);
  const std::size_t key_size = word(is_leaf_ ? 8 : 4);
  if (is_leaf_) {
    element.value_at = begin + key_size;
    element.value_bytes = word(12);
    element.is_bucket = word(0) == kBucketFlag;
    if (word(0) > kBucketFlag) element.blame("is of unknown kind");
    if (element.is_bucket && element.value_bytes < kBucketRecordBytes)
      element.blame("is too short for a bucket");
  } else {
    element.child = load_le<std::uint64_t>(at + 8);
    if (element.child < kFirstDataPage || element.child >= file->end)
      element.blame("leads to no page of the file");
  }
  if (begin != expected) {
    element.blame(kMisplaced);
    if (index > 0) elements_[index - 1].blame(kMisplaced);
  }
  end_ = begin + key_size + element.value_bytes;
  if (!is_key_size(key_size)) {
    element.blame("has a key of impossible length");
  } else if (end_ > bytes_) {
    element.blame("reaches out of the page");
  } else {
    return read_key(file, begin, key_size, element);
  }
  return {};
}

Result<void> Page::read_key(const File* file, std::uint64_t at, std::size_t size, Element& element) {
  if (at + size <= head_.size()) {
    element.key = std::string_view(head_).substr(at, size);
    return {};
  }
  far_bytes_ += size;
  if (far_bytes_ > kMostFarBytes) {
    element.blame("is one of too many long keys");
    return {};
  }
  char* const to = far_keys_.allocate(size);
  BAYPLAN_TRY(read_bytes(*file, offset_ + at, to, size));
  element.key = {to, size};
  return {};
}

void Page::check_order(const PageBounds& bounds) {
  check_key_order(elements_, bounds);
  if (!bounds.first.empty() && !elements_.empty() && elements_.front().key != bounds.first)
    elements_.front().blame("its key is not the one that its parent has for this page");
}

Error Page::damaged_element(std::size_t index) const {
  return damaged(number_, "element " + std::to_string(index) + " " + elements_[index].problem);
}

Result<std::string_view> Page::value(const File& file, std::size_t index, Arena& arena) const {
  const Element& element = elements_[index];
  if (element.problem != nullptr) return damaged_element(index);
  const std::size_t size = element.value_bytes;
  if (element.value_at + size <= head_.size()) {
    const std::string_view value = std::string_view(head_).substr(element.value_at, size);
    if (!element.is_bucket && looks_like_bucket(value))
      return damaged(number_, "element " + std::to_string(index) + " is a bucket that is not marked as one");
    return arena.keep(value);
  }
  if (size > kMaxInspectedValueBytes) {
    return Error(Errc::too_large, "key", element.key,
                 std::to_string(size) + " bytes, and no more than " +
                     std::to_string(kMaxInspectedValueBytes) + " are read");
  }
  char* const to = arena.allocate(size);
  BAYPLAN_TRY(within(number_, read_bytes(file, offset_ + element.value_at, to, size)));
  return std::string_view(to, size);
}

}  // namespace bayplan::metadata::bolt
