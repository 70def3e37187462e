#include <arpa/inet.h>

#include "client_fixture.h"
#include "transport.h"

namespace bayplan::registry {
namespace {

Reach reach(const char* text) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return reach_of(reinterpret_cast<const sockaddr&>(v4));
  }
  EXPECT_EQ(::inet_pton(AF_INET6, text, &v6.sin6_addr), 1) << text;
  v6.sin6_family = AF_INET6;
  return reach_of(reinterpret_cast<const sockaddr&>(v6));
}

TEST(ReachOf, Addresses) {
  for (const char* text : {"127.0.0.1", "127.255.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(reach(text), Reach::host) << text;
  }
  for (const char* text : {"169.254.169.254", "fe80::1", "::ffff:169.254.169.254"}) {
    EXPECT_EQ(reach(text), Reach::link) << text;
  }
  for (const char* text :
       {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd00::1"}) {
    EXPECT_EQ(reach(text), Reach::site) << text;
  }
  for (const char* text : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2001:db8::1"}) {
    EXPECT_EQ(reach(text), Reach::everywhere) << text;
  }
}

// What a token server's address is measured by: this one is closer than the registry is said to be.
TEST(ReachOf, CloserAddressIsNotConnectedTo) {
  HttpServer server([](const HttpServerRequest&) { return HttpReply{}; });
  const images::RegistryOptions options;
  Transport transport(Engine::open(std::nullopt, 1).value(), options);
  images::RegistryEndpoint endpoint;
  endpoint.proxy = "";
  HttpRequest request{.method = "GET", .url = *Url::parse("http://" + server.address() + "/token")};
  request.endpoint = &endpoint;
  const Patience patience{.head = std::chrono::seconds(20), .stall_window = std::chrono::seconds(20)};
  request.at_least = Reach::everywhere;
  const auto refused = transport.send(request, patience, {});
  ASSERT_TRUE(std::holds_alternative<Failure>(refused));
  EXPECT_EQ(std::get<Failure>(refused).error.code(), Errc::failed_precondition);
  EXPECT_TRUE(server.requests().empty());
  request.at_least = Reach::host;
  {
    auto answer = transport.send(request, patience, {});
    ASSERT_TRUE(std::holds_alternative<Response>(answer));
    EXPECT_TRUE(std::holds_alternative<std::string>(std::get<Response>(answer).read_all(100, {})));
  }
  request.at_least = Reach::everywhere;  // nor is a connection used again that is open already
  EXPECT_TRUE(std::holds_alternative<Failure>(transport.send(request, patience, {})));
  EXPECT_EQ(server.requests().size(), 1u);
}

}  // namespace
}  // namespace bayplan::registry
