// Pulling from what is no registry.
#include "bayplan/images/export.h"
#include "pull_fixture.h"

namespace bayplan::images {
namespace {

using test::LayoutBuilder;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kRefName = "org.opencontainers.image.ref.name";

class Files : public testing::Test {
 protected:
  Files() {
    layout.tag(one, {{kRefName, "one"}}).tag(two, {{kRefName, "registry.test/two:2"}});
    layout.write_to(path("layout"));
    test::write_file(path("layout.tar"), layout.tar());
  }
  static std::string tar(const std::string& content) { return test::TarBuilder().file("f", content).end(); }
  std::string path(const std::string& name) const { return (puller.directory() / name).string(); }

  LayoutBuilder layout;
  const Descriptor one = layout.image({tar("1")});
  const Descriptor two = layout.image({tar("2")});
  Puller puller;
};

TEST_F(Files, OciLayoutsAndArchives) {
  for (const std::string& source : {"oci:" + path("layout"), "oci-archive:" + path("layout.tar")}) {
    EXPECT_EQ(said(puller.pull(source)), "invalid_argument");  // there are two
    EXPECT_EQ(said(puller.pull(source + ":three")), "not_found");
    const auto report = puller.pull(source + ":one");
    ASSERT_EQ(said(report), "ok") << report.error().to_string();
    EXPECT_EQ(report->target.digest, one.digest);
    EXPECT_EQ(report->source, source + ":one");
    EXPECT_TRUE(report->chain_id);
  }
  EXPECT_THAT(puller.names(), ElementsAre("localhost/layout:one"));
  EXPECT_EQ(said(puller.pull("oci:" + path("layout") + ":registry.test/two:2")), "ok");
  EXPECT_EQ(puller.asked, 0u);
}

TEST_F(Files, ANameOfTheSourceTakesNoOtherImagesPlace) {
  const std::string source = "oci:" + path("layout") + ":one";
  ASSERT_EQ(said(puller.pull(source)), "ok");
  LayoutBuilder other;
  other.tag(other.image({tar("3")}), {{kRefName, "one"}});
  other.write_to(path("layout"));
  EXPECT_EQ(said(puller.pull(source)), "already_exists");
}

TEST_F(Files, DockerArchives) {
  ASSERT_EQ(said(puller.pull("oci:" + path("layout") + ":registry.test/two:2")), "ok");
  ASSERT_TRUE(export_images(puller.store(), kNs, {"registry.test/two:2"}, path("docker.tar"),
                            {.format = ExportFormat::docker_archive}, {}));
  const std::string archive = "docker-archive:" + path("docker.tar");
  EXPECT_EQ(said(puller.pull(archive)), "already_exists");  // its manifest is docker's
  EXPECT_EQ(said(puller.pull(archive + ":@1")), "not_found");
  EXPECT_EQ(said(puller.pull(archive + ":registry.test/three:3")), "not_found");
  const std::string named = archive + ":registry.test/two:2";
  const auto report = puller.pull(named);
  ASSERT_EQ(said(report), "ok") << report.error().to_string();
  EXPECT_EQ(report->name, "registry.test/two:2");
  EXPECT_EQ(report->previous, two.digest);
  EXPECT_EQ(said(puller.pull(archive)), "ok");
  EXPECT_EQ(said(puller.pull(archive + ":@0")), "ok");
  std::filesystem::remove(path("docker.tar"));
  EXPECT_EQ(said(puller.pull(named)), "not_found");
  EXPECT_EQ(said(puller.pull(named, {.policy = PullPolicy::missing})), "ok");
}

TEST_F(Files, Directories) {
  for (const auto& [name, bytes] : layout.files()) {
    if (!name.starts_with("blobs/")) continue;
    const std::string digits = std::filesystem::path(name).filename();
    test::write_file(path("dir") + "/" + (digits == one.digest.hex() ? "manifest.json" : digits), bytes);
  }
  const auto report = puller.pull("dir:" + path("dir"));
  ASSERT_EQ(said(report), "ok") << report.error().to_string();
  EXPECT_EQ(report->target.digest, one.digest);
  EXPECT_EQ(report->name, "localhost/dir:latest");
  EXPECT_THAT(puller.snapshots(), SizeIs(1));
  EXPECT_EQ(said(puller.pull("dir:" + path("layout"))), "invalid_argument");
  EXPECT_EQ(said(puller.pull("dir:" + path("absent"))), "not_found");
  test::write_file(path("old") + "/manifest.json", R"({"schemaVersion":1})");
  EXPECT_EQ(said(puller.pull("dir:" + path("old"))), "unsupported");
}

TEST_F(Files, TheStoreItself) {
  EXPECT_EQ(said(puller.pull("containers-storage:registry.test/two:2")), "not_found");
  ASSERT_EQ(said(puller.pull("oci:" + path("layout") + ":registry.test/two:2", {.unpack = false})), "ok");
  EXPECT_THAT(puller.snapshots(), IsEmpty());
  const auto report = puller.pull("containers-storage:registry.test/two:2");
  ASSERT_EQ(said(report), "ok") << report.error().to_string();
  EXPECT_TRUE(report->chain_id);
  EXPECT_FALSE(report->asked);
  const auto resolved = puller.store().db().view(
      [&](const metadata::ReadTx& tx) { return resolve(puller.store(), tx, kNs, "registry.test/two:2"); });
  EXPECT_EQ(puller.pull("containers-storage:@" + resolved->id().hex())->name, "registry.test/two:2");
  EXPECT_EQ(said(puller.pull("containers-storage:@" + one.digest.hex())), "not_found");
}

TEST_F(Files, TheSignaturePolicyHasItsSay) {
  test::write_file(path("policy.json"), R"({"default":[{"type":"insecureAcceptAnything"}],)"
                                        R"("transports":{"oci":{"":[{"type":"reject"}]}}})");
  puller.context.policy_file = path("policy.json");
  EXPECT_EQ(said(puller.pull("oci:" + path("layout") + ":one")), "permission_denied");
  EXPECT_EQ(said(puller.pull("oci-archive:" + path("layout.tar") + ":one")), "ok");
}

}  // namespace
}  // namespace bayplan::images
