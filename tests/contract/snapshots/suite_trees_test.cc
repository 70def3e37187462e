// The cases of containerd's suite for snapshotters that are about files, by its names.
#include <unistd.h>

#include "snapshotter_contract.h"

namespace bayplan::snapshots {
namespace {

using testing::IsEmpty;

class SnapshotterTrees : public SnapshotterContract {};

INSTANTIATE_TEST_SUITE_P(Drivers, SnapshotterTrees, every_driver(), driver_name);

TEST_P(SnapshotterTrees, Basic) {
  layer("one", "", [](const auto& root) {
    write_file(root / "foo", "foo\n");
    std::filesystem::create_directories(root / "a/b/c");
  });
  layer("two", "one", [](const auto& root) {
    EXPECT_EQ(read_file(root / "foo"), "foo\n");
    write_file(root / "bar", "bar\n");
    std::filesystem::remove(root / "foo");
  });
  look("two", [](const auto& root) {
    EXPECT_EQ(read_file(root / "bar"), "bar\n");
    EXPECT_FALSE(std::filesystem::exists(root / "foo"));
    EXPECT_TRUE(std::filesystem::exists(root / "a/b/c"));
  });
  EXPECT_EQ(store.stat("two")->parent, "one");
  ASSERT_EQ(words(store.view("view", "two")), "");
  EXPECT_EQ(outcome(store.remove("two")), "in_use");
  EXPECT_EQ(outcome(store.remove("view")), "ok");
  EXPECT_EQ(outcome(store.remove("two")), "ok");
  EXPECT_EQ(outcome(store.remove("one")), "ok");
  EXPECT_THAT(store.keys(), IsEmpty());
}

TEST_P(SnapshotterTrees, LayerFileupdate) {
  std::string parent;
  for (int i = 1; i <= 5; ++i) {
    const std::string content = "content " + std::to_string(i);
    layer("l" + std::to_string(i), parent, [&](const auto& root) { write_file(root / "file", content); });
    parent = "l" + std::to_string(i);
    look(parent, [&](const auto& root) { EXPECT_EQ(read_file(root / "file"), content); });
  }
}

TEST_P(SnapshotterTrees, RemoveDirectoryInLowerLayer) {
  layer("one", "", [](const auto& root) {
    std::filesystem::create_directory(root / "dir");
    write_file(root / "dir/old", "old");
  });
  layer("two", "one", [](const auto& root) { std::filesystem::remove_all(root / "dir"); });
  layer("three", "two", [](const auto& root) {
    EXPECT_FALSE(std::filesystem::exists(root / "dir"));
    std::filesystem::create_directory(root / "dir");
    write_file(root / "dir/new", "new");
  });
  look("three", [](const auto& root) {
    EXPECT_TRUE(std::filesystem::exists(root / "dir/new"));
    EXPECT_FALSE(std::filesystem::exists(root / "dir/old"));
  });
}

TEST_P(SnapshotterTrees, Chown) {
  layer("one", "", [](const auto& root) {
    write_file(root / "file", "x");
    ASSERT_EQ(::chown((root / "file").c_str(), 1, 1), 0);
  });
  layer("two", "one", [](const auto& root) { ASSERT_EQ(::chown((root / "file").c_str(), 2, 2), 0); });
  look("two", [](const auto& root) {
    struct stat info {};
    ASSERT_EQ(::stat((root / "file").c_str(), &info), 0);
    EXPECT_EQ(info.st_uid, 2u);
    EXPECT_EQ(info.st_gid, 2u);
  });
}

TEST_P(SnapshotterTrees, DirectoryPermissionOnCommit) {
  layer("one", "", [](const auto& root) {
    for (const mode_t mode : {0700u, 0755u, 01777u, 02775u}) {
      const auto path = root / std::to_string(mode);
      std::filesystem::create_directory(path);
      ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    }
  });
  look("one", [](const auto& root) {
    for (const mode_t mode : {0700u, 0755u, 01777u, 02775u}) {
      EXPECT_EQ(mode_of(root / std::to_string(mode)), mode);
    }
  });
}

TEST_P(SnapshotterTrees, DeletedFilesInChildSnapshot) {
  layer("one", "", [](const auto& root) {
    write_file(root / "kept", "1");
    write_file(root / "gone", "2");
  });
  layer("two", "one", [](const auto& root) { std::filesystem::remove(root / "gone"); });
  look("two", [](const auto& root) {
    EXPECT_TRUE(std::filesystem::exists(root / "kept"));
    EXPECT_FALSE(std::filesystem::exists(root / "gone"));
  });
  look("one", [](const auto& root) { EXPECT_TRUE(std::filesystem::exists(root / "gone")); });
}

TEST_P(SnapshotterTrees, MoveFileFromLowerLayer) {
  layer("one", "", [](const auto& root) {
    std::filesystem::create_directory(root / "dir");
    write_file(root / "dir/file", "moved");
  });
  layer("two", "one",
        [](const auto& root) { std::filesystem::rename(root / "dir/file", root / "dir/elsewhere"); });
  look("two", [](const auto& root) {
    EXPECT_EQ(read_file(root / "dir/elsewhere"), "moved");
    EXPECT_FALSE(std::filesystem::exists(root / "dir/file"));
  });
}

TEST_P(SnapshotterTrees, ViewReadonly) {
  ASSERT_EQ(words(store.commit_empty("one")), "");
  ASSERT_EQ(words(store.commit_empty("two", "one")), "");
  for (const char* const parent : {"", "one", "two"}) {
    look(parent, [&](const auto& root) {
      EXPECT_EQ(::mkdir((root / "new").c_str(), 0700), -1) << parent;
      EXPECT_EQ(errno, EROFS) << parent;
    });
  }
}

TEST_P(SnapshotterTrees, RootPermission) {
  layer("one", "", [](const auto& root) { EXPECT_EQ(mode_of(root), 0755u); });
  layer("two", "one", [](const auto& root) {
    EXPECT_EQ(mode_of(root), 0755u);
    ASSERT_EQ(::chmod(root.c_str(), 01711), 0);
    ASSERT_EQ(::chown(root.c_str(), 5, 6), 0);
  });
  ASSERT_EQ(words(store.prepare("three", "two")), "");
  const Mounted mounted(store, "three");
  EXPECT_EQ(mode_of(mounted.path()), 01711u);
  struct stat info {};
  ASSERT_EQ(::stat(mounted.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 5u);
  EXPECT_EQ(info.st_gid, 6u);
}

// A directory of a lower layer cannot be renamed on overlay (redirect_dir is off); one of its own layer can,
// and files everywhere.
TEST_P(SnapshotterTrees, Rename) {
  layer("one", "", [](const auto& root) {
    std::filesystem::create_directory(root / "lower");
    write_file(root / "lower/file", "lower");
  });
  layer("two", "one", [](const auto& root) {
    std::filesystem::create_directory(root / "made");
    write_file(root / "made/file", "made");
    std::filesystem::rename(root / "made", root / "renamed");
    std::filesystem::rename(root / "lower/file", root / "renamed/other");
    const bool overlay = std::string_view(GetParam()) == "overlay";
    EXPECT_EQ(::rename((root / "lower").c_str(), (root / "moved").c_str()), overlay ? -1 : 0);
    if (overlay) {
      EXPECT_EQ(errno, EXDEV);
    }
  });
  look("two", [](const auto& root) {
    EXPECT_FALSE(std::filesystem::exists(root / "made"));
    EXPECT_EQ(read_file(root / "renamed/file"), "made");
    EXPECT_EQ(read_file(root / "renamed/other"), "lower");
  });
}

TEST_P(SnapshotterTrees, 128LayersMount) {
  std::string parent;
  for (int i = 0; i < 128; ++i) {
    const std::string name = "l" + std::to_string(i);
    layer(name, parent, [&](const auto& root) {
      write_file(root / name, name);
      write_file(root / "shared", name);
      if (i > 0 && i % 2 == 0) std::filesystem::remove(root / ("l" + std::to_string(i - 1)));
    });
    parent = name;
  }
  look(parent, [&](const auto& root) {
    EXPECT_EQ(read_file(root / "shared"), parent);
    for (int i = 0; i < 128; ++i) {
      const std::string name = "l" + std::to_string(i);
      const bool removed = i % 2 == 1 && i != 127;
      EXPECT_EQ(std::filesystem::exists(root / name), !removed) << name;
      EXPECT_EQ(read_file(root / name), removed ? "" : name);
    }
  });
}

}  // namespace
}  // namespace bayplan::snapshots
