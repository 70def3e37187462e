// Answers that come in pages.
#pragma once

#include <functional>

#include "session.h"

namespace bayplan::registry {

inline constexpr unsigned kMaxPages = 1000;
inline constexpr std::size_t kMaxPageBytes = 4u << 20;
inline constexpr std::size_t kMaxListBytes = 32u << 20;  ///< of all pages together
/// Of all pages together: tags; or referrers, of which each counts as four, and their annotations.
inline constexpr std::size_t kMaxListEntries = 500'000;

enum class PagesEnd : unsigned char { all, not_found };

/// GETs `call` and what its answers name as next, and gives each body to `take`. `not_found`: the first page
/// is a 404. Errors: corrupt (pages in a circle, or of another host), too_large (more than the limits), those
/// of a failed answer about `kind` `name`, and those of `take`.
Result<PagesEnd> walk_pages(Session& session, Call call, std::string_view kind, std::string_view name,
                            const std::function<Result<void>(std::string_view body)>& take);

/// Errors: too_large (more than kMaxListEntries), about `kind` `name`.
Result<void> check_list_entries(std::size_t count, std::string_view kind, std::string_view name);

}  // namespace bayplan::registry
