#include "bayplan/base/field_mask.h"

namespace bayplan {

FieldPath split_field_path(std::string_view path) noexcept {
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return {path};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

void apply_field(Labels& into, const Labels& from, const FieldPath& path) {
  if (!path.key) {
    into = from;
    return;
  }
  const std::string key(*path.key);
  const auto found = from.find(key);
  if (found == from.end() || found->second.empty()) {
    into.erase(key);
  } else {
    into[key] = found->second;
  }
}

Error bad_field_path(std::string_view kind, std::string_view name, std::string_view path) {
  return Error(Errc::invalid_argument, kind, name, "no field that can be changed: " + quoted(path));
}

Result<Labels> masked_labels(Labels stored, const Labels& given, const FieldMask& mask,
                             const FieldOwner& owner) {
  if (mask.empty()) return given;
  for (const std::string& path : mask) {
    const FieldPath at = split_field_path(path);
    if (at.field != "labels") return bad_field_path(owner.kind, owner.name, path);
    apply_field(stored, given, at);
  }
  return stored;
}

}  // namespace bayplan
