// `image prune` and `system prune`.
#pragma once

#include <string>
#include <vector>

#include "session.h"

namespace bayplan::cli {

struct PruneArguments {
  bool all = false;  ///< images that nothing uses and that every one of `filters` matches; else none
  bool dry_run = false;
  std::vector<std::string> filters{};
};

/// Adds --all, which is answered, --filter and --dry-run.
CLI::Option* add_prune_options(CLI::App& command, PruneArguments& arguments);

/// Removes images of the session's namespace in one transaction, then collects. Images that something uses
/// (image_use.h) stay. Errors: invalid_argument (filters), and those of the record functions and of
/// collect().
Result<int> prune(const Session& session, const PruneArguments& arguments);

}  // namespace bayplan::cli
