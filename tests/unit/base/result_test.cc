#include "bayplan/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "outcome.h"

namespace bayplan {
namespace {

Error some_error() { return Error(Errc::busy, "lock", "a"); }

Result<int> half(int number) {
  if (number % 2 != 0) return Error(Errc::invalid_argument, "number", std::to_string(number), "odd");
  return number / 2;
}

Result<void> check_even(int number) {
  BAYPLAN_TRY(half(number));
  return {};
}

Result<int> quarter(int number) {
  BAYPLAN_ASSIGN(const int once, half(number));
  BAYPLAN_ASSIGN(const int twice, half(once));
  return twice;
}

TEST(Result, HoldsAValue) {
  Result<std::string> result = "text";
  ASSERT_TRUE(result);
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(*result, "text");
  EXPECT_EQ(result->size(), 4u);
  EXPECT_EQ(std::move(result).value(), "text");
}

TEST(Result, HoldsAnError) {
  const Result<int> result = some_error();
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error().code(), Errc::busy);
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 7);
}

TEST(Result, RangeForOverATemporarysValueDoesNotDangle) {
  const auto make = [] {
    return Result<std::vector<std::string>>(std::vector<std::string>(3, std::string(100, 'x')));
  };
  std::size_t bytes = 0;
  for (const std::string& text : make().value()) bytes += text.size();
  for (const std::string& text : *make()) bytes += text.size();
  EXPECT_EQ(bytes, 600u);
}

TEST(Result, ValueOfAnErrorThrowsWithItsWords) {
  const Result<int> result = some_error();
  try {
    static_cast<void>(result.value());
    FAIL() << "no exception";
  } catch (const std::logic_error& error) {
    EXPECT_NE(std::string(error.what()).find("lock \"a\": busy"), std::string::npos);
  }
  EXPECT_THROW(Result<void>(some_error()).value(), std::logic_error);
}

TEST(Result, ValueOr) {
  EXPECT_EQ(half(4).value_or(9), 2);
  EXPECT_EQ(half(5).value_or(9), 9);
}

TEST(Result, AndThenGoesOnOnlyWithAValue) {
  EXPECT_EQ(half(8).and_then(half).value(), 2);
  int calls = 0;
  const auto count = [&calls](int) -> Result<void> { return ++calls, Result<void>(); };
  EXPECT_EQ(test::outcome(half(3).and_then(count)), "invalid_argument");
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(test::outcome(half(2).and_then(count)), "ok");
  EXPECT_EQ(calls, 1);
}

TEST(Result, VoidAndThen) {
  const auto seven = [] { return Result<int>(7); };
  EXPECT_EQ(check_even(2).and_then(seven).value(), 7);
  EXPECT_EQ(test::outcome(check_even(3).and_then(seven)), "invalid_argument");
}

TEST(Result, WithContextTouchesOnlyErrors) {
  EXPECT_EQ(half(4).with_context("sum", "s").value(), 2);
  EXPECT_EQ(test::words(half(5).with_context("sum", "s")), "sum \"s\": number \"5\": invalid argument: odd");
  EXPECT_EQ(test::words(check_even(5).with_context("sum", "s")),
            "sum \"s\": number \"5\": invalid argument: odd");
  EXPECT_TRUE(check_even(4).with_context("sum", "s"));
}

TEST(ResultMacros, TryReturnsTheError) {
  EXPECT_EQ(test::outcome(check_even(4)), "ok");
  EXPECT_EQ(test::outcome(check_even(5)), "invalid_argument");
}

TEST(ResultMacros, AssignReturnsTheErrorOrTakesTheValue) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().name(), "3");
  EXPECT_EQ(quarter(5).error().name(), "5");
}

}  // namespace
}  // namespace bayplan
