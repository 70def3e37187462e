#include "names/registry_host.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "names/text_pieces.h"

namespace bayplan::images {
namespace {

constexpr std::size_t kMaxHostBytes = 253;  // DNS
constexpr std::size_t kMaxPortDigits = 5;

bool is_domain_label(std::string_view label) noexcept {
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         all_are(label, [](char c) noexcept { return is_alnum(c) || c == '-'; });
}

bool is_bracketed_ipv6(std::string_view host) noexcept {
  if (host.size() < 3 || host.front() != '[' || host.back() != ']') return false;
  return all_are(host.substr(1, host.size() - 2), [](char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
  });
}

struct Parts {
  std::string_view host;
  std::string_view port{};
  bool has_port = false;
};

// At the colon behind the host; those in brackets are the address's.
Parts parts_of(std::string_view text) noexcept {
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return {text};
  return {text.substr(0, colon), text.substr(colon + 1), true};
}

// 0 for what is no port that anything could listen at.
std::uint16_t port_of(std::string_view digits) noexcept {
  if (digits.size() > kMaxPortDigits || !all_are(digits, is_digit)) return 0;
  std::uint32_t number = 0;
  for (const char digit : digits) number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  return number <= 65535 ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
}

}  // namespace

bool is_registry_host(std::string_view text) noexcept {
  const Parts parts = parts_of(text);
  if (parts.has_port && port_of(parts.port) == 0) return false;
  if (parts.host.size() > kMaxHostBytes) return false;
  return is_bracketed_ipv6(parts.host) || all_pieces(parts.host, '.', is_domain_label);
}

bool is_loopback_host(std::string_view host) noexcept {
  const std::string_view name = parts_of(host).host;
  if (name == "localhost" || name == "[::1]") return true;
  // Four numbers: 127.evil.example is a name.
  int parts = 0;
  const bool numbers = all_pieces(name, '.', [&](std::string_view part) noexcept {
    ++parts;
    return all_are(part, is_digit) && part.size() <= 3;
  });
  return numbers && parts == 4 && name.starts_with("127.");
}

HostAndPort split_host(std::string_view text) {
  const Parts parts = parts_of(text);
  const bool bracketed = parts.host.starts_with('[');
  const std::string_view host = bracketed ? parts.host.substr(1, parts.host.size() - 2) : parts.host;
  return {std::string(host), port_of(parts.port)};
}

std::string with_lower_host(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  return lower(text.substr(0, slash)) + std::string(text.substr(slash));
}

}  // namespace bayplan::images
