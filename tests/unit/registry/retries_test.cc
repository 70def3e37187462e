#include "retries.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "transport.h"

namespace bayplan::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RetriesTest : public testing::Test {
 protected:
  RetriesTest() {
    options_.first_wait = milliseconds(1000);
    options_.longest_wait = seconds(60);
    options_.attempts = 5;
  }
  static Failure passing(std::optional<milliseconds> retry_after = std::nullopt) {
    return {Error(Errc::busy, "registry", "host"), true, retry_after};
  }
  std::vector<milliseconds> waits_;
  images::RegistryOptions options_;
  Waiter waiter_ = [this](milliseconds time, const CancelToken& cancel) {
    waits_.push_back(time);
    return cancel.check();
  };
  CancelToken cancel_;
};

TEST_F(RetriesTest, WaitsDoubleWithJitterUntilTheAttemptsAreUsedUp) {
  Retries retries(options_, waiter_, cancel_);
  for (int n = 0; n < 4; ++n) EXPECT_TRUE(retries.after(passing()));
  const auto last = retries.after(passing());
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code(), Errc::busy);
  ASSERT_EQ(waits_.size(), 4u);
  for (std::size_t n = 0; n < 4; ++n) {
    EXPECT_GE(waits_[n], milliseconds(500 << n));
    EXPECT_LE(waits_[n], milliseconds(1000 << n));
  }
}

TEST_F(RetriesTest, WhatDoesNotPassIsNotTriedAgain) {
  Retries retries(options_, waiter_, cancel_);
  EXPECT_FALSE(retries.after({Error(Errc::permission_denied, "registry", "host")}));
  EXPECT_TRUE(waits_.empty());
}

TEST_F(RetriesTest, RetryAfterIsHonouredWithinItsBound) {
  Retries retries(options_, waiter_, cancel_);
  EXPECT_TRUE(retries.after(passing(seconds(30))));
  EXPECT_THAT(waits_, testing::ElementsAre(seconds(30)));
  const auto refused = retries.after(passing(seconds(3600)));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("3600 seconds"));
  EXPECT_EQ(waits_.size(), 1u);
}

TEST_F(RetriesTest, ProgressCountsAnew) {
  Retries retries(options_, waiter_, cancel_);
  for (int n = 0; n < 20; ++n) {
    retries.progressed();
    EXPECT_TRUE(retries.after(passing()));
  }
}

TEST_F(RetriesTest, CancellationEndsTheWait) {
  cancel_.cancel();
  const auto ended = wait_for(std::chrono::hours(1), cancel_);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code(), Errc::cancelled);
}

TEST(RetryAfter, SecondsOrADate) {
  EXPECT_EQ(parse_retry_after("7"), seconds(7));
  EXPECT_EQ(parse_retry_after("0"), seconds(0));
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), seconds(0));
  const auto far = parse_retry_after("Wed, 21 Oct 2037 07:28:00 GMT");
  ASSERT_TRUE(far);
  EXPECT_GT(*far, std::chrono::hours(24));
  EXPECT_GT(*parse_retry_after("18446744073709551615"), std::chrono::hours(24));
  EXPECT_FALSE(parse_retry_after("soon"));
  EXPECT_FALSE(parse_retry_after("-1 parsecs"));
}

TEST(StallWatch, GivesUpAfterAWindowThatBroughtTooLittle) {
  StallWatch watch(seconds(10), 100);
  watch.moved(100);
  EXPECT_FALSE(watch.waited(seconds(9)));
  EXPECT_FALSE(watch.waited(seconds(1)));
  watch.moved(99);
  EXPECT_FALSE(watch.waited(seconds(9)));
  EXPECT_TRUE(watch.waited(seconds(1)));
}

}  // namespace
}  // namespace bayplan::registry
