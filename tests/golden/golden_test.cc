// Stores that older releases wrote open, say what they said, and can be changed.
#include <gtest/gtest.h>

#include <filesystem>

#include "bayplan/metadata/check.h"
#include "bayplan/metadata/digest.h"
#include "bayplan/metadata/schema.h"
#include "contents.h"
#include "migrations.h"
#include "support/temp_dir.h"

namespace bayplan::metadata {
namespace {

class Golden : public ::testing::Test {
 protected:
  // A copy of the store in the repository.
  Db golden(const char* which) {
    const auto copy = dir_.path() / which;
    std::filesystem::create_directory(copy);
    std::filesystem::copy_file(std::filesystem::path(GOLDEN_DIRECTORY) / which / "data.mdb",
                               copy / "data.mdb");
    return Db::open(copy, {.create = false}).value();
  }
  Db fresh(void (*fill)(const Db&)) {
    Db db = Db::open(dir_.path() / "fresh").value();
    fill(db);
    return db;
  }
  static Digest digest(const Db& db) {
    return db.view([](const ReadTx& tx) { return logical_digest(root_bucket(tx)); }).value();
  }

  test::TempDir dir_;
};

TEST_F(Golden, format_1_says_what_it_said) {
  const Db old = golden("format-1");
  EXPECT_TRUE(check(old, {}).value().clean());
  EXPECT_EQ(digest(old), digest(fresh(test::fill_format_1)));
  const auto revisions = old.view([](const ReadTx& tx) -> Result<std::vector<std::uint64_t>> {
    const auto records = *tx.bucket("records").value();
    return std::vector{tx.revision(), records.entry("record 1").value()->revision,
                       records.entry("record 8").value()->revision};
  });
  EXPECT_EQ(revisions.value(), (std::vector<std::uint64_t>{2, 1, 2}));
}

TEST_F(Golden, format_1_can_be_changed) {
  const Db old = golden("format-1");
  const Db now = fresh(test::fill_format_1);
  for (const Db* db : {&old, &now}) {
    db->update([](WriteTx& tx) -> Result<void> {
        auto records = *tx.bucket("records").value();
        records.delete_bucket("spilled").value();
        for (int n = 10; n < 30; ++n) {
          auto record = *records.bucket("record " + std::to_string(n)).value();
          record.put("grown", std::string(static_cast<std::size_t>(n) * 40, 'g')).value();
        }
        records.erase(std::string(1005, 'k')).value();
        return {};
      }).value();
    EXPECT_TRUE(check(*db, {}).value().clean());
  }
  EXPECT_EQ(digest(old), digest(now));
}

TEST_F(Golden, schema_0_is_migrated) {
  const Db old = golden("schema-0");
  EXPECT_EQ(digest(old), digest(fresh(test::fill_schema_0)));
  old.update([](WriteTx& tx) { return migrate(tx); }).value();
  EXPECT_TRUE(check(old, {}).value().clean());
  const auto names = old.view([](const ReadTx& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> found;
    BAYPLAN_ASSIGN(const auto images, root_bucket(tx).descend({"v1", "default", "images"}));
    BAYPLAN_TRY(images->for_each([&](const Entry& entry) -> Result<void> {
      found.emplace_back(entry.key);
      return {};
    }));
    return found;
  });
  EXPECT_EQ(names.value(), (std::vector<std::string>{"docker.io/library/alpine:3",
                                                     "docker.io/library/redis:7", "localhost/own:latest"}));
}

}  // namespace
}  // namespace bayplan::metadata
