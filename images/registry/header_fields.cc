#include "header_fields.h"

#include "text.h"

namespace bayplan::registry {

void HeaderFields::add_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return;
  fields_.emplace_back(lowered(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
}

std::optional<std::string_view> HeaderFields::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (equal_but_for_case(field, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> HeaderFields::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [field, value] : fields_) {
    if (equal_but_for_case(field, name)) values.emplace_back(value);
  }
  return values;
}

std::optional<std::uint64_t> HeaderFields::content_length() const {
  const auto value = find("content-length");
  return value ? parse_number(*value) : std::nullopt;
}

std::optional<std::string_view> next_link(std::string_view field) {
  while (true) {
    const std::size_t open = field.find('<');
    const std::size_t close = field.find('>', open);
    if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
    const std::string_view target = field.substr(open + 1, close - open - 1);
    field.remove_prefix(close + 1);
    const std::string parameters = lowered(field.substr(0, field.find('<')));
    if (parameters.find("rel=\"next\"") != std::string::npos ||
        parameters.find("rel=next") != std::string::npos) {
      return target;
    }
  }
}

}  // namespace bayplan::registry
