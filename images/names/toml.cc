#include "names/toml.h"

#include <algorithm>

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace bayplan::images::toml {
namespace {

namespace plusplus = ::toml;

Error refused(std::string_view what, const std::string& why) {
  return Error(Errc::invalid_argument, "TOML document", what, why);
}

// Goes over the text before the parser does, which is recursive, and whose tables are destroyed recursively:
// a key of a hundred thousand parts would end the process. Knows of TOML what is a string and what is a
// comment.
class Prescan {
 public:
  Prescan(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  Result<void> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        BAYPLAN_TRY(outside_string(c));
        ++at_;
      }
    }
    return {};
  }

 private:
  Result<void> outside_string(char c) {
    if (c == '\n') dots_ = 0;
    if (c == '.' && ++dots_ >= kMaxTomlKeyParts) return at_line("a key of too many parts");
    if ((c == '[' || c == '{') && ++depth_ > kMaxTomlDepth) return at_line("nested too deep");
    if ((c == ']' || c == '}') && depth_ > 0) --depth_;
    return {};
  }

  // From the opening quotes to behind the closing ones; one that does not end is the parser's to refuse.
  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multi_line = text_.substr(at_).starts_with(triple);
    at_ += multi_line ? 3 : 1;
    while (at_ < text_.size()) {
      if (multi_line && text_.substr(at_).starts_with(triple)) return skip_closing(quote);
      if (!multi_line && text_[at_] == quote) return void(++at_);
      if (!multi_line && text_[at_] == '\n') return;
      at_ += quote == '"' && text_[at_] == '\\' ? 2 : 1;
    }
  }

  // Up to two quotes in front of the closing three belong to the text.
  void skip_closing(char quote) {
    for (int quotes = 0; quotes < 5 && at_ < text_.size() && text_[at_] == quote; ++quotes) ++at_;
  }

  Error at_line(const std::string& why) const {
    const auto lines = std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    return refused(what_, why + " in line " + std::to_string(lines + 1));
  }

  std::string_view text_;
  std::string_view what_;
  std::size_t at_ = 0;
  std::size_t dots_ = 0;
  std::size_t depth_ = 0;
};

Value value_of(const plusplus::node& node);

Table table_of(const plusplus::table& parsed) {
  struct Placed {
    plusplus::source_position at;
    Member member;
  };
  std::vector<Placed> placed;
  placed.reserve(parsed.size());
  for (const auto& [key, node] : parsed) {
    placed.push_back({key.source().begin, {std::string(key.str()), value_of(node)}});
  }
  // toml++ sorts by name.
  std::stable_sort(placed.begin(), placed.end(),
                   [](const Placed& a, const Placed& b) { return a.at < b.at; });
  Table table;
  table.members.reserve(placed.size());
  for (Placed& entry : placed) table.members.push_back(std::move(entry.member));
  return table;
}

// Recursive, over a tree that Prescan has bounded in depth.
Value value_of(const plusplus::node& node) {
  if (const auto* table = node.as_table()) return {table_of(*table)};
  if (const auto* text = node.as_string()) return {text->get()};
  if (const auto* flag = node.as_boolean()) return {flag->get()};
  const auto* elements = node.as_array();
  if (elements == nullptr) return {};
  Array array;
  array.reserve(elements->size());
  for (const plusplus::node& element : *elements) array.push_back(value_of(element));
  return {std::move(array)};
}

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

Result<Table> parse(std::string_view text, std::string_view what) {
  if (text.size() > kMaxTomlBytes) {
    return Error(Errc::too_large, "TOML document", what,
                 "more than " + std::to_string(kMaxTomlBytes) + " bytes");
  }
  BAYPLAN_TRY(Prescan(text, what).run());
  const plusplus::parse_result result = plusplus::parse(text);
  if (result) return table_of(result.table());
  const plusplus::source_position at = result.error().source().begin;
  return refused(what, std::string(result.error().description()) + " in line " + std::to_string(at.line) +
                           ", column " + std::to_string(at.column));
}

}  // namespace bayplan::images::toml
