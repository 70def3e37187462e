// Pods that really run: busybox from Debian's package in three images, overlay mounts, runc, and crun where
// it can. The tests have a mount namespace of their own.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "bayplan/base/json.h"
#include "cli/command_line.h"
#include "support/tar_builder.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr int kLongestWait = 60'000;  // milliseconds; then something hangs

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string base_layer() {
  const std::string program = read_file("/bin/busybox");
  EXPECT_FALSE(program.empty()) << "busybox-static is not installed; scripts/test installs it";
  TarBuilder tar;
  tar.dir("bin").file("bin/busybox", program, {.mode = 0755}).symlink("bin/sh", "busybox");
  tar.symlink("bin/sleep", "busybox").dir("proc").dir("sys").dir("dev").fifo("ready", {.mode = 0666});
  return tar.end();
}
std::string name_layer(const std::string& name) { return TarBuilder().file("name", name).end(); }

// Says on /ready what it is and ends at SIGTERM.
const std::string kScript =
    "trap 'echo down >> /log; exit 0' TERM; echo up >> /log; echo $(busybox cat /name) > /ready; "
    "while :; do sleep 1000 & wait $!; done";
// The same, deaf.
const std::string kDeafScript =
    "trap '' TERM; echo $(busybox cat /name) > /ready; while :; do sleep 1000; done";

class PodRun : public testing::TestWithParam<const char*> {
 protected:
  CommandLine command;
  fs::path run_root() const { return command.directory() / "run"; }

  void SetUp() override {
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ::setenv("BAYPLAN_RUNTIME", GetParam(), 1);
    LayoutBuilder layout;
    const std::string base = base_layer();
    for (const char* name : {"pause", "app", "side"}) {
      layout.tag(layout.image({base, name_layer(name)}),
                 {{"org.opencontainers.image.ref.name", std::string("registry.test/") + name + ":1"}});
    }
    layout.write_to(command.directory() / "image");
    command.ok({"image", "import", (command.directory() / "image").string()});
    if (const std::string why = why_it_cannot_run(); !why.empty()) {
      ASSERT_STRNE(GetParam(), "runc") << why;
      std::cout << "\n*** NOT RUN with " << GetParam() << ": " << why << " ***\n" << std::endl;
      GTEST_SKIP() << GetParam() << ": " << why;
    }
  }
  void TearDown() override {
    const std::string left = command.run({"container", "ls", "-q"}).out;
    std::istringstream ids(left);
    for (std::string id; std::getline(ids, id);) command.run({"container", "stop", "--time", "0", id});
  }

  // What the runtime says of this host. crun refuses hosts with both kinds of cgroups; in our own mount
  // namespace one of them can be put away.
  std::string why_it_cannot_run() {
    const std::vector<std::string> probe{"container", "run",     "--rm", "--image", "registry.test/app:1",
                                         "probe",     "/bin/sh", "-c",   "exit 0"};
    CommandResult result = command.run(probe);
    if (result.exit_code != 0 && result.err.find("hybrid") != std::string::npos &&
        ::umount2("/sys/fs/cgroup/unified", 0) == 0) {
      result = command.run(probe);
    }
    return result.exit_code == 0 ? std::string()
                                 : "exit code " + std::to_string(result.exit_code) + ": " + result.err;
  }

  void make_pod() {
    command.ok({"pod", "create", "--image", "registry.test/pause:1", "--id", "pod1", "web", "/bin/sh", "-c",
                kScript});
    command.ok(
        {"container", "create", "--pod", "web", "registry.test/app:1", "app", "/bin/sh", "-c", kScript});
    command.ok({"container", "create", "--pod", "web", "registry.test/side:1", "side", "/bin/sh", "-c",
                kDeafScript});
  }
  const std::vector<std::string> ids_{"pod1", "app", "side"};

