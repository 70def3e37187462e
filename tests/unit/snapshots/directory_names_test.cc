#include "directory_names.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "bayplan/base/file.h"
#include "support/temp_dir.h"

namespace bayplan::snapshots {
namespace {

std::string counter(const test::TempDir& dir) { return file::read_file(dir.fd(), "next", 100).value(); }

TEST(DirectoryNames, are_short_and_different) {
  const test::TempDir dir;
  DirectoryNames names(dir.fd());
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const auto name = names.next();
    ASSERT_TRUE(name) << name.error().to_string();
    EXPECT_TRUE(is_directory_name(*name)) << *name;
    EXPECT_TRUE(seen.insert(*name).second) << *name;
  }
  EXPECT_TRUE(seen.contains("1"));
  EXPECT_TRUE(seen.contains("10")) << "36 in base 36";
}

TEST(DirectoryNames, two_users_of_one_directory_never_get_the_same) {
  const test::TempDir dir;
  DirectoryNames one(dir.fd());
  DirectoryNames two(dir.fd());
  std::set<std::string> seen;
  for (int i = 0; i < 150; ++i) {
    EXPECT_TRUE(seen.insert(one.next().value()).second);
    EXPECT_TRUE(seen.insert(two.next().value()).second);
  }
}

TEST(DirectoryNames, threads_never_get_the_same) {
  const test::TempDir dir;
  DirectoryNames names(dir.fd());
  std::array<std::set<std::string>, 4> seen;
  std::vector<std::thread> threads;
  for (auto& mine : seen) {
    threads.emplace_back([&names, &mine] {
      for (int i = 0; i < 100; ++i) mine.insert(names.next().value());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : seen) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 400u);
}

TEST(DirectoryNames, a_forked_child_does_not_use_its_parents_block) {
  const test::TempDir dir;
  DirectoryNames names(dir.fd());
  ASSERT_EQ(names.next().value(), "1");
  const pid_t child = ::fork();
  if (child == 0) ::_exit(names.next().value_or("") == "1t" ? 0 : 1);  // 65: the block after
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(names.next().value(), "2");
}

TEST(DirectoryNames, the_block_is_reserved_before_its_first_name_is_known) {
  const test::TempDir dir;
  DirectoryNames names(dir.fd());
  ASSERT_TRUE(names.next());
  EXPECT_EQ(counter(dir), "00000000000000000065");
}

TEST(DirectoryNames, a_clean_end_gives_the_rest_of_the_block_back) {
  const test::TempDir dir;
  {
    DirectoryNames names(dir.fd());
    ASSERT_EQ(names.next().value(), "1");
  }
  EXPECT_EQ(counter(dir), "00000000000000000002");
  EXPECT_EQ(DirectoryNames(dir.fd()).next().value(), "2");
}

TEST(DirectoryNames, nothing_is_given_back_when_others_reserved_meanwhile) {
  const test::TempDir dir;
  DirectoryNames other(dir.fd());
  {
    DirectoryNames names(dir.fd());
    ASSERT_EQ(names.next().value(), "1");
    ASSERT_EQ(other.next().value(), "1t");
  }
  EXPECT_EQ(counter(dir), "00000000000000000129");
}

TEST(DirectoryNames, a_damaged_counter_is_an_error_not_a_new_start) {
  for (const std::string text : {"5", "0000000000000000000x", "00000000000000000000", "-0000000000000000005",
                                 "99999999999999999999"}) {
    const test::TempDir dir;
    ASSERT_TRUE(file::replace_durably(dir.fd(), "next", text));
    const auto name = DirectoryNames(dir.fd()).next();
    ASSERT_FALSE(name) << text;
    EXPECT_EQ(name.error().code(), Errc::corrupt) << text;
    EXPECT_EQ(counter(dir), text);
  }
}

// Some file systems bring the size to the disk before the bytes.
TEST(DirectoryNames, a_counter_of_zeros_was_never_written) {
  const test::TempDir dir;
  ASSERT_TRUE(file::replace_durably(dir.fd(), "next", std::string(20, '\0')));
  EXPECT_EQ(DirectoryNames(dir.fd()).next().value(), "1");
}

TEST(DirectoryNames, end_after_six_characters) {
  const test::TempDir dir;
  ASSERT_TRUE(file::replace_durably(dir.fd(), "next", "00000000002176782335"));
  DirectoryNames names(dir.fd());
  EXPECT_EQ(names.next().value(), "zzzzzz");
  const auto beyond = names.next();
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code(), Errc::too_large);
}

TEST(DirectoryNames, what_is_none) {
  for (const char* const name : {"", "..", "a/b", "A", "1234567", "default/12/key", ".probe", "a\n"}) {
    EXPECT_FALSE(is_directory_name(name)) << name;
  }
}

}  // namespace
}  // namespace bayplan::snapshots
