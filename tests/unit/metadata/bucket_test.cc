#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class BucketReadTest : public StoreTest {};

TEST_F(BucketReadTest, Get_NonExistent) {
  update(
      [](WriteTx& tx) { EXPECT_FALSE(tx.create_bucket("widgets").value().get("foo").value().has_value()); });
}

TEST_F(BucketReadTest, Get_IncompatibleValue) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.create_bucket("foo").value();
    EXPECT_FALSE(bucket.get("foo").value().has_value());
  });
}

TEST_F(BucketReadTest, Bucket_IncompatibleValue) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "bar").value();
    EXPECT_FALSE(bucket.bucket("foo").value().has_value());
  });
}

TEST_F(BucketReadTest, require_says_what_is_absent) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    const auto absent = bucket.require("createdat");
    ASSERT_EQ(code(absent), Errc::corrupt);
    EXPECT_EQ(absent.error().name(), "createdat");
  });
}

TEST_F(BucketReadTest, descend_follows_a_path) {
  update([](WriteTx& tx) {
    tx.create_bucket("a").value().create_bucket("b").value().create_bucket("c").value().put("k", "v").value();
  });
  view([](const ReadTx& tx) {
    EXPECT_EQ(root_bucket(tx).descend({"a", "b", "c"}).value()->get("k").value(), "v");
    EXPECT_FALSE(root_bucket(tx).descend({"a", "x", "c"}).value().has_value());
    EXPECT_FALSE(root_bucket(tx).descend({"a", "b", "c", "k"}).value().has_value());
  });
}

TEST_F(BucketReadTest, ForEach) {
  const auto expect_all = [](const Bucket& bucket) {
    std::string seen;
    bucket
        .for_each([&](const Entry& entry) -> Result<void> {
          seen.append(entry.key).append(entry.is_bucket ? "/" : "=").append(entry.value).append(" ");
          return {};
        })
        .value();
    EXPECT_EQ(seen, "bar=0002 baz=0001 csubbucket/ foo=0000 ");
  };
  update([&](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "0000").value();
    bucket.put("baz", "0001").value();
    bucket.put("bar", "0002").value();
    bucket.create_bucket("csubbucket").value();
    expect_all(bucket);
  });
  view([&](const ReadTx& tx) { expect_all(*tx.bucket("widgets").value()); });
}

TEST_F(BucketReadTest, ForEachBucket) {
  update([&](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("foo", "0000").value();
    bucket.create_bucket("zsub").value().put("name", "z").value();
    bucket.create_bucket("asub").value().put("name", "a").value();
    std::string names;
    bucket
        .for_each_bucket([&](std::string_view key, const Bucket& sub) -> Result<void> {
          names.append(key).append(*sub.get("name").value());
          return {};
        })
        .value();
    EXPECT_EQ(names, "asubazsubz");
  });
}

TEST_F(BucketReadTest, ForEach_ShortCircuit) {
  update([&](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    for (const char* key : {"bar", "baz", "foo"}) bucket.put(key, "0000").value();
    int calls = 0;
    const auto stopped = bucket.for_each([&](const Entry& entry) -> Result<void> {
      ++calls;
      if (entry.key == "baz") return Error(Errc::cancelled, "test", {});
      return {};
    });
    EXPECT_EQ(code(stopped), Errc::cancelled);
    EXPECT_EQ(calls, 2);
  });
}

}  // namespace
}  // namespace bayplan::metadata
