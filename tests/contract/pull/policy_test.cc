// When a source is asked, which one, and whether it may be.
#include "pull_fixture.h"

namespace bayplan::images {
namespace {

using test::LayoutBuilder;
using testing::ElementsAre;
using testing::SizeIs;

class Policies : public PullTest {
 protected:
  Policies() { push_marked("old"); }
  Digest push_marked(const std::string& mark, const std::string& repository = "a/b") {
    LayoutBuilder layout;
    const Descriptor target = layout.image({tar("etc/mark", mark)});
    push(layout, target, "1", repository);
    return target.digest;
  }
  std::filesystem::path write(const std::string& file, const std::string& text) const {
    const auto path = puller.directory() / file;
    test::write_file(path, text);
    return path;
  }
};

TEST_F(Policies, NeverAsksNobody) {
  EXPECT_EQ(said(puller.pull(name(), {.policy = PullPolicy::never})), "not_found");
  ASSERT_EQ(said(puller.pull(name(), {.unpack = false})), "ok");
  puller.asked = 0;
  const auto report = puller.pull(name(), {.policy = PullPolicy::never});
  ASSERT_EQ(said(report), "ok");
  EXPECT_TRUE(report->chain_id);  // what is there is unpacked
  EXPECT_FALSE(report->asked);
  EXPECT_EQ(puller.asked, 0u);
}

TEST_F(Policies, MissingAsksOnlyWhereThereIsNone) {
  ASSERT_EQ(said(puller.pull(name(), {.policy = PullPolicy::missing})), "ok");
  const Digest old = puller.image(name())->target.digest;
  push_marked("new");
  puller.asked = 0;
  ASSERT_EQ(said(puller.pull(name(), {.policy = PullPolicy::missing})), "ok");
  EXPECT_EQ(puller.asked, 0u);
  EXPECT_EQ(puller.image(name())->target.digest, old);
}

TEST_F(Policies, MissingFetchesWhatIsNotWhole) {
  ASSERT_EQ(said(puller.pull(name())), "ok");
  const Digest layer =
      puller.store()
          .db()
          .view([&](const metadata::ReadTx& tx) { return resolve(puller.store(), tx, kNs, name()); })
          ->document.layers.front()
          .digest;
  ASSERT_TRUE(
      puller.store().db().update([&](metadata::WriteTx& tx) { return content::remove(tx, kNs, layer); }));
  EXPECT_EQ(said(puller.pull(name(), {.policy = PullPolicy::never})), "not_found");
  ASSERT_EQ(said(puller.pull(name(), {.policy = PullPolicy::missing})), "ok");
  EXPECT_EQ(said(puller.pull(name(), {.policy = PullPolicy::never})), "ok");
}

TEST_F(Policies, NewerTakesTheLocalOneWhereNobodyAnswers) {
  const std::string source = name();
  ASSERT_EQ(said(puller.pull(source)), "ok");
  const Digest fresh = push_marked("new");
  ASSERT_EQ(said(puller.pull(source, {.policy = PullPolicy::newer})), "ok");
  EXPECT_EQ(puller.image(source)->target.digest, fresh);
  EXPECT_EQ(said(puller.pull(name(":2"), {.policy = PullPolicy::newer})), "not_found");
  const std::string dead = "127.0.0.1:1/a/b:1";
  EXPECT_EQ(said(puller.pull(dead, {.policy = PullPolicy::newer})), "io");
  const Descriptor target = puller.image(source)->target;
  ASSERT_TRUE(puller.store().db().update([&](metadata::WriteTx& tx) {
    return create(tx, kNs, {.name = dead, .target = target, .labels = {}});
  }));
  EXPECT_EQ(said(puller.pull(dead)), "io");
  const auto local = puller.pull(dead, {.policy = PullPolicy::newer});
  ASSERT_EQ(said(local), "ok") << local.error().to_string();
  EXPECT_EQ(local->target.digest, target.digest);
  EXPECT_THAT(local->warnings, SizeIs(1));
  EXPECT_FALSE(local->asked);
}

TEST_F(Policies, ShortNamesAreTriedInOrder) {
  const std::string host = "127.0.0.1:" + std::to_string(registry.port());
  const Digest wanted = push_marked("short", "second/thing");
  puller.context.dirs.registries_file =
      write("registries.conf", "unqualified-search-registries = [\"" + host + "/first\", \"" + host +
                                   "/second\"]\nshort-name-mode = \"disabled\"\n");
  const auto report = puller.pull("thing:1");
  ASSERT_EQ(said(report), "ok") << report.error().to_string();
  EXPECT_EQ(report->target.digest, wanted);
  EXPECT_EQ(report->name, host + "/second/thing:1");
  EXPECT_THAT(puller.names(), ElementsAre(host + "/second/thing:1"));
}

TEST_F(Policies, ARejectedNameIsNotAskedFor) {
  puller.context.policy_file = write("policy.json", R"({"default":[{"type":"reject"}]})");
  EXPECT_EQ(said(puller.pull(name())), "permission_denied");
  puller.context.policy_file = write(
      "policy.json", R"({"default":[{"type":"reject"}],"transports":{"docker":{"127.0.0.1:)" +
                         std::to_string(registry.port()) + R"(/a/b":[{"type":"insecureAcceptAnything"}]}}})");
  EXPECT_EQ(said(puller.pull(name())), "ok");
}

