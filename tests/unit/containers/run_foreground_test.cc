// Needs a real runtime: what it makes of our bundles is the point.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "bayplan/containers/tasks.h"
#include "child_process.h"
#include "container_store.h"
#include "runtime_state.h"

namespace bayplan::containers {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string busybox_layer() {
  test::TarBuilder tar;
  tar.dir("bin").file("bin/busybox", read_file("/bin/busybox"), {.mode = 0755});
  for (const char* name : {"sh", "id", "cat", "ls", "touch", "hostname", "sleep", "readlink"}) {
    tar.symlink("bin/" + std::string(name), "busybox");
  }
  tar.dir("etc").file("etc/passwd", "app:x:1000:1000::/:\n").file("etc/group", "audio:x:29:app\n");
  return tar.dir("tmp", {.mode = 01777}).end();
}

class RunForegroundTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs::exists("/bin/busybox")) << "install busybox-static";
    runtime_ = find_runtime();
    ASSERT_EQ(words(runtime_), "") << "install runc or crun";
    store_.add_image("a", {busybox_layer(), plain_layer("two")}, {.env = {"PATH=/bin"}});
  }
  void TearDown() override { EXPECT_THAT(store_.problems(), IsEmpty()); }

  // Creates a container that runs `script`, and its bundle.
  Bundle bundle_of(const std::string& id, const std::string& script, SpecOptions options = {}) {
    options.args = {"/bin/sh", "-c", script};
    EXPECT_EQ(words(store_.create(id, "a", {.spec = options})), "");
    return store_.prepare(id).value();
  }
  Result<int> run(const Bundle& bundle, const std::string& id) {
    return run_foreground(bundle, *runtime_, store_.run_root(), kNs, id);
  }
  Result<tasks::Task> get_task(std::string_view id) {
    return store_->db().view([&](const metadata::ReadTx& tx) { return tasks::get(tx, kNs, id); });
  }
  // A container that nobody looks after any more.
  void leave_in_runtime(const Bundle& bundle, const std::string& id) {
    const std::string state = runtime_state_root(store_.run_root());
    const Command create{
        .arguments = {*runtime_, "--root", state, "create", "--bundle", bundle.path(), runtime_id(kNs, id)},
        .silent = true};
    ASSERT_EQ(run_to_end(create).value(), 0);
    ASSERT_FALSE(fs::is_empty(state));
  }
  std::string output(const Bundle& bundle) { return read_file(bundle.path() / "rootfs/tmp/out"); }

  ContainerStore store_{"overlay"};
  Result<fs::path> runtime_ = fs::path();
};

TEST_F(RunForegroundTest, AnswersTheContainersExitCode) {
  const Bundle bundle = bundle_of("c1", "exit 7");
  EXPECT_EQ(run(bundle, "c1").value(), 7);
}

TEST_F(RunForegroundTest, TheProcessIsWhatTheSpecSays) {
  const Bundle bundle = bundle_of("c1", "(id -u; id -g; id -G; pwd; echo $A; hostname) > /tmp/out",
                                  {.env = {"A=b"}, .working_dir = "/tmp", .user = "app", .hostname = "bay"});
  EXPECT_EQ(run(bundle, "c1").value(), 0);
  EXPECT_EQ(output(bundle), "1000\n1000\n1000 29\n/tmp\nb\nbay\n");
}

TEST_F(RunForegroundTest, RootHasTheDefaultCapabilitiesAndNoInheritableOnes) {
  const Bundle bundle = bundle_of("c1",
                                  "while read -r line; do case $line in Cap*|NoNew*) echo $line;; esac; done "
                                  "< /proc/self/status > /tmp/out");
  EXPECT_EQ(run(bundle, "c1").value(), 0);
  EXPECT_EQ(output(bundle),
            "CapInh: 0000000000000000\nCapPrm: 00000000a80425fb\nCapEff: 00000000a80425fb\n"
            "CapBnd: 00000000a80425fb\nCapAmb: 0000000000000000\nNoNewPrivs: 1\n");
}

std::string own_namespace(const char* type) {
  return fs::read_symlink(fs::path("/proc/self/ns") / type).string() + "\n";
}

TEST_F(RunForegroundTest, ItHasNamespacesOfItsOwn) {
  const Bundle bundle =
      bundle_of("c1", "for n in pid ipc uts mnt net; do readlink /proc/self/ns/$n; done > /tmp/out");
  EXPECT_EQ(run(bundle, "c1").value(), 0);
  for (const char* type : {"pid", "ipc", "uts", "mnt", "net"}) {
    EXPECT_THAT(output(bundle), HasSubstr(std::string(type) + ":"));
    EXPECT_THAT(output(bundle), Not(HasSubstr(own_namespace(type))));
  }
}

