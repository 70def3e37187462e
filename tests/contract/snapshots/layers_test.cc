// Directories of layers: what is measured, what is lost, and how many there can be.
#include "snapshotter_contract.h"

namespace bayplan::snapshots {
namespace {

class Layers : public SnapshotterContract {};

INSTANTIATE_TEST_SUITE_P(Drivers, Layers, every_driver(), driver_name);

// Paths of this length leave no room for 300 layers in the page of options that the kernel takes.
TEST(OverlayLayers, a_chain_of_300_mounts_and_reads) {
  SnapshotStore store("overlay");
  std::string parent;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "l" + std::to_string(i);
    ASSERT_EQ(words(store.prepare("active", parent)), "");
    write_file(store.directory(store.stat("active")->directory) / "fs" / name, name);
    ASSERT_EQ(words(store.commit(name, "active")), "");
    parent = name;
  }
  ASSERT_EQ(words(store.prepare("top", parent)), "");
  ASSERT_GT(store.mounts("top")->front().options.at(2).size(), 4096u) << "this proves nothing";
  const Mounted mounted(store, "top");
  for (int i = 0; i < 300; ++i) {
    const std::string name = "l" + std::to_string(i);
    EXPECT_EQ(read_file(mounted / name), name);
  }
  write_file(mounted / "l7", "changed");
  EXPECT_EQ(read_file(mounted / "l7"), "changed");
}

TEST_P(Layers, usage_is_measured_while_active_and_stored_once_committed) {
  ASSERT_EQ(words(store.prepare("key")), "");
  {
    const Mounted mounted(store, "key");
    write_file(mounted / "file", std::string(100'000, 'x'));
    std::filesystem::create_hard_link(mounted / "file", mounted / "other");
  }
  const auto active = store.usage("key");
  ASSERT_EQ(words(active), "");
  EXPECT_EQ(active->inodes, 2u);
  EXPECT_GE(active->bytes, 100'000u);
  EXPECT_LT(active->bytes, 200'000u);
  ASSERT_EQ(words(store.commit("name", "key")), "");
  EXPECT_EQ(*store.usage("name"), *active);
  EXPECT_EQ(store.stat("name")->usage, *active);
  EXPECT_EQ(outcome(store.usage("key")), "not_found");
}

TEST_P(Layers, a_directory_lost_in_an_unclean_boot_is_made_again) {
  layer("one", "", [](const auto& root) {
    write_file(root / "file", "x");
    ASSERT_EQ(::chmod(root.c_str(), 0711), 0);
  });
  for (const std::string parent : {"", "one"}) {
    ASSERT_EQ(words(store.prepare("key", parent)), "");
    std::filesystem::remove_all(store.directory(store.stat("key")->directory));
    {
      const Mounted mounted(store, "key");
      EXPECT_EQ(std::filesystem::exists(mounted / "file"), !parent.empty());
      EXPECT_EQ(mode_of(mounted.path()), parent.empty() ? 0755u : 0711u);
      write_file(mounted / "new", "y");
    }
    const Mounted again(store, "key");
    EXPECT_EQ(read_file(again / "new"), "y");
    ASSERT_EQ(words(store.remove("key")), "");
  }
}

}  // namespace
}  // namespace bayplan::snapshots
