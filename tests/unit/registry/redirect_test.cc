#include "client_fixture.h"

namespace bayplan::registry {
namespace {

using testing::HasSubstr;
using testing::Not;

class RedirectTest : public ClientTest {
 protected:
  static images::RemoteRepository with_secrets(const HttpServer& server) {
    images::RemoteRepository repository = at(server);
    repository.credentials.registry_token = "secret-token";
    repository.endpoint.headers = {{"X-Registry-Key", "secret-header"}};
    return repository;
  }
  static HttpReply to(const std::string& location, int status = 307) {
    return {.status = status, .fields = {{"Location", location}}};
  }
  Result<void> fetch(const images::RemoteRepository& repository) {
    return client().fetch_blob(repository, descriptor_, 0, sink_, {});
  }

  std::string blob_ = "blob";
  Descriptor descriptor_{"application/octet-stream", Digest::of(blob_), blob_.size()};
  StringSink sink_;
};

TEST_F(RedirectTest, AnotherHostGetsNoSecrets) {
  for (const int status : {301, 302, 303, 307, 308}) {
    HttpServer storage([&](const HttpServerRequest&) { return HttpReply{.body = blob_}; });
    HttpServer registry(
        [&](const HttpServerRequest&) { return to("http://" + storage.address() + "/x?sig=1", status); });
    sink_.text.clear();
    const auto fetched = fetch(with_secrets(registry));
    ASSERT_TRUE(fetched) << fetched.error().to_string();
    EXPECT_EQ(sink_.text, blob_);
    EXPECT_EQ(registry.requests()[0].field("Authorization"), "Bearer secret-token");
    EXPECT_EQ(registry.requests()[0].field("X-Registry-Key"), "secret-header");
    ASSERT_EQ(storage.requests().size(), 1u);
    EXPECT_EQ(storage.requests()[0].target, "/x?sig=1");
    const std::vector<HttpServerRequest> requests = storage.requests();
    for (const auto& [name, value] : requests[0].fields) EXPECT_THAT(value, Not(HasSubstr("secret"))) << name;
  }
}

TEST_F(RedirectTest, SecretsStayAwayOnTheWayBack) {
  std::string back;
  HttpServer storage([&](const HttpServerRequest&) { return to(back); });
  HttpServer registry([&](const HttpServerRequest& request) {
    if (request.target == "/back") return HttpReply{.body = blob_};
    return to("http://" + storage.address() + "/x");
  });
  back = "http://" + registry.address() + "/back";
  ASSERT_TRUE(fetch(with_secrets(registry)));
  EXPECT_EQ(registry.requests()[1].field("Authorization"), "");
  EXPECT_EQ(registry.requests()[1].field("X-Registry-Key"), "");
}

TEST_F(RedirectTest, WithinTheEndpointTheyStay) {
  HttpServer registry([&](const HttpServerRequest& request) {
    return request.target == "/other" ? HttpReply{.body = blob_} : to("/other");
  });
  ASSERT_TRUE(fetch(with_secrets(registry)));
  EXPECT_EQ(registry.requests()[1].field("Authorization"), "Bearer secret-token");
}

TEST_F(RedirectTest, UnauthorizedElsewhereIsNotAnswered) {
  HttpServer storage([&](const HttpServerRequest&) {
    return HttpReply{.status = 401, .fields = {{"WWW-Authenticate", "Basic realm=\"x\""}}};
  });
  HttpServer registry([&](const HttpServerRequest&) { return to("http://" + storage.address() + "/x"); });
  images::RemoteRepository repository = at(registry, {.user = "u", .password = "p"});
  EXPECT_EQ(fetch(repository).error().code(), Errc::permission_denied);
  EXPECT_EQ(storage.requests().size(), 1u);
}

TEST_F(RedirectTest, LoopsEnd) {
  HttpServer circle([&](const HttpServerRequest&) { return to("/v2/again"); });
  EXPECT_EQ(fetch(at(circle)).error().code(), Errc::corrupt);
  EXPECT_EQ(circle.requests().size(), 2u);

  int steps = 0;
  HttpServer spiral([&](const HttpServerRequest&) { return to("/v2/" + std::to_string(++steps)); });
  EXPECT_EQ(fetch(at(spiral)).error().code(), Errc::corrupt);
  EXPECT_EQ(spiral.requests().size(), 11u);
}

TEST_F(RedirectTest, TargetsThatAreNone) {
  for (const char* location :
       {"ftp://127.0.0.1/x", "file:///etc/passwd", "http://u:p@127.0.0.1/", "/a/../b", "", "http://"}) {
    HttpServer registry([&](const HttpServerRequest&) { return to(location); });
    EXPECT_EQ(fetch(at(registry)).error().code(), Errc::corrupt) << location;
    EXPECT_EQ(registry.requests().size(), 1u) << location;
  }
  HttpServer nowhere([&](const HttpServerRequest&) { return HttpReply{.status = 307}; });
  EXPECT_EQ(fetch(at(nowhere)).error().code(), Errc::corrupt);
}

TEST_F(RedirectTest, UploadsAreNotRedirected) {
  HttpServer registry([&](const HttpServerRequest& request) {
    return request.method == "HEAD" ? HttpReply{.status = 404} : to("/elsewhere");
  });
  const auto pushed = client().push_blob(at(registry), descriptor_, {}, {}, {});
  EXPECT_EQ(pushed.error().code(), Errc::unsupported);
}

}  // namespace
}  // namespace bayplan::registry
