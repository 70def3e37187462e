#include "bayplan/base/digest.h"

#include <algorithm>
#include <optional>

namespace bayplan {
namespace {

constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kSha512Bytes = 64;

constexpr std::size_t raw_size(DigestAlgorithm algorithm) noexcept {
  return algorithm == DigestAlgorithm::sha256 ? kSha256Bytes : kSha512Bytes;
}

bool is_lower_alnum(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_separator(char c) noexcept { return c == '+' || c == '.' || c == '_' || c == '-'; }
bool is_encoded(char c) noexcept {
  return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') || c == '=' || c == '_' || c == '-';
}

// component (separator component)*, component = [a-z0-9]+
bool is_algorithm(std::string_view text) noexcept {
  bool after_alnum = false;
  for (const char c : text) {
    if (!is_lower_alnum(c) && !(after_alnum && is_separator(c))) return false;
    after_alnum = is_lower_alnum(c);
  }
  return after_alnum;
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

// By character, the value of a lower-case hex digit, or -1.
constexpr std::array<signed char, 256> make_hex_values() {
  std::array<signed char, 256> values{};
  for (signed char& value : values) value = -1;
  for (std::size_t digit = 0; digit < kHexDigits.size(); ++digit)
    values[static_cast<unsigned char>(kHexDigits[digit])] = static_cast<signed char>(digit);
  return values;
}
constexpr auto kHexValues = make_hex_values();

int hex_value(char c) noexcept { return kHexValues[static_cast<unsigned char>(c)]; }

// Every record that is read has a digest: one look at the end, not one a digit.
bool decode_hex(std::string_view hex, std::span<std::byte> into) noexcept {
  if (hex.size() != into.size() * 2) return false;
  int seen = 0;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    seen |= high | low;
    into[i] = static_cast<std::byte>(high * 16 + low);
  }
  return seen >= 0;
}

void append_hex(std::span<const std::byte> bytes, std::string& text) {
  std::size_t at = text.size();
  text.resize(at + 2 * bytes.size());
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    text[at++] = kHexDigits[value >> 4];
    text[at++] = kHexDigits[value & 15u];
  }
}

std::optional<DigestAlgorithm> algorithm_named(std::string_view name) noexcept {
  if (name == "sha256") return DigestAlgorithm::sha256;
  if (name == "sha512") return DigestAlgorithm::sha512;
  return std::nullopt;
}

Error refusal(std::string_view text, std::string_view algorithm, std::string_view encoded) {
  if (!is_algorithm(algorithm) || encoded.empty() ||
      !std::all_of(encoded.begin(), encoded.end(), is_encoded)) {
    return Error(Errc::invalid_argument, "digest", text, "not of the form algorithm:hex");
  }
  const auto known = algorithm_named(algorithm);
  if (!known) return Error(Errc::unsupported, "digest", text, "only sha256 and sha512 are");
  return Error(Errc::invalid_argument, "digest", text,
               known == DigestAlgorithm::sha256 ? "sha256 takes 64 lower-case hex digits"
                                                : "sha512 takes 128 lower-case hex digits");
}

}  // namespace

std::string_view to_string(DigestAlgorithm algorithm) noexcept {
  return algorithm == DigestAlgorithm::sha256 ? "sha256" : "sha512";
}

Result<Digest> Digest::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view algorithm = text.substr(0, colon);
  const std::string_view encoded =
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  const auto known = algorithm_named(algorithm);
  if (!known) return refusal(text, algorithm, encoded);
  Digest digest;
  digest.algorithm_ = *known;
  if (!decode_hex(encoded, std::span(digest.raw_).first(raw_size(*known))))
    return refusal(text, algorithm, encoded);
  return digest;
}

std::string Digest::hex() const {
  std::string text;
  append_hex(bytes(), text);
  return text;
}

std::string Digest::to_string() const {
  const std::string_view algorithm = bayplan::to_string(algorithm_);
  std::string text;
  text.reserve(algorithm.size() + 1 + 2 * bytes().size());
  text.append(algorithm).append(1, ':');
  append_hex(bytes(), text);
  return text;
}

std::span<const std::byte> Digest::bytes() const noexcept {
  return std::span(raw_).first(raw_size(algorithm_));
}

}  // namespace bayplan
