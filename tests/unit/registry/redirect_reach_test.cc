// Where a registry may send us, by the addresses that it and the target have: in a network of its own, in
// which this host has addresses of every reach.
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "client_fixture.h"
#include "support/user_namespace.h"

namespace bayplan::registry {
namespace {

constexpr const char* kFar = "203.0.113.1";
constexpr const char* kSite = "10.1.2.3";
constexpr const char* kLink = "169.254.169.254";
constexpr const char* kHost = "127.0.0.1";

ifreq named(const std::string& name) {
  ifreq request{};
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  return request;
}

// The loopback interface goes up and gets more addresses.
bool make_network() {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq up = named("lo");
  bool made = ::ioctl(socket, SIOCGIFFLAGS, &up) == 0;
  up.ifr_flags = static_cast<short>(up.ifr_flags | IFF_UP);
  made = made && ::ioctl(socket, SIOCSIFFLAGS, &up) == 0;
  int number = 0;
  for (const char* const address : {kFar, kSite, kLink}) {
    ifreq request = named("lo:" + std::to_string(++number));
    sockaddr_in in{};
    in.sin_family = AF_INET;
    made = made && ::inet_pton(AF_INET, address, &in.sin_addr) == 1;
    std::memcpy(&request.ifr_addr, &in, sizeof in);
    made = made && ::ioctl(socket, SIOCSIFADDR, &request) == 0;
  }
  ::close(socket);
  return made;
}

class UserNamespaceNetwork : public testing::Test {
 protected:
  static Result<void> fetch(const HttpServer& registry, const std::string& host) {
    const auto no_wait = [](std::chrono::milliseconds, const CancelToken& cancel) { return cancel.check(); };
    BAYPLAN_ASSIGN(const auto client, open_client_with({}, std::nullopt, no_wait));
    images::RemoteRepository repository;
    repository.endpoint.host = host;
    repository.endpoint.port = registry.port();
    repository.endpoint.plain_http = true;
    repository.endpoint.proxy = "";
    repository.path = "a/b";
    StringSink sink;
    return client->fetch_blob(repository, {"application/octet-stream", Digest::of("blob"), 4}, 0, sink, {});
  }

  /// What becomes of a redirect, and how many requests came where it leads.
  static void expect(const char* from, const char* to, bool followed) {
    const HttpServer target([](const HttpServerRequest&) { return HttpReply{.body = "blob"}; }, {.bind = to});
    const HttpServer registry(
        [&](const HttpServerRequest&) {
          return HttpReply{.status = 307, .fields = {{"Location", "http://" + target.address() + "/x"}}};
        },
        {.bind = from});
    const auto fetched = fetch(registry, from);
    EXPECT_EQ(fetched.has_value(), followed) << from << " to " << to;
    EXPECT_EQ(target.requests().size(), followed ? 1u : 0u) << from << " to " << to;
    if (!fetched) {
      EXPECT_EQ(fetched.error().code(), Errc::failed_precondition);
    }
  }
};

TEST_F(UserNamespaceNetwork, NobodyIsSentCloserToThisHostThanTheRegistryIsButToItsSite) {
  EXPECT_TRUE(test::run_in_user_namespace(test::kAllIds, [] {
    ASSERT_TRUE(make_network());
    expect(kFar, kFar, true);
    expect(kFar, kSite, true);
    expect(kFar, kLink, false);
    expect(kFar, kHost, false);
    expect(kSite, kLink, false);
    expect(kSite, kHost, false);
    expect(kLink, kLink, true);
    expect(kLink, kHost, false);
    expect(kHost, kHost, true);
    expect(kHost, kLink, true);
  }));
}

}  // namespace
}  // namespace bayplan::registry
