#include "file_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "bayplan/base/file.h"
#include "support/temp_dir.h"

namespace bayplan::snapshots {
namespace {

template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(errc_name(result.error().code()));
}

constexpr std::int64_t kSeconds = 1'700'000'000;

class FileWriterTest : public testing::TestWithParam<std::size_t> {
 protected:
  UniqueFd create(const std::string& name) {
    return UniqueFd(::open((dir.path() / name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  }
  FileMetadata about(const std::string& name, std::uint32_t mode = 0640) {
    return {name, mode, ::getuid(), ::getgid(), Time(std::chrono::seconds(kSeconds))};
  }
  Result<void> write(FileWriter& writer, const std::string& name, const std::string& bytes) {
    MemorySource content(bytes);
    return writer.write(create(name), about(name), bytes.size(), content);
  }
  std::string read(const std::string& name) { return file::read_file(dir.fd(), name, 64u << 20).value(); }
  struct stat look(const std::string& name) {
    struct stat info {};
    EXPECT_EQ(::stat((dir.path() / name).c_str(), &info), 0);
    return info;
  }

  test::TempDir dir;
};

INSTANTIATE_TEST_SUITE_P(Threads, FileWriterTest, testing::Values(0, 1, 4));

TEST_P(FileWriterTest, FilesOfEverySizeAreWrittenWhole) {
  FileWriter writer(GetParam());
  std::vector<std::string> contents;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t size = i % 50 == 49 ? 3 * FileWriter::kBatchBytes + i : i * 37 % 5000;
    contents.emplace_back(size, static_cast<char>('a' + i % 26));
    ASSERT_EQ(outcome(write(writer, std::to_string(i), contents.back())), "ok");
  }
  ASSERT_EQ(outcome(writer.wait()), "ok");
  for (std::size_t i = 0; i < contents.size(); ++i) {
    ASSERT_EQ(read(std::to_string(i)), contents[i]) << i;
    const struct stat info = look(std::to_string(i));
    EXPECT_EQ(info.st_mode & 07777u, 0640u);
    EXPECT_EQ(info.st_mtim.tv_sec, kSeconds) << "the times come after the content";
  }
}

TEST_P(FileWriterTest, SetIdBitsComeAfterTheContent) {
  FileWriter writer(GetParam());
  const std::string bytes(2 * FileWriter::kBatchBytes, 'x');
  MemorySource content(bytes);
  ASSERT_EQ(outcome(writer.write(create("f"), about("f", 06755), bytes.size(), content)), "ok");
  ASSERT_EQ(outcome(writer.wait()), "ok");
  EXPECT_EQ(look("f").st_mode & 07777u, 06755u);
}

TEST_P(FileWriterTest, WaitingIsNotTheEnd) {
  FileWriter writer(GetParam());
  for (const std::string name : {"a", "b"}) {
    ASSERT_EQ(outcome(write(writer, name, std::string(2 * FileWriter::kBatchBytes, name[0]))), "ok");
    ASSERT_EQ(outcome(writer.wait()), "ok");
    EXPECT_EQ(read(name).size(), 2 * FileWriter::kBatchBytes);
  }
}

TEST_P(FileWriterTest, AFailureNamesItsFileAndStays) {
  FileWriter writer(GetParam());
  const std::string bytes(3 * FileWriter::kBatchBytes, 'x');
  MemorySource content(bytes);
  UniqueFd unwritable(::open((dir.path()).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(outcome(writer.write(std::move(unwritable), about("bad"), bytes.size(), content)), "ok");
  const auto waited = writer.wait();
  ASSERT_FALSE(waited.has_value());
  EXPECT_NE(waited.error().to_string().find("bad"), std::string::npos) << waited.error().to_string();
  EXPECT_EQ(outcome(writer.check()), outcome(waited));
  EXPECT_EQ(outcome(writer.wait()), outcome(waited));
}

TEST_P(FileWriterTest, ContentThatEndsBeforeIsCorrupt) {
  FileWriter writer(GetParam());
  MemorySource content("short");
  EXPECT_EQ(outcome(writer.write(create("f"), about("f"), 6, content)), "corrupt");
}

TEST_P(FileWriterTest, MayBeDroppedWithoutWaiting) {
  FileWriter writer(GetParam());
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(outcome(write(writer, std::to_string(i), std::string(FileWriter::kBatchBytes / 3, 'x'))), "ok");
  }
}

}  // namespace
}  // namespace bayplan::snapshots
