// Points in time: UTC, nanoseconds.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan {

using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// The current time.
Time now() noexcept;

/// From one time to another, in seconds; of any two, where nanoseconds in 64 bits would not hold it. Exact to
/// a microsecond within decades.
double seconds_between(Time from, Time to) noexcept;

/// RFC 3339 in UTC, nanoseconds without trailing zeros: "2026-11-20T10:00:00.5Z".
std::string format_rfc3339(Time time);

/// Any offset is accepted and converted to UTC; what is finer than a nanosecond is cut off.
/// Errors: invalid_argument (another format, no such day, a leap second, a year outside 1678..2261).
Result<Time> parse_rfc3339(std::string_view text);

}  // namespace bayplan
