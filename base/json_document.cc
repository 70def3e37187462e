#include <algorithm>
#include <cmath>
#include <string>

#include "bayplan/base/json.h"
#include "bayplan/base/utf8.h"
#include "json_rapid.h"

namespace bayplan::json {
namespace {

namespace rapid = bayplan_rapidjson;

constexpr std::size_t kMaxExponentDigits = 4;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error refused(std::string_view what, const std::string& why) {
  return Error(Errc::invalid_argument, "JSON document", what, why);
}

Error refused_at(std::string_view what, const std::string& why, std::size_t offset) {
  return refused(what, why + " at byte " + std::to_string(offset));
}

// Looks at the bytes before the parser does, for what RapidJSON takes silently or could not bear: a NUL ends
// its input, depth and digits cost it memory, and a long exponent overflows its int (CVE-2024-38517,
// CVE-2024-39684).
class Prescan {
 public:
  Prescan(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  Result<void> run() {
    if (text_.size() > kMaxJsonBytes) {
      return Error(Errc::too_large, "JSON document", what_,
                   "more than " + std::to_string(kMaxJsonBytes) + " bytes");
    }
    if (text_.starts_with(kByteOrderMark)) return refused_at(what_, "byte-order mark", 0);
    for (at_ = 0; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\0') return refused_at(what_, "NUL byte", at_);
      if (text_[at_] == '"') in_string_ = !in_string_;
      if (in_string_) {
        // The next byte cannot end the string; when it is a NUL it is not skipped.
        if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\0') ++at_;
      } else {
        BAYPLAN_TRY(outside_string());
      }
    }
    return {};
  }

 private:
  Result<void> outside_string() {
    const char c = text_[at_];
    if ((c == '{' || c == '[') && ++depth_ > kMaxJsonDepth) {
      return refused_at(what_, "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels", at_);
    }
    if ((c == '}' || c == ']') && depth_ > 0) --depth_;
    if ((c == 'e' || c == 'E') && exponent_digits() > kMaxExponentDigits) {
      return refused_at(what_, "exponent too long", at_);
    }
    return {};
  }

  // How many digits follow the 'e' here, counting no further than needed.
  std::size_t exponent_digits() const noexcept {
    std::size_t from = at_ + 1;
    if (from < text_.size() && (text_[from] == '+' || text_[from] == '-')) ++from;
    const std::string_view rest = text_.substr(from, kMaxExponentDigits + 1);
    return std::min(rest.find_first_not_of("0123456789"), rest.size());
  }

  std::string_view text_;
  std::string_view what_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool in_string_ = false;
};

char fold(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool folded_less(std::string_view a, std::string_view b) noexcept {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return fold(x) < fold(y); });
}

// RapidJSON takes a lone low surrogate escape, which makes invalid UTF-8 of valid text.
Result<void> check_string(const Node& node, std::string_view what) {
  if (utf8::valid(text_of(node))) return {};
  return refused(what, "unpaired surrogate in " + quoted(text_of(node)));
}

Result<void> check_names(const Node& object, std::string_view what) {
  std::vector<std::string_view> names;
  names.reserve(object.MemberCount());
  for (const auto& member : object.GetObject()) {
    const std::string_view name = text_of(member.name);
    BAYPLAN_TRY(check_string(member.name, what));
    if (name.find('\0') != std::string_view::npos) return refused(what, "NUL in the name " + quoted(name));
    names.push_back(name);
  }
  std::sort(names.begin(), names.end(), folded_less);
  const auto twin =
      std::adjacent_find(names.begin(), names.end(), [](auto a, auto b) { return !folded_less(a, b); });
  if (twin == names.end()) return {};
  if (twin[0] == twin[1]) return refused(what, "duplicate name " + quoted(*twin));
  return refused(what, "names that differ only in case: " + quoted(twin[0]) + " and " + quoted(twin[1]));
}

Result<void> check_tree(const Node& root, std::string_view what) {
  std::vector<const Node*> pending{&root};
  while (!pending.empty()) {
    const Node& node = *pending.back();
    pending.pop_back();
    if (node.IsString()) BAYPLAN_TRY(check_string(node, what));
    // "1(308 zeros)e9" gets past RapidJSON's own check, and could not be written as JSON again.
    if (node.IsDouble() && !std::isfinite(node.GetDouble())) return refused(what, "number too big");
    if (node.IsObject()) {
      BAYPLAN_TRY(check_names(node, what));
      for (const auto& member : node.GetObject()) pending.push_back(&member.value);
    }
    if (node.IsArray()) {
      for (const Node& element : node.GetArray()) pending.push_back(&element);
    }
  }
  return {};
}

}  // namespace

struct Document::Impl {
  Tree tree;
};

Document::Document(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string_view text, std::string_view what) {
  BAYPLAN_TRY(Prescan(text, what).run());
  // Not kParseFullPrecisionFlag: in RapidJSON 1.1 it reads outside its tables for 0.999(many)e-9999.
  constexpr unsigned kFlags = rapid::kParseIterativeFlag | rapid::kParseValidateEncodingFlag;
  auto impl = std::make_unique<Impl>();
  try {
    impl->tree.Parse<kFlags>(text.empty() ? "" : text.data(), text.size());
    if (impl->tree.HasParseError()) {
      return refused_at(what, rapid::GetParseError_En(impl->tree.GetParseError()),
                        impl->tree.GetErrorOffset());
    }
    BAYPLAN_TRY(check_tree(impl->tree, what));
  } catch (const std::logic_error& assertion) {
    return refused(what, assertion.what());
  }
  return Document(std::move(impl));
}

Value Document::root() const { return Value(static_cast<const Node*>(&impl_->tree)); }

}  // namespace bayplan::json