TEST_F(RunForegroundTest, HostNetworkIsTheHosts) {
  const Bundle bundle = bundle_of("c1", "readlink /proc/self/ns/net > /tmp/out", {.host_network = true});
  EXPECT_EQ(run(bundle, "c1").value(), 0);
  EXPECT_EQ(output(bundle), own_namespace("net"));
}

TEST_F(RunForegroundTest, AReadOnlyRootfsIs) {
  const Bundle bundle = bundle_of("c1", "touch /tmp/x 2> /dev/null && exit 3; touch /run/x && exit 4",
                                  {.read_only_rootfs = true});
  EXPECT_EQ(run(bundle, "c1").value(), 4);
}

TEST_F(RunForegroundTest, NoDescriptorOfOursReachesTheContainer) {
  const Bundle bundle =
      bundle_of("c1", "for fd in /proc/self/fd/* /proc/1/fd/*; do readlink $fd; done > /tmp/out; true");
  EXPECT_EQ(run(bundle, "c1").value(), 0);
  EXPECT_THAT(output(bundle), Not(HasSubstr("lock")));
  EXPECT_THAT(output(bundle), Not(HasSubstr(store_.run_root().string())));
}

TEST_F(RunForegroundTest, LeavesNoStateOfTheRuntime) {
  const Bundle bundle = bundle_of("c1", "exit 0");
  ASSERT_EQ(run(bundle, "c1").value(), 0);
  EXPECT_TRUE(fs::is_empty(runtime_state_root(store_.run_root())));
}

TEST_F(RunForegroundTest, RunsAgain) {
  bundle_of("c1", "echo x >> /tmp/out; n=0; while read -r l; do n=$((n+1)); done < /tmp/out; exit $n");
  for (const int expected : {1, 2}) {
    const auto bundle = store_.prepare("c1");
    ASSERT_EQ(words(bundle), "");
    EXPECT_EQ(run(*bundle, "c1").value(), expected);
  }
}

TEST_F(RunForegroundTest, TerminateReachesTheContainer) {
  const Bundle bundle =
      bundle_of("c1", "trap 'exit 9' TERM; echo > /tmp/ready; while :; do sleep 1 & wait $!; done");
  const fs::path ready = bundle.path() / "rootfs/tmp/ready";
  ASSERT_EQ(::mkfifo(ready.c_str(), 0600), 0);
  const pthread_t runner = ::pthread_self();
  std::thread stopper([&] {
    read_file(ready);                 // until the container has opened it
    ::pthread_kill(runner, SIGTERM);  // NOLINT(bugprone-bad-signal-to-kill-thread): it is handled
  });
  const auto code = run(bundle, "c1");
  stopper.join();
  EXPECT_EQ(code.value(), 9);
}

TEST_F(RunForegroundTest, WhatAKilledRunLeftInTheRuntimeIsEnded) {
  const Bundle bundle = bundle_of("c1", "exit 5");
  leave_in_runtime(bundle, "c1");
  EXPECT_EQ(run(bundle, "c1").value(), 5);
  EXPECT_TRUE(fs::is_empty(runtime_state_root(store_.run_root())));
}

TEST_F(RunForegroundTest, RemoveEndsWhatAKilledRunLeft) {
  {
    const Bundle bundle = bundle_of("c1", "exit 5");
    leave_in_runtime(bundle, "c1");
  }
  EXPECT_EQ(words(store_.remove("c1")), "");
  EXPECT_TRUE(fs::is_empty(runtime_state_root(store_.run_root())));
}

TEST_F(RunForegroundTest, S73_WhatRunsHasATask) {
  const Bundle bundle = bundle_of("c1", "echo > /tmp/ready; read -r line < /tmp/go");
  const fs::path ready = bundle.path() / "rootfs/tmp/ready";
  const fs::path go = bundle.path() / "rootfs/tmp/go";
  ASSERT_EQ(::mkfifo(ready.c_str(), 0600) + ::mkfifo(go.c_str(), 0600), 0);
  std::thread looker([&] {
    read_file(ready);  // until the container has opened it
    const auto task = get_task("c1");
    EXPECT_EQ(words(task), "");
    EXPECT_EQ(tasks::state(*task), tasks::State::running);
    EXPECT_EQ(outcome(store_.remove("c1")), "failed_precondition");
    EXPECT_EQ(outcome(run(bundle, "c1")), "failed_precondition") << "nor is it run a second time";
    std::ofstream(go) << "go\n";
  });
  const auto code = run(bundle, "c1");
  looker.join();
  EXPECT_EQ(code.value(), 0);
  EXPECT_EQ(outcome(get_task("c1")), "not_found") << "it is gone at exit";
  EXPECT_EQ(words(store_.get("c1")), "");
}

TEST_F(RunForegroundTest, ARuntimeThatIsNotThereIsAnError) {
  const Bundle bundle = bundle_of("c1", "exit 0");
  EXPECT_EQ(outcome(run_foreground(bundle, "/no/such", store_.run_root(), kNs, "c1")), "not_found");
}

}  // namespace
}  // namespace bayplan::containers
