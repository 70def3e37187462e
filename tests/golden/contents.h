// What the golden stores hold: written once by the library of that time, read by every later one.
#pragma once

#include "bayplan/metadata/db.h"

namespace bayplan::test {

/// Every kind of row of format 1: values inline and not, of overflow pages, chains, sequences, nested and
/// spilled buckets. Two commits, so that revisions differ. Throws where it fails.
void fill_format_1(const metadata::Db& db);

/// The flat image records of schema 0.
void fill_schema_0(const metadata::Db& db);

}  // namespace bayplan::test
