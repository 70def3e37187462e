// What the tests of this folder share: a store in a temporary directory that is checked at the end.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/metadata/check.h"
#include "bayplan/metadata/db.h"
#include "support/temp_dir.h"

namespace bayplan::metadata {

/// The code of a failed call; empty for a success.
template <class T>
std::optional<Errc> code(const Result<T>& result) {
  return result ? std::optional<Errc>{} : result.error().code();
}

/// An owning copy of what a cursor answers; "-" at an end. Throws on errors.
inline std::string key_of(const Result<std::optional<Entry>>& answer) {
  const auto& entry = answer.value();
  return entry ? std::string(entry->key) : "-";
}

/// All keys of a bucket in the cursor's order.
inline std::vector<std::string> keys_of(const Bucket& bucket) {
  std::vector<std::string> keys;
  bucket
      .for_each([&](const Entry& entry) -> Result<void> {
        keys.emplace_back(entry.key);
        return {};
      })
      .value();
  return keys;
}

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }

  void TearDown() override {
    if (!db_ || damaged_) return;
    const auto report = check(*db_, {}).value();
    for (const Problem& problem : report.problems)
      ADD_FAILURE() << problem.object.key << ": " << problem.what;
  }

  std::filesystem::path path() const { return dir_.path() / "metadata"; }
  const Db& db() const { return *db_; }
  void close() { db_.reset(); }
  void reopen(const OpenOptions& options = {}) {
    close();
    db_.emplace(Db::open(path(), options).value());
  }
  void expect_damage() { damaged_ = true; }

  /// Runs `body(tx)`, which throws where it fails, and commits.
  template <class F>
  void update(F body) {
    db().update([&](WriteTx& tx) -> Result<void> {
          body(tx);
          return {};
        })
        .value();
  }
  template <class F>
  void view(F body) {
    db().view([&](const ReadTx& tx) -> Result<void> {
          body(tx);
          return {};
        })
        .value();
  }

  /// The value at `key` of the top-level bucket `bucket`; empty when either is absent.
  std::optional<std::string> value(std::string_view bucket, std::string_view key) {
    std::optional<std::string> found;
    view([&](const ReadTx& tx) {
      const auto top = tx.bucket(bucket).value();
      if (!top) return;
      if (const auto bytes = top->get(key).value()) found.emplace(*bytes);
    });
    return found;
  }

 private:
  test::TempDir dir_;
  std::optional<Db> db_;
  bool damaged_ = false;
};

}  // namespace bayplan::metadata
