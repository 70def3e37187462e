// Rows behind writable buckets; what buckets promise is tests/contract/buckets.
#include "bayplan/metadata/walk.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class BucketTest : public StoreTest {};

TEST_F(BucketTest, DeleteBucket_LeavesNoRow) {
  update([](WriteTx& tx) {
    auto foo = tx.create_bucket("widgets").value().create_bucket("foo").value();
    for (int i = 0; i < 1000; ++i) foo.put(std::to_string(i), std::to_string(i)).value();
  });
  update([](WriteTx& tx) { tx.delete_bucket("widgets").value(); });
  EXPECT_EQ(db().stats().value().rows, 0u);
}

TEST_F(BucketTest, Revision_IsOfTheCommitThatChangedTheRow) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put("old", "1").value();
    bucket.put("new", "1").value();
    bucket.put("large", std::string(600, 'v')).value();  // keys of a small bucket share one row
  });
  std::uint64_t second = 0;
  update([&](WriteTx& tx) {
    second = tx.revision();
    tx.bucket("widgets").value()->put("new", "2").value();
  });
  view([&](const ReadTx& tx) {
    const auto bucket = *tx.bucket("widgets").value();
    EXPECT_EQ(tx.revision(), second);
    EXPECT_EQ(bucket.entry("new").value()->revision, second);
    EXPECT_LT(bucket.entry("old").value()->revision, second);
  });
}

TEST_F(BucketTest, PutIf_OnABucketIsNoConflict) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.create_bucket("inner").value();
    EXPECT_EQ(code(bucket.put_if("inner", "v", 99)), Errc::failed_precondition);
  });
}

TEST_F(BucketTest, PathsOfSeveralSteps) {
  update([](WriteTx& tx) {
    tx.root().create_path({"a", "b", "c"}).value().put("k", "v").value();
    EXPECT_EQ(tx.root().create_path({"a", "b", "c"}).value().get("k").value(), "v");
    EXPECT_EQ(tx.root().descend({"a", "b"}).value()->bucket("c").value()->get("k").value(), "v");
    EXPECT_FALSE(tx.root().descend({"a", "x", "c"}).value());
    EXPECT_EQ(code(tx.root().create_path({"a", "b", "c", "k", "d"})), Errc::failed_precondition);
  });
}

TEST_F(BucketTest, Walk_CallsOnlyWhatItWasGiven) {
  update([](WriteTx& tx) { tx.root().create_path({"a", "b"}).value().put("k", "v").value(); });
  view([](const ReadTx& tx) {
    std::vector<std::string> values;
    EXPECT_TRUE(walk(tx.root(), {}));
    EXPECT_TRUE(walk(tx.root(), {.value = [&](const Entry& entry) -> Result<void> {
                       values.emplace_back(entry.key);
                       return {};
                     }}));
    EXPECT_EQ(values, std::vector<std::string>{"k"});
  });
}

TEST_F(BucketTest, PutIf_RefusesWhatSomebodyElseChanged) {
  update([](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put_if("k", "1", 0).value();
    bucket.create_bucket("b").value();
  });
  update([](WriteTx& tx) {
    auto bucket = *tx.bucket("widgets").value();
    const std::uint64_t revision = bucket.entry("k").value()->revision;
    EXPECT_EQ(code(bucket.put_if("k", "2", 0)), Errc::conflict);
    EXPECT_EQ(code(bucket.put_if("absent", "2", revision)), Errc::conflict);
    EXPECT_EQ(code(bucket.put_if("b", "2", revision)), Errc::failed_precondition);
    bucket.put_if("k", "2", revision).value();
    EXPECT_EQ(code(bucket.put_if("k", "3", revision)), Errc::conflict) << "this transaction changed it";
    EXPECT_EQ(bucket.get("k").value(), "2");
  });
}

}  // namespace
}  // namespace bayplan::metadata
