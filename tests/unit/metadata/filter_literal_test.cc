#include "filter_literal.h"

#include <gtest/gtest.h>

#include <limits>

namespace bayplan::metadata {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

TEST(FilterNumber, takes_suffixes) {
  EXPECT_EQ(parse_number("0"), 0);
  EXPECT_EQ(parse_number("-12"), -12);
  EXPECT_EQ(parse_number("7B"), 7);
  EXPECT_EQ(parse_number("3k"), 3000);
  EXPECT_EQ(parse_number("3K"), 3000);
  EXPECT_EQ(parse_number("3KB"), 3000);
  EXPECT_EQ(parse_number("3Ki"), 3072);
  EXPECT_EQ(parse_number("3KiB"), 3072);
  EXPECT_EQ(parse_number("1M"), 1'000'000);
  EXPECT_EQ(parse_number("1MiB"), 1 << 20);
  EXPECT_EQ(parse_number("2GiB"), std::int64_t{2} << 30);
  EXPECT_EQ(parse_number("2T"), 2'000'000'000'000);
  EXPECT_EQ(parse_number("1Pi"), std::int64_t{1} << 50);
  EXPECT_EQ(parse_number("9E"), 9'000'000'000'000'000'000);
}

TEST(FilterNumber, ends_where_64_bits_end) {
  EXPECT_EQ(parse_number("9223372036854775807"), kMost);
  EXPECT_EQ(parse_number("-9223372036854775808"), kLeast);
  EXPECT_EQ(parse_number("-8Ei"), kLeast);
  for (const char* far : {"9223372036854775808", "8Ei", "10E", "99999999999999999999999"})
    EXPECT_FALSE(parse_number(far).has_value()) << far;
}

TEST(FilterNumber, refuses_what_is_none) {
  for (const char* bad : {"", "-", "+1", "K", "1.5M", "1x", "1i", "1iB", "1Kib", "1KK", "1kiBB", "0x10", " 1",
                          "1 ", "1BB", "1m", "1e3"})
    EXPECT_FALSE(parse_number(bad).has_value()) << bad;
}

TEST(FilterDuration, reads_gos) {
  EXPECT_EQ(parse_duration("0"), nanoseconds(0));
  EXPECT_EQ(parse_duration("1ns"), nanoseconds(1));
  EXPECT_EQ(parse_duration("1us"), nanoseconds(1000));
  EXPECT_EQ(parse_duration("1\u00B5s"), nanoseconds(1000));
  EXPECT_EQ(parse_duration("1\u03BCs"), nanoseconds(1000));
  EXPECT_EQ(parse_duration("1ms"), nanoseconds(1'000'000));
  EXPECT_EQ(parse_duration("1s"), std::chrono::seconds(1));
  EXPECT_EQ(parse_duration("1m"), std::chrono::minutes(1));
  EXPECT_EQ(parse_duration("24h"), std::chrono::hours(24));
  EXPECT_EQ(parse_duration("1h2m3s4ms"), nanoseconds(3'723'004'000'000));
  EXPECT_EQ(parse_duration("-1.5h"), -std::chrono::minutes(90));
  EXPECT_EQ(parse_duration("+.25s"), nanoseconds(250'000'000));
  EXPECT_EQ(parse_duration("2.s"), std::chrono::seconds(2));
  EXPECT_EQ(parse_duration("0.0000000019s"), nanoseconds(1));
}

TEST(FilterDuration, ends_where_64_bits_end) {
  EXPECT_EQ(parse_duration("9223372036854775807ns"), nanoseconds(kMost));
  for (const char* far :
       {"9223372036854775808ns", "2562048h", "99999999999999999999h", "2562047h60m", "9223372036.854775808s"})
    EXPECT_FALSE(parse_duration(far).has_value()) << far;
}

TEST(FilterDuration, refuses_what_is_none) {
  for (const char* bad : {"", "-", "1", "h", ".h", "1.h.", "1d", "1h1", "1 h", "--1s", "1hs"})
    EXPECT_FALSE(parse_duration(bad).has_value()) << bad;
}

TEST(FilterTime, is_an_instant_or_how_long_ago) {
  const Time now = parse_rfc3339("2026-06-02T12:00:00Z").value();
  EXPECT_EQ(parse_time("2026-01-01T02:00:00+02:00", now), parse_rfc3339("2026-01-01T00:00:00Z").value());
  EXPECT_EQ(parse_time("24h", now), now - std::chrono::hours(24));
  EXPECT_EQ(parse_time("-1h", now), now + std::chrono::hours(1));
  for (const char* bad : {"", "2026-01-01", "yesterday", "5"}) EXPECT_FALSE(parse_time(bad, now)) << bad;
  EXPECT_FALSE(parse_time("-2562047h", now).has_value());
}

}  // namespace
}  // namespace bayplan::metadata
