// The files of a containerd root read as one tree.
#include "support/containerd_root.h"

#include <gtest/gtest.h>

#include "bayplan/metadata/file_source.h"
#include "file_look.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class ContainerdRootTest : public testing::Test {
 protected:
  void SetUp() override { test::make_containerd_root(root()); }
  const std::filesystem::path& root() const { return directory_.path(); }
  std::unique_ptr<FileSource> open() const { return open_file_source(root()).value(); }

 private:
  test::TempDir directory_;
};

TEST_F(ContainerdRootTest, is_one_tree) {
  const auto source = open();
  EXPECT_EQ(keys_of(root_bucket(*source)), (std::vector<std::string>{"meta.db", "snapshotter.overlayfs"}));
  std::vector<std::string> alone;
  for (const auto& [key, file] : {std::pair("meta.db/", test::containerd_metadata(root())),
                                  {"snapshotter.overlayfs/", test::containerd_snapshots(root())}}) {
    alone.emplace_back(key);
    for (const std::string& line : look(*open_bolt_file(file).value()).lines) alone.push_back(key + line);
  }
  std::sort(alone.begin(), alone.end());
  EXPECT_EQ(look(*source).lines, alone);
  EXPECT_EQ(problems_of(*source), std::vector<std::string>{});
  EXPECT_TRUE(source->unchanged());
  EXPECT_EQ(source->facts().transaction, 12u);
  EXPECT_EQ(source->files().size(), 2u);
}

TEST_F(ContainerdRootTest, cursors_go_both_ways_and_seek) {
  const auto source = open();
  for (const Bucket& bucket : {root_bucket(*source), *root_bucket(*source).bucket("meta.db").value()}) {
    const auto keys = keys_of(bucket);
    const auto cursor = bucket.cursor().value();
    EXPECT_EQ(key_of(cursor->prev()), "-");
    EXPECT_EQ(key_of(cursor->last()), keys.back());
    for (std::size_t i = keys.size() - 1; i-- > 0;) EXPECT_EQ(key_of(cursor->prev()), keys[i]);
    EXPECT_EQ(key_of(cursor->prev()), "-");
    EXPECT_EQ(key_of(cursor->seek(keys.back())), keys.back());
    EXPECT_EQ(key_of(cursor->next()), "-");
    EXPECT_EQ(key_of(cursor->seek("zzz")), "-");
    EXPECT_EQ(key_of(cursor->prev()), keys.back());
  }
}

TEST_F(ContainerdRootTest, a_file_that_is_none_hides_no_other) {
  write_file(test::containerd_metadata(root()), "no bolt file");
  const auto source = open();
  EXPECT_EQ(source->records(), nullptr);
  EXPECT_NE(source->snapshotter("overlayfs"), nullptr);
  EXPECT_EQ(source->snapshotter("native"), nullptr);
  const Look seen = look(*source);
  ASSERT_EQ(seen.damage.size(), 1u);
  EXPECT_NE(seen.damage.front().find("meta.db"), std::string::npos) << seen.damage.front();
  EXPECT_NE(std::find(seen.lines.begin(), seen.lines.end(), "snapshotter.overlayfs/v1/"), seen.lines.end());
  EXPECT_EQ(problems_of(*source).size(), 1u);
  write_file(test::containerd_snapshots(root()), "neither");
  EXPECT_EQ(code(open_file_source(root())), Errc::corrupt);
}

TEST_F(ContainerdRootTest, damage_in_a_file_is_told_below_its_name) {
  const auto file = test::containerd_snapshots(root());
  std::ifstream in(file, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  const std::size_t key = bytes.find("default/2/work");
  ASSERT_NE(key, std::string::npos);
  bytes[key] = 'a';  // before the key that precedes it
  write_file(file, bytes);
  const auto problems = problems_of(*open());
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems.front().find("snapshotter.overlayfs/v1/snapshots"), 0u) << problems.front();
}

TEST_F(ContainerdRootTest, a_directory_of_something_else_is_none) {
  std::filesystem::create_directory(root() / "other");
  EXPECT_EQ(code(open_file_source(root() / "other")), Errc::invalid_argument);
  EXPECT_EQ(open_file_source(test::containerd_metadata(root()).parent_path()).value()->facts().format,
            "bolt 2");
}

}  // namespace
}  // namespace bayplan::metadata
