// What filters are compiled to: Filter::Parsed by itself, BoundFilter::Plan with the fields of a table.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bayplan/metadata/filter.h"
#include "filter_parser.h"

namespace bayplan::metadata {

struct CompiledSelector {
  Selector selector;
  std::unique_ptr<const RE2> pattern{};  ///< of ~=
};

struct Alternative {
  std::string input;
  std::vector<CompiledSelector> selectors{};
};

struct Filter::Parsed {
  std::vector<Alternative> alternatives{};  ///< none: everything matches
};

/// A selector that knows its field.
struct FilterTest {
  const CompiledSelector* selector;
  const Field* field;        ///< null: unknown, and so absent
  std::string_view key{};    ///< of the value in its bucket
  std::int64_t operand = 0;  ///< of a number, or a time's nanoseconds since 1970
};

struct BoundFilter::Plan {
  std::shared_ptr<const Filter::Parsed> parsed;  ///< what the tests point into
  std::vector<std::vector<FilterTest>> alternatives{};
  std::optional<std::set<std::string, std::less<>>> keys{};
};

}  // namespace bayplan::metadata
