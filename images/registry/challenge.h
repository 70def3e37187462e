// WWW-Authenticate (RFC 9110 section 11): what a registry wants to see before it answers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::registry {

inline constexpr std::size_t kMaxChallenges = 16;
inline constexpr std::size_t kMaxChallengeParameters = 32;

struct Challenge {
  std::string scheme;                             ///< lower case
  std::map<std::string, std::string> parameters;  ///< names in lower case; the first of a name counts
};

/// All challenges of all fields, in order. Errors: corrupt (not of the grammar, or more than the limits).
Result<std::vector<Challenge>> parse_challenges(const std::vector<std::string_view>& fields);

}  // namespace bayplan::registry
