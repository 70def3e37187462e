#include "filter_scanner.h"

#include <re2/re2.h>

#include "bayplan/base/utf8.h"

namespace bayplan::metadata {
namespace {

constexpr char32_t kReplacement = 0xFFFD;  // what Go's decoder, and so containerd, answers for bad bytes

bool is_one_of(char32_t c, std::string_view ascii) {
  return c != 0 && c < 0x80 && ascii.find(static_cast<char>(c)) != std::string_view::npos;
}

unsigned digit_value(char32_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

// Unicode's White_Space.
bool is_space(const Character& c) {
  if (c.value < 0x80) return is_one_of(c.value, " \t\n\v\f\r");
  return c.value == 0x85 || c.value == 0xA0 || c.value == 0x1680 ||
         (c.value >= 0x2000 && c.value <= 0x200A) || c.value == 0x2028 || c.value == 0x2029 ||
         c.value == 0x202F || c.value == 0x205F || c.value == 0x3000;
}

// Letters, marks, numbers, punctuation and symbols; RE2 has the tables.
bool is_graphic(const Character& c) {
  if (c.value < 0x80) return c.value > ' ' && c.value < 0x7F;
  static const RE2 kGraphic("[\\pL\\pM\\pN\\pP\\pS]");
  return RE2::FullMatch(c.bytes, kGraphic);
}

bool is_value(const Character& c) { return c.value != ',' && !is_space(c) && is_graphic(c); }

bool is_field(const Character& c) {
  const char32_t lower = c.value | 0x20;
  return c.value == '_' || (c.value >= '0' && c.value <= '9') || (lower >= 'a' && lower <= 'z');
}

}  // namespace

Character FilterScanner::peek() const {
  const std::string_view rest = input_.substr(at_);
  if (rest.empty()) return {};
  const utf8::CodePoint point = utf8::first(rest);
  if (point.length == 0) return {0, rest.substr(0, 1), "rune error"};
  const std::string_view bytes = rest.substr(0, point.length);
  if (point.value == kReplacement) return {0, bytes, "rune error"};
  if (point.value == 0) return {0, bytes, "unexpected null"};
  return {point.value, bytes, {}};
}

void FilterScanner::note(std::string_view problem) {
  if (problem_.empty()) problem_ = problem;
}

Character FilterScanner::look() {
  const Character c = peek();
  note(c.problem);
  return c;
}

Character FilterScanner::take() {
  const Character c = look();
  at_ += c.bytes.size();
  return c;
}

template <class Predicate>
void FilterScanner::take_while(Predicate belongs) {
  for (Character c = peek(); !c.bytes.empty() && belongs(c); c = peek()) at_ += c.bytes.size();
}

Token FilterScanner::token(TokenKind kind, std::size_t start) const {
  return {kind, start, input_.substr(start, at_ - start), {}};
}

Token FilterScanner::scan() {
  take_while(is_space);
  problem_ = {};
  const std::size_t start = at_;
  const Character c = take();
  if (c.bytes.empty()) return {TokenKind::end, start};
  if (!c.problem.empty()) return {TokenKind::illegal, start, {}, c.problem};
  if (is_one_of(c.value, "/|\"")) {
    if (take_quoted(c.value)) return token(TokenKind::quoted, start);
    return {TokenKind::illegal, start, input_.substr(start, at_ - start), problem_};
  }
  if (is_one_of(c.value, ",.")) {
    value_next_ = false;
    return token(TokenKind::separator, start);
  }
  if (starts_comparison(c.value)) {
    take_comparison(c.value);
    value_next_ = true;
    return token(TokenKind::comparison, start);
  }
  if (value_next_) {
    take_while(is_value);
    value_next_ = false;
    return token(TokenKind::value, start);
  }
  if (!is_field(c)) return {TokenKind::other, start};
  take_while(is_field);
  return token(TokenKind::field, start);
}

// A value may begin with "<", as it may for containerd: there it is no operator.
bool FilterScanner::starts_comparison(char32_t c) const noexcept {
  return is_one_of(c, "=!~") || (!value_next_ && is_one_of(c, "<>"));
}

void FilterScanner::take_comparison(char32_t first) {
  if (!is_one_of(first, "<>"))
    return take_while([](const Character& c) { return is_one_of(c.value, "=!~"); });
  if (peek().value == '=') take();
}

// Up to the closing quote; answers whether all of it was legal.
bool FilterScanner::take_quoted(char32_t quote) {
  for (Character c = take(); c.value != quote; c = take()) {
    if (c.value == 0 || c.value == '\n') {
      note("quoted literal not terminated");
      return false;
    }
    if (c.value == '\\') take_escape(quote);
  }
  return problem_.empty();
}

// Behind a backslash. What is wrong is left where it is.
void FilterScanner::take_escape(char32_t quote) {
  const Character c = look();
  if (is_one_of(c.value, "01234567")) return take_digits(8, 3);
  if (c.value != quote && !is_one_of(c.value, "abfnrtv\\xuU")) return note("illegal escape sequence");
  take();
  if (c.value == 'x') take_digits(16, 2);
  if (c.value == 'u') take_digits(16, 4);
  if (c.value == 'U') take_digits(16, 8);
}

void FilterScanner::take_digits(unsigned base, int count) {
  for (; count > 0; --count) {
    if (digit_value(look().value) >= base) return note("illegal numeric escape sequence");
    take();
  }
}

}  // namespace bayplan::metadata
