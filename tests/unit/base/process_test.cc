#include "bayplan/base/process.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "outcome.h"

namespace bayplan::process {
namespace {

using test::outcome;

/// A child that lives until it is killed, and is buried at the end.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (true) ::pause();
  }
  ~Child() {
    kill();
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  /// Ends it, and leaves a zombie.
  void kill() {
    ::kill(pid_, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }

 private:
  pid_t pid_;
};

TEST(Process, TheBootHasOneUuid) {
  const auto id = boot_id();
  ASSERT_EQ(outcome(id), "ok");
  EXPECT_EQ(id->size(), 36u) << *id;
  EXPECT_EQ(id->find_first_not_of("0123456789abcdef-"), std::string::npos) << *id;
  EXPECT_EQ(boot_id().value(), *id);
}

TEST(Process, ThisOneRuns) {
  const auto start = own_start_time();
  ASSERT_EQ(outcome(start), "ok");
  EXPECT_GT(*start, 0u);
  EXPECT_TRUE(is_running(::getpid(), *start).value());
  EXPECT_GT(pid_namespace().value(), 0u);
}

TEST(Process, AnotherStartTimeIsAnotherProcess) {
  EXPECT_FALSE(is_running(::getpid(), own_start_time().value() + 1).value());
}

TEST(Process, NamesWithParenthesesAndSpacesAreRead) {
  char before[16] = {};
  ::prctl(PR_GET_NAME, &before[0]);
  const auto start = own_start_time();
  ::prctl(PR_SET_NAME, "a) R 1 (b");
  const auto renamed = own_start_time();
  ::prctl(PR_SET_NAME, &before[0]);
  ASSERT_EQ(outcome(renamed), "ok");
  EXPECT_EQ(*renamed, *start);
}

TEST(Process, AZombieHasEndedAndSoHasWhatIsBuried) {
  pid_t pid = 0;
  std::uint64_t start = 0;
  {
    Child child;
    pid = child.pid();
    // Which of the two started first is not known to a clock tick: found by asking.
    start = own_start_time().value();
    while (!is_running(pid, start).value()) ++start;
    child.kill();
    EXPECT_FALSE(is_running(pid, start).value());
  }
  EXPECT_FALSE(is_running(pid, start).value());
}

}  // namespace
}  // namespace bayplan::process
