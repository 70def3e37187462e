#include <atomic>
#include <thread>

#include "client_fixture.h"

namespace bayplan::registry {
namespace {

using testing::HasSubstr;
using testing::Not;

HttpReply challenge(const std::string& field) {
  return {.status = 401,
          .fields = {{"WWW-Authenticate", field}},
          .body = R"({"errors":[{"code":"UNAUTHORIZED","message":"no"}]})"};
}

class AuthTest : public ClientTest {
 protected:
  static std::string bearer(const HttpServer& server) {
    return "Bearer realm=\"http://" + server.address() +
           "/token\",service=\"s\",scope=\"repository:a/b:pull\"";
  }
};

// A registry that takes one token, and names the server that gives it.
class TokenRegistry {
 public:
  explicit TokenRegistry(std::string token)
      : registry([this, token = std::move(token)](const HttpServerRequest& request) {
          if (request.field("Authorization") == "Bearer " + token) {
            return HttpReply{.fields = {{"Content-Type", kManifestType}}, .body = kManifest};
          }
          return challenge(realm);
        }) {}
  std::string realm;  // set before the first request
  HttpServer registry;
};

HttpReply token_reply(const std::string& token) {
  return {.body = R"({"token":")" + token + R"(","expires_in":300})"};
}

TEST_F(AuthTest, TokenIsAskedOnceAndUsedAgain) {
  HttpServer tokens([](const HttpServerRequest&) { return token_reply("t1"); });
  TokenRegistry registry("t1");
  registry.realm = bearer(tokens);
  const auto repository = at(registry.registry, {.user = "u", .password = "p"});
  ASSERT_TRUE(client().fetch_manifest(repository, "one", {}));
  ASSERT_TRUE(client().fetch_manifest(repository, "two", {}));
  ASSERT_EQ(tokens.requests().size(), 1u);
  EXPECT_EQ(tokens.requests()[0].target, "/token?service=s&account=u&scope=repository%3Aa%2Fb%3Apull");
  EXPECT_EQ(tokens.requests()[0].field("Authorization"), "Basic dTpw");
  EXPECT_EQ(registry.registry.requests().size(), 3u);
  EXPECT_EQ(registry.registry.requests()[0].field("Authorization"), "");  // never the password itself
}

TEST_F(AuthTest, ManyThreadsAskForOneToken) {
  HttpServer tokens([](const HttpServerRequest&) { return token_reply("t1"); });
  TokenRegistry registry("t1");
  registry.realm = bearer(tokens);
  images::Registry& shared = client();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 8; ++n) {
    threads.emplace_back([&] { good += shared.fetch_manifest(at(registry.registry), "one", {}) ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8);
  EXPECT_EQ(tokens.requests().size(), 1u);
}

TEST_F(AuthTest, TokenThatIsRefusedLaterIsReplaced) {
  std::atomic<int> given{0};
  HttpServer tokens([&](const HttpServerRequest&) { return token_reply("t" + std::to_string(++given)); });
  std::string realm;
  HttpServer registry([&](const HttpServerRequest& request) {
    const std::string valid = request.path().ends_with("two") ? "t2" : "t1";
    if (request.field("Authorization") == "Bearer " + valid) return manifest_reply(kManifest);
    return challenge(realm);
  });
  realm = bearer(tokens);
  ASSERT_TRUE(client().fetch_manifest(at(registry), "one", {}));
  ASSERT_TRUE(client().fetch_manifest(at(registry), "two", {}));
  EXPECT_EQ(given, 2);
}

TEST_F(AuthTest, EndlessUnauthorizedEnds) {
  HttpServer tokens([](const HttpServerRequest&) { return token_reply("t1"); });
  HttpServer registry([&](const HttpServerRequest&) { return challenge(bearer(tokens)); });
  const auto fetched = client().fetch_manifest(at(registry, {.user = "u", .password = "p"}), "one", {});
  EXPECT_EQ(fetched.error().code(), Errc::permission_denied);
  EXPECT_THAT(fetched.error().to_string(),
              HasSubstr("does not take the credentials that are given (UNAUTHORIZED: no)"));
  EXPECT_EQ(registry.requests().size(), 2u);
  EXPECT_EQ(tokens.requests().size(), 1u);
  EXPECT_TRUE(waits_.empty());
}

TEST_F(AuthTest, RefusedCredentialsAreNotTriedAnonymously) {
  HttpServer tokens([](const HttpServerRequest& request) {
    return request.field("Authorization").empty() ? token_reply("anonymous") : HttpReply{.status = 401};
  });
  TokenRegistry registry("anonymous");
  registry.realm = bearer(tokens);
  const auto fetched =
      client().fetch_manifest(at(registry.registry, {.user = "u", .password = "wrong"}), "one", {});
  EXPECT_EQ(fetched.error().code(), Errc::permission_denied);
  EXPECT_EQ(tokens.requests().size(), 1u);
  EXPECT_THAT(fetched.error().to_string(), Not(HasSubstr("wrong")));
}

TEST_F(AuthTest, BasicIsRememberedAndPreferredLast) {
  HttpServer registry([&](const HttpServerRequest& request) {
    if (request.field("Authorization") == "Basic dTpw") return manifest_reply(kManifest);
    return challenge("Basic realm=\"r\"");
  });
  const auto repository = at(registry, {.user = "u", .password = "p"});
  ASSERT_TRUE(client().fetch_manifest(repository, "one", {}));
  ASSERT_TRUE(client().fetch_manifest(repository, "two", {}));
  EXPECT_EQ(registry.requests().size(), 3u);
  EXPECT_EQ(client().fetch_manifest(at(registry), "one", {}).error().code(), Errc::permission_denied);
  EXPECT_EQ(client().fetch_manifest(at(registry, {.user = "u", .password = "bad"}), "one", {}).error().code(),
            Errc::permission_denied);
}

TEST_F(AuthTest, NothingToIdentifyWithIsNotSent) {
  HttpServer registry([&](const HttpServerRequest&) { return challenge("Basic realm=\"r\""); });
  const auto fetched = client().fetch_manifest(at(registry), "one", {});
  EXPECT_EQ(fetched.error().code(), Errc::permission_denied);
  EXPECT_THAT(fetched.error().to_string(), HasSubstr("none are given"));
  EXPECT_EQ(registry.requests().size(), 1u);
}

TEST_F(AuthTest, TwoUsersOfOneHostAreKeptApart) {
  HttpServer registry([&](const HttpServerRequest& request) {
    if (!request.field("Authorization").empty()) return manifest_reply(kManifest);
    return challenge("Basic realm=\"r\"");
  });
  for (const char* user : {"u", "v", "u", "v"}) {
    ASSERT_TRUE(client().fetch_manifest(at(registry, {.user = user, .password = "p"}), user, {}));
  }
  for (const HttpServerRequest& request : registry.requests()) {
    const std::string sent = request.field("Authorization");
    if (sent.empty()) continue;
    EXPECT_EQ(sent, request.path().ends_with("/u") ? "Basic dTpw" : "Basic djpw");
  }
}

TEST_F(AuthTest, TokenServerThatMustNotBeAskedIsNot) {
  HttpServer tokens([](const HttpServerRequest&) { return token_reply("t"); });
  const std::string port = std::to_string(tokens.port());
  for (const std::string& realm :
       {"http://localhost:" + port + "/token", "http://u:p@127.0.0.1:" + port + "/token",
        std::string("file:///etc/passwd"), std::string("not an address")}) {
    HttpServer registry(
        [&](const HttpServerRequest&) { return challenge("Bearer realm=\"" + realm + "\""); });
    const auto code =
        client().fetch_manifest(at(registry, {.user = "u", .password = "p"}), "one", {}).error().code();
    EXPECT_TRUE(code == Errc::failed_precondition || code == Errc::corrupt) << realm;
  }
  EXPECT_TRUE(tokens.requests().empty());
}

TEST_F(AuthTest, TokenServerDoesNotSendUsElsewhere) {
  HttpServer other([](const HttpServerRequest&) { return token_reply("t1"); });
  HttpServer tokens([&](const HttpServerRequest&) {
    return HttpReply{.status = 307, .fields = {{"Location", "http://" + other.address() + "/token"}}};
  });
  TokenRegistry registry("t1");
  registry.realm = bearer(tokens);
  EXPECT_EQ(client()
                .fetch_manifest(at(registry.registry, {.user = "u", .password = "p"}), "one", {})
                .error()
                .code(),
            Errc::failed_precondition);
  EXPECT_TRUE(other.requests().empty());
}

TEST_F(AuthTest, ChallengesAndTokensThatAreNone) {
  for (const std::string& field :
       {std::string("Bearer realm=\"open"), std::string("Digest realm=\"x\""), std::string()}) {
    HttpServer registry([&](const HttpServerRequest&) { return challenge(field); });
    const auto code = client().fetch_manifest(at(registry), "one", {}).error().code();
    EXPECT_TRUE(code == Errc::corrupt || code == Errc::unsupported) << field;
    EXPECT_EQ(registry.requests().size(), 1u);
  }
  for (const std::string& body : {std::string("{}"), std::string("<html>"), std::string(3u << 20, ' ')}) {
    HttpServer tokens([&](const HttpServerRequest&) { return HttpReply{.body = body}; });
    HttpServer registry([&](const HttpServerRequest&) { return challenge(bearer(tokens)); });
    const auto code = client().fetch_manifest(at(registry), "one", {}).error().code();
    EXPECT_TRUE(code == Errc::corrupt || code == Errc::too_large);
  }
}

TEST_F(AuthTest, IdentityTokenIsTraded) {
  HttpServer tokens([](const HttpServerRequest& request) {
    return request.method == "POST" && request.body.find("refresh_token=mine") != std::string::npos
               ? token_reply("t1")
               : HttpReply{.status = 400};
  });
  TokenRegistry registry("t1");
  registry.realm = bearer(tokens);
  images::RegistryCredentials who;
  who.identity_token = "mine";
  EXPECT_TRUE(client().fetch_manifest(at(registry.registry, who), "one", {}));
  who.identity_token = "another's";
  EXPECT_EQ(client().fetch_manifest(at(registry.registry, who), "one", {}).error().code(),
            Errc::permission_denied);
}

TEST_F(AuthTest, HalfOrDoubleCredentialsAreNotSent) {
  HttpServer registry([](const HttpServerRequest&) { return manifest_reply(kManifest); });
  images::RegistryCredentials two{.user = "u", .password = "p"};
  two.identity_token = "t";
  for (const images::RegistryCredentials& who : {images::RegistryCredentials{.password = "p"}, two}) {
    EXPECT_EQ(client().fetch_manifest(at(registry, who), "one", {}).error().code(), Errc::invalid_argument);
  }
  EXPECT_TRUE(registry.requests().empty());
}

TEST_F(AuthTest, DiagnosticsAndErrorsHoldNoSecret) {
  std::string told;
  options_.attempts = 2;
  options_.diagnostics = [&](const Diagnostic& said) {
    for (const auto& [name, value] : said.fields) told += value;
  };
  HttpServer registry([&](const HttpServerRequest&) {
    return HttpReply{.status = 503, .fields = {{"Warning", "299 - \"\x1b[2J\""}}};
  });
  images::RegistryCredentials who;
  who.registry_token = "secret";
  const auto fetched = client().fetch_manifest(at(registry, who), "one", {});
  EXPECT_THAT(told, HasSubstr("\\x1b[2J"));
  EXPECT_THAT(told + fetched.error().to_string(), Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace bayplan::registry