  json::Document json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--format", "json"});
    return json::Document::parse(command.ok(std::move(arguments)), "output").value();
  }
  std::string pod() { return command.ok({"pod", "inspect", "web"}); }
  std::string root_of(const std::string& id) {
    const auto config = json({"container", "exec-config", id});
    return std::string(config.root().object("root")->string("path").value());
  }
  std::string template_of(const std::string& id) {
    return read_file(command.root() / "containers/default" / id / "config.json");
  }
  // What the container says when it is up.
  static std::string said_by(const fs::path& root) {
    const UniqueFd ready(::open((root / "ready").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct pollfd watched {
      ready.get(), POLLIN, 0
    };
    if (::poll(&watched, 1, kLongestWait) != 1) return "nothing";
    std::string text(64, '\0');
    const ssize_t count = ::read(ready.get(), text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  std::map<std::string, std::string> start_all() {
    std::map<std::string, std::string> roots;
    EXPECT_EQ(command.ok({"container", "start", "web-infra", "app", "side"}), "pod1\napp\nside\n");
    for (const auto& id : ids_) roots[id] = root_of(id);
    EXPECT_EQ(said_by(roots["pod1"]), "pause\n");
    EXPECT_EQ(said_by(roots["app"]), "app\n");
    EXPECT_EQ(said_by(roots["side"]), "side\n");
    return roots;
  }
  std::string process_of(const std::string& id) {
    const auto inspected = json({"pod", "inspect", "web"});
    for (const json::Value& member : inspected.root().array("containers").value()) {
      if (member.string("id").value() != id) continue;
      return std::to_string(member.object("task")->integer("pid").value());
    }
    return "none";
  }
  // Members share what a pod shares, and nothing else.
  void expect_joined() {
    const auto space = [](const std::string& pid, const char* name) {
      return fs::read_symlink("/proc/" + pid + "/ns/" + name).string();
    };
    const std::string infra = process_of("pod1");
    const std::string app = process_of("app");
    for (const char* name : {"net", "ipc", "uts"}) {
      EXPECT_EQ(space(app, name), space(infra, name)) << name;
      EXPECT_NE(space(app, name), space(std::to_string(::getpid()), name)) << name;
    }
    for (const char* name : {"mnt", "pid"}) EXPECT_NE(space(app, name), space(infra, name)) << name;
  }
  void stop_all() {
    command.ok({"container", "stop", "--time", "60", "app", "web-infra"});
    command.ok({"container", "stop", "--time", "0", "side"});
  }
  // Of a container that is stopped.
  std::string log_of(const std::string& id) {
    std::string at = command.ok({"container", "mount", id});
    at.pop_back();
    std::string text = read_file(fs::path(at) / "log");
    command.ok({"container", "unmount", id});
    return text;
  }
  std::vector<std::string> mounts() const {
    std::vector<std::string> found;
    std::ifstream table("/proc/self/mountinfo");
    for (std::string line; std::getline(table, line);) {
      std::istringstream fields(line);
      std::string target;
      for (int field = 0; field < 5; ++field) fields >> target;
      if (target.starts_with(command.directory().native())) found.insert(found.begin(), target);
    }
    return found;
  }
  void expect_stopped() {
    EXPECT_THAT(pod(), Not(HasSubstr("\"mounted\"")));
    EXPECT_THAT(pod(), Not(HasSubstr("\"task\"")));
    EXPECT_THAT(mounts(), testing::IsEmpty());
    EXPECT_TRUE(fs::is_empty(run_root() / ".runtime")) << "the runtime keeps something";
  }
  void expect_nothing_left() {
    EXPECT_EQ(command.ok({"pod", "ls", "-q"}) + command.ok({"container", "ls", "-q"}), "");
    EXPECT_THAT(mounts(), testing::IsEmpty());
    EXPECT_TRUE(fs::is_empty(command.root() / "containers/default"));
    for (const auto& entry : fs::recursive_directory_iterator(run_root())) {
      EXPECT_NE(entry.path().filename(), "config.json") << entry.path();
    }
    command.ok({"system", "check"});
  }
  // The machine goes: processes, cgroups and mounts with it, the run root is empty, the boot another one.
  void reboot() {
    for (const auto& id : ids_) {
      run_command(
          {GetParam(), "--root", (run_root() / ".runtime").string(), "delete", "--force", "default+" + id});
    }
    for (const std::string& target : mounts()) ASSERT_EQ(::umount2(target.c_str(), MNT_DETACH), 0) << target;
    fs::remove_all(run_root());
    const fs::path other = command.directory() / "boot_id";
    write_file(other, "00000000-1111-4222-8333-444444444444\n");
    ASSERT_EQ(::mount(other.c_str(), "/proc/sys/kernel/random/boot_id", nullptr, MS_BIND, nullptr), 0);
  }
};

TEST_P(PodRun, StartsAndStopsTwiceFromOneTemplateAtAnotherMountpoint) {
  make_pod();
  std::map<std::string, std::string> templates;
  for (const auto& id : ids_) templates[id] = template_of(id);
  const auto first = start_all();
  EXPECT_THAT(pod(), HasSubstr("\"state\":\"running\""));
  EXPECT_EQ(mounts().size(), 3u);
  expect_joined();
  stop_all();
  expect_stopped();
  const auto second = start_all();
  for (const auto& id : ids_) {
    EXPECT_NE(first.at(id), second.at(id)) << id << ": or this shows nothing";
    EXPECT_EQ(template_of(id), templates[id]) << id;
  }
  stop_all();
  expect_stopped();
  EXPECT_EQ(log_of("app"), "up\ndown\nup\ndown\n")
      << "it was asked to end, both times, and kept what it wrote";
  command.ok({"pod", "rm", "--sync", "web"});
  expect_nothing_left();
  command.ok({"image", "rm", "registry.test/pause:1", "registry.test/app:1", "registry.test/side:1"});
  command.ok({"gc"});
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}) + command.ok({"content", "ls", "-q"}), "");
}

