#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "cli/command_line.h"

namespace bayplan::test {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string line_of(std::string out) {
  EXPECT_TRUE(out.ends_with('\n')) << out;
  if (!out.empty()) out.pop_back();
  return out;
}

class Snapshot : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr), 0);
    ::setenv("BAYPLAN_SNAPSHOTTER", GetParam(), 1);
  }
  std::string top() {
    const std::string out = command.ok({"snapshot", "ls", "-q", "--filter", "kind==committed"});
    return out.substr(0, out.find('\n'));
  }
  CommandLine command;
};

INSTANTIATE_TEST_SUITE_P(Drivers, Snapshot, testing::Values("overlay", "native"),
                         [](const auto& driver) { return std::string(driver.param); });

TEST_P(Snapshot, IsPreparedMountedWrittenCommittedAndRemoved) {
  const std::string made = command.ok({"snapshot", "prepare", "work", "--label", "a=b"});
  EXPECT_TRUE(made.starts_with("lease ") && made.find(", for 24 hours") != std::string::npos) << made;
  const std::filesystem::path target = line_of(command.ok({"snapshot", "mount", "work"}));
  std::ofstream(target / "file") << "written";
  EXPECT_EQ(line_of(command.ok({"snapshot", "mount", "work"})), target);
  const std::string mounted = command.ok({"snapshot", "mount"});
  EXPECT_NE(mounted.find("work  " + target.string() + "  2"), std::string::npos) << mounted;
  EXPECT_EQ(command.run({"snapshot", "commit", "done", "work"}).exit_code, 6) << "it is mounted";
  EXPECT_EQ(command.run({"snapshot", "rm", "work"}).exit_code, 6) << "it is mounted";
  EXPECT_EQ(command.ok({"snapshot", "unmount", "work"}), "still mounted for 1\n");
  EXPECT_EQ(command.ok({"snapshot", "unmount", "work"}), "");
  EXPECT_FALSE(std::filesystem::exists(target));
  EXPECT_EQ(command.run({"snapshot", "unmount", "work"}).exit_code, 3);

  command.ok({"snapshot", "commit", "done", "work", "--label", "c=d"});
  const std::string usage = command.ok({"--format", "json", "snapshot", "usage", "done"});
  EXPECT_NE(usage.find(R"("inodes":2)"), std::string::npos) << usage;
  command.ok({"snapshot", "view", "look", "done"});
  const std::filesystem::path look = command.directory() / "look";
  std::filesystem::create_directory(look);
  EXPECT_EQ(line_of(command.ok({"snapshot", "mount", "look", look.string()})), look);
  EXPECT_EQ(read(look / "file"), "written");
  EXPECT_FALSE(std::ofstream(look / "other").is_open());
  command.ok({"snapshot", "unmount", "look"});
  EXPECT_EQ(command.run({"snapshot", "rm", "look", "absent"}).exit_code, 3);
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}), "done\nlook\n") << "all or none";
  command.ok({"gc"});
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}), "done\nlook\n") << "leases keep them";
  command.ok({"snapshot", "rm", "look", "done"});
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}), "");
}

TEST_P(Snapshot, MountsAreDescribed) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"snapshot", "prepare", "work", top()});
  const std::string table = command.ok({"snapshot", "mounts", "work"});
  EXPECT_NE(table.find("TYPE"), std::string::npos) << table;
  EXPECT_NE(table.find(std::string_view(GetParam()) == "overlay" ? "lowerdir=" : "rw,rbind"),
            std::string::npos)
      << table;
  const std::string json = command.ok({"--format", "json", "snapshot", "mounts", "work"});
  EXPECT_NE(json.find(R"("options":[")"), std::string::npos) << json;
  EXPECT_EQ(command.run({"snapshot", "mounts", top()}).exit_code, 1) << "committed";
}

TEST_P(Snapshot, AnImageIsMountedReadOnlyUntilTheLastUnmount) {
  command.ok({"image", "import", command.layout().string()});
  const std::filesystem::path target = line_of(command.ok({"image", "mount", "registry.test/small:1"}));
  EXPECT_FALSE(std::filesystem::is_empty(target));
  EXPECT_FALSE(std::ofstream(target / "new").is_open());
  EXPECT_EQ(line_of(command.ok({"image", "mount", "registry.test/small:1"})), target);
  EXPECT_EQ(command.ok({"image", "unmount", "registry.test/small:1"}), "still mounted for 1\n");
  // The image may go: what is mounted stays.
  const std::string why = command.ok({"gc", "why", "snapshot/" + std::string(GetParam()) + "/" + top()});
  EXPECT_NE(why.find("mounted at " + target.string()), std::string::npos) << why;
  EXPECT_EQ(command.ok({"image", "unmount", "registry.test/small:1"}), "");
  EXPECT_FALSE(std::filesystem::exists(target));
  EXPECT_EQ(command.run({"image", "unmount", "registry.test/small:1"}).exit_code, 3);
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q", "--filter", "kind==view"}), "");
}

}  // namespace
}  // namespace bayplan::test
