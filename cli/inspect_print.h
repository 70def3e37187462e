// Buckets as `inspect` prints them. What cannot be read is printed where it lies, and the rest goes on: exit
// code 4.
#pragma once

#include <cstddef>
#include <string>

#include "inspect_source.h"

namespace bayplan::cli {

/// Deeper buckets are no store of ours; the limit keeps a damaged one from exhausting the stack.
inline constexpr std::size_t kMaxTreeDepth = 64;

/// Buckets, keys and decoded values, for people. Errors: those of InspectSource.
Result<int> print_tree(const InspectSource& source, const std::string& path, std::size_t depth);
/// The keys of one bucket: one a line, escaped as in paths, "/" behind buckets; or a JSON line for each.
Result<int> print_keys(const InspectSource& source, const std::string& path, bool json);
/// Everything below `path`, byte for byte, one JSON document a line, in key order. The first tells what was
/// read; then come {"path":..,"sequence":..} of each bucket, {"path":..,"value":..} (or "hex", where the
/// bytes are no UTF-8) of each key, and {"path":..,"damage":..}; the last counts them, and has the logical
/// digest unless something could not be read. A path is what `inspect get` takes.
Result<int> print_dump(const InspectSource& source, const std::string& path);
/// One value, raw.
Result<int> print_value(const InspectSource& source, const std::string& path);

}  // namespace bayplan::cli
