// Snapshots as the collector's rules see their records, in any source: a dead store, or containerd's.
#pragma once

#include "bayplan/metadata/gc.h"

namespace bayplan::snapshots {

/// Of every snapshotter; kind() "snapshot", keys "<snapshotter>/<key>". For scan() and look(): it has no
/// files, so that check() finds nothing.
const metadata::GcKind& snapshot_records_kind();

}  // namespace bayplan::snapshots
