#include "pages/bolt_meta.h"

#include <bit>
#include <span>
#include <utility>

#include "bayplan/base/file.h"
#include "byte_order.h"

namespace bayplan::metadata::bolt {
namespace {

constexpr std::uint32_t kMagic = 0xED0CDAED;
constexpr std::uint32_t kVersion = 2;
constexpr std::uint16_t kMetaFlag = 4;
constexpr std::uint32_t kSmallestPage = 1024;
constexpr std::uint32_t kLargestPage = 65536;
constexpr std::size_t kSummedBytes = 56;
constexpr std::size_t kMetaBytes = kPageHeaderBytes + kSummedBytes + sizeof(std::uint64_t);

// FNV-1a.
std::uint64_t checksum(std::string_view bytes) noexcept {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

Error other_version(std::string_view name, std::string_view what) {
  return Error(Errc::version_mismatch, "file", name, what).with_advice("this library reads bolt format 2");
}

Result<void> check_numbers(std::uint64_t number, const Meta& meta) {
  if (!std::has_single_bit(meta.page_bytes) || meta.page_bytes < kSmallestPage ||
      meta.page_bytes > kLargestPage) {
    return damaged(number, "impossible page size");
  }
  if (meta.end > (std::uint64_t{1} << 62) / meta.page_bytes) return damaged(number, "impossible file size");
  if (meta.root < kFirstDataPage || meta.root >= meta.end) return damaged(number, "its root is no page");
  if (meta.free_list != kNoFreeList && (meta.free_list < kFirstDataPage || meta.free_list >= meta.end))
    return damaged(number, "its list of free pages is no page");
  return {};
}

Result<Meta> decode(std::uint64_t number, std::string_view bytes, std::string_view name) {
  const char* const at = bytes.data() + kPageHeaderBytes;
  const auto magic = load_le<std::uint32_t>(at);
  if (magic == reversed(kMagic)) return other_version(name, "a bolt file with its bytes in big-endian order");
  if (magic != kMagic) return damaged(number, "not a meta page of bolt");
  if (checksum({at, kSummedBytes}) != load_le<std::uint64_t>(at + kSummedBytes))
    return damaged(number, "the meta page's checksum does not match");
  const auto version = load_le<std::uint32_t>(at + 4);
  if (version != kVersion) return other_version(name, "bolt format " + std::to_string(version));
  if (load_le<std::uint64_t>(bytes.data()) != number ||
      load_le<std::uint16_t>(bytes.data() + 8) != kMetaFlag) {
    return damaged(number, "the meta page's header is that of another page");
  }
  const Meta meta{load_le<std::uint32_t>(at + 8),  load_le<std::uint64_t>(at + 16),
                  load_le<std::uint64_t>(at + 24), load_le<std::uint64_t>(at + 32),
                  load_le<std::uint64_t>(at + 40), load_le<std::uint64_t>(at + 48)};
  BAYPLAN_TRY(check_numbers(number, meta));
  return meta;
}

// The meta page `number`, where pages are `page_bytes` long.
Result<Meta> read_meta(int fd, std::uint64_t number, std::uint32_t page_bytes, std::string_view name) {
  char bytes[kMetaBytes];
  auto read = file::pread_exact(fd, std::as_writable_bytes(std::span(bytes)), number * page_bytes, name);
  if (!read && read.error().code() == Errc::corrupt) return damaged(number, "the file ends before it");
  BAYPLAN_TRY(std::move(read));
  BAYPLAN_ASSIGN(const Meta meta, decode(number, {bytes, sizeof bytes}, name));
  if (number == 1 && meta.page_bytes != page_bytes) return damaged(1, "its page size is another");
  return meta;
}

// Without the first one to tell its place.
Result<Meta> find_second(int fd, std::string_view name) {
  Result<Meta> found = damaged(1, "not a meta page of bolt");
  for (std::uint32_t page_bytes = kSmallestPage; page_bytes <= kLargestPage; page_bytes *= 2) {
    auto meta = read_meta(fd, 1, page_bytes, name);
    if (meta || meta.error().code() != Errc::corrupt) return meta;
  }
  return found;
}

}  // namespace

Error damaged(std::uint64_t number, std::string_view what) {
  return Error(Errc::corrupt, "page", std::to_string(number), what);
}

const Meta& Metas::newest() const {
  if (!page[1]) return *page[0];
  if (!page[0]) return *page[1];
  return page[0]->txn > page[1]->txn ? *page[0] : *page[1];
}

Result<Metas> read_metas(int fd, std::string_view name) {
  Result<Meta> first = read_meta(fd, 0, 0, name);
  if (!first && first.error().code() == Errc::io) return first.error();
  Result<Meta> second = first ? read_meta(fd, 1, first->page_bytes, name) : find_second(fd, name);
  if (!second && second.error().code() == Errc::io) return second.error();
  if (!first && !second) {
    Error error = second.error().code() == Errc::version_mismatch ? second.error() : first.error();
    return std::move(error).with_context("file", name);
  }
  return Metas{{std::move(first), std::move(second)}};
}

}  // namespace bayplan::metadata::bolt
