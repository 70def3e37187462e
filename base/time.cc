#include "bayplan/base/time.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace bayplan {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kFirstYear = 1678;  // the years that nanoseconds in 64 bits reach as a whole
constexpr std::int64_t kLastYear = 2261;

// Reads RFC 3339 from left to right; after a failure everything fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  // Exactly `digits` digits, a number in [low, high].
  std::int64_t number(int digits, std::int64_t low, std::int64_t high) noexcept {
    std::int64_t value = 0;
    for (int i = 0; i < digits; ++i) value = value * 10 + digit().value_or(0);
    if (value < low || value > high) ok_ = false;
    return value;
  }

  // The next character if it is one of `any_of`, else a failure.
  char expect(std::string_view any_of) noexcept {
    const char c = peek();
    if (c == '\0' || any_of.find(c) == std::string_view::npos) {
      ok_ = false;
      return '\0';
    }
    rest_.remove_prefix(1);
    return c;
  }

  // ".digits", or nothing; what is finer than a nanosecond is cut off.
  std::int64_t fraction_nanos() noexcept {
    if (peek() != '.') return 0;
    rest_.remove_prefix(1);
    std::int64_t nanos = 0;
    std::int64_t unit = kNanosPerSecond;
    do {
      unit /= 10;
      nanos += unit * digit().value_or(0);
    } while (is_digit(peek()));
    return nanos;
  }

  bool complete() const noexcept { return ok_ && rest_.empty(); }

 private:
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  std::optional<int> digit() noexcept {
    if (!is_digit(peek())) {
      ok_ = false;
      return {};
    }
    const int value = peek() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::int64_t scan_offset_seconds(Scanner& scan) noexcept {
  const char sign = scan.expect("Zz+-");
  if (sign != '+' && sign != '-') return 0;
  const std::int64_t hours = scan.number(2, 0, 23);
  scan.expect(":");
  const std::int64_t minutes = scan.number(2, 0, 59);
  return (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
}

Error not_a_time(std::string_view text, std::string_view why) {
  return Error(Errc::invalid_argument, "time", text, why);
}

}  // namespace

double seconds_between(Time from, Time to) noexcept {
  using Seconds = std::chrono::duration<double>;
  return Seconds(to.time_since_epoch()).count() - Seconds(from.time_since_epoch()).count();
}

Time now() noexcept { return std::chrono::system_clock::now(); }

std::string format_rfc3339(Time time) {
  // Split by hand: floor<days>() of the earliest times lies outside the range of nanoseconds.
  const std::int64_t count = time.time_since_epoch().count();
  std::int64_t seconds = count / kNanosPerSecond;
  std::int64_t nanos = count % kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --seconds;
  }
  const std::chrono::sys_seconds second{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);

  std::array<char, 48> text{};
  const int length = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09d",
                                   static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                   static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                                   static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()), static_cast<int>(nanos));
  std::string out(text.data(), static_cast<std::size_t>(length));
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out + 'Z';
}

Result<Time> parse_rfc3339(std::string_view text) {
  Scanner scan(text);
  const auto year = static_cast<int>(scan.number(4, 0, 9999));
  scan.expect("-");
  const auto month = static_cast<unsigned>(scan.number(2, 1, 12));
  scan.expect("-");
  const auto day = static_cast<unsigned>(scan.number(2, 1, 31));
  scan.expect("Tt");
  const std::int64_t hour = scan.number(2, 0, 23);
  scan.expect(":");
  const std::int64_t minute = scan.number(2, 0, 59);
  scan.expect(":");
  const std::int64_t second = scan.number(2, 0, 59);
  const std::int64_t nanos = scan.fraction_nanos();
  const std::int64_t offset = scan_offset_seconds(scan);
  if (!scan.complete()) return not_a_time(text, "not RFC 3339, as in 2026-01-31T10:00:00Z");

  const auto date = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  if (!date.ok()) return not_a_time(text, "there is no such day");
  if (year < kFirstYear || year > kLastYear) return not_a_time(text, "the year is not in 1678..2261");
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * kSecondsPerDay + hour * 3600 + minute * 60 + second - offset;
  return Time(std::chrono::nanoseconds(seconds * kNanosPerSecond + nanos));
}

}  // namespace bayplan
