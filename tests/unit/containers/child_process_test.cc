#include "child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>

#include "bayplan/base/fd.h"

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

TEST(ChildProcess, NoDescriptorButTheOneMeantReachesIt) {
  const UniqueFd leak(::dup(STDERR_FILENO));  // without O_CLOEXEC
  ASSERT_GE(leak.get(), 3);
  Pipe pipe;
  EXPECT_EQ(run_to_end(shell("ls /proc/$$/fd | tr '\\n' ' ' >&3", pipe.write.get())).value(), 0);
  EXPECT_EQ(pipe.drain(), "0 1 2 3 ");
}

TEST(ChildProcess, WithoutAnInheritedOneThereAreThreeDescriptors) {
  const UniqueFd leak(::dup(STDERR_FILENO));
  EXPECT_EQ(run_to_end(shell("test \"$(ls /proc/$$/fd | tr '\\n' ' ')\" = '0 1 2 '")).value(), 0);
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
