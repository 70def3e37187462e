#include "own_thread.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace bayplan::snapshots {
namespace {

TEST(OwnThread, answers_what_the_work_answers) {
  EXPECT_EQ(on_own_thread([]() -> Result<int> { return 7; }).value(), 7);
  const auto failed = on_own_thread([]() -> Result<int> { return Error(Errc::busy, "test", {}); });
  EXPECT_EQ(failed.error().code(), Errc::busy);
}

TEST(OwnThread, is_another_thread_with_every_signal_blocked) {
  sigset_t before;
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
  const auto blocked = on_own_thread([caller = std::this_thread::get_id()]() -> Result<bool> {
    EXPECT_NE(std::this_thread::get_id(), caller);
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGUSR1) == 1;
  });
  EXPECT_TRUE(blocked.value());
  sigset_t after;
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &after), 0);
  EXPECT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

TEST(OwnThread, its_working_directory_is_its_own_once_unshared) {
  const auto before = std::filesystem::current_path();
  const auto moved =
      on_own_thread([]() -> Result<bool> { return ::unshare(CLONE_FS) == 0 && ::chdir("/") == 0; });
  EXPECT_TRUE(moved.value());
  EXPECT_EQ(std::filesystem::current_path(), before);
}

}  // namespace
}  // namespace bayplan::snapshots
