// How large a store may become.
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class Space : public StoreTest {
 protected:
  Result<void> put(const Db& db, const std::string& key, std::size_t size) {
    return db.update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("widgets"));
      return bucket.put(key, std::string(size, 'x'));
    });
  }
};

TEST_F(Space, MaxSizeNotExceeded) {
  constexpr std::uint64_t kCap = std::uint64_t{2} << 20;
  close();
  const auto capped = Db::open(path(), {.max_bytes = kCap}).value();
  int keys = 0;
  Result<void> refused;
  while ((refused = put(capped, std::to_string(keys), 10000))) ++keys;
  EXPECT_EQ(code(refused), Errc::too_large);
  EXPECT_GT(keys, 100);
  EXPECT_LE(capped.stats().value().file_bytes, kCap + (std::uint64_t{1} << 20));
  EXPECT_EQ(code(put(capped, "again", 10000)), Errc::too_large) << "the store stays usable";
  const auto present = capped.view([&](const ReadTx& tx) -> Result<int> {
    return static_cast<int>(keys_of(*tx.bucket("widgets").value()).size());
  });
  EXPECT_EQ(present.value(), keys);
  // What is deleted makes room.
  for (int key = 0; key < keys; key += 2) {
    const auto erased =
        capped.update([&](WriteTx& tx) { return tx.bucket("widgets").value()->erase(std::to_string(key)); },
                      {.reclaiming = true});
    ASSERT_TRUE(erased) << erased.error().to_string();
  }
  EXPECT_TRUE(put(capped, "more", 10000));
}

TEST_F(Space, MaxSizeExceededCanOpen) {
  ASSERT_TRUE(put(db(), "large", std::size_t{3} << 20));
  close();
  const auto capped = Db::open(path(), {.max_bytes = std::uint64_t{1} << 20}).value();
  EXPECT_EQ(code(put(capped, "more", 10000)), Errc::too_large);
  const auto size = capped.view([](const ReadTx& tx) -> Result<std::size_t> {
    return tx.bucket("widgets").value()->get("large").value()->size();
  });
  EXPECT_EQ(size.value(), std::size_t{3} << 20);
  const auto erased = capped.update([](WriteTx& tx) { return tx.bucket("widgets").value()->erase("large"); },
                                    {.reclaiming = true});
  EXPECT_TRUE(erased) << erased.error().to_string();
  EXPECT_TRUE(put(capped, "more", 10000));
}

TEST_F(Space, a_value_beyond_the_cap_is_refused_and_nothing_is_lost) {
  close();
  const auto capped = Db::open(path(), {.max_bytes = std::uint64_t{2} << 20}).value();
  ASSERT_TRUE(put(capped, "small", 100));
  EXPECT_EQ(code(put(capped, "huge", std::size_t{8} << 20)), Errc::too_large);
  EXPECT_TRUE(put(capped, "after", 100));
}

TEST_F(Space, the_map_grows_by_itself) {
  close();
  const auto small = Db::open(path(), {.map_bytes = std::uint64_t{1} << 20}).value();
  for (int key = 0; key < 400; ++key) {
    const auto written = put(small, std::to_string(key), 20000);
    ASSERT_TRUE(written) << key << ": " << written.error().to_string();
  }
  EXPECT_GT(small.stats().value().map_bytes, std::uint64_t{8} << 20);
}

TEST_F(Space, the_map_does_not_move_under_a_reader) {
  close();
  const auto small = Db::open(path(), {.map_bytes = std::uint64_t{1} << 20}).value();
  ASSERT_TRUE(put(small, "first", 1000));
  {
    const auto reader = small.begin_read().value();
    const auto value = *reader->bucket("widgets").value()->get("first").value();
    int key = 0;
    while (put(small, std::to_string(key), 20000)) ++key;  // until the map is full
    EXPECT_EQ(value, std::string(1000, 'x'));
  }
  EXPECT_TRUE(put(small, "after", 20000)) << "nothing stands on the map any more";
}

}  // namespace
}  // namespace bayplan::metadata
