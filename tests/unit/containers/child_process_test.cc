#include "child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "bayplan/base/fd.h"
#include "support/temp_dir.h"

namespace bayplan::containers {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  // Everything until the last writer is gone.
  std::string drain() {
    write.reset();
    std::string text;
    std::array<char, 256> buffer{};
    for (ssize_t count = 1; count > 0;) {
      count = ::read(read.get(), buffer.data(), buffer.size());
      if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  ino_t inode() const {
    struct stat info {};
    return ::fstat(read.get(), &info) == 0 ? info.st_ino : 0;
  }
  UniqueFd read;
  UniqueFd write;
};

Command shell(const std::string& script, int inherited = -1) {
  return {.arguments = {"/bin/sh", "-c", script}, .inherited = inherited};
}

TEST(ChildProcess, AnswersTheExitCode) {
  EXPECT_EQ(run_to_end(shell("exit 0")).value(), 0);
  EXPECT_EQ(run_to_end(shell("exit 42")).value(), 42);
}

TEST(ChildProcess, AnswersWhichSignalEndedIt) {
  EXPECT_EQ(run_to_end(shell("kill -KILL $$")).value(), 128 + SIGKILL);
}

TEST(ChildProcess, AProgramThatIsNotThereIsNotFound) {
  const auto ran = run_to_end({.arguments = {"/no/such/program"}});
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code(), Errc::not_found);
  EXPECT_EQ(run_to_end({.arguments = {"/"}}).error().code(), Errc::permission_denied);
}

TEST(ChildProcess, ArgumentsReachItAsTheyAre) {
  Pipe pipe;
  const Command command{
      .arguments = {"/bin/sh", "-c", "printf '%s|' \"$@\" >&3", "sh", "a b", "$(c)", "", "*"},
      .inherited = pipe.write.get()};
  EXPECT_EQ(run_to_end(command).value(), 0);
  EXPECT_EQ(pipe.drain(), "a b|$(c)||*|");
}

// What the descriptors of a child are, when one of ours would survive exec.
std::string descriptors_of_child(bool inherit) {
  const test::TempDir marked;
  const UniqueFd leak(::open(marked.path().c_str(), O_RDONLY | O_DIRECTORY));  // without O_CLOEXEC
  EXPECT_GT(leak.get(), kInheritedFd);
  const std::string list = (marked.path() / "list").string();
  Pipe pipe;
  Command command = shell("for fd in /proc/$$/fd/*; do echo $(readlink $fd); done > " + list);
  if (inherit) command.inherited = pipe.write.get();
  EXPECT_EQ(run_to_end(command).value(), 0);
  std::ifstream in(list);
  std::string text;
  for (std::string line; std::getline(in, line);) {
    if (line == marked.path()) text += "leaked ";
    if (line.starts_with("pipe:[" + std::to_string(pipe.inode()))) text += "inherited ";
  }
  return text;
}

TEST(ChildProcess, NoDescriptorButTheOneMeantReachesIt) {
  EXPECT_EQ(descriptors_of_child(true), "inherited ");
  EXPECT_EQ(descriptors_of_child(false), "");
}

TEST(ChildProcess, ServiceManagersVariablesAreWithheld) {
  ::setenv("LISTEN_FDS", "1", 1);
  ::setenv("NOTIFY_SOCKET", "/run/x", 1);
  ::setenv("BAYPLAN_TEST_KEPT", "yes", 1);
  EXPECT_EQ(
      run_to_end(shell("test -z \"$LISTEN_FDS$NOTIFY_SOCKET\" && test \"$BAYPLAN_TEST_KEPT\" = yes")).value(),
      0);
  for (const char* name : {"LISTEN_FDS", "NOTIFY_SOCKET", "BAYPLAN_TEST_KEPT"}) ::unsetenv(name);
}

TEST(ChildProcess, ASilentOneHasNoStreams) {
  Command command =
      shell("for n in 0 1 2; do test \"$(readlink /proc/$$/fd/$n)\" = /dev/null || exit 1; done");
  command.silent = true;
  EXPECT_EQ(run_to_end(command).value(), 0);
}

// Sends `signal` to this thread as soon as the child is there, which answers by dying of it.
int exit_code_after(int signal) {
  Pipe pipe;
  const pthread_t runner = ::pthread_self();
  std::thread sender([&] {
    char ready = 0;
    if (::read(pipe.read.get(), &ready, 1) == 1) ::pthread_kill(runner, signal);
  });
  const auto ran = run_to_end(shell("echo >&3; exec sleep 1000", pipe.write.get()));
  sender.join();
  return ran.value();
}

TEST(ChildProcess, InterruptAndTerminateReachItAndNotUs) {
  EXPECT_EQ(exit_code_after(SIGTERM), 128 + SIGTERM);
  EXPECT_EQ(exit_code_after(SIGINT), 128 + SIGINT);
}

TEST(ChildProcess, TheSignalMaskIsAsBefore) {
  sigset_t before;
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  ASSERT_TRUE(run_to_end(shell("exit 0")));
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGINT, SIGTERM}) {
    EXPECT_EQ(::sigismember(&before, signal), ::sigismember(&after, signal));
  }
}

}  // namespace
}  // namespace bayplan::containers
