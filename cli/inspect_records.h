// Records as `inspect` prints them, field by field, from any source.
#pragma once

#include <string>

#include "bayplan/metadata/stored_records.h"
#include "inspect_source.h"

namespace bayplan::cli {

/// `inspect ls KIND`. `ns` empty: of all namespaces. What cannot be read is listed on standard error, and is
/// exit code kDamage.
Result<int> list_records(const InspectSource& source, const Session& session, const std::string& kind,
                         const std::string& ns);
/// `inspect show KIND NAME`. `ns` empty: of every namespace that has one.
Result<int> show_record(const InspectSource& source, const Session& session, const std::string& kind,
                        const std::string& name, const std::string& ns);

}  // namespace bayplan::cli
