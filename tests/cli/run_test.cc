// A real container: busybox from Debian's package, a kernel overlay mount, runc or crun.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cli/command_line.h"
#include "support/tar_builder.h"

namespace bayplan::test {
namespace {

std::string busybox() {
  for (const char* path : {"/bin/busybox", "/usr/bin/busybox"}) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    if (!text.str().empty()) return text.str();
  }
  ADD_FAILURE() << "busybox-static is not installed; scripts/test installs it";
  return {};
}

class Run : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override {
    LayoutBuilder layout;
    const std::string base = TarBuilder()
                                 .dir("bin")
                                 .file("bin/busybox", busybox(), {.mode = 0755})
                                 .symlink("bin/sh", "busybox")
                                 .symlink("bin/cat", "busybox")
                                 .dir("proc")
                                 .dir("sys")
                                 .dir("dev")
                                 .end();
    const std::string top =
        TarBuilder().dir("etc").file("etc/os-release", "NAME=\"from the top layer\"\n").end();
    layout.tag(layout.image({base, top}), {{"org.opencontainers.image.ref.name", "registry.test/busybox:1"}});
    layout.write_to(command.directory() / "image");
    command.ok({"image", "import", (command.directory() / "image").string()});
  }
};

TEST_F(Run, PrintsTheContainersOutput) {
  EXPECT_EQ(command.ok({"container", "run", "--image", "registry.test/busybox:1", "--rm", "c1", "--",
                        "/bin/cat", "/etc/os-release"}),
            "NAME=\"from the top layer\"\n");
  EXPECT_EQ(command.ok({"container", "ls", "-q"}), "");
}

TEST_F(Run, AnswersTheContainersExitCode) {
  EXPECT_EQ(command
                .run({"container", "run", "--image", "registry.test/busybox:1", "c1", "--", "/bin/sh", "-c",
                      "exit 42"})
                .exit_code,
            42);
  command.ok({"container", "rm", "c1"});
}

TEST_F(Run, WhatAContainerWritesStaysInItsSnapshot) {
  command.ok({"container", "create", "registry.test/busybox:1", "c1", "--", "/bin/sh", "-c",
              "echo run >> /log; /bin/cat /log"});
  EXPECT_EQ(command.ok({"container", "run", "c1"}), "run\n");
  EXPECT_EQ(command.ok({"container", "run", "c1"}), "run\nrun\n");
  command.ok({"container", "create", "registry.test/busybox:1", "c2", "--", "/bin/sh", "-c",
              "echo fresh; test ! -e /log"});
  EXPECT_EQ(command.ok({"container", "run", "c2"}), "fresh\n");
  command.ok({"container", "rm", "c1", "c2"});
  command.ok({"image", "rm", "registry.test/busybox:1"});
  command.ok({"gc"});
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}), "");
  command.ok({"inspect", "check"});
}

TEST_F(Run, ADirectoryIsARootToo) {
  const auto rootfs = command.directory() / "rootfs";
  std::filesystem::create_directories(rootfs / "bin");
  for (const char* part : {"proc", "sys", "dev"}) std::filesystem::create_directory(rootfs / part);
  std::ofstream(rootfs / "bin/sh", std::ios::binary) << busybox();
  std::filesystem::permissions(rootfs / "bin/sh", std::filesystem::perms::owner_all);
  EXPECT_EQ(command.ok({"container", "run", "--rootfs", rootfs.string(), "c1", "--", "/bin/sh", "-c",
                        "echo written > /log; echo done"}),
            "done\n");
  EXPECT_EQ(command.ok({"container", "run", "c1"}), "done\n");
  command.ok({"container", "rm", "c1"});
  EXPECT_TRUE(std::filesystem::exists(rootfs / "log")) << "it is the caller's";
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}).find("c1"), std::string::npos);
  command.ok(
      {"container", "run", "--rootfs", rootfs.string(), "--rm", "c2", "--", "/bin/sh", "-c", "exit 0"});
  EXPECT_EQ(command.ok({"container", "ls", "-q"}), "");
  EXPECT_EQ(command.run({"container", "run", "--rootfs", (rootfs / "none").string(), "c3", "--", "/bin/sh"})
                .exit_code,
            3);
  EXPECT_EQ(command
                .run({"container", "run", "--rootfs", rootfs.string(), "--image", "registry.test/busybox:1",
                      "c3", "--", "/bin/sh"})
                .exit_code,
            2);
}

}  // namespace
}  // namespace bayplan::test
