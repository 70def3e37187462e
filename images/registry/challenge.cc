#include "challenge.h"

#include <optional>

#include "text.h"

namespace bayplan::registry {
namespace {

Error malformed() {
  return Error(Errc::corrupt, "WWW-Authenticate", {}, "not of the form that HTTP gives it");
}

bool is_token_character(char c) noexcept {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kPunctuation.find(c) != std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<void> parse(std::vector<Challenge>& into) {
    const std::size_t before = into.size();
    while (true) {
      skip(", \t");
      if (rest_.empty()) return {};
      const std::string_view word = token();
      if (word.empty()) return malformed();
      const bool spaced = skip(" \t");
      const bool parameter = !rest_.empty() && rest_.front() == '=' && into.size() > before;
      if (parameter) {
        BAYPLAN_TRY(add_parameter(word, into.back()));
      } else if (spaced || rest_.empty() || rest_.front() == ',') {
        if (into.size() == kMaxChallenges) return malformed();
        into.push_back({lowered(word), {}});
        skip_token68();
      } else {
        return malformed();
      }
    }
  }

 private:
  bool skip(std::string_view what) {
    const std::size_t count = std::min(rest_.find_first_not_of(what), rest_.size());
    rest_.remove_prefix(count);
    return count > 0;
  }

  std::string_view token() {
    std::size_t length = 0;
    while (length < rest_.size() && is_token_character(rest_[length])) ++length;
    const std::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return word;
  }

  // "Negotiate YII=": neither a parameter nor a further scheme; what it says is nothing to us.
  void skip_token68() {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    const std::size_t letters = std::min(rest_.find_first_not_of(kAlphabet), rest_.size());
    const std::size_t end = std::min(rest_.find_first_not_of('=', letters), rest_.size());
    const std::string_view behind = trimmed(rest_.substr(end));
    if (letters > 0 && (behind.empty() || behind.front() == ',')) rest_.remove_prefix(end);
  }

  Result<void> add_parameter(std::string_view name, Challenge& challenge) {
    rest_.remove_prefix(1);
    skip(" \t");
    const bool is_quoted = !rest_.empty() && rest_.front() == '"';
    const auto value = is_quoted ? quoted_string() : std::optional<std::string>(token());
    skip(" \t");
    if (!value || (!rest_.empty() && rest_.front() != ',')) return malformed();
    if (!is_field_text(*value) || challenge.parameters.size() == kMaxChallengeParameters) return malformed();
    challenge.parameters.emplace(lowered(name), *value);
    return {};
  }

  std::optional<std::string> quoted_string() {
    std::string value;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        rest_.remove_prefix(at + 1);
        return value;
      }
      if (rest_[at] == '\\' && ++at == rest_.size()) break;
      value.push_back(rest_[at]);
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

}  // namespace

Result<std::vector<Challenge>> parse_challenges(const std::vector<std::string_view>& fields) {
  std::vector<Challenge> challenges;
  for (const std::string_view field : fields) BAYPLAN_TRY(Parser(field).parse(challenges));
  return challenges;
}

}  // namespace bayplan::registry
