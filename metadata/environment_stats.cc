#include <string_view>

#include "bayplan/base/file.h"
#include "byte_order.h"
#include "environment.h"
#include "lmdb_error.h"
#include "lmdb_value.h"
#include "precheck.h"

namespace bayplan::metadata {
namespace {

constexpr MDB_dbi kFreeList = 0;

struct ReadGuard {
  Environment& environment;
  MDB_txn* txn;
  ~ReadGuard() { environment.end_read(txn); }
};

std::uint64_t pages_of(const MDB_stat& stat) {
  return stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
}

// The free list maps a transaction to the number of pages that it freed, and to their ids.
Result<std::uint64_t> count_free_pages(MDB_txn* txn) {
  MDB_cursor* cursor = nullptr;
  if (const int rc = ::mdb_cursor_open(txn, kFreeList, &cursor); rc != 0)
    return lmdb_error(rc, "mdb_cursor_open");
  std::uint64_t pages = 0;
  MDB_val key{};
  MDB_val value{};
  int rc = ::mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  for (; rc == 0; rc = ::mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
    if (value.mv_size >= sizeof(std::uint64_t)) pages += load_le<std::uint64_t>(to_view(value).data());
  }
  ::mdb_cursor_close(cursor);
  if (rc != MDB_NOTFOUND) return lmdb_error(rc, "mdb_cursor_get");
  return pages;
}

int count_reader(const char* line, void* count) {
  // One line per reader after a heading; "(no active readers)" instead of both.
  if (!std::string_view(line).starts_with("(")) ++*static_cast<std::uint32_t*>(count);
  return 0;
}

}  // namespace

Result<DbStats> Environment::stats() {
  DbStats stats;
  MDB_envinfo info{};
  BAYPLAN_TRY(usable());
  ::mdb_reader_list(env_, count_reader, &stats.readers);
  if (stats.readers > 0) --stats.readers;
  BAYPLAN_ASSIGN(MDB_txn* const txn, begin_read());
  const ReadGuard guard{*this, txn};
  BAYPLAN_ASSIGN(const Header header, read_header(txn));
  MDB_stat main{};
  MDB_stat rows{};
  MDB_stat free_list{};
  int rc = ::mdb_env_info(env_, &info);
  if (rc == 0) rc = ::mdb_stat(txn, main_, &main);
  if (rc == 0) rc = ::mdb_stat(txn, rows_, &rows);
  if (rc == 0) rc = ::mdb_stat(txn, kFreeList, &free_list);
  if (rc != 0) return lmdb_error(rc, "mdb_stat");
  BAYPLAN_ASSIGN(stats.free_pages, count_free_pages(txn));
  BAYPLAN_ASSIGN(const struct stat file, file::stat_at(directory_fd(), kDataName));
  stats.map_bytes = info.me_mapsize;
  stats.file_bytes = static_cast<std::uint64_t>(file.st_size);
  stats.page_bytes = rows.ms_psize;
  stats.used_pages = pages_of(main) + pages_of(rows) + pages_of(free_list);
  stats.rows = rows.ms_entries;
  stats.depth = rows.ms_depth;
  stats.revision = header.revision;
  stats.max_readers = info.me_maxreaders;
  stats.format_version = kFormatVersion;
  stats.uuid = format_uuid(header.uuid);
  return stats;
}

}  // namespace bayplan::metadata
