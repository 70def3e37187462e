// Layers applied by root of a user namespace.
#include <gmock/gmock.h>

#include <functional>

#include "bayplan/base/file.h"
#include "layer_tree.h"
#include "support/user_namespace.h"

namespace bayplan::snapshots {
namespace {

using test::TarBuilder;
using testing::ElementsAre;
using testing::HasSubstr;

class LayerRootless : public ::testing::TestWithParam<How> {
 protected:
  /// Runs `body` as root of a user namespace, in a temporary directory of its own.
  static void as_root_of(const char* map, const std::function<void(LayerTree&)>& body) {
    const test::TempDir home;
    ASSERT_EQ(::chown(home.path().c_str(), test::outside_root(map), test::outside_root(map)), 0);
    EXPECT_TRUE(test::run_in_user_namespace(map, [&] {
      ::setenv("TMPDIR", home.path().c_str(), 1);
      LayerTree tree(GetParam());
      body(tree);
      tree.expect_canary();
    }));
  }

  static ApplyReport apply(LayerTree& tree, const TarBuilder& tar) {
    auto report = tree.apply(tar.end());
    EXPECT_TRUE(report) << report.error().to_string();
    return report ? *report : ApplyReport{};
  }
};

TEST_P(LayerRootless, DevicesAreEmptyFilesThatNobodyMayUse) {
  as_root_of(test::kSubordinateIds, [](LayerTree& tree) {
    const auto report = apply(tree, TarBuilder()
                                        .dir("dev")
                                        .device("dev/null", '3', 1, 3, {.mode = 0666, .uid = 7, .gid = 8})
                                        .device("dev/sda", '4', 8, 0)
                                        .hard_link("dev/link", "dev/null")
                                        .fifo("dev/pipe", {.mode = 0600}));
    EXPECT_THAT(report.warnings, ElementsAre(HasSubstr("\"dev/null\""), HasSubstr("\"dev/sda\"")));
    const struct stat info = tree.stat("dev/null");
    EXPECT_EQ(info.st_mode, S_IFREG | 0u);
    EXPECT_EQ(info.st_size, 0);
    EXPECT_EQ(info.st_uid, 7u);
    EXPECT_EQ(info.st_gid, 8u);
    EXPECT_EQ(info.st_nlink, 2u);
    EXPECT_EQ(tree.mtime("dev/null"), test::kTarEpoch);
    EXPECT_EQ(tree.stat("dev/link").st_ino, info.st_ino);
    EXPECT_EQ(tree.stat("dev/sda").st_mode, S_IFREG | 0u);
    EXPECT_EQ(tree.stat("dev/pipe").st_mode, S_IFIFO | 0600u);
  });
}

TEST_P(LayerRootless, DeviceReplacesAndIsReplacedAsOutside) {
  as_root_of(test::kSubordinateIds, [](LayerTree& tree) {
    apply(tree, TarBuilder().file("a", "file").device("b", '3', 1, 3).device("c", '3', 1, 3));
    apply(tree, TarBuilder().device("a", '3', 1, 3).file("b", "file").file(".wh.c", ""));
    EXPECT_THAT(tree.paths(), ElementsAre("a", "b"));
    EXPECT_EQ(tree.stat("a").st_mode, S_IFREG | 0u);
    EXPECT_EQ(tree.content("b"), "file");
  });
}

TEST_P(LayerRootless, WhiteoutsAndOpaqueDirectoriesHideAsOutside) {
  as_root_of(test::kSubordinateIds, [](LayerTree& tree) {
    apply(tree,
          TarBuilder().dir("d").file("d/a", "1").file("d/b", "2").dir("o").file("o/a", "3").file("f", "4"));
    apply(tree,
          TarBuilder().file("d/.wh.a", "").file("o/.wh..wh..opq", "").file("o/b", "5").file(".wh.f", ""));
    EXPECT_THAT(tree.paths(), ElementsAre("d/", "d/b", "o/", "o/b"));
  });
}

TEST_P(LayerRootless, CapabilitiesAreThoseOfTheNamespace) {
  as_root_of(test::kSubordinateIds, [](LayerTree& tree) {
    // Version 2, as images have it: cap_net_raw, effective.
    const std::string capability("\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    apply(tree,
          TarBuilder().file("ping", "x", {.mode = 0755, .xattrs = {{"security.capability", capability}}}));
    EXPECT_EQ(tree.xattr("ping", "security.capability"), capability);
  });
}

TEST_P(LayerRootless, EveryIdOfAFullMapCanBeAnOwner) {
  as_root_of(test::kAllIds, [](LayerTree& tree) {
    apply(tree, TarBuilder().file("f", "x", {.uid = 4294967294, .gid = 3000000000}));
    EXPECT_EQ(tree.stat("f").st_uid, 4294967294u);
    EXPECT_EQ(tree.stat("f").st_gid, 3000000000u);
  });
}

TEST_P(LayerRootless, OwnerOutsideOfTheMapIsNamedAndRefused) {
  for (const char* const map : {test::kOneId, test::kSubordinateIds}) {
    as_root_of(map, [](LayerTree& tree) {
      for (const TarBuilder& tar : {TarBuilder().file("f", "x", {.uid = 70000, .gid = 1}),
                                    TarBuilder().dir("f", {.uid = 70000, .gid = 1}),
                                    TarBuilder().symlink("f", "x", {.uid = 70000, .gid = 1})}) {
        const auto report = tree.apply(tar.end());
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code(), Errc::unsupported);
        EXPECT_THAT(report.error().to_string(),
                    HasSubstr("owner 70000:1 does not exist in this user namespace"));
        EXPECT_THAT(report.error().to_string(), HasSubstr("subordinate ids"));
      }
    });
  }
}

TEST_P(LayerRootless, OneIdIsEnoughForRootsFiles) {
  as_root_of(test::kOneId, [](LayerTree& tree) {
    apply(tree, TarBuilder().dir("d").file("d/f", "x").symlink("d/l", "f"));
    EXPECT_THAT(tree.paths(), ElementsAre("d/", "d/f", "d/l@f"));
  });
}

INSTANTIATE_TEST_SUITE_P(Trees, LayerRootless, ::testing::Values(How::plain, How::overlay), how_name);

}  // namespace
}  // namespace bayplan::snapshots
