// bbolt's Tx_MoveBucket cases, and the two that lose data there.
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class MoveBucket : public StoreTest {};

TEST_F(MoveBucket, normal_case) {
  update([](WriteTx& tx) {
    auto a = tx.create_bucket("a").value();
    auto moved = a.create_bucket("moved").value();
    moved.put("foo", "bar").value();
    moved.create_bucket("sub").value().put("deep", "1").value();
    moved.set_sequence(5).value();
    tx.create_bucket("b").value();
  });
  update([](WriteTx& tx) {
    auto a = *tx.bucket("a").value();
    auto b = *tx.bucket("b").value();
    a.move_bucket("moved", b, "moved").value();
  });
  view([](const ReadTx& tx) {
    EXPECT_TRUE(keys_of(*tx.bucket("a").value()).empty());
    const auto moved = *tx.bucket("b").value()->bucket("moved").value();
    EXPECT_EQ(moved.get("foo").value(), "bar");
    EXPECT_EQ(moved.bucket("sub").value()->get("deep").value(), "1");
    EXPECT_EQ(moved.sequence().value(), 5u);
  });
}

TEST_F(MoveBucket, to_and_from_the_top_level) {
  update([](WriteTx& tx) {
    auto root = tx.root();
    auto a = tx.create_bucket("a").value();
    tx.create_bucket("moved").value().put("foo", "bar").value();
    root.move_bucket("moved", a, "inner").value();
    EXPECT_FALSE(tx.bucket("moved").value().has_value());
    a.move_bucket("inner", root, "outer").value();
    EXPECT_EQ(tx.bucket("outer").value()->get("foo").value(), "bar");
  });
}

TEST_F(MoveBucket, renames_within_one_bucket) {
  update([](WriteTx& tx) {
    auto root = tx.root();
    tx.create_bucket("old").value().put("foo", "bar").value();
    root.move_bucket("old", root, "new").value();
    EXPECT_EQ(keys_of(root), std::vector<std::string>{"new"});
    EXPECT_EQ(code(root.move_bucket("new", root, "new")), Errc::already_exists);
  });
}

TEST_F(MoveBucket, keeps_pending_changes) {
  update([](WriteTx& tx) {
    auto a = tx.create_bucket("a").value();
    auto b = tx.create_bucket("b").value();
    auto moved = a.create_bucket("moved").value();
    for (int i = 0; i < 500; ++i) moved.put("k" + std::to_string(i), std::string(50, 'v')).value();
    a.move_bucket("moved", b, "moved").value();
    moved.put("late", "still a valid handle").value();
  });
  view([](const ReadTx& tx) {
    const auto moved = *tx.bucket("b").value()->bucket("moved").value();
    EXPECT_EQ(keys_of(moved).size(), 501u);
  });
}

TEST_F(MoveBucket, refuses_itself_and_its_descendants) {
  update([](WriteTx& tx) {
    auto root = tx.root();
    auto a = tx.create_bucket("a").value();
    auto b = a.create_bucket("b").value();
    auto c = b.create_bucket(std::string(600, 'c')).value();
    for (MutableBucket* target : {&a, &b, &c}) {
      EXPECT_EQ(code(root.move_bucket("a", *target, "x")), Errc::invalid_argument);
    }
    EXPECT_EQ(keys_of(root), std::vector<std::string>{"a"});
  });
}

TEST_F(MoveBucket, reports_what_stands_in_the_way) {
  update([](WriteTx& tx) {
    auto a = tx.create_bucket("a").value();
    auto b = tx.create_bucket("b").value();
    a.put("plain", "1").value();
    b.put("plain", "1").value();
    a.create_bucket("moved").value();
    b.create_bucket("taken").value();
    EXPECT_EQ(code(a.move_bucket("absent", b, "x")), Errc::not_found);
    EXPECT_EQ(code(a.move_bucket("plain", b, "x")), Errc::failed_precondition);
    EXPECT_EQ(code(a.move_bucket("moved", b, "taken")), Errc::already_exists);
    EXPECT_EQ(code(a.move_bucket("moved", b, "plain")), Errc::failed_precondition);
    EXPECT_EQ(code(a.move_bucket("moved", b, "")), Errc::invalid_argument);
  });
}

TEST_F(MoveBucket, refuses_another_transaction) {
  const test::TempDir other_dir;
  const auto other = Db::open(other_dir.path() / "metadata").value();
  update([&](WriteTx& tx) {
    auto root = tx.root();
    tx.create_bucket("a").value();
    other
        .update([&](WriteTx& other_tx) -> Result<void> {
          auto target = other_tx.create_bucket("b").value();
          EXPECT_EQ(code(root.move_bucket("a", target, "x")), Errc::invalid_argument);
          return {};
        })
        .value();
  });
}

TEST_F(MoveBucket, between_long_keys_that_share_a_chain) {
  const std::string stem(600, 'k');
  update([&](WriteTx& tx) {
    auto root = tx.root();
    tx.create_bucket(stem + "1").value().put("foo", "bar").value();
    root.move_bucket(stem + "1", root, stem + "2").value();
  });
  view([&](const ReadTx& tx) {
    EXPECT_EQ(keys_of(root_bucket(tx)), std::vector<std::string>{stem + "2"});
    EXPECT_EQ(tx.bucket(stem + "2").value()->get("foo").value(), "bar");
  });
}

}  // namespace
}  // namespace bayplan::metadata
