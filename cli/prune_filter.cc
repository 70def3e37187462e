#include "prune_filter.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "bayplan/base/escape.h"
#include "bayplan/images/images.h"

namespace bayplan::cli {
namespace {

// As a filter takes it, whole: quoted() is for people, and cuts.
std::string value_text(std::string_view text) { return '"' + escaped(text, "\"\\") + '"'; }

/// `label` is what stands behind "label=" or "label!=".
Result<std::string> label_selector(std::string_view label, bool wanted) {
  const std::size_t equals = std::min(label.find('='), label.size());
  if (equals == 0) return Error(Errc::invalid_argument, "filter", label, "names no label");
  const std::string field = "labels." + value_text(label.substr(0, equals));
  if (equals < label.size()) return field + (wanted ? "==" : "!=") + value_text(label.substr(equals + 1));
  return wanted ? field : field + "~=/^$/";  // no label has an empty value
}

Result<std::string> selector(std::string_view text) {
  constexpr std::string_view kUntil = "until=";
  constexpr std::string_view kLabel = "label=";
  constexpr std::string_view kNotLabel = "label!=";
  if (text.empty()) {
    return Error(Errc::invalid_argument, "filter", text, "an empty filter matches everything")
        .with_advice("leave it out, and say --all");
  }
  if (text.starts_with(kUntil)) return "createdat<" + value_text(text.substr(kUntil.size()));
  if (text.starts_with(kLabel)) return label_selector(text.substr(kLabel.size()), true);
  if (text.starts_with(kNotLabel)) return label_selector(text.substr(kNotLabel.size()), false);
  return std::string(text);
}

}  // namespace

Result<metadata::BoundFilter> parse_prune_filter(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) {
    BAYPLAN_ASSIGN(const std::string one, selector(text));
    all += (all.empty() ? "" : ",") + one;
  }
  BAYPLAN_ASSIGN(const auto filter, metadata::Filter::parse(std::array{all}));
  return filter.bind(images::image_fields(), {.unknown = metadata::UnknownField::refused});
}

}  // namespace bayplan::cli
