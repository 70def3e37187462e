#include "bayplan/base/progress.h"

#include <gtest/gtest.h>

#include "outcome.h"

namespace bayplan {
namespace {

TEST(CancelToken, ChecksOutUntilCancelled) {
  const CancelToken token;
  EXPECT_EQ(test::outcome(token.check()), "ok");
  token.cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_EQ(test::outcome(token.check()), "cancelled");
}

TEST(CancelToken, CopiesShareOneFlagAndOthersDoNot) {
  const CancelToken token;
  const CancelToken copy = token;
  const CancelToken other;
  copy.cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_FALSE(other.cancelled());
}

}  // namespace
}  // namespace bayplan
