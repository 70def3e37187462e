// Content and ingests as the collector sees them (content/store.h).
#pragma once

#include <memory>

#include "bayplan/metadata/gc.h"
#include "blob_dirs.h"

namespace bayplan::content {

std::unique_ptr<metadata::GcKind> make_content_kind(SharedDirs dirs);
std::unique_ptr<metadata::GcKind> make_ingest_kind(SharedDirs dirs);

}  // namespace bayplan::content
