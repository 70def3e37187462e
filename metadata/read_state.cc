#include "bucket_path.h"
#include "inline_host.h"
#include "lmdb_error.h"
#include "lmdb_value.h"
#include "tx_state.h"

namespace bayplan::metadata {

ReadState::~ReadState() {
  if (reader != nullptr) environment->end_read(reader);
}

// With a cursor: a second look at a page already found is cheap.
int ReadState::find_row(MDB_val* key, MDB_val* stored) noexcept {
  if (core) return core->find_row(key, stored);
  int rc = 0;
  if (!probed) {
    rc = reader->probe != nullptr ? ::mdb_cursor_renew(own_txn, reader->probe)
                                  : ::mdb_cursor_open(own_txn, environment->rows(), &reader->probe);
    probed = rc == 0;
  }
  return rc == 0 ? ::mdb_cursor_get(reader->probe, key, stored, MDB_SET_KEY) : rc;
}

Result<void> ReadState::look_closer() const {
  BAYPLAN_TRY(environment->usable());
  if (!core) return {};
  if (!core->ended() && core->level() == level) {
    if (core->broken()) return *core->broken();
    return {};
  }
  return Error(Errc::closed, "transaction", {}, core->ended() ? "has ended" : "a savepoint inside it is open")
      .with_advice(core->ended() ? "" : "use the transaction that the savepoint's closure was given");
}

Result<void> ReadState::usable(const BucketHandle& bucket) const {
  BAYPLAN_TRY(usable());
  if (!core || !core->buckets().is_gone(bucket.id)) return {};
  return Error(Errc::closed, "bucket", core->buckets().at(bucket.id).key, "was deleted in this transaction");
}

Result<void> ReadState::locate_extent(const BucketHandle& bucket, Extent& extent) {
  BAYPLAN_TRY(usable(bucket));
  Location location;
  BAYPLAN_TRY(locate_bucket(core->buckets(), bucket.id, location));
  extent = {location.rows_id};
  if (location.host == 0) return {};
  BAYPLAN_ASSIGN(const HostRow row, read_host(*this, location));
  BAYPLAN_ASSIGN(const std::string_view bytes, inline_descend(row.bytes, location.path()));
  extent = {0, bytes, row.revision};
  return {};
}

Result<bool> ReadState::get(const RowKey& key, KeyedRow& row) {
  BAYPLAN_TRY(settle());
  MDB_val wanted = to_val(key.bytes());
  MDB_val stored{};
  const int rc = find_row(&wanted, &stored);
  if (rc == MDB_NOTFOUND) return false;
  if (rc != 0) return lmdb_error(rc, "mdb_get");
  auto decoded = decode_row(key.bytes(), to_view(stored), row.row);
  if (!decoded) return in_bucket(*this, std::move(decoded).error(), key.bytes());
  row.key = to_view(wanted).substr(kBucketIdBytes);
  return true;
}

std::uint64_t ReadState::row_count() const noexcept {
  MDB_stat rows{};
  return ::mdb_stat(txn(), environment->rows(), &rows) == 0 ? rows.ms_entries : 0;
}

std::uint64_t ReadState::revision() noexcept {
  if (core) return core->revision();
  if (!known_revision) {
    const auto header = environment->read_header(own_txn);
    known_revision = header ? header->revision : 0;
  }
  return *known_revision;
}

}  // namespace bayplan::metadata
