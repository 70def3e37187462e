// What keeps an object that a command has just made from the next collection, as ctr does.
#pragma once

#include <string>
#include <string_view>

#include "bayplan/metadata/tx.h"

namespace bayplan::cli {

/// A new lease that ends in a day; its id, which the command prints. Errors: those of
/// metadata::leases::create.
Result<std::string> make_day_lease(metadata::WriteTx& tx, std::string_view ns);

}  // namespace bayplan::cli
