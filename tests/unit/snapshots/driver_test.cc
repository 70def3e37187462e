// Same layers, same tree, whatever the driver.
#include "driver.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <map>

#include "snapshot_store.h"
#include "support/tar_builder.h"

namespace bayplan::snapshots {
namespace {

using test::TarBuilder;

std::string xattrs_of(const std::filesystem::path& path) {
  std::string names(4096, '\0');
  const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
  EXPECT_GE(size, 0) << path;
  std::map<std::string, std::string> found;
  for (const char* name = names.data(); name < names.data() + size; name += std::strlen(name) + 1) {
    std::string value(4096, '\0');
    const ssize_t bytes = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    found[name] = value.substr(0, static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
  }
  std::string text;
  for (const auto& [name, value] : found) text += ' ' + name + '=' + value;
  return text;
}

std::string describe(const std::filesystem::path& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  std::ostringstream text;
  text << std::oct << info.st_mode << std::dec << ' ' << info.st_uid << ':' << info.st_gid << ' '
       << info.st_rdev << " @" << info.st_mtim.tv_sec << '.' << info.st_mtim.tv_nsec;
  if (S_ISREG(info.st_mode)) text << " \"" << read_file(path) << '"';
  if (S_ISLNK(info.st_mode)) text << " -> " << std::filesystem::read_symlink(path).string();
  text << xattrs_of(path);
  return text.str();
}

using Tree = std::map<std::string, std::string>;

Tree tree_of(const std::filesystem::path& root) {
  Tree tree{{".", describe(root)}};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    tree[entry.path().lexically_relative(root)] = describe(entry.path());
  }
  return tree;
}

/// The tree that `layers` make, one over the other, mounted as a container would.
Tree flatten(const std::string& driver, const std::vector<TarBuilder>& layers) {
  SnapshotStore store(driver);
  std::string parent;
  for (const TarBuilder& layer : layers) {
    auto stage = store.stage(parent);
    EXPECT_EQ(words(stage), "");
    const std::string archive = layer.end();
    MemorySource source(archive);
    EXPECT_EQ(words(stage->apply(source, {}, {})), "") << driver << " layer over " << parent;
    const std::string name = parent + "+";
    EXPECT_EQ(words(store.db().update([&](metadata::WriteTx& tx) {
                return store.snapshotter().add_committed(tx, SnapshotStore::kNs, name, parent,
                                                         std::move(*stage), {}, {}, metadata::referred());
              })),
              "");
    parent = name;
  }
  EXPECT_EQ(words(store.prepare("look", parent)), "");
  const Mounted mounted(store, "look");
  return tree_of(mounted.path());
}

void expect_same(const std::vector<TarBuilder>& layers) {
  const Tree overlay = flatten("overlay", layers);
  const Tree native = flatten("native", layers);
  EXPECT_EQ(overlay, native);
  EXPECT_GT(native.size(), 1u);
}

TarBuilder base() {
  return TarBuilder()
      .dir("./", {.mode = 0711, .uid = 3, .gid = 4})
      .dir("tmp", {.mode = 01777, .uid = 5, .gid = 6})
      .dir("real", {.mode = 0750})
      .file("real/old", "old")
      .symlink("s", "real")
      .dir("d", {.mode = 02755})
      .file("d/f", "f", {.mode = 04755, .uid = 7, .gid = 8, .xattrs = {{"user.x", "1"}}})
      .dir("d/sub")
      .file("d/sub/deep", "deep")
      .file("hl1", "linked")
      .hard_link("hl2", "hl1")
      .file("p", "a file");
}

TEST(DriverTrees, a_base_layer) { expect_same({base()}); }

TEST(DriverTrees, a_symlink_of_a_lower_layer_as_parent) {
  expect_same({base(), TarBuilder().file("s/new", "new").file("s/old", "changed")});
  expect_same({base(), TarBuilder().file("s/.wh.old", "")});
}

TEST(DriverTrees, a_directory_that_becomes_a_symlink_and_is_written_through) {
  expect_same({base(), TarBuilder().symlink("d", "real"), TarBuilder().file("d/new", "new")});
}

TEST(DriverTrees, implied_parents_keep_what_they_are) {
  expect_same({base(), TarBuilder().file("tmp/f", "f").file("d/sub/g", "g")});
}

TEST(DriverTrees, deleted_and_made_again_in_one_layer) {
  expect_same({base(), TarBuilder().file(".wh.d", "").dir("d", {.mode = 0700}).file("d/g", "g")});
}

TEST(DriverTrees, opaque_directories) {
  expect_same({base(), TarBuilder().dir("d").file("d/.wh..wh..opq", "").file("d/new", "new")});
  expect_same({base(), TarBuilder().file("d/new", "new").file("d/.wh..wh..opq", "").file("d/.wh.f", "")});
}

TEST(DriverTrees, whiteouts_of_what_is_there_and_what_is_not) {
  expect_same({base(), TarBuilder()
                           .file("d/.wh.f", "")
                           .file("d/.wh.sub", "")
                           .file("d/.wh.never", "")
                           .file(".wh.nothing", "")});
  expect_same({base(), TarBuilder().file("d/.wh.f", ""), TarBuilder().file("d/f", "back")});
}

TEST(DriverTrees, links_to_files_of_lower_layers) {
  expect_same({base(), TarBuilder().hard_link("hl3", "hl1").hard_link("d/hl4", "d/f")});
}

TEST(DriverTrees, types_replace_one_another) {
  expect_same(
      {base(),
       TarBuilder().dir("p").file("p/in", "x").file("d", "now a file").symlink("hl1", "hl2").dir("s")});
}

TEST(DriverTrees, devices_and_attributes) {
  expect_same({base(), TarBuilder()
                           .device("null", '3', 1, 3, {.mode = 0666})
                           .device("zero", '3', 0, 0)
                           .fifo("fifo")
                           .file("d/f", "f", {.mode = 0600, .xattrs = {{"user.y", "2"}, {"trusted.t", "3"}}})
                           .dir("tmp", {.mode = 0755, .xattrs = {{"user.z", ""}}})});
}

TEST(DriverTrees, the_root_of_a_layer_is_the_root_of_the_tree) {
  expect_same(
      {base(), TarBuilder().dir("./", {.mode = 0700, .uid = 9, .gid = 9}), TarBuilder().file("x", "x")});
}

}  // namespace
}  // namespace bayplan::snapshots
