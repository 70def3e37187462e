#include "bayplan/metadata/store_root.h"

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "child_process.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class StoreRootTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return dir_.path() / "store"; }
  std::vector<std::string> names() const {
    return file::list(file::open_dir(path()).value().get(), "test").value();
  }
  void write(const std::string& name, std::string_view text) const {
    file::replace_durably(file::open_dir(path()).value().get(), name, text).value();
  }
  std::string marker() const {
    return file::read_file(file::open_dir(path()).value().get(), "store.json", 1000).value();
  }

 private:
  test::TempDir dir_;
};
using Names = std::vector<std::string>;

TEST_F(StoreRootTest, is_created_and_found_again) {
  std::string uuid;
  {
    const auto store = open_store_root(path());
    ASSERT_TRUE(store) << store.error().to_string();
    EXPECT_EQ(store->path, path());
    uuid = store->uuid;
  }
  EXPECT_EQ(names(), (Names{"containers", "content", "metadata", "snapshots", "store.json"}));
  EXPECT_EQ(marker(), R"({"layout":1,"uuid":")" + uuid + R"("})");
  EXPECT_EQ(open_store_root(path().string() + "/").value().uuid, uuid);
  EXPECT_EQ(std::filesystem::status(path()).permissions(), std::filesystem::perms(0700));
}

TEST_F(StoreRootTest, a_crash_at_any_point_of_the_creation_is_completed) {
  for (const auto point : {fault::Point::create_store_env_committed, fault::Point::create_store_env_renamed,
                           fault::Point::create_store_before_marker}) {
    std::filesystem::remove_all(path());
    const int status = run_in_child([&] {
      fault::arm([&](fault::Point reached) -> std::optional<Error> {
        if (reached == point) ::_exit(7);
        return {};
      });
      return open_store_root(path()) ? 0 : 1;
    });
    EXPECT_EQ(status, 7);
    EXPECT_FALSE(std::filesystem::exists(path() / "store.json"));
    const auto store = open_store_root(path());
    ASSERT_TRUE(store) << store.error().to_string();
    EXPECT_EQ(names(), (Names{"containers", "content", "metadata", "snapshots", "store.json"}));
  }
}

TEST_F(StoreRootTest, a_foreign_directory_is_left_alone) {
  std::filesystem::create_directories(path() / "precious");
  EXPECT_EQ(code(open_store_root(path())), Errc::invalid_argument);
  EXPECT_EQ(names(), Names{"precious"});
}

TEST_F(StoreRootTest, a_new_ext4_volume_becomes_a_store) {
  std::filesystem::create_directories(path() / "lost+found");
  EXPECT_TRUE(open_store_root(path()));
}

TEST_F(StoreRootTest, a_file_is_no_store) {
  EXPECT_EQ(code(open_store_root("/proc/self/status")), Errc::invalid_argument);
  EXPECT_EQ(code(open_store_root("")), Errc::invalid_argument);
}

TEST_F(StoreRootTest, is_created_only_when_asked) {
  EXPECT_EQ(code(open_store_root(path(), {.create = false})), Errc::not_found);
  EXPECT_EQ(code(open_store_root(path(), {.read_only = true})), Errc::not_found);
  EXPECT_FALSE(std::filesystem::exists(path()));
  std::filesystem::create_directories(path() / "metadata");
  EXPECT_EQ(code(open_store_root(path(), {.create = false})), Errc::not_found);
}

TEST_F(StoreRootTest, opens_read_only) {
  ASSERT_TRUE(open_store_root(path()));
  const auto store = open_store_root(path(), {.read_only = true});
  ASSERT_TRUE(store) << store.error().to_string();
  EXPECT_EQ(code(store->db.update([](WriteTx&) -> Result<void> { return {}; })), Errc::read_only);
}

TEST_F(StoreRootTest, a_newer_layout_is_refused) {
  const std::string uuid = open_store_root(path()).value().uuid;
  write("store.json", R"({"layout":2,"uuid":")" + uuid + R"("})");
  EXPECT_EQ(code(open_store_root(path())), Errc::version_mismatch);
}

TEST_F(StoreRootTest, damage_of_the_marker_is_named) {
  ASSERT_TRUE(open_store_root(path()));
  for (const char* text : {"", "{", R"({"layout":1})", R"({"layout":1,"uuid":"another"})"}) {
    write("store.json", text);
    EXPECT_EQ(code(open_store_root(path())), Errc::corrupt) << text;
  }
}

TEST_F(StoreRootTest, lost_metadata_are_not_replaced_by_empty_ones) {
  ASSERT_TRUE(open_store_root(path()));
  std::filesystem::remove_all(path() / "metadata");
  EXPECT_EQ(code(open_store_root(path())), Errc::corrupt);
  EXPECT_FALSE(std::filesystem::exists(path() / "metadata"));
}

TEST_F(StoreRootTest, a_newer_schema_is_refused) {
  {
    const auto store = open_store_root(path()).value();
    store.db
        .update([](WriteTx& tx) -> Result<void> {
          create_namespace_bucket(tx, "default", {}).value();
          return tx.bucket(schema::kRoot).value()->put(schema::kVersion, codec::encode_varint(5));
        })
        .value();
  }
  EXPECT_EQ(code(open_store_root(path())), Errc::version_mismatch);
}

TEST_F(StoreRootTest, many_processes_create_one) {
  std::vector<pid_t> children;
  for (int i = 0; i < 5; ++i)
    children.push_back(start_child([&] {
      const auto store = open_store_root(path());
      EXPECT_TRUE(store) << store.error().to_string();
      return store ? 0 : 1;
    }));
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(names(), (Names{"containers", "content", "metadata", "snapshots", "store.json"}));
}

TEST(DefaultRoot, is_absolute) { EXPECT_TRUE(default_root().is_absolute()); }

}  // namespace
}  // namespace bayplan::metadata
