// Hosts of registries, as references write them: host[:port].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bayplan::images {

/// Labels joined by dots or a bracketed IPv6 address, up to 253 bytes, and a port from 1 to 65535.
bool is_registry_host(std::string_view text) noexcept;

/// Whether `host` is an address of the loopback interface by what it is called: localhost, 127.0.0.0/8,
/// [::1]. Precondition: is_registry_host.
bool is_loopback_host(std::string_view host) noexcept;

struct HostAndPort {
  std::string host;        ///< IPv6 without brackets
  std::uint16_t port = 0;  ///< 0: not given
};
/// Precondition: is_registry_host.
HostAndPort split_host(std::string_view text);

/// `text`, which begins with a host, with that in lower case: what is configured for one spelling of a host
/// holds for all. Paths and tags stay as they are.
std::string with_lower_host(std::string_view text);

}  // namespace bayplan::images
