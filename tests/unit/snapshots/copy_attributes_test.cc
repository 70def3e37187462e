#include "copy_attributes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include "bayplan/base/file.h"
#include "snapshot_store.h"

namespace bayplan::snapshots {
namespace {

TEST(CopyAttributes, overlays_own_notes_are_skipped_on_request) {
  const test::TempDir dir;
  for (const char* const name : {"from", "skip", "keep"})
    std::filesystem::create_directory(dir.path() / name);
  for (const char* const xattr : {"trusted.overlay.opaque", "trusted.overlay.impure", "trusted.other"}) {
    ASSERT_EQ(::setxattr((dir.path() / "from").c_str(), xattr, "y", 1, 0), 0);
  }
  const UniqueFd from = file::open_dir_at(dir.fd(), "from").value();
  const struct stat info = file::stat_fd(from.get(), "from").value();
  for (const auto& [name, notes] : {std::pair("skip", OverlayNotes::skip), {"keep", OverlayNotes::keep}}) {
    const UniqueFd to = file::open_dir_at(dir.fd(), name).value();
    ASSERT_EQ(words(copy_attributes(from.get(), info, to.get(), notes, name)), "");
    const bool kept = notes == OverlayNotes::keep;
    EXPECT_EQ(::fgetxattr(to.get(), "trusted.overlay.opaque", nullptr, 0), kept ? 1 : -1);
    EXPECT_EQ(::fgetxattr(to.get(), "trusted.overlay.impure", nullptr, 0), kept ? 1 : -1);
    EXPECT_EQ(::fgetxattr(to.get(), "trusted.other", nullptr, 0), 1);
  }
}

TEST(CopyAttributes, of_a_link_not_of_what_it_leads_to) {
  const test::TempDir dir;
  write_file(dir.path() / "target", "x");
  for (const char* const name : {"from", "to"}) {
    std::filesystem::create_symlink("target", dir.path() / name);
  }
  ASSERT_EQ(::lchown((dir.path() / "from").c_str(), 3, 4), 0);
  const std::array<struct timespec, 2> times{timespec{1, 2}, timespec{3, 4}};
  ASSERT_EQ(::utimensat(dir.fd(), "from", times.data(), AT_SYMLINK_NOFOLLOW), 0);
  const UniqueFd from(::openat(dir.fd(), "from", O_PATH | O_NOFOLLOW | O_CLOEXEC));
  const UniqueFd to(::openat(dir.fd(), "to", O_PATH | O_NOFOLLOW | O_CLOEXEC));
  const struct stat info = file::stat_at(dir.fd(), "from").value();
  const struct stat target = file::stat_at(dir.fd(), "target").value();
  ASSERT_EQ(words(copy_attributes(from.get(), info, to.get(), OverlayNotes::keep, "to")), "");
  const struct stat copied = file::stat_at(dir.fd(), "to").value();
  EXPECT_EQ(copied.st_uid, 3u);
  EXPECT_EQ(copied.st_gid, 4u);
  EXPECT_EQ(copied.st_mtim.tv_sec, 3);
  EXPECT_EQ(copied.st_mtim.tv_nsec, 4);
  const struct stat untouched = file::stat_at(dir.fd(), "target").value();
  EXPECT_EQ(untouched.st_uid, target.st_uid);
  EXPECT_EQ(untouched.st_mtim.tv_sec, target.st_mtim.tv_sec);
}

}  // namespace
}  // namespace bayplan::snapshots
