// What keeps what, in any source: by the rules of the collector, over records that may be damaged.
#pragma once

#include <string>

#include "inspect_source.h"

namespace bayplan::cli {

struct GraphQuestion {
  std::string object{};    ///< a digest, a name, or KIND/KEY
  std::string ns{};        ///< empty: of every namespace that has one
  std::size_t limit = 20;  ///< chains to show
};

/// `inspect why`: what keeps an object. What cannot be read is listed on standard error, and is exit code
/// kDamage. Errors: not_found.
Result<int> inspect_why(const InspectSource& source, const Session& session, const GraphQuestion& question);
/// `inspect referrers`: who names it, kept or not; it need not exist.
Result<int> inspect_referrers(const InspectSource& source, const Session& session,
                              const GraphQuestion& question);
/// `inspect gc --dry-run`: what a collection would remove now.
Result<int> inspect_gc(const InspectSource& source, const Session& session);
/// `inspect df`: objects and bytes by kind and namespace, and how many of them nothing keeps.
Result<int> inspect_df(const InspectSource& source, const Session& session);

}  // namespace bayplan::cli