TEST_P(PodRun, EverythingStartsAgainAfterAReboot) {
  make_pod();
  const std::string before = template_of("app");
  const auto first = start_all();
  reboot();
  EXPECT_THAT(pod(), Not(HasSubstr("\"mounted\"")));
  EXPECT_THAT(pod(), Not(HasSubstr("\"state\":\"running\"")));
  EXPECT_EQ(command.run({"container", "exec-config", "app"}).exit_code, 3) << "that was another boot's";
  const auto second = start_all();
  EXPECT_NE(first.at("app"), second.at("app"));
  EXPECT_EQ(template_of("app"), before);
  EXPECT_THAT(pod(), HasSubstr("\"state\":\"running\""));
  stop_all();
  expect_stopped();
  command.ok({"pod", "rm", "web"});
  expect_nothing_left();
  ASSERT_EQ(::umount2("/proc/sys/kernel/random/boot_id", 0), 0);
}

TEST_P(PodRun, WhatRunsIsNeitherRemovedNorStartedAgain) {
  make_pod();
  start_all();
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const CommandResult result = command.run(arguments);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    return result.err;
  };
  EXPECT_THAT(refused({"pod", "rm", "web"}), HasSubstr("container stop"));
  EXPECT_THAT(refused({"container", "rm", "app"}), HasSubstr("container stop"));
  refused({"container", "start", "app"});
  EXPECT_THAT(pod(), HasSubstr(R"("mounted":{"target":")"));
  EXPECT_THAT(pod(), Not(HasSubstr("\"count\":2"))) << "a start that was refused is not counted";
  command.ok({"gc"});
  EXPECT_EQ(command.ok({"container", "ls", "-q"}), "app\npod1\nside\n");
  stop_all();
  expect_stopped();
  stop_all();
  command.ok({"pod", "rm", "web"});
  expect_nothing_left();
}

TEST_P(PodRun, OneThatHasEndedByItselfIsRemovedOrStartedAgain) {
  for (const char* id : {"c1", "c2"}) {
    command.ok({"container", "create", "registry.test/app:1", id, "/bin/sh", "-c", "echo once >> /log"});
    const auto started = json({"container", "start", id});
    const UniqueFd process(static_cast<int>(
        ::syscall(SYS_pidfd_open, static_cast<pid_t>(started.root().integer("pid").value()), 0)));
    struct pollfd watched {
      process.get(), POLLIN, 0
    };
    if (process) {
      ASSERT_EQ(::poll(&watched, 1, kLongestWait), 1);
    }
  }
  command.ok({"container", "start", "c1"});
  command.ok({"container", "stop", "c1"});
  EXPECT_EQ(log_of("c1").substr(0, 5), "once\n");
  command.ok({"container", "rm", "c1", "c2"});
  EXPECT_TRUE(fs::is_empty(run_root() / ".runtime"));
  expect_nothing_left();
}

TEST_P(PodRun, AStopEndsWhatRunsInTheForegroundAndLetsItTidyUp) {
  const auto run =
      command.start({"container", "run", "--image", "registry.test/app:1", "--rm", "c1", "/bin/sh", "-c",
                     "trap 'exit 7' TERM; echo ready; while :; do sleep 1000 & wait $!; done"});
  ASSERT_EQ(run->line(), "ready");
  EXPECT_EQ(command.run({"container", "start", "c1"}).exit_code, 6) << "it is mounted for the other";
  command.ok({"container", "stop", "--time", "60", "c1"});
  EXPECT_EQ(run->exit_code(), 7);
  EXPECT_EQ(command.ok({"container", "ls", "-q"}), "") << "--rm";
  EXPECT_THAT(mounts(), testing::IsEmpty());
  command.ok({"system", "check"});
}

TEST_P(PodRun, WhatTheRuntimeRefusesIsSaidInItsWordsAndLeavesNothing) {
  command.ok(
      {"pod", "create", "--image", "registry.test/pause:1", "--id", "pod1", "web", "/no/such/program"});
  const CommandResult result = command.run({"container", "start", "web-infra"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("/no/such/program"));
  expect_stopped();
  command.ok({"pod", "rm", "web"});
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Runtimes, PodRun, testing::Values("runc", "crun"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace bayplan::test
