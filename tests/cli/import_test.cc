// Imports that come through a pipe, that are interrupted there, and `image unpack`.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>

#include "bayplan/base/json.h"
#include "cli/command_line.h"
#include "support/tar_builder.h"

namespace bayplan::test {
namespace {

constexpr const char* kName = "registry.test/piped:1";

class Import : public testing::Test {
 protected:
  Import() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader_.reset(ends[0]);
    writer_.reset(ends[1]);
    LayoutBuilder layout;
    const std::string base = TarBuilder().dir("etc").file("etc/big", std::string(3u << 20, 'b')).end();
    layout.tag(layout.image({base}, {.packing = Packing::none}),
               {{"org.opencontainers.image.ref.name", kName}});
    archive = layout.tar();
  }

  std::unique_ptr<BackgroundCommand> start() {
    auto import = command.start({"image", "import", "-"}, reader_.get());
    return import;
  }
  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(writer_.get(), bytes.data(), bytes.size());
      ASSERT_GT(count, 0);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  /// Returns when all that was written was read.
  void wait_until_read() {
    for (int left = 1; left != 0;) ASSERT_EQ(::ioctl(reader_.get(), FIONREAD, &left), 0);
  }
  void close_input() { writer_.reset(); }
  /// Nothing is recorded, and a collection leaves no file.
  void expect_nothing() {
    EXPECT_EQ(command.ok({"image", "ls", "-q"}), "");
    EXPECT_EQ(command.ok({"content", "ls", "-q"}), "");
    EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}), "");
    command.ok({"gc"});
    for (const char* part : {"content/ingest", "content/blobs/sha256"}) {
      EXPECT_TRUE(std::filesystem::is_empty(command.root() / part)) << part;
    }
    command.ok({"system", "check"});
  }

  CommandLine command;
  std::string archive;

 private:
  UniqueFd reader_;
  UniqueFd writer_;
};

TEST_F(Import, TakesAnArchiveFromStandardInput) {
  const auto import = start();
  write(archive);
  close_input();
  EXPECT_EQ(import->exit_code(), 0);
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), std::string(kName) + "\n");
}

TEST_F(Import, APipeThatBreaksIsAnError) {
  const auto import = start();
  write(archive.substr(0, archive.size() / 2));
  close_input();
  EXPECT_EQ(import->exit_code(), 4);
  expect_nothing();
}

TEST_F(Import, ASignalAtAnyByteCancelsAndLeavesNothing) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto import = start();
    write(archive.substr(0, archive.size() / 2));
    wait_until_read();
    import->send(signal);
    EXPECT_EQ(import->exit_code(), 130);
    expect_nothing();
  }
}

TEST_F(Import, KilledItLeavesNothingToTheCollector) {
  const auto import = start();
  write(archive.substr(0, archive.size() / 2));
  wait_until_read();
  import->send(SIGKILL);
  EXPECT_EQ(import->exit_code(), 128 + SIGKILL);
  expect_nothing();
}

TEST_F(Import, UnpackMakesTheSnapshotsOfAnImageThatIsThere) {
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}), "");
  const std::string out = command.ok({"image", "unpack", "registry.test/small:1"});
  EXPECT_EQ(out.find("registry.test/small:1  sha256:"), 0u) << out;
  const std::string snapshots = command.ok({"snapshot", "ls", "-q"});
  EXPECT_EQ(std::count(snapshots.begin(), snapshots.end(), '\n'), 2);

  const auto json = json::Document::parse(
      command.ok({"--format", "json", "image", "unpack", "registry.test/small:1"}), "output");
  EXPECT_NE(out.find(json->root().string("chainID").value()), std::string::npos);
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}), snapshots);
  EXPECT_NE(command.ok({"gc"}).find("removed 0 objects"), std::string::npos);
}

TEST_F(Import, UnpackSaysWhatItCannotFind) {
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  EXPECT_EQ(command.run({"image", "unpack", "none"}).exit_code, 3);
  EXPECT_EQ(command.run({"image", "unpack", "registry.test/small:1", "--platform", "linux/s390x"}).exit_code,
            3);
}

}  // namespace
}  // namespace bayplan::test
