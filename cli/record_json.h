// The parts of container and sandbox records in JSON.
#pragma once

#include "bayplan/base/json.h"
#include "bayplan/containers/record_parts.h"

namespace bayplan::cli {

/// {"typeUrl":.., "value":..}: where the value is JSON, as it is in what containerd's clients store mostly;
/// else "bytes", its size.
void write_any(json::Writer& out, const metadata::Any& any);

/// Members "runtimeOptions", if there are any, and "extensions".
void write_record_parts(json::Writer& out, const containers::Runtime& runtime,
                        const containers::Extensions& extensions);

}  // namespace bayplan::cli
