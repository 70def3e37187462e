#include "bayplan/metadata/lifeline.h"

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class LifelineTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    update([](WriteTx& tx) {
      tx.create_bucket("small").value().put("k", "v").value();
      auto large = tx.create_bucket("large").value();
      for (int i = 0; i < 100; ++i) large.put(std::to_string(i), std::string(100, 'v')).value();
    });
  }
  // Everything that one can do with a bucket whose transaction has ended.
  static void expect_closed(const Bucket& bucket) {
    EXPECT_EQ(code(bucket.get("k")), Errc::closed);
    EXPECT_EQ(code(bucket.entry("k")), Errc::closed);
    EXPECT_EQ(code(bucket.bucket("k")), Errc::closed);
    EXPECT_EQ(code(bucket.descend({"k"})), Errc::closed);
    EXPECT_EQ(code(bucket.sequence()), Errc::closed);
    EXPECT_EQ(code(bucket.cursor()), Errc::closed);
    EXPECT_EQ(code(bucket.for_each([](const Entry&) -> Result<void> { return {}; })), Errc::closed);
    const auto visit = [](std::string_view, const Bucket&) -> Result<void> { return {}; };
    EXPECT_EQ(code(bucket.for_each_bucket(visit)), Errc::closed);
  }
  static void expect_closed(MutableBucket& bucket) {
    expect_closed(static_cast<const Bucket&>(bucket));
    EXPECT_EQ(code(bucket.put("k", "v")), Errc::closed);
    EXPECT_EQ(code(bucket.put_if("k", "v", 0)), Errc::closed);
    EXPECT_EQ(code(bucket.erase("k")), Errc::closed);
    EXPECT_EQ(code(bucket.bucket("k")), Errc::closed);
    EXPECT_EQ(code(bucket.descend({"k"})), Errc::closed);
    EXPECT_EQ(code(bucket.create_path({"k"})), Errc::closed);
    EXPECT_EQ(code(bucket.create_bucket("k")), Errc::closed);
    EXPECT_EQ(code(bucket.create_bucket_if_not_exists("k")), Errc::closed);
    EXPECT_EQ(code(bucket.delete_bucket("k")), Errc::closed);
    EXPECT_EQ(code(bucket.move_bucket("k", bucket, "l")), Errc::closed);
    EXPECT_EQ(code(bucket.next_sequence()), Errc::closed);
    EXPECT_EQ(code(bucket.set_sequence(1)), Errc::closed);
  }
  static void expect_closed(BucketCursor& cursor) {
    EXPECT_EQ(code(cursor.first()), Errc::closed);
    EXPECT_EQ(code(cursor.last()), Errc::closed);
    EXPECT_EQ(code(cursor.next()), Errc::closed);
    EXPECT_EQ(code(cursor.prev()), Errc::closed);
    EXPECT_EQ(code(cursor.seek("k")), Errc::closed);
  }
};

TEST_F(LifelineTest, what_leaves_a_view_is_closed) {
  std::vector<Bucket> buckets;
  std::vector<std::unique_ptr<BucketCursor>> cursors;
  view([&](const ReadTx& tx) {
    for (const char* name : {"small", "large"}) {
      buckets.push_back(*tx.bucket(name).value());
      cursors.push_back(buckets.back().cursor().value());
      cursors.back()->first().value();
    }
  });
  for (const Bucket& bucket : buckets) expect_closed(bucket);
  for (const auto& cursor : cursors) expect_closed(*cursor);
}

TEST_F(LifelineTest, a_transaction_that_ends_under_a_visit_ends_it) {
  for (const char* name : {"small", "large"}) {
    auto tx = db().begin_read().value();
    const Bucket bucket = *tx->bucket(name).value();
    const auto visit = [&](const Entry&) -> Result<void> {
      tx.reset();
      return {};
    };
    EXPECT_EQ(code(bucket.for_each(visit)), Errc::closed) << name;
  }
}

TEST_F(LifelineTest, what_leaves_an_update_is_closed) {
  std::vector<MutableBucket> buckets;
  std::vector<std::unique_ptr<BucketCursor>> cursors;
  update([&](WriteTx& tx) {
    for (const char* name : {"small", "large"}) {
      buckets.push_back(*tx.bucket(name).value());
      cursors.push_back(buckets.back().cursor().value());
      cursors.back()->first().value();
    }
  });
  for (MutableBucket& bucket : buckets) expect_closed(bucket);
  for (const auto& cursor : cursors) expect_closed(*cursor);
}

TEST_F(LifelineTest, what_leaves_a_savepoint_is_closed_while_its_transaction_goes_on) {
  for (const bool kept : {true, false}) {
    std::vector<MutableBucket> buckets;
    std::vector<std::unique_ptr<BucketCursor>> cursors;
    update([&](WriteTx& tx) {
      const auto done = tx.savepoint([&](WriteTx& inner) -> Result<void> {
        for (const char* name : {"small", "large"}) {
          buckets.push_back(*inner.bucket(name).value());
          buckets.back().put("new", "v").value();
          cursors.push_back(buckets.back().cursor().value());
          cursors.back()->first().value();
        }
        if (kept) return {};
        return Error(Errc::conflict, "test", "undo");
      });
      EXPECT_EQ(done.has_value(), kept);
      for (MutableBucket& bucket : buckets) expect_closed(bucket);
      for (const auto& cursor : cursors) expect_closed(*cursor);
      tx.bucket("large").value()->put("after", "v").value();
    });
    EXPECT_EQ(value("large", "after"), "v");
  }
}

TEST_F(LifelineTest, what_came_before_a_renewal_is_closed) {
  auto tx = db().begin_read().value();
  const Bucket bucket = *tx->bucket("large").value();
  const auto cursor = bucket.cursor().value();
  cursor->first().value();
  update([](WriteTx& writer) { writer.create_bucket("another").value(); });
  ASSERT_TRUE(db().renew(tx));
  expect_closed(bucket);
  expect_closed(*cursor);
}

TEST_F(LifelineTest, a_bucket_of_the_wrong_transaction_is_no_target) {
  std::optional<MutableBucket> ended;
  update([&](WriteTx& tx) { ended = *tx.bucket("large").value(); });
  update([&](WriteTx& tx) {
    auto root = tx.root();
    EXPECT_EQ(code(root.move_bucket("small", *ended, "k")), Errc::closed);
  });
}

TEST_F(LifelineTest, a_bucket_that_was_moved_from_is_closed) {
  view([&](const ReadTx& tx) {
    Bucket bucket = *tx.bucket("small").value();
    const Bucket taken = std::move(bucket);
    EXPECT_EQ(taken.get("k").value(), "v");
    expect_closed(bucket);  // NOLINT(bugprone-use-after-move): that is the case
  });
}

TEST_F(LifelineTest, a_store_that_was_never_opened_is_closed) {
  const Db never;
  EXPECT_EQ(code(never.view([](const ReadTx&) -> Result<void> { return {}; })), Errc::closed);
  EXPECT_EQ(code(never.update([](WriteTx&) -> Result<void> { return {}; })), Errc::closed);
  EXPECT_EQ(code(never.submit([](WriteTx&) -> Result<int> { return 1; }).get()), Errc::closed);
  EXPECT_EQ(code(never.begin_read()), Errc::closed);
  EXPECT_EQ(code(never.sync()), Errc::closed);
  EXPECT_EQ(code(never.stats()), Errc::closed);
  never.diagnose({});
  EXPECT_FALSE(never.stats().error().advice().empty());
}

}  // namespace
}  // namespace bayplan::metadata
