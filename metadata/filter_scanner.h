// Tokens of a filter. Tokens, positions and the words for what is wrong are those of containerd's
// pkg/filters, which people have in their scripts; "<", "<=", ">" and ">=" are ours.
#pragma once

#include <cstddef>
#include <string_view>

namespace bayplan::metadata {

enum class TokenKind : unsigned char { end, field, value, quoted, separator, comparison, illegal, other };

struct Token {
  TokenKind kind = TokenKind::end;
  std::size_t position = 0;    ///< in bytes
  std::string_view text{};     ///< of a quoted one with its quotes; empty at the end and for `other`
  std::string_view problem{};  ///< why it is illegal

  friend bool operator==(const Token&, const Token&) = default;
};

/// One character of the input, or what is there instead of one.
struct Character {
  char32_t value = 0;  ///< 0 at the end, and where there is no character
  std::string_view bytes{};
  std::string_view problem{};  ///< why it is none
};

/// `input` must outlive the scanner and its tokens.
class FilterScanner {
 public:
  explicit FilterScanner(std::string_view input) : input_(input) {}

  /// The next token, white space before it skipped. At the end: `end`, as often as it is called.
  Token scan();
  /// The next character, white space included, which stays.
  Character peek() const;
  std::size_t position() const noexcept { return at_; }

 private:
  Character look();
  Character take();
  void note(std::string_view problem);
  template <class Predicate>
  void take_while(Predicate belongs);
  bool starts_comparison(char32_t c) const noexcept;
  void take_comparison(char32_t first);
  bool take_quoted(char32_t quote);
  void take_escape(char32_t quote);
  void take_digits(unsigned base, int count);
  Token token(TokenKind kind, std::size_t start) const;

  std::string_view input_;
  std::size_t at_ = 0;
  bool value_next_ = false;     // behind an operator almost anything is a value
  std::string_view problem_{};  // the first one of the token at hand
};

}  // namespace bayplan::metadata
