#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "bayplan/base/file.h"
#include "outcome.h"
#include "support/temp_dir.h"

namespace bayplan::file {
namespace {

namespace fs = std::filesystem;
using test::outcome;

class FileWrite : public ::testing::Test {
 protected:
  test::TempDir temp;
  fs::path path(std::string_view name) const { return temp.path() / name; }
  void put(std::string_view name, std::string_view text) const { std::ofstream(path(name)) << text; }
  std::string text_of(const std::string& name) const { return read_file(temp.fd(), name, 1 << 20).value(); }
};

const std::string kBadNames[] = {"", ".", "..", "a/b", "/x", std::string("a\0b", 3)};

TEST_F(FileWrite, ReadFileGivesAllBytes) {
  const std::string bytes("a\0b\n\xff", 5);
  put("file", bytes);
  fs::create_directory(path("dir"));
  put("dir/file", "inner");
  EXPECT_EQ(text_of("file"), bytes);
  EXPECT_EQ(text_of("dir/file"), "inner");
}

TEST_F(FileWrite, ReadFileLimitIsExact) {
  put("file", "12345");
  EXPECT_EQ(outcome(read_file(temp.fd(), "file", 5)), "ok");
  const auto over = read_file(temp.fd(), "file", 4);
  EXPECT_EQ(outcome(over), "too_large");
  EXPECT_NE(over.error().to_string().find("\"file\""), std::string::npos);
  put("empty", "");
  EXPECT_EQ(read_file(temp.fd(), "empty", 0).value(), "");
}

TEST_F(FileWrite, ReadFileOfWhatIsNoFile) {
  fs::create_directory(path("dir"));
  fs::create_symlink("/etc/passwd", path("link"));
  EXPECT_EQ(outcome(read_file(temp.fd(), "dir", 10)), "invalid_argument");
  EXPECT_EQ(outcome(read_file(temp.fd(), "link", 10)), "invalid_argument");
  EXPECT_EQ(outcome(read_file(temp.fd(), "missing", 10)), "not_found");
}

TEST_F(FileWrite, PreadExactReadsAnyRange) {
  put("file", "0123456789");
  const UniqueFd fd = open_regular(temp.fd(), "file").value();
  std::array<std::byte, 4> into{};
  ASSERT_EQ(outcome(pread_exact(fd.get(), into, 6, "file")), "ok");
  EXPECT_EQ(as_text(into), "6789");
  ASSERT_EQ(outcome(pread_exact(fd.get(), into, 0, "file")), "ok");
  EXPECT_EQ(as_text(into), "0123");
  EXPECT_EQ(outcome(pread_exact(fd.get(), {}, 100, "file")), "ok");
}

TEST_F(FileWrite, PreadExactBeyondTheEndIsCorrupt) {
  put("file", "0123456789");
  const UniqueFd fd = open_regular(temp.fd(), "file").value();
  std::array<std::byte, 4> into{};
  EXPECT_EQ(outcome(pread_exact(fd.get(), into, 7, "file")), "corrupt");
  EXPECT_EQ(outcome(pread_exact(fd.get(), into, 1'000'000, "file")), "corrupt");
}

TEST_F(FileWrite, PreadExactRefusesOffsetsNoFileHas) {
  put("file", "0123456789");
  const UniqueFd fd = open_regular(temp.fd(), "file").value();
  std::array<std::byte, 4> into{};
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(outcome(pread_exact(fd.get(), into, kMax - 3, "file")), "invalid_argument");
  EXPECT_EQ(outcome(pread_exact(fd.get(), into, std::numeric_limits<std::uint64_t>::max(), "file")),
            "invalid_argument");
  EXPECT_EQ(outcome(pread_exact(-1, into, 0, "file")), "io");
}

TEST_F(FileWrite, WriteAllGoesOnAfterShortWrites) {
  // A pipe takes 64 KiB at a time; the reader makes room.
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const std::string text(1'000'000, 'x');
  std::thread writing([&] {
    EXPECT_EQ(outcome(write_all(writer.get(), as_bytes(text), "pipe")), "ok");
    writer.reset();
  });
  FdSource source(reader.get(), "pipe");
  const std::string received = read_all(source, text.size()).value_or("");
  writing.join();
  EXPECT_EQ(received, text);
}

TEST_F(FileWrite, WriteAllReportsAFullDevice) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  const auto written = write_all(full.get(), as_bytes("x"), "full");
  EXPECT_EQ(outcome(written), "no_space");
  EXPECT_EQ(written.error().os_errno(), ENOSPC);
}

TEST_F(FileWrite, FdSourceReadsFromThePosition) {
  put("file", "abcdef");
  const UniqueFd fd = open_regular(temp.fd(), "file").value();
  ASSERT_EQ(::lseek(fd.get(), 2, SEEK_SET), 2);
  FdSource source(fd.get(), "file");
  EXPECT_EQ(read_all(source, 100).value(), "cdef");
  FdSource broken(temp.fd(), "directory");
  EXPECT_EQ(read_all(broken, 100).error().os_errno(), EISDIR);
}

TEST_F(FileWrite, ReplaceDurablyCreatesAndReplaces) {
  ASSERT_EQ(outcome(replace_durably(temp.fd(), "file", "one")), "ok");
  EXPECT_EQ(text_of("file"), "one");
  ASSERT_EQ(outcome(replace_durably(temp.fd(), "file", "two, longer")), "ok");
  EXPECT_EQ(text_of("file"), "two, longer");
  EXPECT_EQ(list(temp.fd(), "temp").value(), std::vector<std::string>{"file"});
}

TEST_F(FileWrite, ReplaceDurablySetsTheModeWhateverTheUmask) {
  const mode_t old = ::umask(0077);
  ASSERT_EQ(outcome(replace_durably(temp.fd(), "shared", "x", 0644)), "ok");
  ::umask(0);
  ASSERT_EQ(outcome(replace_durably(temp.fd(), "private", "x")), "ok");
  ::umask(old);
  EXPECT_EQ(stat_at(temp.fd(), "shared").value().st_mode & 07777u, 0644u);
  EXPECT_EQ(stat_at(temp.fd(), "private").value().st_mode & 07777u, 0600u);
}

TEST_F(FileWrite, ReplaceDurablyLeavesReadersTheOldFile) {
  put("file", "old");
  const UniqueFd reader = open_regular(temp.fd(), "file").value();
  ASSERT_EQ(outcome(replace_durably(temp.fd(), "file", "new")), "ok");
  FdSource source(reader.get(), "file");
  EXPECT_EQ(read_all(source, 100).value(), "old");
}

TEST_F(FileWrite, ReplaceDurablyReplacesALinkNotItsTarget) {
  put("target", "old");
  fs::create_symlink("target", path("link"));
  ASSERT_EQ(outcome(replace_durably(temp.fd(), "link", "new")), "ok");
  EXPECT_EQ(text_of("target"), "old");
  EXPECT_EQ(text_of("link"), "new");
}

TEST_F(FileWrite, ReplaceDurablyCleansUpWhenItFails) {
  fs::create_directory(path("taken"));
  const auto failed = replace_durably(temp.fd(), "taken", "x");
  EXPECT_NE(outcome(failed), "ok");
  EXPECT_EQ(list(temp.fd(), "temp").value(), std::vector<std::string>{"taken"});
}

TEST_F(FileWrite, ReplaceDurablyKeepsTheOldFileWhenTheNewDoesNotFit) {
  put("file", "old");
  struct rlimit limit {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const struct rlimit small { 1000, limit.rlim_max };
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto failed = replace_durably(temp.fd(), "file", std::string(5000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &limit);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(outcome(failed), "io");
  EXPECT_EQ(text_of("file"), "old");
  EXPECT_EQ(list(temp.fd(), "temp").value(), std::vector<std::string>{"file"});
}

TEST_F(FileWrite, SyncsWorkAndReportTheirName) {
  put("file", "x");
  const UniqueFd fd = open_regular(temp.fd(), "file").value();
  EXPECT_EQ(outcome(sync_data(fd.get(), "file")), "ok");
  EXPECT_EQ(outcome(sync_dir(temp.fd(), "temp")), "ok");
  EXPECT_EQ(outcome(sync_fs(temp.fd(), "temp")), "ok");
  EXPECT_EQ(sync_data(-1, "a").error().name(), "a");
  EXPECT_EQ(sync_dir(-1, "b").error().name(), "b");
  EXPECT_EQ(sync_fs(-1, "c").error().name(), "c");
}

TEST_F(FileWrite, RenameReplacesAcrossDirectories) {
  fs::create_directory(path("to"));
  const UniqueFd to = open_dir_at(temp.fd(), "to").value();
  put("a", "new");
  put("to/b", "old");
  ASSERT_EQ(outcome(rename(temp.fd(), "a", to.get(), "b")), "ok");
  EXPECT_EQ(text_of("to/b"), "new");
  EXPECT_FALSE(fs::exists(path("a")));
  EXPECT_EQ(outcome(rename(temp.fd(), "a", to.get(), "b")), "not_found");
}

TEST_F(FileWrite, RenameExclusiveNeverReplaces) {
  put("a", "new");
  put("b", "old");
  EXPECT_EQ(outcome(rename_exclusive(temp.fd(), "a", temp.fd(), "b")), "already_exists");
  EXPECT_EQ(text_of("b"), "old");
  EXPECT_EQ(text_of("a"), "new");
  fs::create_directory(path("empty"));
  fs::create_directory(path("dir"));
  EXPECT_EQ(outcome(rename_exclusive(temp.fd(), "dir", temp.fd(), "empty")), "already_exists");
  EXPECT_EQ(outcome(rename_exclusive(temp.fd(), "a", temp.fd(), "c")), "ok");
  EXPECT_EQ(text_of("c"), "new");
}

TEST_F(FileWrite, UnlinkTakesAbsentFilesButNotDirectories) {
  put("a", "x");
  EXPECT_EQ(outcome(unlink(temp.fd(), "a")), "ok");
  EXPECT_FALSE(fs::exists(path("a")));
  EXPECT_EQ(outcome(unlink(temp.fd(), "a")), "ok");
  fs::create_directory(path("dir"));
  EXPECT_NE(outcome(unlink(temp.fd(), "dir")), "ok");
}

TEST_F(FileWrite, NamesAreOneComponent) {
  fs::create_directory(path("a"));
  put("a/b", "x");
  put("x", "y");
  for (const std::string& name : kBadNames) {
    EXPECT_EQ(outcome(replace_durably(temp.fd(), name, "z")), "invalid_argument") << name;
    EXPECT_EQ(outcome(rename(temp.fd(), name, temp.fd(), "new")), "invalid_argument") << name;
    EXPECT_EQ(outcome(rename(temp.fd(), "x", temp.fd(), name)), "invalid_argument") << name;
    EXPECT_EQ(outcome(rename_exclusive(temp.fd(), name, temp.fd(), "new")), "invalid_argument") << name;
    EXPECT_EQ(outcome(rename_exclusive(temp.fd(), "x", temp.fd(), name)), "invalid_argument") << name;
    EXPECT_EQ(outcome(unlink(temp.fd(), name)), "invalid_argument") << name;
  }
  EXPECT_TRUE(fs::exists(path("a/b")));
}

TEST_F(FileWrite, RandomNamesDiffer) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = random_name("ingest-");
    ASSERT_EQ(name.size(), 7u + 16u);
    EXPECT_EQ(name.substr(0, 7), "ingest-");
    EXPECT_EQ(name.find_first_not_of("0123456789abcdef", 7), std::string::npos) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 1000u);
}

TEST_F(FileWrite, FreeBytesOfAFileSystem) {
  EXPECT_GT(free_bytes(temp.fd(), "temp").value(), 0u);
  EXPECT_EQ(free_bytes(-1, "gone").error().name(), "gone");
}

}  // namespace
}  // namespace bayplan::file
