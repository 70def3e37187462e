#include "token_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Challenge bearer(const std::string& realm) { return {"bearer", {{"realm", realm}, {"service", "s"}}}; }

class TokenServerTest : public testing::Test {
 protected:
  Result<Url> asked(const std::string& registry, const std::string& realm) {
    const Url url = *Url::parse(registry);
    endpoint_.plain_http = !url.is_https();
    return token_server(bearer(realm), {endpoint_, credentials_, url.origin()});
  }
  images::RegistryEndpoint endpoint_;
  images::RegistryCredentials credentials_;
};

TEST_F(TokenServerTest, MayBeElsewhereOverTls) {
  EXPECT_TRUE(asked("https://registry.example/", "https://auth.example/token"));
  EXPECT_TRUE(asked("http://registry.example/", "https://auth.example/token"));
}

TEST_F(TokenServerTest, WithoutTlsOnlyWhereTheRegistryIs) {
  EXPECT_TRUE(asked("http://registry.example:5000/", "http://registry.example:5001/token"));
  for (const auto& [registry, realm] :
       {std::pair{"https://registry.example/", "http://registry.example/token"},
        std::pair{"https://registry.example/", "http://auth.example/token"},
        std::pair{"http://registry.example/", "http://auth.example/token"}}) {
    const auto server = asked(registry, realm);
    ASSERT_FALSE(server) << realm;
    EXPECT_EQ(server.error().code(), Errc::failed_precondition) << realm;
  }
}

TEST_F(TokenServerTest, MustBeAnAddress) {
  for (const char* realm :
       {"", "corpus", "ftp://auth.example/", "https://user:pw@auth.example/", "file:///etc/passwd"}) {
    const auto server = asked("https://registry.example/", realm);
    ASSERT_FALSE(server) << realm;
    EXPECT_EQ(server.error().code(), Errc::corrupt) << realm;
  }
}

HttpRequest request_of(const images::RegistryCredentials& credentials) {
  static const images::RegistryEndpoint endpoint;
  return token_request(*Url::parse("https://auth.example/token?x=1"), bearer("unused"),
                       {endpoint, credentials, {"https", "registry.example", "443"}},
                       {"repository:a:pull", "repository:b:pull"});
}

TEST(TokenRequest, Anonymous) {
  const HttpRequest request = request_of({});
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(
      request.url.text(),
      "https://auth.example/token?x=1&service=s&scope=repository%3Aa%3Apull&scope=repository%3Ab%3Apull");
  EXPECT_THAT(request.headers, IsEmpty());
  EXPECT_FALSE(request.trusted);
}

TEST(TokenRequest, UserAndPassword) {
  const HttpRequest request = request_of({.user = "u", .password = "p"});
  EXPECT_EQ(request.method, "GET");
  EXPECT_THAT(request.url.text(), HasSubstr("account=u"));
  EXPECT_THAT(request.headers, ElementsAre("Authorization: Basic dTpw"));
}

TEST(TokenRequest, IdentityTokenIsPostedAndNeverInTheUrl) {
  images::RegistryCredentials token;
  token.identity_token = "refresh&me";
  for (const images::RegistryCredentials& who :
       {token, images::RegistryCredentials{.user = "<token>", .password = "refresh&me"}}) {
    const HttpRequest request = request_of(who);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url.text(), "https://auth.example/token?x=1");
    EXPECT_EQ(std::get<std::string>(request.body),
              "grant_type=refresh_token&refresh_token=refresh%26me&service=s&client_id=bayplan&scope="
              "repository%3Aa%3Apull%20repository%3Ab%3Apull");
    EXPECT_THAT(request.headers, ElementsAre("Content-Type: application/x-www-form-urlencoded"));
  }
}

TEST(ParseToken, EitherNameAndALifetimeWithinBounds) {
  EXPECT_EQ(parse_token(R"({"token":"a"})")->text, "a");
  EXPECT_EQ(parse_token(R"({"access_token":"b","expires_in":300})")->text, "b");
  EXPECT_EQ(parse_token(R"({"access_token":"b","expires_in":300})")->lifetime, std::chrono::seconds(300));
  EXPECT_EQ(parse_token(R"({"token":"a","access_token":"b"})")->text, "a");
  EXPECT_EQ(parse_token(R"({"token":"a"})")->lifetime, std::chrono::seconds(60));
  EXPECT_EQ(parse_token(R"({"token":"a","expires_in":-5})")->lifetime, std::chrono::seconds(60));
  EXPECT_EQ(parse_token(R"({"token":"a","expires_in":9000000000000000000})")->lifetime,
            std::chrono::hours(24));
}

TEST(ParseToken, RefusesWhatIsNone) {
  for (const char* text : {"", "{}", "[]", R"({"token":""})", R"({"token":5})", R"({"token":"a\r\nHost: b"})",
                           R"({"token":"a b"})", "<html>"}) {
    const auto token = parse_token(text);
    ASSERT_FALSE(token) << text;
    EXPECT_EQ(token.error().code(), Errc::corrupt) << text;
  }
}

}  // namespace
}  // namespace bayplan::registry
