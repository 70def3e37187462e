#include "label_arguments.h"

namespace bayplan::cli {

Result<Labels> parse_labels(const std::vector<std::string>& texts) {
  Labels labels;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(Errc::invalid_argument, "label", text, "is not KEY=VALUE");
    }
    labels[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return labels;
}

}  // namespace bayplan::cli
