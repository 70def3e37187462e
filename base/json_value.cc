#include "bayplan/base/json.h"
#include "json_rapid.h"

namespace bayplan::json {
namespace {

const Node& node_at(const void* node) noexcept { return *static_cast<const Node*>(node); }

Error not_of_type(std::string_view expected) {
  return Error(Errc::invalid_argument, "JSON value", {}, std::string("not ") += expected);
}

// The same error, said of the member `name` of an object.
Error in_member(const Error& error, std::string_view name) {
  return Error(error.code(), "JSON member", name, error.message());
}

template <class T>
Result<T> member(std::string_view name, Result<T> result) {
  if (!result) return in_member(result.error(), name);
  return result;
}

template <class T>
Result<T> required(const Value& object, std::string_view name, Result<T> (Value::*as)() const) {
  const std::optional<Value> found = object.find(name);
  if (!found) return Error(Errc::invalid_argument, "JSON member", name, "missing");
  return member(name, ((*found).*as)());
}

// The member unless it is absent or null.
std::optional<Value> present(const Value& object, std::string_view name) {
  std::optional<Value> found = object.find(name);
  if (found && found->is_null()) found.reset();
  return found;
}

}  // namespace

bool Value::is_object() const noexcept { return node_at(node_).IsObject(); }
bool Value::is_array() const noexcept { return node_at(node_).IsArray(); }
bool Value::is_string() const noexcept { return node_at(node_).IsString(); }
bool Value::is_null() const noexcept { return node_at(node_).IsNull(); }

std::optional<Value> Value::find(std::string_view name) const {
  const Node& node = node_at(node_);
  if (!node.IsObject()) return {};
  for (const auto& entry : node.GetObject()) {
    if (text_of(entry.name) == name) return Value(&entry.value);
  }
  return {};
}

Result<std::string_view> Value::as_string() const {
  const Node& node = node_at(node_);
  if (!node.IsString()) return not_of_type("a string");
  const std::string_view text = text_of(node);
  if (text.find('\0') != std::string_view::npos) return not_of_type("a string without NUL");
  return text;
}

Result<std::int64_t> Value::as_int() const {
  const Node& node = node_at(node_);
  if (!node.IsInt64()) return not_of_type("an integer of 64 bits");
  return node.GetInt64();
}

Result<bool> Value::as_bool() const {
  const Node& node = node_at(node_);
  if (!node.IsBool()) return not_of_type("true or false");
  return node.GetBool();
}

Result<std::vector<Value>> Value::as_array() const {
  const Node& node = node_at(node_);
  if (!node.IsArray()) return not_of_type("an array");
  std::vector<Value> elements;
  elements.reserve(node.Size());
  for (const Node& element : node.GetArray()) elements.push_back(Value(&element));
  return elements;
}

Result<std::vector<std::pair<std::string_view, Value>>> Value::as_object() const {
  const Node& node = node_at(node_);
  if (!node.IsObject()) return not_of_type("an object");
  std::vector<std::pair<std::string_view, Value>> members;
  members.reserve(node.MemberCount());
  for (const auto& entry : node.GetObject()) members.emplace_back(text_of(entry.name), Value(&entry.value));
  return members;
}

Result<std::string_view> Value::string(std::string_view name) const {
  return required(*this, name, &Value::as_string);
}

Result<std::int64_t> Value::integer(std::string_view name) const {
  return required(*this, name, &Value::as_int);
}

Result<Value> Value::object(std::string_view name) const {
  const std::optional<Value> found = find(name);
  if (!found) return Error(Errc::invalid_argument, "JSON member", name, "missing");
  if (!found->is_object()) return in_member(not_of_type("an object"), name);
  return *found;
}

Result<std::vector<Value>> Value::array(std::string_view name) const {
  return required(*this, name, &Value::as_array);
}

Result<std::optional<std::string_view>> Value::optional_string(std::string_view name) const {
  const std::optional<Value> found = present(*this, name);
  if (!found) return std::optional<std::string_view>();
  BAYPLAN_ASSIGN(const std::string_view text, member(name, found->as_string()));
  return std::optional<std::string_view>(text);
}

Result<std::vector<std::string_view>> Value::optional_strings(std::string_view name) const {
  std::vector<std::string_view> strings;
  const std::optional<Value> found = present(*this, name);
  if (!found) return strings;
  BAYPLAN_ASSIGN(const std::vector<Value> elements, member(name, found->as_array()));
  strings.reserve(elements.size());
  for (const Value& element : elements) {
    BAYPLAN_ASSIGN(const std::string_view text, member(name, element.as_string()));
    strings.push_back(text);
  }
  return strings;
}

Result<std::vector<std::pair<std::string_view, std::string_view>>> Value::optional_string_map(
    std::string_view name) const {
  std::vector<std::pair<std::string_view, std::string_view>> strings;
  const std::optional<Value> found = present(*this, name);
  if (!found) return strings;
  BAYPLAN_ASSIGN(const auto members, member(name, found->as_object()));
  strings.reserve(members.size());
  for (const auto& [key, value] : members) {
    BAYPLAN_ASSIGN(const std::string_view text, member(name, value.as_string()));
    strings.emplace_back(key, text);
  }
  return strings;
}

std::string Value::dump() const {
  Writer writer;
  writer.value(*this);
  return std::move(writer).take();
}

}  // namespace bayplan::json