TEST_F(Policies, ALocalNameIsCheckedWhateverPlaceItIsLookedForIn) {
  ASSERT_EQ(said(puller.pull(name())), "ok");
  puller.context.policy_file = write(
      "policy.json",
      R"({"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker":{"":[{"type":"reject"}]}}})");
  for (const PullPolicy policy : {PullPolicy::never, PullPolicy::missing}) {
    EXPECT_EQ(said(puller.pull("docker-archive:/absent.tar:" + name(), {.policy = policy})),
              "permission_denied");
  }
}

TEST_F(Policies, GivenCredentialsAreForOneRegistry) {
  const std::string host = "127.0.0.1:" + std::to_string(registry.port());
  puller.context.credentials = RegistryCredentials{.user = "joe", .password = "secret"};
  puller.context.dirs.registries_file = write(
      "registries.conf",
      "unqualified-search-registries = [\"127.0.0.1:1\", \"" + host +
          "\"]\nshort-name-mode = \"disabled\"\n[[registry]]\nprefix = \"example.test\"\nlocation = \"" +
          host + "\"\ninsecure = true\n");
  EXPECT_EQ(said(puller.pull("a/b:1")), "invalid_argument");
  EXPECT_EQ(said(puller.pull("example.test/a/b:1")), "failed_precondition");
  EXPECT_EQ(said(puller.pull(name())), "ok");
}

TEST_F(Policies, AnImageOfAnotherPlatformIsNotTheLocalOne) {
  LayoutBuilder layout;
  const Descriptor target = layout.image({tar("etc/mark", "arm")}, {.platform = {.architecture = "arm64"}});
  push(layout, target, "arm");
  ASSERT_EQ(said(puller.pull(name(":arm"), {.unpack = false})), "ok");
  puller.context.platform = Platform{"linux", "amd64"};
  EXPECT_EQ(said(puller.pull(name(":arm"), {.policy = PullPolicy::never, .unpack = false})), "not_found");
  puller.context.platform = Platform{"linux", "arm64"};
  EXPECT_EQ(said(puller.pull(name(":arm"), {.policy = PullPolicy::never, .unpack = false})), "ok");
}

TEST_F(Policies, APolicyThatCannotBeReadFailsThePull) {
  puller.context.policy_file = puller.directory() / "absent.json";
  EXPECT_EQ(said(puller.pull(name())), "not_found");
  puller.context.policy_file = write("policy.json", "{");
  EXPECT_EQ(said(puller.pull(name())), "invalid_argument");
  EXPECT_EQ(puller.asked, 0u);
}

TEST_F(Policies, NamesAreLookedAtFirst) {
  puller.context.policy_file = puller.directory() / "absent.json";
  for (const char* bad : {"", "docker://", "A B", "docker://a@sha256:../../x"}) {
    EXPECT_EQ(said(puller.pull(bad)), "invalid_argument") << bad;
  }
  EXPECT_EQ(said(puller.pull("docker-daemon:a:1")), "unsupported");
}

TEST_F(Policies, OneMirrorThatFailsIsFollowedByTheRegistry) {
  const std::string host = "127.0.0.1:" + std::to_string(registry.port());
  puller.context.dirs.registries_file =
      write("registries.conf", "[[registry]]\nprefix = \"example.test\"\nlocation = \"" + host +
                                   "\"\ninsecure = true\n[[registry.mirror]]\nlocation = \"127.0.0.1:1\"\n"
                                   "insecure = true\n");
  const auto report = puller.pull("example.test/a/b:1");
  ASSERT_EQ(said(report), "ok") << report.error().to_string();
  EXPECT_THAT(puller.names(), ElementsAre("example.test/a/b:1"));
  EXPECT_EQ(said(puller.pull("example.test/a/b:none")), "not_found");
}

}  // namespace
}  // namespace bayplan::images
