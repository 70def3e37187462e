// The verbs of `content` that have files of their own.
#pragma once

#include "session.h"

namespace bayplan::cli {

/// ingest, active, abort.
void add_ingest_commands(CLI::App& content, Session& session);
/// verify, repair.
void add_verify_commands(CLI::App& content, Session& session);

}  // namespace bayplan::cli
