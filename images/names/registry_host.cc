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

// 1 to 65535; what is longer or 0 is no port that anything could listen at.
bool is_port(std::string_view port) noexcept {
  if (port.empty() || port.size() > kMaxPortDigits || !all_are(port, is_digit)) return false;
  std::uint32_t number = 0;
  for (const char digit : port) number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  return number >= 1 && number <= 65535;
}

}  // namespace

bool is_registry_host(std::string_view domain) noexcept {
  const std::size_t bracket = domain.find(']');
  const std::size_t colon = domain.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = domain.substr(0, colon);
  if (colon != std::string_view::npos && !is_port(domain.substr(colon + 1))) return false;
  if (host.size() > kMaxHostBytes) return false;
  return is_bracketed_ipv6(host) || all_pieces(host, '.', is_domain_label);
}

bool is_loopback_host(std::string_view host) noexcept {
  const std::size_t bracket = host.find(']');
  const std::string_view name =
      host.substr(0, host.find(':', bracket == std::string_view::npos ? 0 : bracket));
  if (name == "localhost" || name == "[::1]") return true;
  // Four numbers: 127.evil.example is a name.
  int parts = 0;
  const bool numbers = all_pieces(name, '.', [&](std::string_view part) noexcept {
    ++parts;
    return all_are(part, is_digit) && part.size() <= 3;
  });
  return numbers && parts == 4 && name.starts_with("127.");
}

std::string with_lower_host(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  return lower(text.substr(0, slash)) + std::string(text.substr(slash));
}

}  // namespace bayplan::images
