#include "bayplan/metadata/events.h"

#include <utility>

#include "bayplan/metadata/db.h"
#include "environment.h"

namespace bayplan::metadata {

std::string_view to_string(Change change) noexcept {
  switch (change) {
    case Change::created:
      return "created";
    case Change::updated:
      return "updated";
    case Change::removed:
      break;
  }
  return "removed";
}

Result<Subscription> subscribe(const Db& db, EventHandler handler) {
  if (!handler) return Error(Errc::invalid_argument, "subscription", {}, "there is no handler to call");
  BAYPLAN_ASSIGN(const auto environment, Environment::of(db));
  return environment->events().subscribe(std::move(handler));
}

}  // namespace bayplan::metadata
