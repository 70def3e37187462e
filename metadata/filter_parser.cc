#include "filter_parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "bayplan/base/utf8.h"
#include "bayplan/metadata/filter.h"
#include "filter_scanner.h"
#include "filter_unquote.h"

namespace bayplan::metadata {
namespace {

constexpr std::array<std::string_view, 8> kOperators = {"?", "==", "!=", "~=", "<", "<=", ">", ">="};
constexpr std::string_view kExpectedOperator = R"(expected an operator ("=="|"!="|"~="|"<"|"<="|">"|">="))";

std::optional<FilterOperator> operator_of(std::string_view text) {
  for (std::size_t i = 1; i < kOperators.size(); ++i) {
    if (kOperators[i] == text) return static_cast<FilterOperator>(i);
  }
  return {};
}

class Parser {
 public:
  explicit Parser(std::string_view input) : input_(input), scanner_(input) {}

  Result<std::vector<Selector>> selectors(std::size_t most) {
    std::vector<Selector> all;
    for (;;) {
      if (all.size() == most) return too_many();
      BAYPLAN_ASSIGN(Selector selector, this->selector());
      all.push_back(std::move(selector));
      const Character next = scanner_.peek();
      if (next.bytes.empty()) return all;
      if (next.value != ',') return unexpected(next);
      scanner_.scan();
    }
  }

 private:
  static Error too_many() {
    return {Errc::too_large, "filter", {}, "there are more selectors than " + std::to_string(kMaxSelectors)};
  }

  Error error(std::size_t position, std::string_view what) const {
    return filter_error(input_, position, what);
  }
  Error unexpected(const Character& next) const {
    const std::string_view shown = next.problem.empty() ? next.bytes : "\xEF\xBF\xBD";
    return error(scanner_.position(), std::string("unexpected input: ").append(shown));
  }
  // What the scanner has to say of a token goes before what was expected.
  Error expected(const Token& token, std::string_view what) const {
    return error(token.position, token.kind == TokenKind::illegal ? token.problem : what);
  }

  Result<Selector> selector() {
    Selector selector;
    BAYPLAN_TRY(path(selector));
    const Character next = scanner_.peek();
    if (next.bytes.empty() || next.value == ',') return selector;
    BAYPLAN_TRY(comparison(selector));
    BAYPLAN_TRY(value(selector));
    return selector;
  }

  Result<void> path(Selector& selector) {
    const Token first = scanner_.scan();
    selector.position = first.position;
    BAYPLAN_ASSIGN(selector.head, field(first));
    while (scanner_.peek().value == '.') {
      scanner_.scan();
      BAYPLAN_ASSIGN(const std::string piece, field(scanner_.scan()));
      selector.tail.append(".").append(piece);
    }
    return {};
  }

  Result<std::string> field(const Token& token) const {
    if (token.kind == TokenKind::field) return std::string(token.text);
    if (token.kind == TokenKind::quoted) return unquoted(token, "\"");
    return expected(token, "expected field or quoted");
  }

  Result<void> comparison(Selector& selector) {
    const Token token = scanner_.scan();
    if (token.kind != TokenKind::comparison) return expected(token, kExpectedOperator);
    const auto op = operator_of(token.text);
    if (!op) return error(token.position, "unsupported operator " + quoted(token.text));
    selector.op = *op;
    selector.op_position = token.position;
    return {};
  }

  Result<void> value(Selector& selector) {
    const Token token = scanner_.scan();
    selector.value_position = token.position;
    if (token.kind == TokenKind::value) {
      selector.value = token.text;
      return {};
    }
    if (token.kind != TokenKind::quoted) return expected(token, "expected value or quoted");
    BAYPLAN_ASSIGN(selector.value, unquoted(token, selector.op == FilterOperator::matches ? "\"/|" : "\""));
    return {};
  }

  Result<std::string> unquoted(const Token& token, std::string_view allowed) const {
    if (allowed.find(token.text.front()) == std::string_view::npos)
      return error(token.position, "invalid quote encountered");
    auto text = unquote(token.text);
    if (!text) return error(token.position, "unquoting failed: quote syntax error");
    return std::move(*text);
  }

  std::string_view input_;
  FilterScanner scanner_;
};

}  // namespace

std::string_view to_string(FilterOperator op) noexcept {
  const auto index = static_cast<std::size_t>(op);
  return index < kOperators.size() ? kOperators[index] : "unknown";
}

bool is_ordering(FilterOperator op) noexcept { return op >= FilterOperator::less; }

Result<std::vector<Selector>> parse_selectors(std::string_view input, std::size_t most) {
  if (input.empty()) return std::vector<Selector>{};
  return Parser(input).selectors(most);
}

Error filter_error(std::string_view input, std::size_t position, std::string_view what) {
  std::string message = "[";
  message += input.substr(0, position);
  const std::string_view rest = input.substr(position);
  if (!rest.empty()) {
    const std::size_t length = std::max(utf8::first(rest).length, std::size_t{1});
    message.append(" >|").append(rest.substr(0, length)).append("|< ").append(rest.substr(length));
  }
  message.append("]: ").append(what);
  return {Errc::invalid_argument, "filter", {}, message};
}

}  // namespace bayplan::metadata
