// One filter taken apart into its selectors. The grammar is drawn in filter.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

enum class FilterOperator : unsigned char {
  present,
  equal,
  not_equal,
  matches,
  less,
  less_equal,
  greater,
  greater_equal,
};

/// As it is written; "?" for present, "unknown" for a value outside the enumeration.
std::string_view to_string(FilterOperator op) noexcept;

/// True for <, <=, > and >=.
bool is_ordering(FilterOperator op) noexcept;

struct Selector {
  std::size_t position = 0;  ///< of the field's path
  std::string head{};        ///< its first piece
  std::string tail{};        ///< the others, a dot before each
  FilterOperator op = FilterOperator::present;
  std::size_t op_position = 0;
  std::string value{};
  std::size_t value_position = 0;
};

/// The selectors of `input`, which all have to match; none for an empty one. Errors: invalid_argument (its
/// place marked), too_large (more than `most` selectors, which is what kMaxSelectors leaves).
Result<std::vector<Selector>> parse_selectors(std::string_view input, std::size_t most);

/// invalid_argument with the character at `position` marked as containerd does: "[na >|?|< me]: `what`"; at
/// the end nothing is marked.
Error filter_error(std::string_view input, std::size_t position, std::string_view what);

}  // namespace bayplan::metadata
