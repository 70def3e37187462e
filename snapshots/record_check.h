// Consistency of snapshot records, with one another and with the directories.
#pragma once

#include "bayplan/metadata/gc.h"
#include "driver.h"

namespace bayplan::snapshots {

/// As GcKind::check, for the records of `driver`'s snapshotter in namespace `ns`.
Result<void> check_records(const Driver& driver, const metadata::BucketSource& source, std::string_view ns,
                           const metadata::ProblemSink& sink);

}  // namespace bayplan::snapshots
