// The trees of an LMDB file, followed with our own reader.
#pragma once

#include "page_file.h"

namespace bayplan::metadata {

/// Checks what opening reads: the main tree, and the root of each tree that it records. A few pages.
/// Errors: corrupt, io.
Result<void> check_upper_pages(const PageFile& file);

/// Checks every page of the last commit: bounds, kinds, depth, key order, counts, that none is used twice or
/// both used and free. The commit must not be superseded twice meanwhile: a reader's transaction on it sees
/// to that. Errors: corrupt, io.
Result<void> check_all_pages(const PageFile& file);

}  // namespace bayplan::metadata
