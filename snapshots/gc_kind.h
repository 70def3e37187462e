// What the collector and the checker know of snapshots.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bayplan/base/diagnostics.h"
#include "bayplan/metadata/gc.h"
#include "driver.h"
#include "records.h"

namespace bayplan::snapshots {

inline constexpr std::string_view kSnapshotKind = "snapshot";
/// What a node of this kind is called. Keys may hold slashes, snapshotters do not.
std::string node_key(std::string_view snapshotter, std::string_view key);
/// The same taken apart. Views of the arguments.
struct NodeKey {
  records::Place place;
  std::string_view key;
};
NodeKey parse_node_key(std::string_view ns, std::string_view name);

/// Roots and edges are those of every snapshotter's records; candidates, checks and files are `driver`'s own.
std::unique_ptr<metadata::GcKind> make_gc_kind(std::shared_ptr<const Driver> driver,
                                               DiagnosticSink diagnostics);

}  // namespace bayplan::snapshots
