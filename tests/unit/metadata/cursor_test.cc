// Rows behind cursors and long keys; what cursors promise is tests/contract/buckets.
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Cursor : public StoreTest {};

TEST_F(Cursor, ErasedLongKeysLeaveNothingBehind) {
  const std::string stem(3000, 'k');
  update([&](WriteTx& tx) {
    auto bucket = tx.create_bucket("widgets").value();
    bucket.put(stem + "a", "1").value();
    bucket.put(stem + "b", "2").value();
    bucket.erase(stem + "a").value();
    EXPECT_EQ(keys_of(bucket), std::vector<std::string>{stem + "b"});
    bucket.erase(stem + "b").value();
    EXPECT_TRUE(keys_of(bucket).empty());
  });
  EXPECT_EQ(db().stats().value().rows, 1u) << "the bucket's own";
}

// Long keys among short ones, buckets of both sorts, and a value.
void fill(WriteTx& tx) {
  auto bucket = tx.create_bucket("widgets").value();
  for (int n = 0; n < 300; ++n) {
    const std::string key = std::to_string(n * 7919 % 1000) + (n % 5 == 0 ? std::string(1500, 'k') : "");
    if (n % 3 == 0) {
      auto inner = bucket.create_bucket_if_not_exists(key).value();
      inner.put("value", std::string(n % 2 == 0 ? 10 : 2000, 'v')).value();
    } else {
      bucket.put(key, "value " + key).value();
    }
  }
}

std::string words_of(const Entry& entry) {
  return std::string(entry.key) + "=" + std::string(entry.value) + (entry.is_bucket ? "/" : ".") +
         std::to_string(entry.revision) +
         (entry.bucket
              ? " " + std::to_string(entry.bucket->id) + std::string(entry.bucket->inline_bytes.value_or("-"))
              : "");
}

void expect_the_same_forwards(const Bucket& bucket) {
  const auto stepping = bucket.cursor().value();
  const auto running = bucket.cursor().value();
  std::optional<Entry> expected = stepping->first().value();
  Entry entry = running->first().value().value();
  std::size_t count = 0;
  for (bool more = true; more; ++count) {
    ASSERT_EQ(words_of(entry), words_of(expected.value()));
    more = running->advance(entry).value();
    expected = stepping->next().value();
    ASSERT_EQ(more, expected.has_value());
  }
  EXPECT_EQ(count, 300u);
  EXPECT_FALSE(running->advance(entry).value()) << "the end stays the end";
  EXPECT_EQ(running->prev().value()->key, stepping->prev().value()->key) << "and where it is";
}

TEST_F(Cursor, AdvancesAsItSteps) {
  update(fill);
  view([](const ReadTx& tx) { expect_the_same_forwards(tx.bucket("widgets").value().value()); });
  update([](WriteTx& tx) { expect_the_same_forwards(tx.bucket("widgets").value().value()); });
}

// Lets every third pass that it is asked about.
class EveryThird final : public InlineTest {
 public:
  bool passes(std::string_view key, std::string_view bytes) override {
    asked.push_back(std::string(key) + "=" + std::string(bytes));
    return asked.size() % 3 == 0;
  }
  std::vector<std::string> asked{};
};

// What advance() answers, without what a test of the same kind refuses.
void expect_the_same_where(const Bucket& bucket, bool tested) {
  const auto plain = bucket.cursor().value();
  const auto where = bucket.cursor().value();
  Entry expected = plain->first().value().value();
  Entry entry = where->first().value().value();
  EveryThird test;
  EveryThird reference;
  const auto refused = [&] {
    return expected.bucket && expected.bucket->inline_bytes &&
           !reference.passes(expected.key, *expected.bucket->inline_bytes);
  };
  while (true) {
    bool more = plain->advance(expected).value();
    while (more && refused()) more = plain->advance(expected).value();
    ASSERT_EQ(where->advance_where(entry, test).value(), more);
    if (!more) break;
    ASSERT_EQ(words_of(entry), words_of(expected));
  }
  EXPECT_EQ(test.asked, reference.asked);
  EXPECT_EQ(!test.asked.empty(), tested);
  EXPECT_EQ(where->prev().value()->key, plain->prev().value()->key) << "where it went past is passed";
}

TEST_F(Cursor, AdvancesToWhatPassesATest) {
  update(fill);
  view([](const ReadTx& tx) { expect_the_same_where(tx.bucket("widgets").value().value(), true); });
  update([](WriteTx& tx) { expect_the_same_where(tx.bucket("widgets").value().value(), false); });
}

TEST_F(Cursor, TurnsAndSeeksAfterItAdvanced) {
  update(fill);
  view([](const ReadTx& tx) {
    const auto cursor = tx.bucket("widgets").value()->cursor().value();
    Entry entry = cursor->first().value().value();
    std::string before;
    for (int n = 0; n < 40; ++n) {
      before = entry.key;
      ASSERT_TRUE(cursor->advance(entry).value());
    }
    const std::string here(entry.key);
    EXPECT_EQ(cursor->prev().value()->key, before);
    EXPECT_EQ(cursor->next().value()->key, here);
    EXPECT_EQ(cursor->seek(before).value()->key, before);
    ASSERT_TRUE(cursor->advance(entry).value());
    EXPECT_EQ(entry.key, here);
  });
}

TEST_F(Cursor, AdvancingAfterTheTransactionAnswersClosed) {
  update(fill);
  std::unique_ptr<BucketCursor> cursor;
  Entry entry;
  view([&](const ReadTx& tx) {
    cursor = tx.bucket("widgets").value()->cursor().value();
    ASSERT_TRUE(cursor->first().value());
    ASSERT_TRUE(cursor->advance(entry).value());
  });
  EXPECT_EQ(cursor->advance(entry).error().code(), Errc::closed);
  EXPECT_EQ(cursor->next().error().code(), Errc::closed);
}

}  // namespace
}  // namespace bayplan::metadata
