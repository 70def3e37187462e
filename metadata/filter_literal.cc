#include "filter_literal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace bayplan::metadata {
namespace {

// a * b and a + b, empty where they do not fit.
std::optional<std::int64_t> times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return {};
  return product;
}
std::optional<std::int64_t> plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return {};
  return sum;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What a suffix multiplies by.
std::optional<std::int64_t> scale_of(std::string_view suffix) {
  constexpr std::string_view kPrefixes = "KMGTPE";
  if (suffix.ends_with('B')) suffix.remove_suffix(1);
  if (suffix.empty()) return 1;
  const std::size_t power = suffix.front() == 'k' ? 0 : kPrefixes.find(suffix.front());
  const bool binary = suffix.substr(1) == "i";
  if (power == std::string_view::npos || (!binary && suffix.size() > 1)) return {};
  std::int64_t scale = 1;
  for (std::size_t i = 0; i <= power; ++i) scale *= binary ? 1024 : 1000;
  return scale;
}

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
// Where one name begins another, the longer one comes first.
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00B5s", 1'000},
                                         {"\u03BCs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

// "1.5h" at the start of `text`, which is taken off it: one term of a duration.
class Term {
 public:
  static std::optional<std::int64_t> take(std::string_view& text) {
    const std::string_view whole = take_digits(text);
    std::string_view fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = take_digits(text);
    }
    if (whole.empty() && fraction.empty()) return {};
    const auto* const unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return text.starts_with(u.name); });
    if (unit == kUnits.end()) return {};
    text.remove_prefix(unit->name.size());
    return nanos(whole, fraction, unit->nanos);
  }

 private:
  static std::string_view take_digits(std::string_view& text) {
    const auto count =
        static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    const std::string_view digits = text.substr(0, count);
    text.remove_prefix(count);
    return digits;
  }

  static std::optional<std::int64_t> nanos(std::string_view whole, std::string_view fraction,
                                           std::int64_t unit) {
    std::int64_t count = 0;
    const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), count);
    if (!whole.empty() && read.ec != std::errc()) return {};
    const auto product = times(count, unit);
    std::int64_t rest = 0;
    for (const char digit : fraction) {
      unit /= 10;
      rest += unit * (digit - '0');
    }
    return product ? plus(*product, rest) : product;
  }
};

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc()) return {};
  const auto scale = scale_of({rest, static_cast<std::size_t>(end - rest)});
  return scale ? times(number, *scale) : scale;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return {};
  std::optional<std::int64_t> sum = 0;
  while (sum && !text.empty()) {
    const auto term = Term::take(text);
    sum = term ? plus(*sum, *term) : term;
  }
  if (!sum) return {};
  return std::chrono::nanoseconds(negative ? -*sum : *sum);
}

std::optional<Time> parse_time(std::string_view text, Time now) {
  if (const auto time = parse_rfc3339(text)) return *time;
  const auto ago = parse_duration(text);
  if (!ago) return {};
  const auto count = plus(now.time_since_epoch().count(), -ago->count());
  if (!count) return {};
  return Time(std::chrono::nanoseconds(*count));
}

}  // namespace bayplan::metadata
