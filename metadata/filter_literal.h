// Values that filters compare numbers and times with.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bayplan/base/time.h"

namespace bayplan::metadata {

/// A whole number with an optional suffix (filter.h). Empty when it is none, or does not fit.
std::optional<std::int64_t> parse_number(std::string_view text);

/// As Go's time.ParseDuration reads it: "1h30m", "-1.5s", "0". What is finer than a nanosecond is cut off.
/// Empty when it is none, or does not fit.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// RFC 3339, or a duration before `now`. Empty when it is neither, or out of the range of Time.
std::optional<Time> parse_time(std::string_view text, Time now);

}  // namespace bayplan::metadata
