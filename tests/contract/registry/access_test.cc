// Who gets in: htpasswd, tokens, TLS with a CA of its own, client certificates.
#include "registry_fixture.h"
#include "token_server.h"

namespace bayplan::registry {
namespace {

using test::DockerRegistry;
using test::TokenServer;

class Access : public RegistryTest {
 protected:
  static images::RemoteRepository as(images::RemoteRepository repository, const std::string& user,
                                     const std::string& password) {
    repository.credentials.user = user;
    repository.credentials.password = password;
    return repository;
  }
  Errc refusal(const images::RemoteRepository& repository) {
    const auto answered = client_->ping(repository, {});
    return answered ? Errc{} : answered.error().code();
  }

  test::TempDir dir_;
};

TEST_F(Access, Htpasswd) {
  const std::string file = dir_.path() / "htpasswd";
  const auto made = test::run_command({"htpasswd", "-Bbc", file, "user", "secret"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const DockerRegistry registry({.auth = "htpasswd:\n  realm: test\n  path: " + file});
  const auto user = as(registry.repository(), "user", "secret");
  EXPECT_DONE(client_->ping(user, {}));
  EXPECT_DONE(push(user, "blob"));
  EXPECT_EQ(*fetch(user, "blob"), "blob");
  EXPECT_EQ(refusal(registry.repository()), Errc::permission_denied);
  EXPECT_EQ(refusal(as(registry.repository(), "user", "wrong")), Errc::permission_denied);
  EXPECT_EQ(push(registry.repository(), "blob").error().code(), Errc::permission_denied);
}

TEST_F(Access, Tokens) {
  const TokenServer tokens({{"writer", {"w", "pull,push"}}, {"reader", {"r", "pull"}}}, "pull");
  const DockerRegistry registry({.auth = tokens.auth()});
  const auto writer = as(registry.repository(), "writer", "w");
  const auto reader = as(registry.repository(), "reader", "r");
  EXPECT_DONE(client_->ping(writer, {}));
  ASSERT_DONE(push(writer, "blob"));
  EXPECT_EQ(*fetch(writer, "blob"), "blob");
  EXPECT_EQ(*fetch(reader, "blob"), "blob");
  EXPECT_EQ(*fetch(registry.repository(), "blob"), "blob");  // anonymous may read
  EXPECT_EQ(push(reader, "other").error().code(), Errc::permission_denied);
  EXPECT_EQ(push(registry.repository(), "other").error().code(), Errc::permission_denied);
  EXPECT_EQ(fetch(as(registry.repository(), "reader", "wrong"), "blob").error().code(),
            Errc::permission_denied);
}

TEST_F(Access, TokensForAMountNameItsSource) {
  const TokenServer tokens({{"writer", {"w", "pull,push"}}}, "");
  const DockerRegistry registry({.auth = tokens.auth()});
  ASSERT_DONE(push(as(registry.repository("source/one"), "writer", "w"), "blob"));
  const auto target = as(registry.repository("target/two"), "writer", "w");
  EXPECT_EQ(*push(target, "blob", {.mount_from = "source/one"}), images::PushedBlob::mounted);
}

TEST_F(Access, IdentityToken) {
  const TokenServer tokens({{"writer", {"w", "pull,push"}}}, "");
  const DockerRegistry registry({.auth = tokens.auth()});
  images::RemoteRepository repository = registry.repository();
  repository.credentials.identity_token = "writer:w";
  EXPECT_DONE(push(repository, "blob"));
  repository.credentials.identity_token = "writer:stolen";
  EXPECT_EQ(refusal(repository), Errc::permission_denied);
}

TEST_F(Access, TlsWithACaOfItsOwn) {
  const test::Certificate server = test::make_certificate(dir_, "server");
  const DockerRegistry registry({.tls = "certificate: " + server.certificate + "\nkey: " + server.key});
  images::RemoteRepository repository = registry.repository();
  EXPECT_EQ(refusal(repository), Errc::failed_precondition);
  repository.endpoint.ca_file = server.certificate;
  EXPECT_DONE(client_->ping(repository, {}));
  const std::string blob = noise(5'000'000);
  ASSERT_DONE(push(repository, blob));
  EXPECT_TRUE(*fetch(repository, blob) == blob);
  EXPECT_GT(client_->statistics().http2_answers, 0u);
  repository.endpoint.ca_file = dir_.path() / "absent";
  EXPECT_EQ(refusal(repository), Errc::invalid_argument);
}

TEST_F(Access, TlsOfAnybodyOnlyIfAsked) {
  const test::Certificate server = test::make_certificate(dir_, "server");
  const test::Certificate other = test::make_certificate(dir_, "other");
  const DockerRegistry registry({.tls = "certificate: " + server.certificate + "\nkey: " + server.key});
  images::RemoteRepository repository = registry.repository();
  repository.endpoint.ca_file = other.certificate;
  EXPECT_EQ(refusal(repository), Errc::failed_precondition);
  repository.endpoint.skip_verify = true;
  EXPECT_DONE(client_->ping(repository, {}));
  repository.endpoint.skip_verify = false;
  EXPECT_EQ(refusal(repository), Errc::failed_precondition);  // no connection of the other kind is used again
}

TEST_F(Access, AnybodysTlsIsForTheEndpointAlone) {
  const test::Certificate server = test::make_certificate(dir_, "server");
  const DockerRegistry storage({.tls = "certificate: " + server.certificate + "\nkey: " + server.key});
  ASSERT_DONE([&] {
    images::RemoteRepository there = storage.repository();
    there.endpoint.ca_file = server.certificate;
    return push(there, "blob");
  }());
  const test::HttpServer front([&](const test::HttpServerRequest& request) {
    const std::string target = "https://127.0.0.1:" + std::to_string(storage.port()) + request.target;
    return test::HttpReply{.status = 307, .fields = {{"Location", target}}};
  });
  images::RemoteRepository repository = storage.repository();
  repository.endpoint.plain_http = true;
  repository.endpoint.port = front.port();
  repository.endpoint.skip_verify = true;
  EXPECT_EQ(fetch(repository, "blob").error().code(), Errc::failed_precondition);
  repository.endpoint.ca_file =
      server.certificate;  // that is no loosening, and holds for all that it leads to
  EXPECT_EQ(*fetch(repository, "blob"), "blob");
}

TEST_F(Access, ClientCertificate) {
  const test::Certificate server = test::make_certificate(dir_, "server");
  const test::Certificate user = test::make_certificate(dir_, "user");
  const DockerRegistry registry({.tls = "certificate: " + server.certificate + "\nkey: " + server.key +
                                        "\nclientcas:\n  - " + user.certificate});
  images::RemoteRepository repository = registry.repository();
  repository.endpoint.ca_file = server.certificate;
  EXPECT_NE(refusal(repository), Errc{});
  repository.endpoint.client_certificate = user.certificate;
  repository.endpoint.client_key = user.key;
  EXPECT_DONE(client_->ping(repository, {}));
}

}  // namespace
}  // namespace bayplan::registry
