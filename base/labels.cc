#include "bayplan/base/labels.h"

#include "bayplan/base/utf8.h"

namespace bayplan {
namespace {

bool is_alnum(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// [A-Za-z0-9]+([._-][A-Za-z0-9]+)*
bool matches_identifier(std::string_view id) noexcept {
  bool after_alnum = false;
  for (const char c : id) {
    const bool separator = c == '.' || c == '_' || c == '-';
    if (!is_alnum(c) && !(separator && after_alnum)) return false;
    after_alnum = is_alnum(c);
  }
  return after_alnum;
}

}  // namespace

Result<void> validate_label(std::string_view key, std::string_view value) {
  if (key.empty()) return Error(Errc::invalid_argument, "label", key, "the key is empty");
  if (key.size() > kMaxLabelBytes || value.size() > kMaxLabelBytes - key.size()) {
    return Error(Errc::invalid_argument, "label", key,
                 "key and value are longer than " + std::to_string(kMaxLabelBytes) + " bytes together");
  }
  return {};
}

Result<void> validate_labels(const Labels& labels) {
  for (const auto& [key, value] : labels) BAYPLAN_TRY(validate_label(key, value));
  return {};
}

bool is_reserved_label(std::string_view key) noexcept {
  return key.starts_with("containerd.io/gc.") || key.starts_with("io.bayplan/");
}

Result<void> validate_identifier(std::string_view kind, std::string_view id) {
  if (id.empty()) return Error(Errc::invalid_argument, kind, id, "the identifier is empty");
  if (id.size() > kMaxIdentifierBytes) {
    return Error(Errc::invalid_argument, kind, id,
                 "longer than " + std::to_string(kMaxIdentifierBytes) + " bytes");
  }
  if (!matches_identifier(id)) {
    return Error(Errc::invalid_argument, kind, id,
                 "must be letters and digits, with single '.', '_' or '-' between them");
  }
  return {};
}

Result<void> validate_name(std::string_view kind, std::string_view name, std::size_t most_bytes) {
  const auto bad = [&](std::string_view why) { return Error(Errc::invalid_argument, kind, name, why); };
  if (name.empty()) return bad("the name is empty");
  if (name.size() > most_bytes) {
    return bad("the name is longer than " + std::to_string(most_bytes) + " bytes");
  }
  for (std::string_view rest = name; !rest.empty();) {
    const utf8::CodePoint point = utf8::first(rest);
    if (point.length == 0) return bad("the name is not UTF-8");
    if (point.value < 0x20 || (point.value >= 0x7F && point.value <= 0x9F)) {
      return bad("the name holds control characters");
    }
    rest.remove_prefix(point.length);
  }
  return {};
}

}  // namespace bayplan
