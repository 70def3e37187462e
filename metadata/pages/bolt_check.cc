// What a bolt file says about its free pages, held against what is used.
#include <algorithm>
#include <span>

#include "bayplan/base/file.h"
#include "byte_order.h"
#include "pages/bolt_source.h"

namespace bayplan::metadata::bolt {
namespace {

constexpr std::uint16_t kFreeListFlag = 0x10;
constexpr std::uint16_t kCountInFirstId = 0xffff;
// No page's: the list belongs to the meta page.
constexpr std::uint64_t kMetaOwner = 0;

struct FreeList {
  std::uint64_t at = 0;  // of the first id, in the file
  std::uint64_t count = 0;
};

class FreePages {
 public:
  FreePages(Reader& reader, const DamageSink& tell) : reader_(reader), file_(reader.file()), tell_(tell) {}

  // False when there is no list, or none that can be read.
  Result<bool> read() {
    const std::uint64_t number = reader_.meta().free_list;
    if (number == kNoFreeList) return false;
    const auto list = find(number);
    if (!list && list.error().code() != Errc::corrupt) return list.error();
    const auto read = list ? read_ids(number, *list) : Result<void>(list.error());
    if (read) return true;
    if (read.error().code() != Errc::corrupt) return read.error();
    BAYPLAN_TRY(tell_({{}, read.error()}));
    return false;
  }

 private:
  Result<FreeList> find(std::uint64_t number) {
    char header[kPageHeaderBytes + sizeof(std::uint64_t)];
    const std::uint64_t offset = number * file_.page_bytes;
    BAYPLAN_TRY(read_at(number, offset, header, sizeof header));
    if (load_le<std::uint64_t>(header) != number || load_le<std::uint16_t>(header + 8) != kFreeListFlag)
      return damaged(number, "is not the list of free pages that it should be");
    FreeList list{offset + kPageHeaderBytes, load_le<std::uint16_t>(header + 10)};
    if (list.count == kCountInFirstId) {
      list.count = load_le<std::uint64_t>(header + kPageHeaderBytes);
      list.at += sizeof(std::uint64_t);
    }
    const std::uint64_t pages = std::uint64_t{load_le<std::uint32_t>(header + 12)} + 1;
    if (pages > file_.end - number || list.count > pages * file_.page_bytes / sizeof(std::uint64_t) ||
        list.at + list.count * sizeof(std::uint64_t) > offset + pages * file_.page_bytes) {
      return damaged(number, "the list of free pages does not fit into its pages");
    }
    if (!reader_.claims().claim(number, pages, kMetaOwner))
      return damaged(number, "holds the list of free pages, and is used otherwise as well");
    return list;
  }

  Result<void> read_ids(std::uint64_t number, const FreeList& list) {
    char part[8192];
    std::uint64_t last = 1;
    for (std::uint64_t done = 0; done < list.count;) {
      const std::size_t ids = std::min<std::uint64_t>(sizeof part / sizeof(std::uint64_t), list.count - done);
      BAYPLAN_TRY(read_at(number, list.at + done * sizeof(std::uint64_t), part, ids * sizeof(std::uint64_t)));
      for (std::size_t i = 0; i < ids; ++i) {
        const auto id = load_le<std::uint64_t>(part + i * sizeof(std::uint64_t));
        if (id <= last || id >= file_.end) return damaged(number, "the list of free pages is out of order");
        if (!reader_.claims().claim(id, 1, kMetaOwner))
          BAYPLAN_TRY(tell_({{}, damaged(id, "is in use, and free as well")}));
        last = id;
      }
      done += ids;
    }
    return {};
  }

  Result<void> read_at(std::uint64_t number, std::uint64_t offset, char* to, std::size_t size) const {
    auto read = file::pread_exact(file_.fd, std::as_writable_bytes(std::span(to, size)), offset, file_.name);
    if (!read && read.error().code() == Errc::corrupt)
      return damaged(number, "lies behind the end of the file; it was truncated");
    return read;
  }

  Reader& reader_;
  Page::File file_;
  const DamageSink& tell_;
};

}  // namespace

Result<void> check_free_pages(Reader& reader, bool complete, const DamageSink& tell) {
  BAYPLAN_ASSIGN(const bool known, FreePages(reader, tell).read());
  if (!known || !complete) return {};
  Result<void> told;
  reader.claims().for_each_gap(
      kFirstDataPage, reader.meta().end, [&](std::uint64_t first, std::uint64_t count) {
        if (!told) return;
        told = tell({{},
                     damaged(first, count == 1 ? "is neither used nor free"
                                               : "and the " + std::to_string(count - 1) +
                                                     " behind it are neither used nor free")});
      });
  return told;
}

}  // namespace bayplan::metadata::bolt
