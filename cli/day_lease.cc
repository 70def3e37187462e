#include "day_lease.h"

#include <chrono>

#include "bayplan/metadata/leases.h"

namespace bayplan::cli {

Result<std::string> make_day_lease(metadata::WriteTx& tx, std::string_view ns) {
  const Time expires = std::chrono::ceil<std::chrono::seconds>(now()) + std::chrono::hours(24);
  BAYPLAN_ASSIGN(auto lease, metadata::leases::create(tx, ns, {.expires = expires}));
  return std::move(lease.id);
}

}  // namespace bayplan::cli
