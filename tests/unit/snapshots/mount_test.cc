#include "bayplan/snapshots/mount.h"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

class MountAll : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* const name : {"a", "b", "upper", "work", "target"}) {
      std::filesystem::create_directory(dir.path() / name);
    }
    write_file(dir.path() / "a/in-a", "a");
    write_file(dir.path() / "b/in-b", "b");
  }
  void TearDown() override { EXPECT_EQ(words(unmount_all(target)), ""); }
  std::string path(const std::string& name) const { return dir.path() / name; }
  bool mounted() const {
    struct stat here {};
    struct stat above {};
    EXPECT_EQ(::stat(target.c_str(), &here), 0);
    EXPECT_EQ(::stat(dir.path().c_str(), &above), 0);
    return here.st_dev != above.st_dev || std::filesystem::exists(target / "in-a");
  }

  test::TempDir dir;
  std::filesystem::path target = dir.path() / "target";
};

TEST_F(MountAll, bind_writable) {
  ASSERT_EQ(words(mount_all({{"bind", path("a"), {"rw", "rbind"}}}, target)), "");
  write_file(target / "new", "x");
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "a/new"));
}

TEST_F(MountAll, bind_with_flags_of_its_own) {
  ASSERT_EQ(words(mount_all({{"bind", path("a"), {"ro", "rbind", "nodev", "nosuid", "noexec"}}}, target)),
            "");
  struct statvfs info {};
  ASSERT_EQ(::statvfs(target.c_str(), &info), 0);
  EXPECT_EQ(info.f_flag & (ST_RDONLY | ST_NODEV | ST_NOSUID | ST_NOEXEC),
            static_cast<unsigned long>(ST_RDONLY | ST_NODEV | ST_NOSUID | ST_NOEXEC));
  ASSERT_EQ(::statvfs(path("a").c_str(), &info), 0);
  EXPECT_EQ(info.f_flag & ST_RDONLY, 0u) << "the source stays as it was";
}

TEST_F(MountAll, overlay) {
  const Mount mount{"overlay",
                    "overlay",
                    {"index=off", "workdir=" + path("work"), "upperdir=" + path("upper"),
                     "lowerdir=" + path("a") + ":" + path("b")}};
  ASSERT_EQ(words(mount_all({mount}, target)), "");
  EXPECT_EQ(read_file(target / "in-a"), "a");
  EXPECT_EQ(read_file(target / "in-b"), "b");
  write_file(target / "new", "x");
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "upper/new"));
}

TEST_F(MountAll, overlay_of_300_layers_with_long_paths) {
  const std::string deep = path(std::string(200, 'd'));
  std::string lower = "lowerdir=";
  for (int i = 0; i < 300; ++i) {
    const std::string layer = deep + '/' + std::to_string(i);
    std::filesystem::create_directories(layer);
    write_file(layer + "/f" + std::to_string(i), "x");
    lower += (i == 0 ? "" : ":") + layer;
  }
  const auto cwd = std::filesystem::current_path();
  ASSERT_EQ(words(mount_all({{"overlay", "overlay", {"index=off", lower}}}, target)), "");
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(std::filesystem::exists(target / ("f" + std::to_string(i)))) << i;
  EXPECT_EQ(std::filesystem::current_path(), cwd);
}

TEST_F(MountAll, a_relative_target_of_an_overlay_that_needs_another_working_directory) {
  std::string lower = "lowerdir=";
  const std::string deep = path("a/" + std::string(200, 'd'));
  for (int i = 0; i < 100; ++i) {
    const std::string layer = deep + '/' + std::to_string(i);
    std::filesystem::create_directories(layer);
    lower += (i == 0 ? "" : ":") + layer;
  }
  write_file(deep + "/0/in-a", "a");
  // These tests hide the real /tmp, and with it a build directory there.
  std::filesystem::current_path("/");
  const auto relative = std::filesystem::relative(target);
  ASSERT_EQ(words(mount_all({{"overlay", "overlay", {lower}}}, relative)), "");
  EXPECT_TRUE(mounted());
}

TEST_F(MountAll, nothing_stays_after_an_error) {
  const std::vector<Mount> mounts{{"bind", path("a"), {"rbind"}}, {"bind", path("absent"), {"rbind"}}};
  const auto result = mount_all(mounts, target);
  EXPECT_EQ(outcome(result), "not_found");
  EXPECT_FALSE(mounted());
  EXPECT_EQ(outcome(mount_all({{"bind", path("a"), {"rbind"}}, {"bind", path("b"), {"frob"}}}, target)),
            "invalid_argument");
  EXPECT_FALSE(mounted());
}

TEST_F(MountAll, errors_name_the_cause) {
  EXPECT_EQ(outcome(mount_all({{"bind", path("a"), {"rbind"}}}, dir.path() / "nowhere")), "not_found");
  EXPECT_EQ(
      outcome(mount_all({{"overlay", "overlay", {"lowerdir=" + path("absent") + ":" + path("a")}}}, target)),
      "not_found");
  EXPECT_EQ(outcome(mount_all({{"ext4", "/dev/null", {}}}, target)), "invalid_argument");
}

TEST_F(MountAll, unmount_takes_every_layer_and_busy_ones) {
  ASSERT_EQ(words(mount_all({{"bind", path("a"), {"rbind"}}, {"bind", path("b"), {"rbind"}}}, target)), "");
  const std::ifstream open(target / "in-b");
  ASSERT_TRUE(open);
  EXPECT_EQ(words(unmount_all(target)), "");
  EXPECT_FALSE(mounted());
  EXPECT_EQ(words(unmount_all(target)), "") << "nothing is mounted";
  EXPECT_EQ(words(unmount_all(dir.path() / "absent")), "");
}

}  // namespace
}  // namespace bayplan::snapshots
