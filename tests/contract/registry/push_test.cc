// Images of a store, pushed to docker-registry and read back.
#include "bayplan/images/documents.h"
#include "cutting_proxy.h"
#include "store_fixture.h"
#include "token_server.h"

namespace bayplan::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Push : public StoreTest {
 protected:
  std::string at(const std::string& rest) const { return at(registry_.port(), rest); }
  static std::string at(std::uint16_t port, const std::string& rest) {
    return "127.0.0.1:" + std::to_string(port) + "/" + rest;
  }
  /// Reads a manifest with all that it names, and compares each byte.
  void expect_there(const images::RemoteRepository& repository, const Descriptor& manifest) {
    const auto fetched = client_->fetch_manifest(repository, manifest.digest, {});
    ASSERT_DONE(fetched);
    EXPECT_EQ(fetched->descriptor, manifest);
    EXPECT_EQ(fetched->bytes, bytes_of(manifest));
    const auto parsed = images::parse_manifest(fetched->bytes, manifest.media_type, "fetched");
    ASSERT_DONE(parsed);
    std::vector<Descriptor> blobs = parsed->layers;
    blobs.push_back(parsed->config);
    for (const Descriptor& blob : blobs) {
      const auto bytes = fetch(repository, bytes_of(blob));
      ASSERT_DONE(bytes);
      EXPECT_TRUE(*bytes == bytes_of(blob)) << blob.digest.to_string();
    }
  }
  Descriptor two_platforms() {
    amd_ = layout_.image({tar_of(100'000), tar_of(7)}, {.packing = test::Packing::gzip});
    arm_ = layout_.image({tar_of(200'000)},
                         {.packing = test::Packing::zstd, .platform = {.architecture = "arm64"}});
    return layout_.index(
        {{*amd_, test::ImagePlatform{}}, {*arm_, test::ImagePlatform{.architecture = "arm64"}}});
  }

  test::DockerRegistry registry_;
  std::optional<Descriptor> amd_{}, arm_{};
};

TEST_F(Push, EveryDigestOfASingleImageIsThere) {
  for (const test::Packing packing : {test::Packing::none, test::Packing::gzip, test::Packing::zstd}) {
    for (const bool docker : {false, true}) {
      const Descriptor target =
          layout_.image({tar_of(300'000), tar_of(1000)}, {.packing = packing, .docker = docker});
      add_image(target, kName);
      const auto report = send(at("single/image:1"));
      ASSERT_DONE(report);
      EXPECT_EQ(report->target.digest, target.digest);
      const auto repository = registry_.repository("single/image");
      EXPECT_EQ(client_->resolve(repository, "1", {})->digest, target.digest);
      expect_there(repository, target);
      ASSERT_DONE(
          stored_.update([&](metadata::WriteTx& tx) { return images::remove(tx, images::kNs, kName); }));
    }
  }
}

TEST_F(Push, EveryDigestOfAllPlatformsIsThere) {
  const Descriptor inner = two_platforms();
  const Descriptor outer = layout_.index({{inner}, {*arm_}});
  add_image(outer);
  const auto report = send(at("multi:1"), {.all_platforms = true});
  ASSERT_DONE(report);
  const auto repository = registry_.repository("multi");
  EXPECT_EQ(client_->fetch_manifest(repository, "1", {})->bytes, bytes_of(outer));
  EXPECT_EQ(client_->fetch_manifest(repository, inner.digest, {})->bytes, bytes_of(inner));
  expect_there(repository, *amd_);
  expect_there(repository, *arm_);
}

TEST_F(Push, TheSecondTimeNothingIsUploaded) {
  add_image(two_platforms());
  ASSERT_DONE(send(at("a:1"), {.all_platforms = true}));
  const std::uint64_t sent = client_->statistics().bytes_sent;
  const auto again = send(at("a:1"), {.all_platforms = true});
  ASSERT_DONE(again);
  EXPECT_EQ(again->uploaded, 0u);
  EXPECT_EQ(again->existed, 5u);
  EXPECT_EQ(client_->statistics().bytes_sent, sent);
}

TEST_F(Push, BlobsAreMountedFromAnotherRepository) {
  const Descriptor target = layout_.image({tar_of(500'000)});
  add_image(target);
  ASSERT_DONE(send(at("one/a:1")));
  const std::uint64_t sent = client_->statistics().bytes_sent;
  const auto report = send(at("two/b:1"));
  ASSERT_DONE(report);
  EXPECT_EQ(report->mounted, 2u);
  EXPECT_EQ(client_->statistics().bytes_sent, sent + target.size);
  expect_there(registry_.repository("two/b"), target);
}

TEST_F(Push, InChunks) {
  const Descriptor target = layout_.image({tar_of(2'500'001)}, {.packing = test::Packing::none});
  add_image(target);
  ASSERT_DONE(send(at("chunks:1"), {.chunk_bytes = 1'000'000}));
  expect_there(registry_.repository("chunks"), target);
}

// What is cut is an upload of one request, and one in chunks.
TEST_F(Push, CutUploadsGoOn) {
  const Descriptor target = layout_.image({tar_of(5'000'000)}, {.packing = test::Packing::none});
  add_image(target);
  for (const std::uint64_t chunk : {0u, 1'000'000u}) {
    const test::DockerRegistry registry;  // one that cannot mount what came before
    const test::CuttingProxy proxy(registry.port(), test::CuttingProxy::Count::to_server,
                                   {2'000'000, 900, 3'000'000, 1'500'000, 400});
    const auto report = send(at(proxy.port(), "cut:1"), {.chunk_bytes = chunk});
    ASSERT_DONE(report);
    EXPECT_EQ(report->uploaded, 2u);
    EXPECT_GE(proxy.connections(), 5u);
    expect_there(registry.repository("cut"), target);
  }
}

TEST_F(Push, AMissingBlobLeavesTheRegistryAsItWas) {
  const Descriptor target = layout_.image({tar_of(1000), tar_of(2000)});
  add_image(target);
  const auto manifest = images::parse_manifest(bytes_of(target), target.media_type, "test");
  ASSERT_DONE(stored_.update(
      [&](metadata::WriteTx& tx) { return content::remove(tx, images::kNs, manifest->layers[1].digest); }));
  EXPECT_EQ(send(at("missing:1")).error().code(), Errc::not_found);
  EXPECT_EQ(client_->statistics().requests, 0u);
}

TEST_F(Push, ReferrersAreListedUnderTheTagThatStandsIn) {
  const Descriptor target = layout_.image({tar_of(1000)});
  const Descriptor config = layout_.blob("{}", "application/vnd.oci.empty.v1+json");
  const Descriptor layer = layout_.blob("signature", "text/plain");
  const Descriptor signature = layout_.blob(
      manifest_of(config, layer, R"(,"artifactType":"test/signature","subject":)" + json_of(target)),
      kManifestType);
  add_image(target);
  add_image(signature, "example.org/pushed:signature");
  for (int i = 0; i < 2; ++i) {
    const auto report = send(at("signed:1"), {.referrers = true});
    ASSERT_DONE(report);
    EXPECT_THAT(report->referrers, ElementsAre(signature.digest));
    const auto listed =
        client_->referrers(registry_.repository("signed"), target.digest, "test/signature", {});
    ASSERT_DONE(listed);
    ASSERT_THAT(*listed, SizeIs(1));
    EXPECT_EQ(listed->front().descriptor, signature);
  }
}

// The data sets of the conformance program that are not shown above.
TEST_F(Push, ArtifactsAndOddDocumentsStayByteForByte) {
  const Descriptor empty = layout_.blob("{}", "application/vnd.oci.empty.v1+json");
  const Descriptor text = layout_.blob("text", "text/plain");
  const std::string odd = R"( , "x-unknown" : { "b":1.50, "a":"\u00e9" }, "annotations":{"k":"v"} )";
  const Descriptor artifact =
      layout_.blob(manifest_of(empty, text, R"(,"artifactType":"test/artifact")"), kManifestType);
  const Descriptor custom = layout_.blob(manifest_of(empty, text, odd), kManifestType);
  const Descriptor no_layers = layout_.blob(test::manifest_json(empty, {}, kManifestType), kManifestType);
  const Descriptor of_artifacts = layout_.index({{artifact}, {no_layers}});
  const Descriptor missing_subject = layout_.blob(
      manifest_of(empty, text, R"(,"subject":)" + json_of(descriptor_of(kManifestType, "nowhere"))),
      kManifestType);
  int tag = 0;
  for (const Descriptor& target : {artifact, custom, no_layers, of_artifacts, missing_subject}) {
    add_image(target);
    const auto report = send(at("odd:" + std::to_string(++tag)), {.all_platforms = true});
    ASSERT_DONE(report);
    const auto fetched = client_->fetch_manifest(registry_.repository("odd"), std::to_string(tag), {});
    ASSERT_DONE(fetched);
    EXPECT_EQ(fetched->bytes, bytes_of(target));
    EXPECT_EQ(fetched->descriptor.media_type, target.media_type);
    ASSERT_DONE(
        stored_.update([&](metadata::WriteTx& tx) { return images::remove(tx, images::kNs, kName); }));
  }
}

TEST_F(Push, WhoIsNotAllowedToIsToldSo) {
  const test::TokenServer tokens({{"writer", {"w", "pull,push"}}, {"reader", {"r", "pull"}}}, "pull");
  const test::DockerRegistry registry({.auth = tokens.auth()});
  const Descriptor target = layout_.image({tar_of(1000)});
  add_image(target);
  EXPECT_EQ(send(at(registry.port(), "a:1")).error().code(), Errc::permission_denied);
  context_.credentials = images::RegistryCredentials{.user = "reader", .password = "r"};
  EXPECT_EQ(send(at(registry.port(), "a:1")).error().code(), Errc::permission_denied);
  context_.credentials = images::RegistryCredentials{.user = "writer", .password = "w"};
  EXPECT_DONE(send(at(registry.port(), "a:1")));
  const auto mounted = send(at(registry.port(), "b:1"));
  ASSERT_DONE(mounted);
  EXPECT_EQ(mounted->mounted, 2u) << "its token names the source too";
}

TEST_F(Push, TlsIsTrustedOrNothingIsSent) {
  const test::TempDir dir;
  const test::Certificate server = test::make_certificate(dir, "server");
  const test::DockerRegistry registry({.tls = "certificate: " + server.certificate + "\nkey: " + server.key});
  const Descriptor target = layout_.image({tar_of(1000)});
  add_image(target);
  context_.connection.verify_tls = true;
  EXPECT_EQ(send(at(registry.port(), "a:1")).error().code(), Errc::failed_precondition);
  const test::TempDir trusted;
  std::filesystem::copy(server.certificate, trusted.path() / "ca.crt");
  context_.connection.certificates = trusted.path();
  EXPECT_DONE(send(at(registry.port(), "a:1")));
  context_.connection = {.verify_tls = false};
  EXPECT_DONE(send(at(registry.port(), "b:1")));
}

}  // namespace
}  // namespace bayplan::registry
