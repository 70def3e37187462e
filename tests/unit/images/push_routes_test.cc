// Which registry a push asks, and as whom.
#include "bayplan/images/login.h"
#include "push_fixture.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class PushRoutesTest : public PushFixture {
 protected:
  PushRoutesTest() {
    context.dirs.user = stored.path() / "config";
    add_image(layout.image({base}));
  }
  void write(const std::string& name, const std::string& text) {
    test::write_file(stored.path() / "config" / name, text);
  }
  /// The hosts that are asked whether they can be reached.
  Result<PushReport> send_unreached(const std::string& unreached) {
    registry.before = [this, unreached](const std::string&,
                                        const RemoteRepository& repository) -> Result<void> {
      const std::string host =
          (repository.endpoint.plain_http ? "http://" : "https://") + repository.endpoint.host;
      const std::scoped_lock lock(mutex_);
      hosts.push_back(host);
      if (host == unreached) return Error(Errc::io, "registry", unreached, "refused");
      return {};
    };
    return send();
  }
  std::vector<std::string> hosts{};

 private:
  std::mutex mutex_;
};

TEST_F(PushRoutesTest, DockerIoIsReachedWhereItsApiIs) {
  ASSERT_EQ(outcome(send({}, "alpine:1")), "ok");
  EXPECT_EQ(registry.last.endpoint.host, "registry-1.docker.io");
  EXPECT_EQ(registry.last.path, "library/alpine");
}

TEST_F(PushRoutesTest, MirrorsAreNotPushedTo) {
  write("containers/registries.conf",
        "[[registry]]\nprefix = \"example.org\"\nlocation = \"real.example\"\n"
        "[[registry.mirror]]\nlocation = \"mirror.example\"\n");
  ASSERT_EQ(outcome(send()), "ok");
  EXPECT_EQ(registry.last.endpoint.host, "real.example");
}

TEST_F(PushRoutesTest, ABlockedRegistryIsNotAsked) {
  write("containers/registries.conf", "[[registry]]\nlocation = \"example.org\"\nblocked = true\n");
  EXPECT_EQ(outcome(send()), "failed_precondition");
  EXPECT_THAT(registry.calls, IsEmpty());
}

TEST_F(PushRoutesTest, TheFirstRouteThatIsReachedIsUsedForEverything) {
  context.connection.verify_tls = false;
  ASSERT_EQ(outcome(send_unreached("https://example.org")), "ok");
  EXPECT_EQ(hosts[0], "https://example.org");
  EXPECT_EQ(std::count(hosts.begin(), hosts.end(), "https://example.org"), 1);
  EXPECT_TRUE(registry.last.endpoint.plain_http);
  context.connection.verify_tls.reset();
  EXPECT_EQ(outcome(send_unreached("https://example.org")), "io") << "TLS alone";
}

TEST_F(PushRoutesTest, CredentialsComeFromTheFilesOrTheCaller) {
  write("containers/auth.json", R"({"auths":{"example.org":{"auth":"dTpw"}}})");
  ASSERT_EQ(outcome(send()), "ok");
  EXPECT_EQ(registry.last.credentials.user, "u");
  context.credentials = RegistryCredentials{};
  ASSERT_EQ(outcome(send()), "ok");
  EXPECT_EQ(registry.last.credentials.user, "") << "anonymous, as asked";
  write("containers/auth.json", "{");
  context.credentials.reset();
  EXPECT_EQ(outcome(send()), "invalid_argument") << "never anonymous because of a damaged file";
}

TEST_F(PushRoutesTest, CredentialsAreNotForAHostElsewhere) {
  write("containers/certs.d/example.org/hosts.toml",
        "server = \"https://example.org\"\n[host.\"https://gate.example\"]\ncapabilities = [\"push\"]\n");
  context.credentials = RegistryCredentials{.user = "u", .password = "p"};
  ASSERT_EQ(outcome(send()), "ok");
  EXPECT_EQ(registry.last.endpoint.host, "gate.example");
  EXPECT_EQ(registry.last.credentials.user, "");
}

class LoginToRegistryTest : public PushRoutesTest {
 protected:
  Result<void> log_in(const std::string& key) {
    return login(
        key, {.user = "u", .password = "p"}, file, [this]() -> Result<Registry*> { return &registry; },
        context, control);
  }
  std::optional<RegistryCredentials> kept(const std::string& key) {
    return find_credentials({.auth_file = file}, key).value();
  }
  const std::filesystem::path file = stored.path() / "auth.json";
};

TEST_F(LoginToRegistryTest, AsksAndThenKeeps) {
  ASSERT_EQ(outcome(log_in("https://Example.org/v2/")), "ok");
  EXPECT_THAT(registry.calls, ElementsAre("ping"));
  EXPECT_EQ(registry.last.credentials.user, "u");
  EXPECT_EQ(registry.last.credentials.password, "p");
  EXPECT_EQ(registry.last.endpoint.host, "example.org");
  EXPECT_EQ(kept("example.org/any")->password, "p");
}

TEST_F(LoginToRegistryTest, KeepsNothingThatIsRefused) {
  registry.before = [](const std::string&, const RemoteRepository&) -> Result<void> {
    return Error(Errc::permission_denied, "registry", "example.org");
  };
  EXPECT_EQ(outcome(log_in("example.org")), "permission_denied");
  EXPECT_FALSE(std::filesystem::exists(file));
}

// The password would go over the wire for anybody to see.
TEST_F(LoginToRegistryTest, WhatAnswersOverTlsIsNotAskedWithout) {
  context.connection.verify_tls = false;
  registry.before = [](const std::string&, const RemoteRepository&) -> Result<void> {
    return Error(Errc::not_found, "registry", "example.org");
  };
  EXPECT_EQ(outcome(log_in("example.org")), "not_found");
  EXPECT_THAT(registry.calls, SizeIs(1));
  EXPECT_FALSE(registry.last.endpoint.plain_http);
}

TEST_F(LoginToRegistryTest, OfARepository) {
  ASSERT_EQ(outcome(log_in("example.org/a/b")), "ok");
  EXPECT_EQ(kept("example.org/a/b/c")->user, "u");
  EXPECT_FALSE(std::filesystem::exists(stored.path() / "config/containers/auth.json"));
}

TEST_F(LoginToRegistryTest, WhereNoImageCanBeNamedIsNoRegistry) {
  EXPECT_EQ(outcome(log_in("plainname")), "invalid_argument");
  EXPECT_EQ(outcome(log_in("example.org:tag/x:1")), "invalid_argument");
  EXPECT_THAT(registry.calls, IsEmpty());
}

}  // namespace
}  // namespace bayplan::images
