// Named points where tests can make the process die or the operation fail. Always compiled in (one relaxed
// load when unarmed), armed only by code that links the internal headers: a shipped process cannot be told
// from outside to misbehave.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::fault {

enum class Point : int {
#define BAYPLAN_FAULT_POINT(name, when) name,
#include "bayplan/base/fault_points.def"
#undef BAYPLAN_FAULT_POINT
  count_
};

std::string_view name(Point point) noexcept;

/// What happens at a point: an Error is returned to the operation, none lets it go on; the function may also
/// not return (crash tests kill the process). One at a time; pass {} to disarm. Not thread-safe against
/// running operations.
void arm(std::function<std::optional<Error>(Point)> action);

extern std::atomic<bool> armed;
Result<void> fire(Point point);

/// Used as BAYPLAN_TRY(fault::at(fault::Point::ingest_synced)).
inline Result<void> at(Point point) {
  if (!armed.load(std::memory_order_relaxed)) [[likely]]
    return {};
  return fire(point);
}

}  // namespace bayplan::fault
