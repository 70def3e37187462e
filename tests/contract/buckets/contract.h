// What the contract's files share: every case runs over the store (StoreTest) and over the model (ModelTest),
// which have the same members. A case is named like bbolt's test of the same content; cases.md lists them
// all.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model_store.h"
#include "unit/metadata/store_test_base.h"

namespace bayplan::metadata {

/// StoreTest's members over a model.
class ModelTest : public ::testing::Test {
 protected:
  model::Db& db() { return db_; }
  void reopen() {}
  template <class F>
  void update(F body) {
    db_.update([&](model::WriteTx& tx) -> Result<void> {
         body(tx);
         return {};
       })
        .value();
  }
  template <class F>
  void view(F body) {
    db_.view([&](const model::ReadTx& tx) -> Result<void> {
         body(tx);
         return {};
       })
        .value();
  }

 private:
  model::Db db_;
};

inline Error cancelled() { return {Errc::cancelled, "test", {}}; }

/// `number` with leading zeros: byte order is the order of numbers.
inline std::string padded(std::size_t number, std::size_t width = 4) {
  const std::string digits = std::to_string(number);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

/// "key=value " and "key/ " of everything in the bucket, in order.
inline std::string listing(const Bucket& bucket) {
  std::string text;
  bucket
      .for_each([&](const Entry& entry) -> Result<void> {
        text.append(entry.key).append(entry.is_bucket ? "/" : "=").append(entry.value).append(" ");
        return {};
      })
      .value();
  return text;
}

/// Everything below the bucket, with sequences: equal exactly where the contents are.
inline std::string deep_listing(const Bucket& bucket) {
  std::string text = "#" + std::to_string(bucket.sequence().value()) + "{";
  bucket
      .for_each([&](const Entry& entry) -> Result<void> {
        text.append(entry.key);
        if (entry.is_bucket) {
          text.append("/").append(deep_listing(*bucket.bucket(entry.key).value()));
        } else {
          text.append("=").append(entry.value).append(" ");
        }
        return {};
      })
      .value();
  return text + "}";
}

template <class Store>
class BucketContract : public Store {
 protected:
  /// One committed top-level bucket "widgets" that holds padded(0) .. padded(count - 1) with the value "v".
  void fill(std::size_t count) {
    this->update([&](auto& tx) {
      auto bucket = tx.create_bucket_if_not_exists("widgets").value();
      for (std::size_t i = 0; i < count; ++i) bucket.put(padded(i), "v").value();
    });
  }
  /// Calls `body(cursor)` over "widgets" in a read transaction.
  template <class F>
  void with_cursor(F body) {
    this->view([&](const auto& tx) { body(*tx.bucket("widgets").value()->cursor().value()); });
  }
  /// Calls `body(bucket)` with "widgets", created where it is absent, and commits.
  template <class F>
  void in_widgets(F body) {
    this->update([&](auto& tx) {
      auto bucket = tx.create_bucket_if_not_exists("widgets").value();
      body(bucket);
    });
  }
  /// The listing of the top-level buckets that the last commit holds.
  std::string top_level() {
    std::string text;
    this->view([&](const auto& tx) { text = listing(root_bucket(tx)); });
    return text;
  }
  /// The value that the last commit holds at `key` of "widgets".
  std::optional<std::string> committed(std::string_view key) {
    std::optional<std::string> found;
    this->view([&](const auto& tx) {
      if (const auto bytes = tx.bucket("widgets").value()->get(key).value()) found.emplace(*bytes);
    });
    return found;
  }
};

struct StoreNames {
  template <class T>
  static std::string GetName(int) {
    return std::is_same_v<T, StoreTest> ? "Lmdb" : "Model";
  }
};
using Stores = ::testing::Types<StoreTest, ModelTest>;
TYPED_TEST_SUITE(BucketContract, Stores, StoreNames);

}  // namespace bayplan::metadata
