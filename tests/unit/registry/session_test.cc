#include "session.h"

#include <gtest/gtest.h>

#include "client_fixture.h"

namespace bayplan::registry {
namespace {

class SessionTest : public testing::Test {
 protected:
  Result<Url> next(const std::string& here, const std::string& location) {
    BAYPLAN_ASSIGN(const Session session, Session::open(shared_, repository_, "pull", control_));
    BAYPLAN_ASSIGN(const Url url, Url::parse(here));
    return session.next_address(url, location);
  }

  images::RemoteRepository repository_{.endpoint = {.host = "registry.example"}, .path = "a/b"};
  Control control_;
  Shared shared_{{},
                 wait_for,
                 Transport(Engine::open(std::nullopt, 1).value(), shared_.options),
                 Authorizer(shared_.transport, shared_.options),
                 Slots(1)};
};

TEST_F(SessionTest, NothingLeadsFromTlsToPlainHttp) {
  EXPECT_EQ(next("https://registry.example/v2/", "http://registry.example/v2/").error().code(),
            Errc::failed_precondition);
  EXPECT_EQ(next("https://registry.example/v2/", "http://other.example/").error().code(),
            Errc::failed_precondition);
  EXPECT_TRUE(next("https://registry.example/v2/", "https://other.example/"));
  EXPECT_TRUE(next("https://registry.example/v2/", "/v2/next"));
  EXPECT_TRUE(next("http://registry.example/v2/", "https://registry.example/"));
}

TEST_F(SessionTest, WhatAnsweredOverTlsIsSentNothingInTheClear) {
  repository_.endpoint.plain_http = true;
  for (const auto& [tls, plain] :
       {std::pair{"https://registry.example:5000/", "http://registry.example:5000/v2/"},
        std::pair{"https://registry.example/", "http://registry.example/v2/"}}) {
    shared_.tls.answered(Url::parse(tls)->origin());
    auto session = Session::open(shared_, repository_, "pull", control_);
    ASSERT_TRUE(session);
    const auto sent = session->send({.url = Url::parse(plain).value()});
    ASSERT_TRUE(std::holds_alternative<Failure>(sent));
    EXPECT_EQ(std::get<Failure>(sent).error.code(), Errc::failed_precondition) << plain;
  }
  EXPECT_FALSE(shared_.tls.knows(Url::parse("http://registry.example:80/v2/")->origin()) !=
               shared_.tls.knows(Url::parse("http://registry.example/v2/")->origin()));
  EXPECT_FALSE(shared_.tls.knows(Url::parse("http://registry.example:5001/")->origin()));
  EXPECT_FALSE(shared_.tls.knows(Url::parse("http://other.example:5000/")->origin()));
}

TEST_F(SessionTest, AddressesOfARepository) {
  repository_.endpoint.host = "::1";
  repository_.endpoint.port = 5000;
  repository_.endpoint.ns = "docker.io";
  const auto session = Session::open(shared_, repository_, "pull", control_);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->root().text(), "https://[::1]:5000/v2/");
  EXPECT_EQ(session->address("tags/list").text(), "https://[::1]:5000/v2/a/b/tags/list?ns=docker.io");
}

}  // namespace
}  // namespace bayplan::registry
