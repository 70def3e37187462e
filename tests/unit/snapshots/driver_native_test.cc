#include <gmock/gmock.h>
#include <sys/stat.h>

#include "driver.h"
#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class NativeDriver : public testing::Test {
 protected:
  SnapshotStore store{"native"};
  std::filesystem::path tree(const std::string& key) {
    return store.directory(store.stat(key).value().directory) / "fs";
  }
};

TEST_F(NativeDriver, mounts_are_binds_of_its_own_copy) {
  ASSERT_EQ(words(store.commit_empty("base")), "");
  ASSERT_EQ(words(store.prepare("active", "base")), "");
  ASSERT_EQ(words(store.view("view", "base")), "");
  EXPECT_THAT(*store.mounts("active"), ElementsAre(Mount{"bind", tree("active"), {"rw", "rbind"}}));
  EXPECT_THAT(*store.mounts("view"), ElementsAre(Mount{"bind", tree("view"), {"ro", "rbind"}}));
}

TEST_F(NativeDriver, a_copy_is_whole_independent_and_leaves_no_scratch) {
  ASSERT_EQ(words(store.prepare("active")), "");
  write_file(tree("active") / "one", "1");
  std::filesystem::create_hard_link(tree("active") / "one", tree("active") / "two");
  ASSERT_EQ(words(store.commit("base", "active")), "");
  ASSERT_EQ(words(store.prepare("copy", "base")), "");
  struct stat info {};
  ASSERT_EQ(::stat((tree("copy") / "one").c_str(), &info), 0);
  EXPECT_EQ(info.st_nlink, 2u);
  write_file(tree("copy") / "one", "changed");
  EXPECT_EQ(read_file(tree("base") / "one"), "1");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(tree("copy").parent_path())) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, UnorderedElementsAre("fs"));
}

TEST_F(NativeDriver, a_copy_that_was_cut_short_is_made_anew) {
  ASSERT_EQ(words(store.prepare("active")), "");
  write_file(tree("active") / "file", "content");
  ASSERT_EQ(words(store.commit("base", "active")), "");
  ASSERT_EQ(words(store.prepare("copy", "base")), "");
  const auto directory = tree("copy").parent_path();
  std::filesystem::rename(directory / "fs", directory / "fs.copy");
  std::filesystem::create_directory(directory / "links");
  write_file(directory / "links/0", "old");
  ASSERT_EQ(words(store.mounts("copy")), "");
  EXPECT_EQ(read_file(directory / "fs/file"), "content");
  EXPECT_FALSE(std::filesystem::exists(directory / "links"));
}

}  // namespace
}  // namespace bayplan::snapshots
