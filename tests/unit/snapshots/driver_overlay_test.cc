#include <gmock/gmock.h>

#include "driver.h"
#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OverlayDriver : public testing::Test {
 protected:
  SnapshotStore store{"overlay"};
  std::string path(const std::string& key, const std::string& part) {
    return (store.directory(store.stat(key).value().directory) / part).string();
  }
};

TEST_F(OverlayDriver, TestOverlayMounts) {
  ASSERT_EQ(words(store.prepare("active")), "");
  ASSERT_EQ(words(store.view("view")), "");
  EXPECT_THAT(*store.mounts("active"), ElementsAre(Mount{"bind", path("active", "fs"), {"rw", "rbind"}}));
  EXPECT_THAT(*store.mounts("view"), ElementsAre(Mount{"bind", path("view", "fs"), {"ro", "rbind"}}));
}

TEST_F(OverlayDriver, TestOverlayOverlayMount) {
  ASSERT_EQ(words(store.commit_empty("base")), "");
  ASSERT_EQ(words(store.prepare("active", "base")), "");
  ASSERT_EQ(words(store.view("view", "base")), "");
  EXPECT_THAT(*store.mounts("active"),
              ElementsAre(Mount{"overlay",
                                "overlay",
                                {"workdir=" + path("active", "work"), "upperdir=" + path("active", "fs"),
                                 "lowerdir=" + path("base", "fs"), "index=off", "redirect_dir=nofollow",
                                 "metacopy=off", "xino=off"}}));
  EXPECT_THAT(*store.mounts("view"), ElementsAre(Mount{"bind", path("base", "fs"), {"ro", "rbind"}}));
}

TEST_F(OverlayDriver, TestOverlayView) {
  ASSERT_EQ(words(store.commit_empty("base")), "");
  ASSERT_EQ(words(store.commit_empty("middle", "base")), "");
  ASSERT_EQ(words(store.prepare("active", "middle")), "");
  ASSERT_EQ(words(store.view("view", "middle")), "");
  const std::string lower = "lowerdir=" + path("middle", "fs") + ":" + path("base", "fs");
  EXPECT_EQ(store.mounts("active")->front().options.at(2), lower);
  EXPECT_THAT(
      *store.mounts("view"),
      ElementsAre(Mount{
          "overlay", "overlay", {lower, "index=off", "redirect_dir=nofollow", "metacopy=off", "xino=off"}}));
}

TEST_F(OverlayDriver, a_fresh_layer_over_others_holds_nothing_of_them) {
  ASSERT_EQ(words(store.prepare("active")), "");
  write_file(std::filesystem::path(path("active", "fs")) / "file", "x");
  ASSERT_EQ(words(store.commit("base", "active")), "");
  ASSERT_EQ(words(store.prepare("upper", "base")), "");
  EXPECT_TRUE(std::filesystem::is_empty(path("upper", "fs")));
  EXPECT_EQ(store.usage("upper")->inodes, 1u);
}

TEST_F(OverlayDriver, a_root_that_would_need_escapes_is_refused) {
  for (const char* const name : {"with:colon", "with,comma", "with\\backslash"}) {
    const auto opened = Snapshotter::open(store.root() / name, "overlay");
    EXPECT_EQ(outcome(opened), "unsupported") << name;
    EXPECT_FALSE(std::filesystem::exists(store.root() / name / "overlay"));
    const auto best = Snapshotter::open_best(store.root() / name);
    ASSERT_EQ(outcome(best), "ok") << name;
    EXPECT_EQ(best->name(), "native");
  }
}

TEST_F(OverlayDriver, is_the_best_where_it_works) {
  const auto best = Snapshotter::open_best(store.root() / "snapshots");
  ASSERT_EQ(outcome(best), "ok");
  EXPECT_EQ(best->name(), "overlay");
  EXPECT_THAT(store.problems(), IsEmpty());
}

TEST_F(OverlayDriver, there_is_no_other_driver) {
  for (const char* const name : {"btrfs", "", "../overlay"}) {
    EXPECT_EQ(outcome(Snapshotter::open(store.root(), name)), "unsupported") << name;
  }
}

}  // namespace
}  // namespace bayplan::snapshots
