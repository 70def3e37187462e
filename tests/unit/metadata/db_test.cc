#include "bayplan/metadata/db.h"

#include <gtest/gtest.h>

#include "support/temp_dir.h"

namespace bayplan::metadata {
namespace {

TEST(Db, stores_and_reopens) {
  const test::TempDir dir;
  const auto path = dir.path() / "metadata";
  {
    auto db = Db::open(path);
    ASSERT_TRUE(db) << db.error().to_string();
    const auto written = db->update([](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto bucket, tx.create_bucket("settings"));
      return bucket.put("colour", "blue");
    });
    ASSERT_TRUE(written) << written.error().to_string();
  }
  auto db = Db::open(path);
  ASSERT_TRUE(db) << db.error().to_string();
  const auto read = db->view([](const ReadTx& tx) -> Result<std::string> {
    BAYPLAN_ASSIGN(const auto bucket, tx.bucket("settings"));
    BAYPLAN_ASSIGN(const auto value, bucket->require("colour"));
    return std::string(value);
  });
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(*read, "blue");
}

}  // namespace
}  // namespace bayplan::metadata
