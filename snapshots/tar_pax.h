// Pax extended headers: records "LENGTH KEY=VALUE\n" that add to or replace fields of the header after them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"
#include "tar_header.h"

namespace bayplan::snapshots {

/// The last value of each key. The pairs of sparse format 0.0, which repeats its keys, are gathered under
/// GNU.sparse.map, as format 0.1 has them.
using PaxRecords = std::map<std::string, std::string, std::less<>>;
using Xattrs = std::map<std::string, std::string>;

/// The value of a key, "" when it is absent or unset.
std::string_view pax_value(const PaxRecords& records, std::string_view key);

/// Errors: corrupt.
Result<PaxRecords> parse_pax(std::string_view body);

/// Replaces in `header` what the records name; an empty value names nothing. Errors: corrupt.
Result<void> merge_pax(const PaxRecords& records, TarHeader& header);

/// The SCHILY.xattr records, empty values included: an empty attribute is one too.
/// Errors: too_large.
Result<Xattrs> pax_xattrs(const PaxRecords& records);

}  // namespace bayplan::snapshots
