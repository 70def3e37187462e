#include "content_range.h"

#include <limits>

#include "text.h"

namespace bayplan::registry {
namespace {

// "5-9": both inclusive, in order, and with room for the one behind the last.
std::optional<ContentRange> parse_span(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_number(text.substr(0, dash));
  const auto last = parse_number(text.substr(dash + 1));
  if (!first || !last || *first > *last || *last == std::numeric_limits<std::uint64_t>::max()) {
    return std::nullopt;
  }
  return ContentRange{*first, *last};
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view field) {
  constexpr std::string_view kUnit = "bytes ";
  if (!equal_but_for_case(field.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  field = trimmed(field.substr(kUnit.size()));
  const std::size_t slash = field.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto range = parse_span(field.substr(0, slash));
  const std::string_view total = field.substr(slash + 1);
  if (!range || total == "*") return range;
  range->total = parse_number(total);
  if (!range->total || *range->total <= range->last) return std::nullopt;
  return range;
}

std::optional<std::uint64_t> parse_upload_range(std::string_view field) {
  constexpr std::string_view kUnit = "bytes=";
  if (equal_but_for_case(field.substr(0, kUnit.size()), kUnit)) field.remove_prefix(kUnit.size());
  const auto range = parse_span(trimmed(field));
  if (!range || range->first != 0) return std::nullopt;
  return range->last + 1;
}

}  // namespace bayplan::registry
