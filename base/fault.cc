#include "bayplan/base/fault.h"

#include <utility>

namespace bayplan::fault {
namespace {

std::function<std::optional<Error>(Point)>& action() {
  static std::function<std::optional<Error>(Point)> stored;
  return stored;
}

}  // namespace

std::atomic<bool> armed{false};

std::string_view name(Point point) noexcept {
  switch (point) {
#define BAYPLAN_FAULT_POINT(name, when) \
  case Point::name:                     \
    return #name;
#include "bayplan/base/fault_points.def"
#undef BAYPLAN_FAULT_POINT
    case Point::count_:
      break;
  }
  return {};
}

void arm(std::function<std::optional<Error>(Point)> what) {
  action() = std::move(what);
  armed.store(static_cast<bool>(action()), std::memory_order_release);
}

Result<void> fire(Point point) {
  if (!action()) return {};
  if (std::optional<Error> error = action()(point)) return *std::move(error);
  return {};
}

}  // namespace bayplan::fault
