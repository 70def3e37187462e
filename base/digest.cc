#include "bayplan/base/digest.h"

#include <algorithm>

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

// The value of a lower-case hex digit, or -1.
int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool decode_hex(std::string_view hex, std::span<std::byte> into) noexcept {
  if (hex.size() != into.size() * 2) return false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    into[i] = static_cast<std::byte>(high * 16 + low);
  }
  return true;
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
  if (!is_algorithm(algorithm) || encoded.empty() ||
      !std::all_of(encoded.begin(), encoded.end(), is_encoded)) {
    return Error(Errc::invalid_argument, "digest", text, "not of the form algorithm:hex");
  }
  Digest digest;
  if (algorithm == "sha512") {
    digest.algorithm_ = DigestAlgorithm::sha512;
  } else if (algorithm != "sha256") {
    return Error(Errc::unsupported, "digest", text, "only sha256 and sha512 are");
  }
  if (!decode_hex(encoded, std::span(digest.raw_).first(raw_size(digest.algorithm_)))) {
    return Error(Errc::invalid_argument, "digest", text,
                 digest.algorithm_ == DigestAlgorithm::sha256 ? "sha256 takes 64 lower-case hex digits"
                                                              : "sha512 takes 128 lower-case hex digits");
  }
  return digest;
}

std::string Digest::hex() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(2 * raw_size(algorithm_));
  for (const std::byte byte : bytes()) {
    const auto value = std::to_integer<unsigned>(byte);
    out += kHex[value >> 4];
    out += kHex[value & 15u];
  }
  return out;
}

std::string Digest::to_string() const { return std::string(bayplan::to_string(algorithm_)) + ':' + hex(); }

std::span<const std::byte> Digest::bytes() const noexcept {
  return std::span(raw_).first(raw_size(algorithm_));
}

}  // namespace bayplan
