// The data sets of the OCI distribution conformance program: each is pushed, asked for, listed and pulled,
// and is byte for byte what it was.
#include "registry_fixture.h"

namespace bayplan::registry {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kEmptyType = "application/vnd.oci.empty.v1+json";

class DataSets : public RegistryTest {
 protected:
  DataSets() {
    EXPECT_DONE(push(here_, kEmpty));
    EXPECT_DONE(push(here_, kConfig));
    EXPECT_DONE(push(here_, kLayer));
  }

  /// By tag and by digest, in both directions; answers what it is.
  Descriptor round_trip(const std::string& tag, const std::string& type, const std::string& bytes) {
    const Descriptor here = descriptor_of(type, bytes);
    const auto pushed = client_->push_manifest(here_, tag, type, bytes, {});
    EXPECT_DONE(pushed);
    EXPECT_EQ(*client_->resolve(here_, tag, {}), here);
    for (const images::ManifestName& name : {images::ManifestName(tag), images::ManifestName(here.digest)}) {
      const auto fetched = client_->fetch_manifest(here_, name, {});
      EXPECT_DONE(fetched);
      EXPECT_TRUE(fetched && fetched->bytes == bytes) << tag;
    }
    EXPECT_THAT(*client_->tags(here_, {}), Contains(tag));
    return here;
  }
  std::vector<images::Referrer> referrers_of(const Digest& subject) {
    return client_->referrers(here_, subject, {}, {}).value();
  }

  static std::string image(const std::string& more = {}) {
    return manifest_of(descriptor_of(kConfigType, kConfig), descriptor_of(kLayerType, kLayer), more);
  }
  static std::string artifact(const std::string& more = {}) {
    return manifest_of(descriptor_of(kEmptyType, kEmpty), descriptor_of("text/plain", kLayer),
                       R"(,"artifactType":"test/artifact")" + more);
  }
  static std::string without_layers(const Descriptor& config) {
    return R"({"schemaVersion":2,"mediaType":")" + std::string(kManifestType) + R"(","config":)" +
           json_of(config) + R"(,"layers":[]})";
  }
  static std::string index_of(const std::string& children, const std::string& more = {}) {
    return R"({"schemaVersion":2,"mediaType":")" + std::string(kIndexType) + R"(","manifests":[)" + children +
           "]" + more + "}";
  }
  static std::string subject(const Descriptor& of) { return R"(,"subject":)" + json_of(of); }

  static inline const std::string kEmpty = "{}";
  static inline const std::string kConfig = R"({"architecture":"amd64","os":"linux"})";
  static inline const std::string kLayer = "layer";
  test::DockerRegistry registry_;
  images::RemoteRepository here_ = registry_.repository();
};

TEST_F(DataSets, Image) {
  const Descriptor there = round_trip("image", kManifestType, image());
  EXPECT_THAT(referrers_of(there.digest), IsEmpty());
}

// docker-registry takes a little less than the 4 MiB that the protocol asks for.
TEST_F(DataSets, LargeManifest) {
  round_trip("large", kManifestType,
             image(R"(,"annotations":{"large":")" + std::string(3'900'000, 'x') + "\"}"));
}

TEST_F(DataSets, IndexOfImages) {
  const Descriptor child = round_trip("child", kManifestType, image());
  round_trip("index", kIndexType, index_of(json_of(child)));
}

TEST_F(DataSets, NestedIndex) {
  const Descriptor child = round_trip("child", kManifestType, image());
  const Descriptor inner = round_trip("inner", kIndexType, index_of(json_of(child)));
  round_trip("outer", kIndexType, index_of(json_of(inner)));
}

TEST_F(DataSets, EmptyIndex) { round_trip("empty", kIndexType, index_of("")); }

TEST_F(DataSets, Artifact) { round_trip("artifact", kManifestType, artifact()); }

TEST_F(DataSets, ArtifactIndex) {
  const Descriptor child = round_trip("child", kManifestType, artifact());
  round_trip("index", kIndexType, index_of(json_of(child), R"(,"artifactType":"test/index")"));
}

TEST_F(DataSets, WithoutLayers) {
  round_trip("artifact", kManifestType, without_layers(descriptor_of(kEmptyType, kEmpty)));
  round_trip("image", kManifestType, without_layers(descriptor_of(kConfigType, kConfig)));
}

TEST_F(DataSets, ArtifactsAndIndexesWithASubject) {
  const Descriptor of = round_trip("image", kManifestType, image());
  const Descriptor one = round_trip("artifact", kManifestType, artifact(subject(of)));
  const Descriptor two = round_trip("index", kIndexType, index_of("", subject(of)));
  const auto found = referrers_of(of.digest);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].descriptor, one);
  EXPECT_EQ(found[0].artifact_type, "test/artifact");
  EXPECT_EQ(found[1].descriptor, two);
}

TEST_F(DataSets, MissingSubject) {
  const Descriptor nowhere = descriptor_of(kManifestType, "nowhere");
  const Descriptor there = round_trip("artifact", kManifestType, artifact(subject(nowhere)));
  const auto found = referrers_of(nowhere.digest);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].descriptor, there);
}

TEST_F(DataSets, DataField) {
  std::string config = json_of(descriptor_of(kEmptyType, kEmpty));
  config.insert(config.size() - 1, R"(,"data":"e30=")");
  round_trip("data", kManifestType,
             R"({"schemaVersion":2,"mediaType":")" + std::string(kManifestType) + R"(","config":)" + config +
                 R"(,"layers":[]})");
}

TEST_F(DataSets, NondistributableLayer) {
  const Descriptor layer = descriptor_of("application/vnd.oci.image.layer.nondistributable.v1.tar", kLayer);
  round_trip("nondistributable", kManifestType, manifest_of(descriptor_of(kConfigType, kConfig), layer));
}

TEST_F(DataSets, CustomFields) {
  round_trip("custom", kManifestType, image(R"( , "x-unknown" : { "b":1.50, "a":"\u00e9" } )"));
}

TEST_F(DataSets, BlobOfSha512) {
  const Descriptor blob{kLayerType, Digest::of(kLayer, DigestAlgorithm::sha512), kLayer.size()};
  const images::BodySource body = [](std::uint64_t offset) -> Result<std::unique_ptr<ByteSource>> {
    return std::make_unique<MemorySource>(std::string_view(kLayer).substr(offset));
  };
  EXPECT_DONE(client_->push_blob(here_, blob, body, {}, {}));
  StringSink sink;
  EXPECT_DONE(client_->fetch_blob(here_, blob, 0, sink, {}));
  EXPECT_EQ(sink.text, kLayer);
}

// docker-registry wants to have all children of an index.
TEST_F(DataSets, SparseIndexIsRefusedAndTheReasonTold) {
  const std::string sparse = index_of(json_of(descriptor_of(kManifestType, "absent")));
  EXPECT_EQ(client_->push_manifest(here_, "sparse", kIndexType, sparse, {}).error().code(),
            Errc::failed_precondition);
}

TEST_F(DataSets, BytesThatAreNotTheirDigestAreNeverSent) {
  const auto requests = client_->statistics().requests;
  EXPECT_EQ(client_->push_manifest(here_, Digest::of("other"), kManifestType, image(), {}).error().code(),
            Errc::digest_mismatch);
  EXPECT_EQ(client_->statistics().requests, requests);
}

}  // namespace
}  // namespace bayplan::registry
