#include "names/toml_scanner.h"

#include <algorithm>

#include "names/text_pieces.h"
#include "names/toml.h"

namespace bayplan::images::toml {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr char32_t kLastCodePoint = 0x10FFFF;

bool is_bare(char c) noexcept { return is_alnum(c) || c == '_' || c == '-'; }

bool is_surrogate(char32_t point) noexcept { return point >= 0xD800 && point <= 0xDFFF; }

void append_utf8(char32_t point, std::string& out) {
  const auto byte = [&](char32_t bits) { out += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0u | point >> 6);
  } else if (point < 0x10000) {
    byte(0xE0u | point >> 12);
    byte(0x80u | (point >> 6 & 0x3Fu));
  } else {
    byte(0xF0u | point >> 18);
    byte(0x80u | (point >> 12 & 0x3Fu));
    byte(0x80u | (point >> 6 & 0x3Fu));
  }
  byte(0x80u | (point & 0x3Fu));
}

int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

Error Scanner::error(const std::string& why) const {
  const std::string_view before = text_.substr(0, at_);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t column = at_ - (before.rfind('\n') + 1);  // npos + 1 is 0
  return Error(Errc::invalid_argument, "TOML document", what_,
               why + " in line " + std::to_string(lines + 1) + ", byte " + std::to_string(column + 1));
}

bool Scanner::take(std::string_view word) noexcept {
  if (!starts(word)) return false;
  at_ += word.size();
  return true;
}

void Scanner::skip_blanks() noexcept { at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size()); }

void Scanner::skip_comment() noexcept {
  if (peek() == '#') at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
}

void Scanner::skip_lines() noexcept {
  do {
    skip_blanks();
    skip_comment();
  } while (take("\n") || take("\r\n"));
}

Result<void> Scanner::end_line() {
  skip_blanks();
  skip_comment();
  if (at_end() || take("\n") || take("\r\n")) return {};
  return error("something else behind the end of what the line says");
}

Result<std::string> Scanner::key_part() {
  if (peek() == '"' || peek() == '\'') return single_line(peek());
  const std::size_t begin = at_;
  while (!at_end() && is_bare(text_[at_])) ++at_;
  if (at_ == begin) return error("no key");
  return std::string(text_.substr(begin, at_ - begin));
}

Result<std::vector<std::string>> Scanner::key() {
  std::vector<std::string> parts;
  do {
    if (parts.size() == kMaxTomlKeyParts) return error("a key of too many parts");
    skip_blanks();
    BAYPLAN_ASSIGN(std::string part, key_part());
    parts.push_back(std::move(part));
    skip_blanks();
  } while (take("."));
  return parts;
}

std::string_view Scanner::word() noexcept {
  const std::size_t begin = at_;
  at_ = std::min(text_.find_first_of(" \t\r\n,[]{}#=\"'", at_), text_.size());
  return text_.substr(begin, at_ - begin);
}

Result<std::string> Scanner::string() {
  const char quote = peek();
  return starts(std::string(3, quote)) ? multi_line(quote) : single_line(quote);
}

Result<std::string> Scanner::single_line(char quote) {
  ++at_;
  std::string out;
  while (true) {
    const char c = peek();
    if (at_end() || c == '\n' || c == '\r') return error("a string that does not end");
    ++at_;
    if (c == quote) return out;
    if (c == '\\' && quote == '"') {
      BAYPLAN_TRY(escape(false, out));
    } else {
      out += c;
    }
  }
}

Result<std::string> Scanner::multi_line(char quote) {
  at_ += 3;
  if (!take("\n")) take("\r\n");
  std::string out;
  while (!at_end()) {
    const char c = text_[at_];
    if (c == quote) {
      const std::size_t quotes = std::min(text_.find_first_not_of(quote, at_), text_.size()) - at_;
      // Up to two in front of the closing three belong to the text.
      const std::size_t taken = std::min<std::size_t>(quotes, 5);
      at_ += taken;
      out.append(taken < 3 ? taken : taken - 3, quote);
      if (taken >= 3) return out;
      continue;
    }
    ++at_;
    if (c == '\\' && quote == '"') {
      BAYPLAN_TRY(escape(true, out));
    } else {
      out += c;
    }
  }
  return error("a string that does not end");
}

// Behind the backslash.
Result<void> Scanner::escape(bool multi_line, std::string& out) {
  constexpr std::string_view kNames = "btnfr\"\\";
  constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
  const char c = peek();
  if (const std::size_t known = kNames.find(c); !at_end() && known != std::string_view::npos) {
    out += kMeanings[known];
    ++at_;
    return {};
  }
  if (take("u")) return code_point(4, out);
  if (take("U")) return code_point(8, out);
  if (!multi_line) return error("an unknown escape");
  // At the end of a line it takes that, and the blanks of the next lines, out of the text.
  const std::size_t next = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
  if (next == text_.size() || (text_[next] != '\n' && text_[next] != '\r')) return error("an unknown escape");
  at_ = std::min(text_.find_first_not_of(" \t\r\n", next), text_.size());
  return {};
}

Result<void> Scanner::code_point(std::size_t digits, std::string& out) {
  char32_t point = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = hex_digit(peek());
    if (digit < 0) return error("an escape with too few hex digits");
    point = point << 4 | static_cast<char32_t>(digit);
    ++at_;
  }
  if (point > kLastCodePoint || is_surrogate(point)) return error("an escape that is no character");
  append_utf8(point, out);
  return {};
}

}  // namespace bayplan::images::toml
