#include "user.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bayplan/base/file.h"
#include "bayplan/containers/spec.h"
#include "support/temp_dir.h"

namespace bayplan::containers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

class UserTest : public ::testing::Test {
 protected:
  UserTest() {
    fs::create_directories(root_ / "etc");
    write("etc/passwd",
          "root:x:0:0:root:/root:/bin/sh\n"
          "app:x:1000:1001::/home/app:/bin/sh\n"
          "app:x:2000:2001::/second:/bin/sh\n"
          "77:x:5:6::/:\n");
    write("etc/group",
          "root:x:0:\n"
          "wheel:x:10:root,app\n"
          "app:x:1001:\n"
          "audio:x:29:other,app\n"
          "near:x:30:apple\n");
  }
  void write(const std::string& path, std::string_view text) const { std::ofstream(root_ / path) << text; }
  Result<ProcessUser> resolve(std::string_view user) const {
    const UniqueFd rootfs = file::open_dir(root_).value();
    return resolve_user(user, rootfs.get());
  }
  Errc failure(std::string_view user) const {
    const auto resolved = resolve(user);
    EXPECT_FALSE(resolved) << user << " became " << resolved->uid << ":" << resolved->gid;
    return resolved ? Errc{} : resolved.error().code();
  }
  static void expect_ids(const Result<ProcessUser>& user, std::uint32_t uid, std::uint32_t gid) {
    ASSERT_TRUE(user) << user.error().to_string();
    EXPECT_EQ(user->uid, uid);
    EXPECT_EQ(user->gid, gid);
  }

  test::TempDir dir_;
  fs::path root_ = dir_.path() / "rootfs";
};

TEST_F(UserTest, NobodyNamedIsRootWithItsGroups) {
  expect_ids(resolve(""), 0, 0);
  EXPECT_THAT(resolve("")->additional_gids, ElementsAre(10));
}

TEST_F(UserTest, NameBringsPrimaryAndSupplementaryGroups) {
  expect_ids(resolve("app"), 1000, 1001);
  EXPECT_THAT(resolve("app")->additional_gids, ElementsAre(10, 29));
}

TEST_F(UserTest, NumberIsLookedUpForItsGroups) {
  expect_ids(resolve("1000"), 1000, 1001);
  EXPECT_THAT(resolve("1000")->additional_gids, ElementsAre(10, 29));
}

TEST_F(UserTest, UnknownNumberHasGroupZero) {
  expect_ids(resolve("4242"), 4242, 0);
  EXPECT_THAT(resolve("4242")->additional_gids, IsEmpty());
}

TEST_F(UserTest, DigitsAreNeverAName) { expect_ids(resolve("77"), 77, 0); }

TEST_F(UserTest, ExplicitGroupStandsAlone) {
  expect_ids(resolve("app:audio"), 1000, 29);
  EXPECT_THAT(resolve("app:audio")->additional_gids, IsEmpty());
  expect_ids(resolve("app:7"), 1000, 7);
  EXPECT_THAT(resolve("app:7")->additional_gids, IsEmpty());
  expect_ids(resolve("1000:wheel"), 1000, 10);
  expect_ids(resolve(":29"), 0, 29);
}

TEST_F(UserTest, AColonWithoutAGroupIsNoGroup) { expect_ids(resolve("app:"), 1000, 1001); }

TEST_F(UserTest, UnknownNamesAreNotFound) {
  EXPECT_EQ(failure("nobody"), Errc::not_found);
  EXPECT_EQ(failure("app:nogroup"), Errc::not_found);
}

TEST_F(UserTest, IdsAreBoundedTo31Bits) {
  expect_ids(resolve("2147483647:2147483647"), 2147483647, 2147483647);
  EXPECT_EQ(failure("2147483648"), Errc::invalid_argument);
  EXPECT_EQ(failure("4294967296"), Errc::invalid_argument);
  EXPECT_EQ(failure("0:2147483648"), Errc::invalid_argument);
  EXPECT_EQ(failure("99999999999999999999999999"), Errc::invalid_argument);
}

TEST_F(UserTest, WhatIsNeitherNameNorNumberIsRefused) {
  for (const char* user : {"-1", "+1", "a\nb", "app:1:2", "1000:-1", "a\tb", "app:a,b"}) {
    EXPECT_EQ(failure(user), Errc::invalid_argument) << user;
  }
}

