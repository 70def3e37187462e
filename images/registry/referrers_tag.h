// The tag that stands in for a registry's list of referrers (distribution-spec, "Unavailable Referrers API").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/registry.h"

namespace bayplan::registry {

/// "sha256-ab..".
std::string referrers_tag(const Digest& subject);

/// What an index of referrers lists. Errors: as read_descriptor; invalid_argument (not an index), too_large.
Result<std::vector<images::Referrer>> read_referrers(std::string_view index);

/// `index` (empty: none yet) with an entry for the document of `descriptor`, whose bytes tell its artifact
/// type and annotations; nothing if it has one. The entries that are there are kept as they are. Errors: as
/// read_referrers.
Result<std::optional<std::string>> with_referrer(std::string_view index, const Descriptor& descriptor,
                                                 std::string_view document);

}  // namespace bayplan::registry
