#include "bayplan/base/digest.h"

#include <algorithm>
#include <cstring>
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

// Every byte of a word is `byte`.
constexpr std::uint64_t all_bytes(std::uint64_t byte) { return byte * 0x0101010101010101u; }

// Eight digits at a time, as every record that is read has a digest. What they would be as lower-case hex is
// compared with what they are at the end: anything else differs somewhere.
bool decode_hex(std::string_view hex, std::span<std::byte> into) noexcept {
  constexpr std::size_t kDigits = sizeof(std::uint64_t);
  if (hex.size() != into.size() * 2 || hex.size() % kDigits != 0) return false;
  std::uint64_t wrong = 0;
  for (std::size_t at = 0; at < hex.size(); at += kDigits) {
    std::uint64_t text = 0;
    std::memcpy(&text, hex.data() + at, kDigits);
    const std::uint64_t values = (text & all_bytes(0x0f)) + 9 * ((text >> 6) & all_bytes(1));
    const std::uint64_t letters = ((values + all_bytes(6)) >> 4) & all_bytes(1);
    wrong |= (values & all_bytes(0xf0)) | (text ^ (values + all_bytes('0') + letters * ('a' - '9' - 1)));
    std::array<unsigned char, kDigits> digits{};
    std::memcpy(digits.data(), &values, kDigits);
    for (std::size_t n = 0; n < kDigits; n += 2)
      into[(at + n) / 2] = static_cast<std::byte>(digits[n] << 4 | digits[n + 1]);
  }
  return wrong == 0;
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
