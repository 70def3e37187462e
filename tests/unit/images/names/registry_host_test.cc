#include "names/registry_host.h"

#include <gtest/gtest.h>

#include <string>

namespace bayplan::images {
namespace {

TEST(RegistryHost, IsANameOrAnAddressWithAPort) {
  for (const char* host : {"h", "h.io", "H.io:1", "a-b.c:65535", "127.0.0.1", "[::1]", "[::1]:5000"}) {
    EXPECT_TRUE(is_registry_host(host)) << host;
  }
  for (const char* host :
       {"",        ".",       "h.",    ".h",  "h..i", "-h",   "h-", "h:",     "h:0", "h:65536",
        "h:65537", "h:99999", "h:1:2", "h/x", "u@h",  "[::1", "[]", "[::1]x", "h_i", "::1"}) {
    EXPECT_FALSE(is_registry_host(host)) << host;
  }
}

TEST(RegistryHost, KnowsTheLoopbackByItsLiterals) {
  for (const char* host :
       {"localhost", "localhost:5000", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:5000"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (const char* host : {"localhost.example", "127.evil.example", "127.0.0.1.example", "127.0.0",
                           "127.0.0.1.2", "1270.0.0.1", "10.0.0.1", "[::2]", "example:127"}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

TEST(RegistryHost, IsSplitInHostAndPort) {
  const auto split = [](std::string_view text) {
    const HostAndPort parts = split_host(text);
    return parts.host + " " + std::to_string(parts.port);
  };
  EXPECT_EQ(split("h.io"), "h.io 0");
  EXPECT_EQ(split("h.io:5000"), "h.io 5000");
  EXPECT_EQ(split("[fe80::1]"), "fe80::1 0");
  EXPECT_EQ(split("[::1]:65535"), "::1 65535");
}

TEST(RegistryHost, HostsAreTheSameInEitherCase) {
  EXPECT_EQ(with_lower_host("H.Io:5000/a/B:Tag"), "h.io:5000/a/B:Tag");
  EXPECT_EQ(with_lower_host("H.Io"), "h.io");
  EXPECT_EQ(with_lower_host("*.H.io"), "*.h.io");
}

}  // namespace
}  // namespace bayplan::images
