#include "names/toml.h"

#include <algorithm>

namespace bayplan::images::toml {
namespace {

Error not_of_type(std::string_view key, std::string_view expected) {
  return Error(Errc::invalid_argument, "TOML key", key, std::string("is not ") += expected);
}

}  // namespace

const Value* Table::find(std::string_view key) const noexcept {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

Result<std::string> Table::string(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::string();
  const auto* text = std::get_if<std::string>(&value->is);
  if (text == nullptr || text->find('\0') != std::string::npos)
    return not_of_type(key, "a string without NUL");
  return *text;
}

Result<bool> Table::boolean(std::string_view key, bool fallback) const {
  const Value* value = find(key);
  if (value == nullptr) return fallback;
  const auto* flag = std::get_if<bool>(&value->is);
  if (flag == nullptr) return not_of_type(key, "true or false");
  return *flag;
}

Result<std::vector<std::string>> Table::strings(std::string_view key) const {
  const Value* value = find(key);
  std::vector<std::string> strings;
  if (value == nullptr) return strings;
  if (const auto* text = std::get_if<std::string>(&value->is)) return std::vector<std::string>{*text};
  const auto* array = std::get_if<Array>(&value->is);
  if (array == nullptr) return not_of_type(key, "an array of strings");
  for (const Value& element : *array) {
    const auto* text = std::get_if<std::string>(&element.is);
    if (text == nullptr || text->find('\0') != std::string::npos)
      return not_of_type(key, "an array of strings");
    strings.push_back(*text);
  }
  return strings;
}

Result<std::vector<const Table*>> Table::tables(std::string_view key) const {
  const Value* value = find(key);
  std::vector<const Table*> tables;
  if (value == nullptr) return tables;
  const auto* array = std::get_if<Array>(&value->is);
  if (array == nullptr) return not_of_type(key, "an array of tables");
  for (const Value& element : *array) {
    const auto* table = std::get_if<Table>(&element.is);
    if (table == nullptr) return not_of_type(key, "an array of tables");
    tables.push_back(table);
  }
  return tables;
}

Result<const Table*> Table::table(std::string_view key) const {
  static const Table kNone;
  const Value* value = find(key);
  if (value == nullptr) return &kNone;
  const auto* table = std::get_if<Table>(&value->is);
  if (table == nullptr) return not_of_type(key, "a table");
  return table;
}

Result<void> Table::only(std::initializer_list<std::string_view> known) const {
  for (const Member& member : members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    return Error(Errc::unsupported, "TOML key", member.key, "is not known here")
        .with_advice("correct its spelling, or leave it out");
  }
  return {};
}

}  // namespace bayplan::images::toml
