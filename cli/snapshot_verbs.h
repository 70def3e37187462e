// Verbs of the noun "snapshot" that have files of their own.
#pragma once

#include "session.h"

namespace bayplan::cli {

void add_snapshot_diff(CLI::App& snapshot, Session& session);

}  // namespace bayplan::cli
