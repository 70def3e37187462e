// What the collector and the checker know of snapshots.
#pragma once

#include <memory>

#include "bayplan/base/diagnostics.h"
#include "bayplan/metadata/gc.h"
#include "driver.h"

namespace bayplan::snapshots {

inline constexpr std::string_view kSnapshotKind = "snapshot";

/// Roots and edges are those of every snapshotter's records; candidates, checks and files are `driver`'s own.
std::unique_ptr<metadata::GcKind> make_gc_kind(std::shared_ptr<const Driver> driver,
                                               DiagnosticSink diagnostics);

}  // namespace bayplan::snapshots
