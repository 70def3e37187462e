// The cases of the OCI distribution conformance program that a client has a part in, against docker-registry.
#include "registry_fixture.h"

namespace bayplan::registry {
namespace {

using images::PushedBlob;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class Conformance : public RegistryTest {
 protected:
  images::RemoteRepository here() const { return registry_.repository(); }

  /// Config, layer and manifest under `tag`; answers the manifest.
  std::string push_image(const images::RemoteRepository& repository, const std::string& tag,
                         const std::string& more = {}) {
    const std::string config = R"({"architecture":"amd64","os":"linux"})";
    const std::string layer = "layer of " + tag;
    EXPECT_DONE(push(repository, config));
    EXPECT_DONE(push(repository, layer));
    std::string manifest =
        manifest_of(descriptor_of(kConfigType, config), descriptor_of(kLayerType, layer), more);
    const auto pushed = client_->push_manifest(repository, tag, kManifestType, manifest, {});
    EXPECT_DONE(pushed);
    return manifest;
  }

  test::DockerRegistry registry_;
};

TEST_F(Conformance, Ping) { EXPECT_DONE(client_->ping(here(), {})); }

TEST_F(Conformance, EmptyRepository) {
  EXPECT_EQ(client_->tags(here(), {}).error().code(), Errc::not_found);
  EXPECT_THAT(*client_->referrers(here(), Digest::of("x"), {}, {}), IsEmpty());
}

TEST_F(Conformance, BlobMissing) {
  EXPECT_EQ(*client_->blob_size(here(), Digest::of("x"), {}), std::nullopt);
  EXPECT_EQ(fetch(here(), "x").error().code(), Errc::not_found);
}

TEST_F(Conformance, BlobPostAndPut) {
  const std::string blob = noise(3'000'000);
  EXPECT_EQ(*push(here(), blob), PushedBlob::uploaded);
  EXPECT_EQ(*client_->blob_size(here(), Digest::of(blob), {}), blob.size());
  EXPECT_EQ(*fetch(here(), blob), blob);
  EXPECT_EQ(*push(here(), blob), PushedBlob::existed);
}

TEST_F(Conformance, BlobChunkedSingle) {
  const std::string blob = noise(100'000);
  EXPECT_EQ(*push(here(), blob, {.chunk_bytes = 1 << 20}), PushedBlob::uploaded);
  EXPECT_EQ(*fetch(here(), blob), blob);
}

TEST_F(Conformance, BlobChunkedMulti) {
  const std::string blob = noise(3'000'001);
  EXPECT_EQ(*push(here(), blob, {.chunk_bytes = 1'000'000}), PushedBlob::uploaded);
  EXPECT_EQ(*fetch(here(), blob), blob);
}

TEST_F(Conformance, BlobMount) {
  const std::string blob = noise(1'000'000);
  ASSERT_DONE(push(here(), blob));
  const std::uint64_t sent = client_->statistics().bytes_sent;
  const auto other = registry_.repository("other/repo");
  EXPECT_EQ(*push(other, blob, {.mount_from = "a/b"}), PushedBlob::mounted);
  EXPECT_EQ(client_->statistics().bytes_sent, sent);
  EXPECT_EQ(*fetch(other, blob), blob);
}

TEST_F(Conformance, BlobMountMissing) {
  const std::string blob = noise(1000);
  EXPECT_EQ(*push(here(), blob, {.mount_from = "nobody/here"}), PushedBlob::uploaded);
  EXPECT_EQ(*fetch(here(), blob), blob);
}

TEST_F(Conformance, BlobRange) {
  const std::string blob = noise(5000);
  ASSERT_DONE(push(here(), blob));
  for (const std::uint64_t offset : {500u, 4999u, 5000u}) {
    EXPECT_EQ(*fetch(here(), blob, offset), blob.substr(offset)) << offset;
  }
}

TEST_F(Conformance, BlobEmptyAndEmptyJson) {
  for (const std::string& blob : {std::string(), std::string("{}")}) {
    for (const std::uint64_t chunk : {0u, 1024u}) {
      const auto repository =
          registry_.repository("empty/" + std::to_string(chunk) + "-" + std::to_string(blob.size()));
      EXPECT_EQ(*push(repository, blob, {.chunk_bytes = chunk}), PushedBlob::uploaded);
      EXPECT_EQ(*fetch(repository, blob), blob);
    }
  }
}

TEST_F(Conformance, BlobBadDigest) {
  const images::BodySource body = [](std::uint64_t offset) {
    return std::make_unique<MemorySource>(std::string_view("other bytes").substr(offset));
  };
  const Descriptor descriptor{kLayerType, Digest::of("these bytes"), 11};
  for (const std::uint64_t chunk : {0u, 4u}) {
    EXPECT_EQ(client_->push_blob(here(), descriptor, body, {.chunk_bytes = chunk}, {}).error().code(),
              Errc::digest_mismatch);
  }
  EXPECT_EQ(*client_->blob_size(here(), descriptor.digest, {}), std::nullopt);
}

TEST_F(Conformance, Image) {
  const std::string manifest = push_image(here(), "v1");
  const auto resolved = client_->resolve(here(), "v1", {});
  ASSERT_DONE(resolved);
  EXPECT_EQ(*resolved, descriptor_of(kManifestType, manifest));
  for (const images::ManifestName& name :
       {images::ManifestName("v1"), images::ManifestName(resolved->digest)}) {
    const auto fetched = client_->fetch_manifest(here(), name, {});
    ASSERT_DONE(fetched);
    EXPECT_EQ(fetched->bytes, manifest);
    EXPECT_EQ(fetched->descriptor, *resolved);
  }
  EXPECT_THAT(*client_->tags(here(), {}), ElementsAre("v1"));
}

TEST_F(Conformance, CustomFieldsStayByteForByte) {
  const std::string manifest = push_image(here(), "odd", R"( , "x-unknown" : { "b":1.50, "a":"\u00e9" } )");
  EXPECT_EQ(client_->fetch_manifest(here(), "odd", {})->bytes, manifest);
}

TEST_F(Conformance, IndexAndNestedIndex) {
  const auto index_of = [](const Descriptor& child) {
    return R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) + R"(","manifests":[)" +
           json_of(child) + "]}";
  };
  const std::string inner = index_of(descriptor_of(kManifestType, push_image(here(), "v1")));
  ASSERT_DONE(client_->push_manifest(here(), Digest::of(inner), kIndexType, inner, {}));
  const std::string outer = index_of(descriptor_of(kIndexType, inner));
  ASSERT_DONE(client_->push_manifest(here(), "nested", kIndexType, outer, {}));
  EXPECT_EQ(client_->resolve(here(), "nested", {})->media_type, kIndexType);
  EXPECT_EQ(client_->fetch_manifest(here(), Digest::of(inner), {})->bytes, inner);
}

TEST_F(Conformance, ArtifactWithSubjectIsListedByTag) {
  const std::string subject = push_image(here(), "v1");
  const std::string artifact = push_image(
      here(), "signature",
      R"(,"artifactType":"test/signature","subject":)" + json_of(descriptor_of(kManifestType, subject)));
  const auto found = client_->referrers(here(), Digest::of(subject), "test/signature", {});
  ASSERT_DONE(found);
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ(found->front().descriptor.digest, Digest::of(artifact));
  EXPECT_THAT(*client_->referrers(here(), Digest::of(subject), "test/other", {}), IsEmpty());
}

TEST_F(Conformance, ManifestMissing) {
  EXPECT_EQ(client_->resolve(here(), "none", {}).error().code(), Errc::not_found);
  EXPECT_EQ(client_->fetch_manifest(here(), Digest::of("none"), {}).error().code(), Errc::not_found);
}

TEST_F(Conformance, ManifestOfMissingBlobs) {
  const std::string manifest = manifest_of(descriptor_of(kConfigType, "no"), descriptor_of(kLayerType, "no"));
  EXPECT_EQ(client_->push_manifest(here(), "v1", kManifestType, manifest, {}).error().code(),
            Errc::failed_precondition);
}

TEST_F(Conformance, Tags) {
  for (const char* tag : {"v1", "latest", "1.0_rc-1"}) push_image(here(), tag);
  EXPECT_THAT(*client_->tags(here(), {}), UnorderedElementsAre("v1", "latest", "1.0_rc-1"));
}

}  // namespace
}  // namespace bayplan::registry
