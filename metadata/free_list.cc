#include "free_list.h"

#include "byte_order.h"
#include "lmdb_error.h"
#include "lmdb_value.h"

namespace bayplan::metadata {

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

}  // namespace bayplan::metadata
