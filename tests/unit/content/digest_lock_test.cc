#include "digest_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "bayplan/base/file.h"
#include "fixture.h"

namespace bayplan::content::test {
namespace {

class DigestLockTest : public ::testing::Test {
 protected:
  /// Whether another process could claim `digest` now: what a fresh open file description sees.
  bool claimable_elsewhere(const Digest& digest) const {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto locks = DigestLocks::open(dir_.fd());
      ::_exit(locks && (*locks)->try_claim(digest).value().has_value() ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  bayplan::test::TempDir dir_;
  std::shared_ptr<DigestLocks> locks_ = must(DigestLocks::open(dir_.fd()));
  Digest digest_ = Digest::of("a");
};

TEST_F(DigestLockTest, OneObjectPerFile) {
  EXPECT_EQ(must(DigestLocks::open(dir_.fd())), locks_);
  const bayplan::test::TempDir other;
  EXPECT_NE(must(DigestLocks::open(other.fd())), locks_);
}

TEST_F(DigestLockTest, AHeldDigestCannotBeClaimedInThisProcess) {
  {
    const DigestLock held = must(locks_->hold(digest_));
    EXPECT_FALSE(must(locks_->try_claim(digest_)));
    EXPECT_TRUE(must(locks_->try_claim(Digest::of("b"))));
  }
  EXPECT_TRUE(must(locks_->try_claim(digest_)));
}

TEST_F(DigestLockTest, AHeldDigestCannotBeClaimedInAnotherProcess) {
  {
    const DigestLock held = must(locks_->hold(digest_));
    EXPECT_FALSE(claimable_elsewhere(digest_));
    EXPECT_TRUE(claimable_elsewhere(Digest::of("b")));
  }
  EXPECT_TRUE(claimable_elsewhere(digest_));
}

TEST_F(DigestLockTest, SharesEndWithTheLastHolder) {
  std::optional<DigestLock> first(must(locks_->hold(digest_)));
  std::optional<DigestLock> second(must(locks_->hold(digest_)));  // the same thread: waiting would never end
  first.reset();
  EXPECT_FALSE(must(locks_->try_claim(digest_)));
  EXPECT_FALSE(claimable_elsewhere(digest_));
  second.reset();
  EXPECT_TRUE(claimable_elsewhere(digest_));
}

TEST_F(DigestLockTest, PublishersOfTwoProcessesDoNotWaitForOneAnother) {
  const DigestLock held = must(locks_->hold(digest_));
  const pid_t child = ::fork();
  if (child == 0) {
    const auto locks = DigestLocks::open(dir_.fd());
    ::_exit(locks && (*locks)->hold(digest_) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(DigestLockTest, AClaimKeepsOthersFromClaiming) {
  const auto claim = must(locks_->try_claim(digest_));
  ASSERT_TRUE(claim);
  EXPECT_FALSE(must(locks_->try_claim(digest_)));
  EXPECT_FALSE(claimable_elsewhere(digest_));
}

TEST_F(DigestLockTest, AHolderWaitsForAClaimToEnd) {
  auto claim = must(locks_->try_claim(digest_));
  std::atomic<bool> claimed{true};
  std::thread publisher([&] {
    const DigestLock held = must(locks_->hold(digest_));
    EXPECT_FALSE(claimed.load());
  });
  claimed = false;
  claim.reset();
  publisher.join();
}

TEST_F(DigestLockTest, ManyThreadsHoldAndClaim) {
  std::atomic<int> holders{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 500; ++round) {
        if (i == 0) {
          const auto claim = must(locks_->try_claim(digest_));
          EXPECT_TRUE(!claim || holders.load() == 0);
          continue;
        }
        const DigestLock held = must(locks_->hold(digest_));
        ++holders;
        --holders;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(DigestLockTest, AForkedChildNeitherUsesNorReleasesWhatItInherited) {
  std::optional<DigestLock> held(must(locks_->hold(digest_)));
  const pid_t child = ::fork();
  if (child == 0) {
    const bool closed = code_of(locks_->hold(digest_)) == Errc::closed;
    held.reset();
    ::_exit(closed ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_FALSE(claimable_elsewhere(digest_));
}

}  // namespace
}  // namespace bayplan::content::test