TEST_F(UserTest, MalformedLinesAreAsGoodAsAbsent) {
  write("etc/passwd",
        "app\n:x:1:1\napp:x:-1:5\napp:x:12x:5\napp:x:99999999999:5\napp:x::\n+::::\n\napp:x:8:9");
  write("etc/group", "g\ng:x:no:app\n:x:3:app\ng:x:4294967295:app\ng:x:11:app");
  expect_ids(resolve("app"), 8, 9);
  EXPECT_THAT(resolve("app")->additional_gids, ElementsAre(11));
  expect_ids(resolve("0:g"), 0, 11);
}

TEST_F(UserTest, GroupsAreListedOnce) {
  write("etc/group", "a:x:5:app\nb:x:5:app\nc:x:4:app,app\n");
  EXPECT_THAT(resolve("app")->additional_gids, ElementsAre(4, 5));
}

TEST_F(UserTest, WithoutFilesNumbersStillResolve) {
  fs::remove_all(root_ / "etc");
  expect_ids(resolve(""), 0, 0);
  expect_ids(resolve("5"), 5, 0);
  EXPECT_EQ(failure("root"), Errc::not_found);
  expect_ids(resolve_user("5", -1), 5, 0);
  EXPECT_EQ(resolve_user("root", -1).error().code(), Errc::not_found);
  EXPECT_EQ(resolve_user("0:root", -1).error().code(), Errc::not_found);
}

TEST_F(UserTest, LinksAreFollowedInsideTheRootfsOnly) {
  const std::ofstream outside(dir_.path() / "secret");
  write("passwd-elsewhere", "app:x:31:32\n");
  fs::remove(root_ / "etc/passwd");
  fs::create_symlink("/passwd-elsewhere", root_ / "etc/passwd");
  expect_ids(resolve("app"), 31, 32);

  std::ofstream(dir_.path() / "secret") << "app:x:666:666\n";
  fs::remove(root_ / "etc/passwd");
  fs::create_symlink("../../../secret", root_ / "etc/passwd");
  EXPECT_EQ(failure("app"), Errc::not_found);
  fs::remove(root_ / "etc/passwd");
  fs::create_symlink(dir_.path() / "secret", root_ / "etc/passwd");
  EXPECT_EQ(failure("app"), Errc::not_found);
}

TEST_F(UserTest, ALinkedDirectoryStaysInsideTheRootfs) {
  fs::create_directories(dir_.path() / "etc");
  std::ofstream(dir_.path() / "etc/passwd") << "app:x:666:666\n";
  fs::remove_all(root_ / "etc");
  fs::create_directory_symlink(dir_.path() / "etc", root_ / "etc");
  EXPECT_EQ(failure("app"), Errc::not_found);
}

TEST_F(UserTest, ALoopOfLinksIsAnError) {
  fs::remove(root_ / "etc/passwd");
  fs::create_symlink("passwd", root_ / "etc/passwd");
  EXPECT_EQ(failure("app"), Errc::invalid_argument);
}

TEST_F(UserTest, AFifoDoesNotHang) {
  fs::remove(root_ / "etc/passwd");
  ASSERT_EQ(::mkfifo((root_ / "etc/passwd").c_str(), 0600), 0);
  EXPECT_EQ(failure("app"), Errc::invalid_argument);
}

TEST_F(UserTest, ADirectoryIsNoPasswd) {
  fs::remove(root_ / "etc/passwd");
  fs::create_directory(root_ / "etc/passwd");
  EXPECT_EQ(failure("app"), Errc::invalid_argument);
}

TEST_F(UserTest, FilesOverOneMebibyteAreRefused) {
  fs::resize_file(root_ / "etc/passwd", 1u << 20);
  expect_ids(resolve("app"), 1000, 1001);
  fs::resize_file(root_ / "etc/passwd", (1u << 20) + 1);
  EXPECT_EQ(failure("app"), Errc::too_large);
}

TEST_F(UserTest, TwoNumbersNeedNoFiles) {
  EXPECT_TRUE(is_fully_numeric("0:0"));
  for (const char* user : {"", "0", "0:", ":0", "a:0", "0:a", "0:0:0"})
    EXPECT_FALSE(is_fully_numeric(user)) << user;
  fs::remove(root_ / "etc/passwd");
  ASSERT_EQ(::mkfifo((root_ / "etc/passwd").c_str(), 0600), 0);
  expect_ids(resolve("3:4"), 3, 4);
}

}  // namespace
}  // namespace bayplan::containers
