// image export, check and verify, and snapshot diff through the command, on the native snapshotter.
#include <gtest/gtest.h>

#include <csignal>

#include "bayplan/base/json.h"
#include "cli/command_line.h"
#include "support/tar_builder.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImage = "registry.test/small:1";

class Export : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override { ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1); }

  std::string target(const std::string& name) const { return (command.directory() / name).string(); }
  json::Document json(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--format", "json"});
    return json::Document::parse(command.ok(std::move(arguments)), "output").value();
  }
  /// Runs it, and nothing of the store may have changed.
  CommandResult looking_only(const std::vector<std::string>& arguments) const {
    const auto before = command.bytes();
    CommandResult result = command.run(arguments);
    EXPECT_TRUE(command.bytes() == before) << arguments[0] << " " << arguments[1] << " changed the store";
    return result;
  }
  std::string top_snapshot() const {
    return command.ok({"snapshot", "ls", "-q", "--filter", "parent!=\"\""}).substr(0, 71);
  }
  std::string a_layer() const {
    const auto inspected = json({"image", "inspect", kImage});
    return std::string(inspected.root().array("layers")->front().string("digest").value());
  }
};

TEST_F(Export, EveryFormatComesBack) {
  command.ok({"image", "import", command.layout().string()});
  const auto listed = json({"image", "inspect", kImage});
  const std::string id(listed.root().string("id").value());
  for (const char* const format : {"oci-archive", "oci-dir", "docker-archive"}) {
    const std::string file = target(format);
    const CommandResult written = looking_only({"image", "export", "--as", format, file, kImage});
    EXPECT_EQ(written.exit_code, 0) << written.err;
    EXPECT_NE(written.out.find(kImage), std::string::npos) << written.out;
    const CommandLine other;
    other.ok({"image", "import", file});
    const auto inspected =
        json::Document::parse(other.ok({"--format", "json", "image", "inspect", kImage}), "output");
    EXPECT_EQ(inspected->root().string("id").value(), id) << format;
  }
}

TEST_F(Export, StandardOutputHoldsTheSameArchive) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"image", "export", target("a.tar"), kImage});
  const std::string streamed = command.ok({"image", "export", "-", kImage});
  write_file(target("b.tar"), streamed);
  const CommandLine other;
  other.ok({"image", "import", target("b.tar")});
  EXPECT_EQ(fs::file_size(target("a.tar")), streamed.size());
}

TEST_F(Export, CtrlCIsHeardWhileNobodyReads) {
  LayoutBuilder layout;
  const std::string tar =
      TarBuilder().file("big", std::string(1u << 20, '\n')).end();  // more than a pipe holds
  layout.tag(layout.image({tar}), {{"org.opencontainers.image.ref.name", kImage}});
  layout.write_to(command.directory() / "layout");
  command.ok({"image", "import", (command.directory() / "layout").string()});
  for (const auto& arguments :
       {std::vector<std::string>{"image", "export", "-", kImage},
        std::vector<std::string>{"snapshot", "diff", command.ok({"snapshot", "ls", "-q"}).substr(0, 71)}}) {
    const auto running = command.start(arguments);
    EXPECT_EQ(running->line().empty(), false);
    running->send(SIGINT);
    EXPECT_EQ(running->exit_code(), 130) << arguments[1];
  }
}

TEST_F(Export, RefusalsHaveTheirCodesAndLeaveNothing) {
  command.ok({"image", "import", command.layout().string()});
  write_file(target("there"), "mine");
  EXPECT_EQ(looking_only({"image", "export", target("there"), kImage}).exit_code, 6);
  EXPECT_EQ(looking_only({"image", "export", target("new"), "absent:1"}).exit_code, 3);
  EXPECT_EQ(
      looking_only({"image", "export", "--platform", "linux/s390x", "--all-platforms", target("new"), kImage})
          .exit_code,
      2);
  EXPECT_EQ(looking_only({"image", "export", "--as", "zip", target("new"), kImage}).exit_code, 2);
  EXPECT_FALSE(fs::exists(target("new")));
}

TEST_F(Export, CheckSaysWhatIsThere) {
  command.ok({"image", "import", command.layout().string()});
  const CommandResult shown = looking_only({"image", "check"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_NE(shown.out.find("complete (4/4)"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("2/2"), std::string::npos) << shown.out;
  fs::remove(command.root() / "content/blobs/sha256" / a_layer().substr(7));
  EXPECT_NE(command.ok({"image", "check", kImage}).find("incomplete (3/4)"), std::string::npos);
  const auto document = json({"image", "check", kImage});
  const auto platform = document.root().array("images")->front().array("platforms")->front();
  EXPECT_EQ(platform.array("missing")->front().string("digest").value(), a_layer());
  EXPECT_EQ(looking_only({"image", "check", "absent"}).exit_code, 3);
}

TEST_F(Export, VerifyFindsDamage) {
  command.ok({"image", "import", command.layout().string()});
  EXPECT_EQ(looking_only({"image", "verify"}).exit_code, 0);
  const std::string layer = a_layer();
  const fs::path file = command.root() / "content/blobs/sha256" / layer.substr(7);
  fs::permissions(file, fs::perms::owner_all);
  write_file(file, std::string(fs::file_size(file), 'x'));
  const CommandResult damaged = looking_only({"image", "verify", kImage});
  EXPECT_EQ(damaged.exit_code, 4);
  EXPECT_NE(damaged.out.find(layer), std::string::npos) << damaged.out;
  EXPECT_EQ(looking_only({"image", "export", target("new"), kImage}).exit_code, 4);
  EXPECT_FALSE(fs::exists(target("new")));
}

TEST_F(Export, DiffWritesALayer) {
  command.ok({"image", "import", command.layout().string()});
  const std::string key = top_snapshot();
  const CommandResult plain = looking_only({"snapshot", "diff", key});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(plain.out.size() % 512, 0u);
  EXPECT_EQ(plain.out.substr(257, 5), "ustar");
  command.ok({"snapshot", "diff", key, target("layer.tar")});
  EXPECT_EQ(fs::file_size(target("layer.tar")), plain.out.size());
  EXPECT_EQ(command.ok({"snapshot", "diff", "--compress", "gzip", key}).substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(command.ok({"snapshot", "diff", "--compress", "zstd", "--level", "19", key}).substr(0, 4),
            "\x28\xb5\x2f\xfd");
  EXPECT_EQ(
      looking_only({"snapshot", "diff", "--compress", "zstd", "--level", "99", key, target("x")}).exit_code,
      1);
  EXPECT_EQ(looking_only({"snapshot", "diff", "absent", target("x")}).exit_code, 3);
  EXPECT_FALSE(fs::exists(target("x")));
}

}  // namespace
}  // namespace bayplan::test
