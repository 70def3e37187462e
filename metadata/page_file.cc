#include "page_file.h"

#include <bit>
#include <span>
#include <utility>

#include "bayplan/base/file.h"
#include "byte_order.h"
#include "precheck.h"

namespace bayplan::metadata {
namespace {

constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr std::uint16_t kMetaFlag = 8;
constexpr std::size_t kMetaBytes = kPageHeaderBytes + 136;
constexpr std::uint32_t kSmallestPage = 512;
constexpr std::uint32_t kLargestPage = 65536;
constexpr std::uint16_t kIntegerKey = 8;
constexpr std::uint16_t kNoSubdirectory = 0x4000;

Result<void> check_version(std::uint64_t page, std::uint32_t version) {
  if (version == 1) return {};
  if (version == 2 || version == 999) {
    return Error(Errc::version_mismatch, "file", kDataName,
                 "written by LMDB 1.0 or a development version of it")
        .with_advice("this library handles the format of LMDB 0.9");
  }
  return damaged_page(page, "unknown format version " + std::to_string(version));
}

// Files of other machines and versions have their magic number elsewhere, or turned around.
Result<void> check_kin(std::string_view bytes) {
  struct Kin {
    std::size_t at;
    bool turned;
    const char* what;
  };
  constexpr Kin kKin[] = {{kPageHeaderBytes, true, "written by LMDB on a big-endian machine"},
                          {12, false, "written by LMDB on a 32-bit machine"},
                          {12, true, "written by LMDB on a big-endian machine of 32 bits"},
                          {24, false, "written by LMDB 1.0 or a development version of it"}};
  for (const Kin& kin : kKin) {
    const auto magic = load_le<std::uint32_t>(bytes.data() + kin.at);
    if (magic != (kin.turned ? reversed(kMagic) : kMagic)) continue;
    return Error(Errc::version_mismatch, "file", kDataName, kin.what)
        .with_advice("this library handles the format of LMDB 0.9 on 64-bit little-endian machines");
  }
  return {};
}

Result<MetaPage> read_meta(int fd, std::uint64_t offset, std::uint64_t page) {
  char bytes[kMetaBytes];
  auto read = file::pread_exact(fd, std::as_writable_bytes(std::span(bytes)), offset, kDataName);
  if (!read && read.error().code() == Errc::corrupt) return damaged_page(page, "the file ends before it");
  BAYPLAN_TRY(std::move(read));
  const char* meta = bytes + kPageHeaderBytes;
  BAYPLAN_TRY(check_kin({bytes, sizeof bytes}));
  const bool marked = (load_le<std::uint16_t>(bytes + 10) & kMetaFlag) != 0;
  if (!marked || load_le<std::uint32_t>(meta) != kMagic) return damaged_page(page, "not a meta page");
  BAYPLAN_TRY(check_version(page, load_le<std::uint32_t>(meta + 4)));
  return MetaPage{load_le<std::uint32_t>(meta + 24),  load_le<std::uint64_t>(meta + 16),
                  load_le<std::uint64_t>(meta + 120), load_le<std::uint64_t>(meta + 128),
                  read_tree_record(meta + 24),        read_tree_record(meta + 72)};
}

Result<void> check_root(std::uint64_t page, const TreeRecord& tree, const MetaPage& meta,
                        std::uint64_t pages) {
  if (tree.root == kNoPage) return {};
  if (tree.root >= kFirstDataPage && tree.root <= meta.last_page && tree.root < pages) return {};
  return damaged_page(page, "a root lies outside the file; it was truncated");
}

Result<void> check_meta(std::uint64_t page, const MetaPage& meta, std::uint64_t pages) {
  if (meta.last_page < 1) return damaged_page(page, "no room for the meta pages");
  // LMDB would map as much as the last page asks for.
  if (meta.last_page >= meta.map_bytes / meta.page_bytes)
    return damaged_page(page, "its last page is outside the map");
  // The free list's flags also hold some of the environment's; a fixed mapping address is among the others.
  if ((meta.free_list.flags & ~kNoSubdirectory) != kIntegerKey || meta.main.flags != 0) {
    return damaged_page(page, "unknown flags");
  }
  BAYPLAN_TRY(check_root(page, meta.free_list, meta, pages));
  return check_root(page, meta.main, meta, pages);
}

// Commits number n write meta page n % 2; both are 0 in a file that never saw one. LMDB itself believes the
// greater number, a flipped bit in the older page included.
Result<void> check_order(const MetaPage& first, const MetaPage& second) {
  if (first.txn == 0 && second.txn == 0) return {};
  if (first.txn % 2 != 0) return damaged_page(0, "its transaction number belongs to the other meta page");
  if (second.txn % 2 != 1) return damaged_page(1, "its transaction number belongs to the other meta page");
  if (first.txn + 1 == second.txn || second.txn + 1 == first.txn) return {};
  return damaged_page(first.txn > second.txn ? 0 : 1,
                      "its transaction does not follow the other meta page's");
}

bool is_page_size(std::uint32_t bytes) {
  return std::has_single_bit(bytes) && bytes >= kSmallestPage && bytes <= kLargestPage;
}

// Meta page `number` by itself, where pages are `page_bytes` long.
Result<MetaPage> read_sound_meta(int fd, std::uint64_t number, std::uint32_t page_bytes) {
  BAYPLAN_ASSIGN(const MetaPage meta, read_meta(fd, number * page_bytes, number));
  if (!is_page_size(meta.page_bytes)) return damaged_page(number, "impossible page size");
  if (number == 1 && meta.page_bytes != page_bytes)
    return damaged_page(1, "the meta pages differ in page size");
  if (meta.txn % 2 != number && meta.txn != 0)
    return damaged_page(number, "its transaction number belongs to the other meta page");
  BAYPLAN_TRY(check_meta(number, meta, kNoPage));
  return meta;
}

}  // namespace

const MetaPage& MetaPages::newest() const {
  if (!page[1]) return *page[0];
  if (!page[0]) return *page[1];
  return page[0]->txn > page[1]->txn ? *page[0] : *page[1];
}

Result<MetaPages> read_meta_pages(int fd) {
  Result<MetaPage> first = read_sound_meta(fd, 0, 0);
  if (!first && first.error().code() != Errc::corrupt) return first.error();
  Result<MetaPage> second = damaged_page(1, "not a meta page");
  std::uint32_t page_bytes = first ? first->page_bytes : kSmallestPage;
  do {
    second = read_sound_meta(fd, 1, page_bytes);
    if (!second && second.error().code() != Errc::corrupt) return second.error();
    page_bytes *= 2;
  } while (!first && !second && page_bytes <= kLargestPage);
  if (!first && !second) return first.error();
  return MetaPages{{std::move(first), std::move(second)}};
}

Error damaged_page(std::uint64_t page, std::string_view what) {
  return Error(Errc::corrupt, "page", std::to_string(page), what)
      .with_context("file", kDataName)
      .with_advice("restore the store from a backup");
}

TreeRecord read_tree_record(const char* at) noexcept {
  return {load_le<std::uint16_t>(at + 4), load_le<std::uint16_t>(at + 6), load_le<std::uint64_t>(at + 32),
          load_le<std::uint64_t>(at + 40)};
}

Result<PageFile> PageFile::open(int fd) {
  BAYPLAN_ASSIGN(const MetaPage first, read_meta(fd, 0, 0));
  const std::uint32_t page_bytes = first.page_bytes;
  if (!is_page_size(page_bytes)) return damaged_page(0, "impossible page size");
  BAYPLAN_ASSIGN(const MetaPage second, read_meta(fd, page_bytes, 1));
  if (second.page_bytes != page_bytes) return damaged_page(1, "the meta pages differ in page size");
  BAYPLAN_TRY(check_order(first, second));
  // After the metas: a writer makes the file longer before it writes one.
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd, kDataName));
  const auto file_bytes = static_cast<std::uint64_t>(info.st_size);
  BAYPLAN_TRY(check_meta(0, first, file_bytes / page_bytes));
  BAYPLAN_TRY(check_meta(1, second, file_bytes / page_bytes));
  return PageFile(fd, first.txn > second.txn ? first : second, file_bytes);
}

Result<PageFile> PageFile::open(int fd, const MetaPage& meta) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd, kDataName));
  return PageFile(fd, meta, static_cast<std::uint64_t>(info.st_size));
}

Result<void> PageFile::read_at(std::uint64_t page, std::uint64_t offset, std::string& into) const {
  return file::pread_exact(fd_, std::as_writable_bytes(std::span(into)), page * meta_.page_bytes + offset,
                           kDataName);
}

}  // namespace bayplan::metadata
