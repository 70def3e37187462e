#include "platform_json.h"

#include "platform_words.h"

namespace bayplan::images {
namespace {

Result<std::string> read_word(const json::Value& object, std::string_view member) {
  BAYPLAN_ASSIGN(const std::string_view word, object.string(member));
  if (!is_platform_word(word)) {
    return Error(Errc::invalid_argument, "JSON member", member, "no word of a platform: " + quoted(word));
  }
  return std::string(word);
}

bool is_blank(const json::Value& object, std::string_view member) {
  const auto value = object.find(member);
  if (!value || value->is_null()) return true;
  const auto text = value->as_string();
  return text.has_value() && text->empty();
}

}  // namespace

Result<Platform> read_platform(const json::Value& object) {
  BAYPLAN_ASSIGN(std::string os, read_word(object, "os"));
  BAYPLAN_ASSIGN(std::string architecture, read_word(object, "architecture"));
  if (is_blank(object, "variant")) return Platform{std::move(os), std::move(architecture)};
  BAYPLAN_ASSIGN(std::string variant, read_word(object, "variant"));
  return Platform{std::move(os), std::move(architecture), std::move(variant)};
}

Result<std::optional<Platform>> read_optional_platform(const json::Value& entry) {
  const auto object = entry.find("platform");
  if (!object || object->is_null()) return std::optional<Platform>();
  if (!object->is_object()) {
    return Error(Errc::invalid_argument, "JSON member", "platform", "not an object");
  }
  if (is_blank(*object, "os") && is_blank(*object, "architecture")) return std::optional<Platform>();
  BAYPLAN_ASSIGN(Platform platform, read_platform(*object));
  return std::optional<Platform>(std::move(platform));
}

}  // namespace bayplan::images
