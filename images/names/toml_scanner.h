// The words of TOML: keys, strings, and what stands between them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/result.h"

namespace bayplan::images::toml {

/// A place in a text that is UTF-8 without control characters but tab and line ends. Not thread-safe. Errors
/// of all: invalid_argument, with line and column.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  bool at_end() const noexcept { return at_ == text_.size(); }
  /// The next byte; NUL at the end.
  char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  bool starts(std::string_view word) const noexcept { return text_.substr(at_).starts_with(word); }
  /// Passes over `word` if it is next.
  bool take(std::string_view word) noexcept;

  /// Spaces and tabs.
  void skip_blanks() noexcept;
  /// Blanks, comments and line ends.
  void skip_lines() noexcept;
  /// Blanks and a comment, then the end of the line or of the text.
  Result<void> end_line();

  /// The parts of a dotted key.
  Result<std::vector<std::string>> key();
  /// A string of any of the four kinds. Precondition: a quote is next.
  Result<std::string> string();
  /// What is neither a string nor in brackets: up to a blank, comma, bracket, comment or line end.
  std::string_view word() noexcept;

  /// An error at this place.
  Error error(const std::string& why) const;

 private:
  Result<std::string> key_part();
  Result<std::string> single_line(char quote);
  Result<std::string> multi_line(char quote);
  Result<void> escape(bool multi_line, std::string& out);
  Result<void> code_point(std::size_t digits, std::string& out);
  void skip_comment() noexcept;

  std::string_view text_;
  std::string_view what_;
  std::size_t at_ = 0;
};

}  // namespace bayplan::images::toml
