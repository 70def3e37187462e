#include "mount_options.h"

#include <gmock/gmock.h>
#include <sys/mount.h>

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;

TEST(MountOptions, bind_flags) {
  const auto call = parse_mount({"bind", "/a", {"rbind", "ro", "nodev", "nosuid", "noexec", "noatime"}});
  ASSERT_TRUE(call) << call.error().to_string();
  EXPECT_EQ(call->flags, static_cast<unsigned long>(MS_BIND | MS_REC | MS_RDONLY | MS_NODEV | MS_NOSUID |
                                                    MS_NOEXEC | MS_NOATIME));
  EXPECT_TRUE(call->data.empty());
}

TEST(MountOptions, the_last_of_opposites_wins) {
  EXPECT_EQ(parse_mount({"bind", "/a", {"ro", "rw", "nodev", "dev"}})->flags,
            static_cast<unsigned long>(MS_BIND));
  EXPECT_EQ(parse_mount({"bind", "/a", {"rw", "ro"}})->flags,
            static_cast<unsigned long>(MS_BIND | MS_RDONLY));
}

TEST(MountOptions, overlay_keeps_order_and_words) {
  const auto call =
      parse_mount({"overlay", "overlay", {"ro", "index=off", "userxattr", "workdir=/w", "lowerdir=/a:/b"}});
  ASSERT_TRUE(call) << call.error().to_string();
  EXPECT_EQ(call->flags, static_cast<unsigned long>(MS_RDONLY));
  EXPECT_THAT(call->data, ElementsAre("index=off", "userxattr", "workdir=/w", "lowerdir=/a:/b"));
}

TEST(MountOptions, S47_a_label_is_the_context_of_overlays) {
  const std::string label = "system_u:object_r:container_file_t:s0:c1,c2";
  std::vector<Mount> mounts{{"overlay", "overlay", {"lowerdir=/a:/b"}}, {"bind", "/a", {"rbind"}}};
  const std::vector<Mount> plain = mounts;
  ASSERT_TRUE(label_mounts(mounts, ""));
  EXPECT_EQ(mounts, plain);
  ASSERT_TRUE(label_mounts(mounts, label));
  EXPECT_THAT(mounts[0].options, ElementsAre("lowerdir=/a:/b", "context=\"" + label + "\""));
  EXPECT_EQ(mounts[1], plain[1]);
  const auto call = parse_mount(mounts[0]);
  ASSERT_TRUE(call) << call.error().to_string();
  EXPECT_EQ(join_options(call->data), "lowerdir=/a:/b,context=\"" + label + "\"");
}

TEST(MountOptions, S47_a_label_cannot_leave_its_option) {
  const std::vector<Mount> plain{{"overlay", "overlay", {"lowerdir=/a:/b"}}};
  std::vector<Mount> mounts = plain;
  for (const std::string& strange :
       std::vector<std::string>{"a\"b", "a\",upperdir=/etc,context=\"b", "a\\", "a\nb", "a b", "a=b", "a/b",
                                "\x7f", "\xc3\xa9", std::string("a\0b", 3)}) {
    EXPECT_EQ(label_mounts(mounts, strange).error().code(), Errc::invalid_argument) << strange;
    EXPECT_FALSE(parse_mount({"overlay", "overlay", {"context=\"" + strange + "\""}})) << strange;
  }
  EXPECT_EQ(label_mounts(mounts, std::string(kMaxMountLabel + 1, 'a')).error().code(), Errc::too_large);
  EXPECT_EQ(mounts, plain);
  EXPECT_TRUE(label_mounts(mounts, std::string(kMaxMountLabel, 'a')));
  EXPECT_FALSE(parse_mount({"overlay", "overlay", {"context=\""}}));
  EXPECT_FALSE(parse_mount({"bind", "/a", {"context=\"a\""}})) << "a bind has none";
}

TEST(MountOptions, S47_a_label_stays_when_directories_become_relative) {
  const std::string label = "context=\"u:r:t:s0:c1,c2\"";
  const auto relative = relative_overlay({"upperdir=/s/1/fs", "lowerdir=/s/2/fs:/s/3/fs", label});
  ASSERT_TRUE(relative) << relative.error().to_string();
  EXPECT_EQ(relative->data, "upperdir=1/fs,lowerdir=2/fs:3/fs," + label);
}

TEST(MountOptions, what_is_not_known_is_refused) {
  for (const Mount& mount : std::vector<Mount>{{"bind", "/a", {"lowerdir=/x"}},
                                               {"bind", "/a", {"frob"}},
                                               {"bind", "/a", {""}},
                                               {"overlay", "overlay", {"rbind"}},
                                               {"overlay", "overlay", {"uid=0"}},
                                               {"tmpfs", "tmpfs", {}},
                                               {"", "", {}}}) {
    const auto call = parse_mount(mount);
    ASSERT_FALSE(call) << mount.type;
    EXPECT_EQ(call.error().code(), Errc::invalid_argument);
  }
}

TEST(MountOptions, directories_relative_to_what_they_share) {
  const auto overlay = relative_overlay(
      {"index=off", "workdir=/s/o/12/work", "upperdir=/s/o/12/fs", "lowerdir=/s/o/13/fs:/s/o/2/fs"});
  ASSERT_TRUE(overlay) << overlay.error().to_string();
  EXPECT_EQ(overlay->base, "/s/o/");
  EXPECT_EQ(overlay->data, "index=off,workdir=12/work,upperdir=12/fs,lowerdir=13/fs:2/fs");
}

TEST(MountOptions, a_directory_that_begins_another_is_cut_at_a_slash) {
  EXPECT_EQ(relative_overlay({"lowerdir=/s/a:/s/ab"})->data, "lowerdir=a:ab");
  EXPECT_EQ(relative_overlay({"lowerdir=/s/a:/t/a"})->data, "lowerdir=s/a:t/a");
  EXPECT_EQ(relative_overlay({"lowerdir=/s/a\\:b:/s/c"})->data, "lowerdir=a\\:b:c");
}

TEST(MountOptions, relative_directories_are_refused) {
  for (const char* const option : {"lowerdir=a:/b", "lowerdir=", "upperdir=", "lowerdir=/a::/b"}) {
    const auto overlay = relative_overlay({option});
    ASSERT_FALSE(overlay) << option;
    EXPECT_EQ(overlay.error().code(), Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace bayplan::snapshots
