#include <algorithm>

#include "bayplan/base/utf8.h"
#include "names/text_pieces.h"
#include "names/toml.h"
#include "names/toml_scanner.h"

namespace bayplan::images::toml {
namespace {

using Key = std::vector<std::string>;

class Parser {
 public:
  Parser(std::string_view text, std::string_view what) : scanner_(text, what) {}

  Result<Table> run() {
    for (scanner_.skip_lines(); !scanner_.at_end(); scanner_.skip_lines()) {
      BAYPLAN_TRY(scanner_.peek() == '[' ? header() : pair(*current_));
      BAYPLAN_TRY(scanner_.end_line());
    }
    return std::move(root_);
  }

 private:
  // [a.b] or [[a.b]]: says which table the next pairs are of.
  Result<void> header() {
    const bool element = scanner_.take("[[");
    if (!element) scanner_.take("[");
    BAYPLAN_ASSIGN(const Key key, scanner_.key());
    if (!scanner_.take(element ? "]]" : "]")) return scanner_.error("a header that does not end");
    Table* parent = &root_;
    for (std::size_t i = 0; i + 1 < key.size(); ++i) {
      BAYPLAN_ASSIGN(parent, step_of_header(*parent, key[i]));
    }
    BAYPLAN_ASSIGN(current_, element ? add_element(*parent, key.back()) : add_table(*parent, key.back()));
    return {};
  }

  Result<Table*> step_of_header(Table& parent, const std::string& part) {
    Value* value = found(parent, part);
    if (value == nullptr) return insert_table(parent, part, TableOrigin::part_of_header);
    if (auto* elements = elements_of(*value)) return &std::get<Table>(elements->back().is);
    auto* table = std::get_if<Table>(&value->is);
    if (table == nullptr || table->origin == TableOrigin::inline_value) return closed(part);
    return table;
  }

  Result<Table*> add_table(Table& parent, const std::string& part) {
    Value* value = found(parent, part);
    if (value == nullptr) return insert_table(parent, part, TableOrigin::header);
    auto* table = std::get_if<Table>(&value->is);
    if (table == nullptr || table->origin != TableOrigin::part_of_header) return closed(part);
    table->origin = TableOrigin::header;
    return table;
  }

  Result<Table*> add_element(Table& parent, const std::string& part) {
    Value* value = found(parent, part);
    if (value == nullptr) {
      BAYPLAN_ASSIGN(value, insert(parent, part, {Array()}));
    } else if (elements_of(*value) == nullptr) {
      return closed(part);
    }
    auto& array = std::get<Array>(value->is);
    array.push_back({Table{{}, TableOrigin::array_element}});
    return &std::get<Table>(array.back().is);
  }

  // a.b = value
  Result<void> pair(Table& table) {
    BAYPLAN_ASSIGN(const Key key, scanner_.key());
    if (!scanner_.take("=")) return scanner_.error("no \"=\" behind the key");
    Table* parent = &table;
    for (std::size_t i = 0; i + 1 < key.size(); ++i) {
      BAYPLAN_ASSIGN(parent, step_of_key(*parent, key[i]));
    }
    if (found(*parent, key.back()) != nullptr) return closed(key.back());
    scanner_.skip_blanks();
    BAYPLAN_ASSIGN(Value parsed, value());
    BAYPLAN_TRY(insert(*parent, key.back(), std::move(parsed)));
    return {};
  }

  Result<Table*> step_of_key(Table& parent, const std::string& part) {
    Value* value = found(parent, part);
    if (value == nullptr) return insert_table(parent, part, TableOrigin::part_of_key);
    auto* table = std::get_if<Table>(&value->is);
    if (table == nullptr || table->origin != TableOrigin::part_of_key) return closed(part);
    return table;
  }

  // Recursive, no deeper than kMaxTomlDepth.
  Result<Value> value() {
    const char c = scanner_.peek();
    if (c == '"' || c == '\'') {
      BAYPLAN_ASSIGN(std::string text, scanner_.string());
      return Value{std::move(text)};
    }
    if (c != '[' && c != '{') return plain_value();
    if (depth_ == kMaxTomlDepth) return scanner_.error("nested too deep");
    ++depth_;
    auto nested = c == '[' ? array() : inline_table();
    --depth_;
    return nested;
  }

