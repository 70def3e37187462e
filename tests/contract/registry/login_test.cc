// Logins that a registry is asked about, and the file before and after.
#include "bayplan/images/login.h"

#include "store_fixture.h"
#include "token_server.h"
#include "unit/images/names/text_files.h"

namespace bayplan::registry {
namespace {

using images::RegistryCredentials;
using test::read_text;
using test::write_text;

constexpr const char* kBefore = R"({"auths":{"other.example":{"auth":"dTpw"}},"detachKeys":"x"})";

class Login : public StoreTest {
 protected:
  Login() { add_image(layout_.image({tar_of(1000)})); }
  Result<void> log_in(const test::DockerRegistry& registry, const RegistryCredentials& credentials) {
    return images::login(host(registry), credentials, file_, provider(), context_, {});
  }
  static std::string host(const test::DockerRegistry& registry) {
    return "127.0.0.1:" + std::to_string(registry.port());
  }
  /// Of a push with what the file says.
  Errc outcome(const test::DockerRegistry& registry) {
    context_.dirs.auth_file = file_;
    const auto pushed = send(host(registry) + "/a:1");
    return pushed ? Errc{} : pushed.error().code();
  }
  void expect_login_and_logout(const test::DockerRegistry& registry, const RegistryCredentials& right,
                               const std::string& entry) {
    write_text(file_, kBefore);
    EXPECT_EQ(outcome(registry), Errc::permission_denied);
    EXPECT_EQ(log_in(registry, {.user = "writer", .password = "wrong"}).error().code(),
              Errc::permission_denied);
    EXPECT_EQ(read_text(file_), kBefore);
    ASSERT_DONE(log_in(registry, right));
    EXPECT_EQ(read_text(file_), R"({"detachKeys":"x","auths":{"other.example":{"auth":"dTpw"},")" +
                                    host(registry) + R"(":)" + entry + "}}\n");
    EXPECT_EQ(outcome(registry), Errc{});
    EXPECT_TRUE(*images::remove_credentials(file_, host(registry)));
    EXPECT_EQ(read_text(file_), R"({"detachKeys":"x","auths":{"other.example":{"auth":"dTpw"}}})"
                                "\n");
    EXPECT_EQ(outcome(registry), Errc::permission_denied);
  }

  test::TempDir dir_;
  const std::filesystem::path file_ = dir_.path() / "auth.json";
};

TEST_F(Login, Htpasswd) {
  const std::string users = dir_.path() / "htpasswd";
  ASSERT_EQ(test::run_command({"htpasswd", "-Bbc", users, "writer", "w"}).exit_code, 0);
  const test::DockerRegistry registry({.auth = "htpasswd:\n  realm: test\n  path: " + users});
  expect_login_and_logout(registry, {.user = "writer", .password = "w"}, R"({"auth":"d3JpdGVyOnc="})");
}

TEST_F(Login, TokenServer) {
  const test::TokenServer tokens({{"writer", {"w", "pull,push"}}}, "");
  const test::DockerRegistry registry({.auth = tokens.auth()});
  expect_login_and_logout(registry, {.user = "writer", .password = "w"}, R"({"auth":"d3JpdGVyOnc="})");
  expect_login_and_logout(registry, {.identity_token = "writer:w"}, R"({"identitytoken":"writer:w"})");
}

TEST_F(Login, WhereNobodyIsAskedWhoHeIsAnybodyMay) {
  const test::DockerRegistry registry;
  EXPECT_DONE(log_in(registry, {.user = "anybody", .password = "x"}));
}

TEST_F(Login, WhatIsNoRegistryIsNotFound) {
  const test::HttpServer other([](const test::HttpServerRequest&) { return test::HttpReply{.status = 404}; });
  const auto refused =
      images::login(other.address(), {.user = "u", .password = "p"}, file_, provider(), context_, {});
  EXPECT_EQ(refused.error().code(), Errc::not_found);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

}  // namespace
}  // namespace bayplan::registry
