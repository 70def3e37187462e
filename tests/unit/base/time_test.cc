#include "bayplan/base/time.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "outcome.h"

namespace bayplan {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

Time at(std::int64_t second, std::int64_t nano = 0) { return Time(seconds(second)) + nanoseconds(nano); }

TEST(FormatTime, WholeSecondsHaveNoFraction) {
  EXPECT_EQ(format_rfc3339(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(at(1'795'168'800)), "2026-11-20T10:00:00Z");
}

TEST(FormatTime, FractionWithoutTrailingZeros) {
  EXPECT_EQ(format_rfc3339(at(0, 500'000'000)), "1970-01-01T00:00:00.5Z");
  EXPECT_EQ(format_rfc3339(at(0, 1)), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(format_rfc3339(at(0, 120)), "1970-01-01T00:00:00.00000012Z");
  EXPECT_EQ(format_rfc3339(at(10, 999'999'999)), "1970-01-01T00:00:10.999999999Z");
}

TEST(FormatTime, BeforeTheEpoch) {
  EXPECT_EQ(format_rfc3339(at(-1)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(format_rfc3339(at(0, -1)), "1969-12-31T23:59:59.999999999Z");
}

TEST(FormatTime, EndsOfTheRange) {
  EXPECT_EQ(format_rfc3339(Time::min()), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(format_rfc3339(Time::max()), "2262-04-11T23:47:16.854775807Z");
}

TEST(ParseTime, UtcAndFractions) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z").value(), at(0));
  EXPECT_EQ(parse_rfc3339("2026-11-20T10:00:00.5Z").value(), at(1'795'168'800, 500'000'000));
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59.999999999Z").value(), at(0, -1));
  EXPECT_EQ(parse_rfc3339("1970-01-01t00:00:01z").value(), at(1));
}

TEST(ParseTime, FinerThanANanosecondIsCutOff) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.1234567899999999999999999999Z").value(), at(0, 123'456'789));
}

TEST(ParseTime, OffsetsAreConverted) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T01:00:00+01:00").value(), at(0));
  EXPECT_EQ(parse_rfc3339("1969-12-31T18:30:00-05:30").value(), at(0));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00-00:00").value(), at(0));
  EXPECT_EQ(parse_rfc3339("1970-01-01T23:59:00+23:59").value(), at(0));
}

TEST(ParseTime, LeapDays) {
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z").value(), at(1'709'164'800));
  EXPECT_EQ(parse_rfc3339("2000-02-29T00:00:00Z").value(), at(951'782'400));
  EXPECT_EQ(test::outcome(parse_rfc3339("1900-02-29T00:00:00Z")), "invalid_argument");
  EXPECT_EQ(test::outcome(parse_rfc3339("2023-02-29T00:00:00Z")), "invalid_argument");
}

TEST(ParseTime, FirstAndLastYear) {
  EXPECT_EQ(test::outcome(parse_rfc3339("1678-01-01T00:00:00+23:59")), "ok");
  EXPECT_EQ(test::outcome(parse_rfc3339("2261-12-31T23:59:59.999999999-23:59")), "ok");
  EXPECT_EQ(test::outcome(parse_rfc3339("1677-12-31T23:59:59Z")), "invalid_argument");
  EXPECT_EQ(test::outcome(parse_rfc3339("2262-01-01T00:00:00Z")), "invalid_argument");
  EXPECT_EQ(test::outcome(parse_rfc3339("0001-01-01T00:00:00Z")), "invalid_argument");
  EXPECT_EQ(test::outcome(parse_rfc3339("9999-12-31T23:59:59Z")), "invalid_argument");
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const std::string& text : {std::string(),
                                  std::string("2026"),
                                  std::string("2026-11-20"),
                                  std::string("2026-11-20T10:00:00"),
                                  std::string("2026-11-20 10:00:00Z"),
                                  std::string("2026-11-20T10:00Z"),
                                  std::string("2026-11-20T10:00:00.Z"),
                                  std::string("2026-11-20T10:00:00,5Z"),
                                  std::string("2026-11-20T10:00:00Z "),
                                  std::string(" 2026-11-20T10:00:00Z"),
                                  std::string("2026-13-20T10:00:00Z"),
                                  std::string("2026-00-20T10:00:00Z"),
                                  std::string("2026-11-31T10:00:00Z"),
                                  std::string("2026-11-00T10:00:00Z"),
                                  std::string("2026-11-20T24:00:00Z"),
                                  std::string("2026-11-20T10:60:00Z"),
                                  std::string("2026-11-20T10:00:60Z"),
                                  std::string("2026-11-20T10:00:00+24:00"),
                                  std::string("2026-11-20T10:00:00+01:60"),
                                  std::string("2026-11-20T10:00:00+0100"),
                                  std::string("2026-11-20T10:00:00+01"),
                                  std::string("+026-11-20T10:00:00Z"),
                                  std::string("-026-11-20T10:00:00Z"),
                                  std::string("2026-1-20T10:00:00Z"),
                                  std::string("2026-11-20T10:00:00ZZ"),
                                  std::string("2026-11-20T10:00:00Z\0", 21),
                                  std::string("2026\0-11-20T10:00:00Z", 21)}) {
    EXPECT_EQ(test::outcome(parse_rfc3339(text)), "invalid_argument") << text;
  }
}

TEST(ParseTime, ReadsBackWhatFormatWrites) {
  std::mt19937_64 random(20261120);
  const std::int64_t low = parse_rfc3339("1678-01-01T00:00:00Z").value().time_since_epoch().count();
  const std::int64_t high = parse_rfc3339("2261-12-31T23:59:59Z").value().time_since_epoch().count();
  std::uniform_int_distribution<std::int64_t> pick(low, high);
  for (int i = 0; i < 20'000; ++i) {
    const Time time{nanoseconds(pick(random))};
    const std::string text = format_rfc3339(time);
    ASSERT_EQ(parse_rfc3339(text).value(), time) << text;
  }
}

TEST(Now, IsOurCentury) {
  EXPECT_GT(now(), parse_rfc3339("2020-01-01T00:00:00Z").value());
  EXPECT_LT(now(), parse_rfc3339("2120-01-01T00:00:00Z").value());
}

}  // namespace
}  // namespace bayplan
