// What a collection took, or would take, in words and in JSON.
#pragma once

#include <string>

#include "bayplan/base/json.h"
#include "bayplan/metadata/gc.h"

namespace bayplan::cli {

/// Members "kind", "namespace", "key".
void write_node(json::Writer& out, const metadata::GcNode& node);
/// "content default/sha256:...".
std::string words(const metadata::GcNode& node);

/// Members "dryRun", "reachable", "removed", "files", "bytes".
void write_gc_report(json::Writer& out, const metadata::GcReport& report, bool dry_run);
void print_gc_report(const metadata::GcReport& report, bool dry_run);
/// One or the other, of a report by itself.
void print_gc_report(const metadata::GcReport& report, bool dry_run, bool as_json);

}  // namespace bayplan::cli
