// on_commit hooks of transactions that are not durable at once.
#include "delayed_hooks.h"

#include <future>

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

const WriteOptions kWeak{.durability = Durability::no_metasync};

class Weak : public StoreTest {
 protected:
  using Names = std::vector<std::string>;
  Result<void> write(const std::string& name, const WriteOptions& options = {}) {
    return db().update(body(name), options);
  }
  std::function<Result<void>(WriteTx&)> body(const std::string& name) {
    return [this, name](WriteTx& tx) -> Result<void> {
      tx.on_commit([this, name] { ran_.push_back(name); });
      BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("widgets"));
      return bucket.put(name, "v");
    };
  }
  Names ran_;
};

TEST_F(Weak, hooks_wait_for_sync) {
  ASSERT_TRUE(write("a", kWeak));
  ASSERT_TRUE(write("b", kWeak));
  EXPECT_TRUE(value("widgets", "a")) << "visible at once";
  EXPECT_EQ(ran_, Names{});
  ASSERT_TRUE(db().sync());
  EXPECT_EQ(ran_, (Names{"a", "b"}));
  ASSERT_TRUE(db().sync());
  EXPECT_EQ(ran_, (Names{"a", "b"})) << "once";
}

TEST_F(Weak, hooks_wait_for_the_next_full_commit_that_changes_something) {
  ASSERT_TRUE(write("a", kWeak));
  ASSERT_TRUE(db().update([](WriteTx&) -> Result<void> { return {}; }));
  EXPECT_FALSE(db().update([](WriteTx& tx) -> Result<void> {
    tx.create_bucket("undone").value();
    return Error(Errc::cancelled, "test", {});
  }));
  EXPECT_EQ(ran_, Names{});
  ASSERT_TRUE(write("b"));
  EXPECT_EQ(ran_, (Names{"a", "b"}));
}

TEST_F(Weak, hooks_wait_for_the_closing_at_the_latest) {
  ASSERT_TRUE(write("a", kWeak));
  close();
  EXPECT_EQ(ran_, Names{"a"});
}

TEST_F(Weak, a_hook_at_the_closing_cannot_open_the_store) {
  std::optional<Errc> opened;
  ASSERT_TRUE(db().update(
      [&](WriteTx& tx) -> Result<void> {
        tx.on_commit([&] { opened = code(Db::open(path())); });
        tx.create_bucket("widgets").value();
        return {};
      },
      kWeak));
  close();
  EXPECT_EQ(opened, Errc::failed_precondition);
  reopen();
}

TEST_F(Weak, hooks_of_a_failed_transaction_never_run) {
  EXPECT_FALSE(db().update(
      [&](WriteTx& tx) -> Result<void> {
        BAYPLAN_TRY(body("a")(tx));
        return Error(Errc::cancelled, "test", {});
      },
      kWeak));
  ASSERT_TRUE(db().sync());
  EXPECT_EQ(ran_, Names{});
}

TEST_F(Weak, a_group_is_as_durable_as_its_strongest_member) {
  const auto group = [&](Durability last) {
    std::promise<void> inside;
    std::promise<void> go;
    auto first = db().submit(
        [&](WriteTx&) -> Result<void> {
          inside.set_value();
          go.get_future().wait();
          return {};
        },
        Durability::no_metasync);
    inside.get_future().wait();
    auto second = db().submit(body("second"), Durability::no_metasync);
    auto third = db().submit(body("third"), last);
    go.set_value();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    EXPECT_TRUE(third.get());
  };
  group(Durability::no_metasync);
  EXPECT_EQ(ran_, Names{});
  group(Durability::full);
  EXPECT_EQ(ran_, (Names{"second", "third", "second", "third"}));
}

TEST_F(Weak, sync_is_not_for_read_only_handles) {
  EXPECT_EQ(code(Db::open(path(), {.read_only = true}).value().sync()), Errc::read_only);
}

}  // namespace
}  // namespace bayplan::metadata
