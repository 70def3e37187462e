// Blobs and ingests as the collector's rules see their records, in any source: a dead store, or containerd's.
// For scan() and look(): these have no files, so that check() finds nothing and no ingest is being written.
#pragma once

#include "bayplan/metadata/gc.h"

namespace bayplan::content {

/// kind() "content"; keys are digests.
const metadata::GcKind& content_records_kind();
/// kind() "ingest"; keys are references.
const metadata::GcKind& ingest_records_kind();

}  // namespace bayplan::content
