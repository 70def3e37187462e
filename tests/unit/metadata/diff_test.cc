#include "bayplan/metadata/diff.h"

#include <gmock/gmock.h>

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Words = std::vector<std::string>;

std::string joined(KeyPath path) {
  std::string all;
  for (const std::string_view key : path) all.append("/").append(key);
  return all;
}

class Diff : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    stand();
  }
  void TearDown() override {
    older_.reset();
    StoreTest::TearDown();
  }
  /// What comes is compared with this moment.
  void stand() { older_ = db().begin_read().value(); }

  Words differences(std::function<DiffDepth(KeyPath)> depth = {}) {
    Words words;
    const auto newer = db().begin_read().value();
    diff(*older_, *newer,
         {.depth = std::move(depth),
          .difference = [&](const Difference& found) -> Result<void> {
            words.push_back(std::string(to_string(found.change)) + " " + joined(found.path) +
                            (found.is_bucket ? "/" : ""));
            return {};
          }})
        .value();
    return words;
  }
  static void put(WriteTx& tx, std::initializer_list<std::string_view> path, std::string_view key,
                  std::string_view value) {
    tx.root().create_path(path).value().put(key, value).value();
  }
  /// Fills the bucket `name` with so much that it has rows of its own.
  void make_large(std::string_view name, std::size_t keys = 40) {
    update([&](WriteTx& tx) {
      for (std::size_t n = 0; n < keys; ++n)
        put(tx, {name, "many"}, "key" + std::to_string(1000 + n), std::string(100, 'v'));
    });
  }

  std::unique_ptr<const ReadTx> older_;
};

TEST_F(Diff, of_the_same_moment_is_empty) { EXPECT_THAT(differences(), IsEmpty()); }

TEST_F(Diff, tells_values_and_buckets_in_key_order_a_bucket_first) {
  update([](WriteTx& tx) {
    put(tx, {"a"}, "gone", "1");
    put(tx, {"a"}, "same", "1");
    put(tx, {"a"}, "value", "1");
    put(tx, {"b", "old"}, "x", "1");
  });
  stand();
  update([](WriteTx& tx) {
    put(tx, {"a"}, "value", "2");
    tx.root().descend({"a"}).value()->erase("gone").value();
    put(tx, {"a"}, "fresh", "");
    tx.root().descend({"b"}).value()->delete_bucket("old").value();
    put(tx, {"c", "new"}, "y", "1");
  });
  EXPECT_THAT(differences(),
              ElementsAre("created /a/fresh", "removed /a/gone", "updated /a/value", "removed /b/old/",
                          "removed /b/old/x", "created /c/", "created /c/new/", "created /c/new/y"));
}

TEST_F(Diff, does_not_tell_what_was_written_anew_with_the_same_bytes) {
  make_large("a");
  update([](WriteTx& tx) { put(tx, {"small"}, "k", "v"); });
  stand();
  update([](WriteTx& tx) {
    put(tx, {"small"}, "k", "v");
    put(tx, {"a", "many"}, "key1003", std::string(100, 'v'));
    put(tx, {"a", "many"}, "key1004", "w");
  });
  EXPECT_THAT(differences(), ElementsAre("updated /a/many/key1004"));
}

TEST_F(Diff, follows_a_bucket_that_outgrows_its_row) {
  update([](WriteTx& tx) { put(tx, {"a", "many"}, "key1000", std::string(100, 'v')); });
  stand();
  make_large("a", 12);
  const Words words = differences();
  EXPECT_EQ(words.size(), 11u);
  EXPECT_EQ(words.front(), "created /a/many/key1001");
}

TEST_F(Diff, tells_a_value_that_became_a_bucket_as_removed_and_created) {
  update([](WriteTx& tx) { put(tx, {"a"}, "k", "v"); });
  stand();
  update([](WriteTx& tx) {
    tx.root().descend({"a"}).value()->erase("k").value();
    put(tx, {"a", "k"}, "x", "1");
  });
  EXPECT_THAT(differences(), ElementsAre("removed /a/k", "created /a/k/", "created /a/k/x"));
}

// Both were filled by one commit, so the revisions of their rows are the same.
TEST_F(Diff, is_not_misled_by_the_revisions_of_a_bucket_that_another_took_the_place_of) {
  update([&](WriteTx& tx) {
    for (int n = 0; n < 40; ++n) {
      const std::string key = "key" + std::to_string(1000 + n);
      put(tx, {"one"}, key, std::string(100, 'v'));
      put(tx, {"two"}, key, std::string(100, n == 7 ? 'w' : 'v'));
      put(tx, {"one", "in"}, key.substr(0, 5), "1");
      put(tx, {"two", "in"}, key.substr(0, 5), n == 39 ? "2" : "1");
    }
  });
  stand();
  update([](WriteTx& tx) {
    tx.delete_bucket("one").value();
    tx.root().move_bucket("two", tx.root(), "one").value();
  });
  const Words words = differences();
  ASSERT_GE(words.size(), 3u);
  EXPECT_EQ(words[0], "updated /one/in/key10");
  EXPECT_EQ(words[1], "updated /one/key1007");
  EXPECT_EQ(words[2], "removed /two/");
}

TEST_F(Diff, tells_keys_beyond_one_row) {
  const std::string longest(3000, 'k');
  update([&](WriteTx& tx) { put(tx, {"a"}, longest + "1", "v"); });
  stand();
  update([&](WriteTx& tx) {
    put(tx, {"a"}, longest + "2", "v");
    tx.root().descend({"a"}).value()->erase(longest + "1").value();
  });
  EXPECT_THAT(differences(), ElementsAre("removed /a/" + longest + "1", "created /a/" + longest + "2"));
}

TEST_F(Diff, tells_a_bucket_whole_or_skips_it_where_it_is_asked_to) {
  make_large("large");
  update([](WriteTx& tx) {
    put(tx, {"small", "record", "labels"}, "k", "v");
    put(tx, {"small", "record", "links"}, "k", "v");
    put(tx, {"small", "same"}, "k", "v");
    put(tx, {"small", "gone", "labels"}, "k", "v");
  });
  const auto depth = [](KeyPath path) {
    if (path.back() == "links" || path.back() == "skipped") return DiffDepth::skip;
    return path.size() < 2 ? DiffDepth::inside : DiffDepth::whole;
  };
  stand();
  update([](WriteTx& tx) {
    put(tx, {"small", "record", "links"}, "other", "v");
    put(tx, {"skipped"}, "k", "v");
  });
  EXPECT_THAT(differences(depth), IsEmpty());
  update([](WriteTx& tx) {
    put(tx, {"small", "record", "labels"}, "other", "v");
    put(tx, {"large", "many"}, "key1039", "w");
    tx.root().descend({"small"}).value()->delete_bucket("gone").value();
    put(tx, {"small", "made", "labels"}, "k", "v");
  });
  EXPECT_THAT(differences(depth), ElementsAre("updated /large/many/", "removed /small/gone/",
                                              "created /small/made/", "updated /small/record/"));
}

TEST_F(Diff, ends_with_the_visitor_s_error) {
  update([](WriteTx& tx) { put(tx, {"a"}, "k", "v"); });
  const auto newer = db().begin_read().value();
  const auto result = diff(*older_, *newer, {.difference = [](const Difference&) -> Result<void> {
    return Error(Errc::cancelled, "test", {});
  }});
  EXPECT_EQ(code(result), Errc::cancelled);
}

}  // namespace
}  // namespace bayplan::metadata
