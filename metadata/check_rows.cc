// What only the environment can tell: rows that no bucket leads to, and counters behind their rows.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "byte_order.h"
#include "check_walk.h"
#include "lmdb_error.h"
#include "lmdb_value.h"
#include "page_walk.h"
#include "tx_state.h"

namespace bayplan::metadata {
namespace {

struct RowFacts {
  std::map<std::uint64_t, std::uint64_t> owners;  // bucket or continuation: the row that leads to it is in
  std::set<std::uint64_t> inhabited;              // ids that rows lie under
  std::uint64_t last_id = kRootBucketId;
  std::uint64_t last_revision = 0;
  std::uint64_t entries = 0;  // at most so many keys lie in rows and inline buckets
};

class RowChecker {
 public:
  RowChecker(ReadState& state, CheckReport& report) : state_(state), report_(report) {}

  Result<void> run() {
    MDB_cursor* raw = nullptr;
    int rc = ::mdb_cursor_open(state_.own_txn, state_.environment->rows(), &raw);
    if (rc != 0) return lmdb_error(rc, "mdb_cursor_open");
    MDB_val key{};
    MDB_val value{};
    rc = ::mdb_cursor_get(raw, &key, &value, MDB_FIRST);
    for (; rc == 0; rc = ::mdb_cursor_get(raw, &key, &value, MDB_NEXT)) look_at(to_view(key), to_view(value));
    ::mdb_cursor_close(raw);
    if (rc != MDB_NOTFOUND) problem("environment", lmdb_error(rc, "mdb_cursor_get").to_string());
    find_orphans();
    check_header();
    return {};
  }
  /// What a walk over all buckets can take, each key and the end of each bucket counted.
  std::uint64_t most_steps() const { return 2 * facts_.entries + 1024; }

 private:
  void problem(std::string object, std::string what) {
    report_.problems.push_back({{"bucket", {}, std::move(object)}, std::move(what)});
  }
  void problem(std::uint64_t id, std::string what) { problem("id " + std::to_string(id), std::move(what)); }

  // Rows that do not verify were, or will be, found by the walk over the buckets, unless nothing leads to
  // them.
  void look_at(std::string_view key, std::string_view value) {
    const auto row = decode_row(key, value);
    ++facts_.entries;
    if (key.size() < kBucketIdBytes) return problem("environment", row.error().to_string());
    const auto id = load_be<std::uint64_t>(key.data());
    facts_.inhabited.insert(id);
    facts_.last_id = std::max(facts_.last_id, id);
    if (!row) return;
    facts_.last_revision = std::max(facts_.last_revision, row->revision);
    if (row->tag == Tag::inline_bucket) return look_inside(id, key.substr(kBucketIdBytes), row->payload);
    if (row->tag != Tag::bucket && row->tag != Tag::chain) return;
    facts_.last_id = std::max(facts_.last_id, row->number());
    const auto [owner, added] = facts_.owners.emplace(row->number(), id);
    if (!added) {
      problem(row->number(), "two rows lead to it, in the buckets " + std::to_string(owner->second) +
                                 " and " + std::to_string(id));
    }
  }

  // What a walk with a cursor does not notice: keys out of order, impossible depth.
  void look_inside(std::uint64_t id, std::string_view key, std::string_view bytes) {
    facts_.entries += bytes.size() / InlineScan::kHeaderBytes;
    const auto depth = inline_depth(bytes);
    if (!depth) problem(id, "key " + quoted(key) + ": " + depth.error().to_string());
  }

  void find_orphans() {
    for (const std::uint64_t id : facts_.inhabited) {
      if (id != kRootBucketId && !facts_.owners.contains(id))
        problem(id, "holds rows, but nothing leads to it");
    }
  }

  void check_header() {
    const auto header = state_.environment->read_header(state_.own_txn);
    if (!header) return problem("header", header.error().to_string());
    const auto commit = check_commit(*header, ::mdb_txn_id(state_.own_txn));
    if (!commit) problem("header", commit.error().to_string());
    if (facts_.last_id >= header->next_id) {
      problem("header", "the next bucket id is " + std::to_string(header->next_id) + ", but " +
                            std::to_string(facts_.last_id) + " is in use");
    }
    if (facts_.last_revision > header->revision) {
      problem("header", "the revision is " + std::to_string(header->revision) + ", but a row is of " +
                            std::to_string(facts_.last_revision));
    }
  }

  ReadState& state_;
  CheckReport& report_;
  RowFacts facts_;
};

}  // namespace

Result<void> check_pages(const ReadTx& tx) {
  const ReadState& state = state_of(tx);
  BAYPLAN_TRY(state.usable());
  BAYPLAN_ASSIGN(const PageFile pages, PageFile::open(state.environment->data_fd()));
  const bool pinned = pages.meta().txn == ::mdb_txn_id(state.txn());
  auto checked = check_all_pages(pages);
  // Pages of a later commit may change under the check: that is no damage.
  if (!checked && !pinned && checked.error().code() == Errc::corrupt) return check_upper_pages(pages);
  return checked;
}

Result<CheckReport> check(const Db& db, std::span<const GcKind* const> kinds) {
  BAYPLAN_ASSIGN(const auto tx, db.begin_read());
  ReadState& state = state_of(*tx);
  const auto pages = check_pages(*tx);
  if (!pages) {
    if (pages.error().code() != Errc::corrupt) return pages.error();
    // LMDB believes its pages: following these could end the process.
    CheckReport report;
    report.problems.push_back({{"page", {}, {}}, pages.error().to_string()});
    report.problems.push_back({{"bucket", {}, "/"}, "not looked at, because pages are damaged"});
    return report;
  }
  CheckReport rows;
  RowChecker row_checker(state, rows);
  BAYPLAN_TRY(row_checker.run());
  BAYPLAN_ASSIGN(CheckReport report, check_at_most(*tx, kinds, row_checker.most_steps()));
  std::move(rows.problems.begin(), rows.problems.end(), std::back_inserter(report.problems));
  return report;
}

}  // namespace bayplan::metadata
