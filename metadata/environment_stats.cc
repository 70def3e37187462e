#include <algorithm>
#include <optional>

#include "bayplan/base/file.h"
#include "byte_order.h"
#include "environment.h"
#include "free_list.h"
#include "lmdb_error.h"
#include "lmdb_value.h"
#include "precheck.h"
#include "reader_list.h"

namespace bayplan::metadata {
namespace {

struct ReadGuard {
  Environment& environment;
  Reader* reader;
  ~ReadGuard() { environment.end_read(reader); }
};

std::uint64_t pages_of(const MDB_stat& stat) {
  return stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
}

}  // namespace

void Environment::describe_readers(DbStats& stats, const MDB_envinfo& info) const {
  for (const ReaderSlot& slot : list_readers(env_)) {
    ++stats.reader_slots;
    if (!slot.snapshot) continue;
    ++stats.readers;
    // A commit may have come between the two looks.
    const std::uint64_t behind =
        info.me_last_txnid - std::min<std::uint64_t>(*slot.snapshot, info.me_last_txnid);
    if (stats.oldest_reader_pid != 0 && behind <= stats.oldest_reader_commits) continue;
    stats.oldest_reader_commits = behind;
    stats.oldest_reader_pid = slot.pid;
  }
  if (const auto since = readers_.oldest()) {
    stats.oldest_own_reader_age = std::chrono::steady_clock::now() - *since;
  }
  stats.dead_readers_cleared = dead_readers_.load(std::memory_order_relaxed);
}

Result<DbStats> Environment::stats() {
  DbStats stats;
  MDB_envinfo info{};
  BAYPLAN_TRY(usable());
  std::optional<Pin> pin(std::in_place, *this);
  if (const int rc = ::mdb_env_info(env_, &info); rc != 0) return lmdb_error(rc, "mdb_env_info");
  describe_readers(stats, info);
  pin.reset();  // a map that another process enlarged has to be adopted
  BAYPLAN_ASSIGN(Reader* const reader, begin_read());
  const ReadGuard guard{*this, reader};
  MDB_txn* const txn = reader->txn;
  BAYPLAN_ASSIGN(const Header header, read_header(txn));
  MDB_stat main{};
  MDB_stat rows{};
  MDB_stat free_list{};
  int rc = ::mdb_stat(txn, main_, &main);
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
  const auto [groups, members] = submissions_->totals();
  stats.submit_groups = groups;
  stats.submit_members = members;
  return stats;
}

}  // namespace bayplan::metadata
