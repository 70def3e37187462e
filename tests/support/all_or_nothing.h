// Proves that a record function is all-or-nothing inside its transaction.
#pragma once

#include <gtest/gtest.h>

#include "bayplan/base/fault.h"
#include "bayplan/metadata/db.h"
#include "bayplan/metadata/digest.h"

namespace bayplan::metadata {

/// Runs `change(tx)` with its first write of a key failing, then its second, and so on, until it succeeds;
/// after each failure the transaction has to hold what it held before. Answers the number of its writes.
template <class F>
int expect_all_or_nothing(const Db& db, F change) {
  const Error injected(Errc::io, "fault", "key_write");
  bool succeeded = false;
  int nth = 0;
  while (!succeeded) {
    ++nth;
    db.update([&](WriteTx& tx) -> Result<void> {
        const auto before = logical_digest(tx.root()).value();
        int seen = 0;
        fault::arm([&](fault::Point point) -> std::optional<Error> {
          if (point != fault::Point::key_write || ++seen != nth) return {};
          return injected;
        });
        const auto result = change(tx);
        fault::arm({});
        succeeded = seen < nth;
        if (succeeded) {
          EXPECT_TRUE(result.has_value());
          return {};
        }
        EXPECT_FALSE(result.has_value()) << "its write " << nth << " failed";
        EXPECT_EQ(logical_digest(tx.root()).value(), before) << "its write " << nth << " failed";
        return {};
      }).value();
  }
  return nth - 1;
}

}  // namespace bayplan::metadata
