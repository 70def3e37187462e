#include "bayplan/base/fault.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "outcome.h"

namespace bayplan::fault {
namespace {

class FaultTest : public ::testing::Test {
 protected:
  void TearDown() override { arm({}); }
};

TEST_F(FaultTest, UnarmedPointsLetEverythingPass) {
  EXPECT_FALSE(armed.load());
  EXPECT_EQ(test::outcome(at(Point::ingest_synced)), "ok");
}

TEST_F(FaultTest, TheActionSeesThePointAndDecides) {
  std::vector<std::string> seen;
  arm([&seen](Point point) -> std::optional<Error> {
    seen.emplace_back(name(point));
    if (point != Point::gc_swept) return {};
    return Error(Errc::io, "fault", name(point));
  });
  EXPECT_EQ(test::outcome(at(Point::gc_marked)), "ok");
  const auto swept = at(Point::gc_swept);
  ASSERT_FALSE(swept);
  EXPECT_EQ(swept.error().name(), "gc_swept");
  EXPECT_EQ(seen, (std::vector<std::string>{"gc_marked", "gc_swept"}));
}

TEST_F(FaultTest, DisarmedPointsPassAgain) {
  arm([](Point) { return std::optional(Error(Errc::io, "fault", "x")); });
  EXPECT_EQ(test::outcome(at(Point::commit_before)), "io");
  arm({});
  EXPECT_EQ(test::outcome(at(Point::commit_before)), "ok");
  EXPECT_EQ(test::outcome(fire(Point::commit_before)), "ok");
}

TEST_F(FaultTest, EveryPointHasItsOwnName) {
  std::set<std::string_view> names;
  for (int i = 0; i < static_cast<int>(Point::count_); ++i) {
    const std::string_view found = name(static_cast<Point>(i));
    EXPECT_FALSE(found.empty()) << i;
    EXPECT_TRUE(names.insert(found).second) << found;
  }
  EXPECT_EQ(name(Point::count_), "");
}

}  // namespace
}  // namespace bayplan::fault
