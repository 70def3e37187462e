// Extended attributes of layers: what is set, what is dropped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "layer_tree.h"
#include "layer_xattr.h"

namespace bayplan::snapshots {
namespace {

using namespace std::string_literals;
using test::TarBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kCapability =
    "\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s;  // version 2, effective, CAP_NET_BIND_SERVICE
/// u::rwx u:1000:rwx g::r-x m::rwx o::r-x
const std::string kAcl =
    "\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x02\0\x07\0\xe8\x03\0\0\x04\0\x05\0\xff\xff\xff\xff\x10\0\x07\0\xff\xff\xff\xff \0\x05\0\xff\xff\xff\xff"s;

class LayerXattr : public LayerTest {};
INSTANTIATE_TEST_SUITE_P(Trees, LayerXattr, ::testing::Values(How::plain, How::overlay), how_name);

TEST_P(LayerXattr, UserCapabilityAndAclAreSet) {
  apply(TarBuilder()
            .file("f", "x", {.xattrs = {{"user.e", ""}, {"user.b", "a\0b"s}}})
            .dir("d", {.mode = 0755, .xattrs = {{"user.d", "dir"}}})
            .file("cap", "x", {.mode = 0755, .uid = 7, .xattrs = {{"security.capability", kCapability}}})
            .file("acl", "x", {.mode = 0775, .xattrs = {{"system.posix_acl_access", kAcl}}}));
  EXPECT_EQ(tree.xattr("f", "user.e"), "");
  EXPECT_EQ(tree.xattr("f", "user.b"), "a\0b"s);
  EXPECT_EQ(tree.xattr("d", "user.d"), "dir");
  EXPECT_EQ(tree.xattr("cap", "security.capability"), kCapability);
  EXPECT_EQ(tree.xattr("acl", "system.posix_acl_access"), kAcl);
  EXPECT_EQ(tree.mode("acl"), 0775u);
  EXPECT_THAT(last_report.warnings, IsEmpty());
}

TEST_P(LayerXattr, CapabilitySurvivesAHardLinkEntryWithoutIt) {
  apply(TarBuilder()
            .file("cap", "x", {.mode = 0755, .xattrs = {{"security.capability", kCapability}}})
            .hard_link("link", "cap", {.mode = 0755}));
  EXPECT_EQ(tree.xattr("link", "security.capability"), kCapability);
}

TEST_P(LayerXattr, HostsAndDriversAreDroppedWithAWarning) {
  for (const char* name : {"trusted.overlay.opaque", "trusted.overlay.redirect", "trusted.md5sum",
                           "user.overlay.opaque", "user.overlay.whiteout", "security.selinux", "security.ima",
                           "security.evm", "system.nfs4_acl", "bogus", ""}) {
    apply(TarBuilder().dir("d", {.mode = 0755, .xattrs = {{name, "y"}}}));
    EXPECT_THAT(last_report.warnings,
                ElementsAre(HasSubstr("dropped extended attribute \"" + std::string(name))))
        << name;
    EXPECT_EQ(tree.xattr("d", name), std::nullopt) << name;
  }
  apply(TarBuilder().dir("d", {.mode = 0755, .xattrs = {{"user.rootlesscontainers", "data"}}}));
  EXPECT_EQ(tree.xattr("d", "user.rootlesscontainers"), "data");
}

TEST_P(LayerXattr, UserOnALinkOrDeviceIsAWarning) {
  const test::TarMeta meta{.xattrs = {{"user.x", "1"}}};
  apply(TarBuilder().symlink("s", "x", meta).device("c", '3', 1, 3, meta).fifo("p", meta));
  EXPECT_THAT(last_report.warnings, SizeIs(3));
  EXPECT_THAT(tree.paths(), ElementsAre("c", "p", "s@x"));
}

TEST_P(LayerXattr, LinkTargetIsNotGivenTheLinksAttributes) {
  apply(TarBuilder().file("f", "x").symlink("s", "f", {.xattrs = {{"security.capability", kCapability}}}));
  EXPECT_EQ(tree.xattr("f", "security.capability"), std::nullopt);
}

TEST_P(LayerXattr, ValueThatTheKernelRefusesIsRefused) {
  EXPECT_EQ(refusal(TarBuilder().file("f", "x", {.xattrs = {{"security.capability", "junk"}}})),
            Errc::invalid_argument);
  EXPECT_EQ(
      refusal(TarBuilder().file("f", "x", {.xattrs = {{"system.posix_acl_access", "\x02\0\0\0junk"s}}})),
      Errc::invalid_argument);
  EXPECT_EQ(refusal(TarBuilder().file("f", "x", {.xattrs = {{"user." + std::string(300, 'n'), "x"}}})),
            Errc::invalid_argument);
}

TEST_P(LayerXattr, NothingIsInheritedFromADirectorysDefaultAcl) {
  apply(TarBuilder().dir("d", {.mode = 0755, .xattrs = {{"system.posix_acl_default", kAcl}}}));
  apply(TarBuilder().dir("d/sub").file("d/f", "x").fifo("d/p").file("d/implied/f", "x"));
  EXPECT_EQ(tree.xattr("d", "system.posix_acl_default"), kAcl);
  for (const char* name : {"d/sub", "d/f", "d/p", "d/implied", "d/implied/f"}) {
    EXPECT_EQ(tree.xattr(name, "system.posix_acl_access"), std::nullopt) << name;
    EXPECT_EQ(tree.xattr(name, "system.posix_acl_default"), std::nullopt) << name;
  }
  EXPECT_EQ(tree.mode("d/f"), 0644u);
}

TEST_P(LayerXattr, DefaultAclOfTheSameLayerIsKnownAtOnce) {
  apply(TarBuilder()
            .dir("d")
            .file("d/before", "x")
            .dir("d", {.mode = 0755, .xattrs = {{"system.posix_acl_default", kAcl}}})
            .file("d/f", "x"));
  EXPECT_EQ(tree.xattr("d/f", "system.posix_acl_access"), std::nullopt);
}

TEST_P(LayerXattr, DefaultAclOfAFileIsDropped) {
  apply(TarBuilder().file("f", "x", {.xattrs = {{"system.posix_acl_default", kAcl}}}));
  EXPECT_THAT(last_report.warnings, SizeIs(1));
}

TEST(LayerXattrs, WarningsEndAt64) {
  LayerTree tree(How::plain);
  TarBuilder tar;
  for (int i = 0; i < 100; ++i) tar.file(std::to_string(i), "", {.xattrs = {{"trusted.x", "y"}}});
  const auto report = tree.apply(tar.end());
  ASSERT_TRUE(report);
  EXPECT_THAT(report->warnings, SizeIs(64));
}

TEST(LayerXattrs, FileSystemWithoutThemIsOneWarning) {
  const test::TempDir dir;
  ASSERT_EQ(::mount("ramfs", dir.path().c_str(), "ramfs", 0, nullptr), 0);
  {
    const UniqueFd root(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const test::TarMeta meta{.xattrs = {{"user.a", "1"}, {"user.b", "2"}}};
    const std::string archive = TarBuilder().file("f", "x", meta).file("g", "x", meta).dir("d", meta).end();
    MemorySource source(archive);
    const auto report = apply_layer(source, root.get(), {}, {});
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_THAT(report->warnings, ElementsAre(HasSubstr("does not take")));
  }
  ASSERT_EQ(::umount2(dir.path().c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace bayplan::snapshots
