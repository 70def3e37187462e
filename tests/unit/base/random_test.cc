#include "bayplan/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "outcome.h"

namespace bayplan {
namespace {

TEST(FillRandom, FillsAllOfIt) {
  std::vector<std::byte> first(1000);
  std::vector<std::byte> second(1000);
  ASSERT_EQ(test::outcome(fill_random(first)), "ok");
  ASSERT_EQ(test::outcome(fill_random(second)), "ok");
  EXPECT_NE(first, second);
  EXPECT_LT(std::count(first.end() - 100, first.end(), std::byte{0}), 50);
}

TEST(FillRandom, NothingIsFine) { EXPECT_EQ(test::outcome(fill_random({})), "ok"); }

}  // namespace
}  // namespace bayplan
