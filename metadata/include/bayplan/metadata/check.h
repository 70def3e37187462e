// Consistency check: what `bayplan inspect check` and every test's teardown call.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bayplan/metadata/gc.h"

namespace bayplan::metadata {

struct CheckReport {
  std::vector<Problem> problems;
  std::uint64_t rows = 0;
  std::uint64_t buckets = 0;
  bool clean() const noexcept { return problems.empty(); }
};

/// Walks all buckets of `source` (every row's checksum is verified by reading it; depth is bounded), and asks
/// each kind about its records. Errors: only what prevents checking at all: closed, io.
Result<CheckReport> check(const BucketSource& source, std::span<const GcKind* const> kinds);

/// check(), and, what only the environment can tell: every page of the file, read without LMDB; rows of
/// buckets that nothing refers to, buckets referred to twice, counters behind their rows, a header that does
/// not verify. On one read snapshot. Where pages are damaged, rows are not looked at.
Result<CheckReport> check(const Db& db, std::span<const GcKind* const> kinds);

/// Reads every page that `tx` sees with our own reader, which checks each bound. LMDB maps the file and
/// believes it: after success it can be trusted with it, before it a damaged page can crash the process.
/// Where other processes commit meanwhile, only what opening needs is checked. Precondition: a read
/// transaction. Errors: corrupt, closed, io.
Result<void> check_pages(const ReadTx& tx);

}  // namespace bayplan::metadata