  Result<Value> plain_value() {
    const std::string_view word = scanner_.word();
    if (word == "true" || word == "false") return Value{word == "true"};
    const bool number = !word.empty() && (is_digit(word[0]) || word[0] == '+' || word[0] == '-' ||
                                          word == "inf" || word == "nan");
    const bool clean = std::all_of(word.begin(), word.end(), [](char c) {
      return is_alnum(c) || std::string_view("+-_.:").find(c) != std::string_view::npos;
    });
    if (number && clean) return Value();
    return scanner_.error("no value");
  }

  Result<Value> array() {
    scanner_.take("[");
    Array elements;
    for (scanner_.skip_lines(); !scanner_.take("]"); scanner_.skip_lines()) {
      BAYPLAN_ASSIGN(Value element, value());
      elements.push_back(std::move(element));
      scanner_.skip_lines();
      if (!scanner_.take(",") && scanner_.peek() != ']') return scanner_.error("neither \",\" nor \"]\"");
    }
    return Value{std::move(elements)};
  }

  Result<Value> inline_table() {
    scanner_.take("{");
    Table table;
    scanner_.skip_blanks();
    if (!scanner_.take("}")) {
      do {
        BAYPLAN_TRY(pair(table));
        scanner_.skip_blanks();
      } while (scanner_.take(","));
      if (!scanner_.take("}")) return scanner_.error("neither \",\" nor \"}\"");
    }
    table.origin = TableOrigin::inline_value;
    return Value{std::move(table)};
  }

  static Value* found(Table& table, const std::string& key) noexcept {
    return const_cast<Value*>(table.find(key));
  }

  // Of an array that [[..]] made; such a one is never empty.
  static Array* elements_of(Value& value) noexcept {
    auto* array = std::get_if<Array>(&value.is);
    if (array == nullptr || array->empty()) return nullptr;
    const auto* last = std::get_if<Table>(&array->back().is);
    return last != nullptr && last->origin == TableOrigin::array_element ? array : nullptr;
  }

  Result<Value*> insert(Table& table, const std::string& key, Value value) {
    if (table.members.size() == kMaxTomlMembers) return scanner_.error("a table of too many members");
    table.members.push_back({key, std::move(value)});
    return &table.members.back().value;
  }

  Result<Table*> insert_table(Table& table, const std::string& key, TableOrigin origin) {
    BAYPLAN_ASSIGN(Value * made, insert(table, key, {Table{{}, origin}}));
    return &std::get<Table>(made->is);
  }

  Error closed(const std::string& key) const {
    return scanner_.error("the key " + quoted(key) + " has its value already");
  }

  Scanner scanner_;
  Table root_{};
  Table* current_ = &root_;  // only what is below it grows until the next header
  std::size_t depth_ = 0;
};

// What no part of the grammar has, so that the parser need not look for it.
Result<void> check_text(std::string_view text, std::string_view what) {
  const auto refused = [&](const char* why) {
    return Error(Errc::invalid_argument, "TOML document", what, why);
  };
  if (text.size() > kMaxTomlBytes) {
    return Error(Errc::too_large, "TOML document", what,
                 "more than " + std::to_string(kMaxTomlBytes) + " bytes");
  }
  if (!utf8::valid(text)) return refused("is not UTF-8");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool line_end = c == '\n' || (c == '\r' && text.substr(i).starts_with("\r\n"));
    const bool control = (c >= '\0' && c < ' ') || c == '\x7f';
    if (control && c != '\t' && !line_end) return refused("has a control character");
  }
  return {};
}

}  // namespace

Result<Table> parse(std::string_view text, std::string_view what) {
  BAYPLAN_TRY(check_text(text, what));
  return Parser(text, what).run();
}

}  // namespace bayplan::images::toml
