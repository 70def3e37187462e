#include "referrers_tag.h"

#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

constexpr const char* kManifest = "application/vnd.oci.image.manifest.v1+json";

std::string entry(const std::string& content, const std::string& more = {}) {
  return R"({"mediaType":")" + std::string(kManifest) + R"(","digest":")" + Digest::of(content).to_string() +
         R"(","size":1)" + more + "}";
}
std::string index(const std::string& entries) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
         entries + "]}";
}

TEST(ReferrersTag, IsCutToWhatATagMayHold) {
  EXPECT_EQ(referrers_tag(Digest::of("x")), "sha256-" + Digest::of("x").hex());
  const Digest wide = Digest::of("x", DigestAlgorithm::sha512);
  EXPECT_EQ(referrers_tag(wide), "sha512-" + wide.hex().substr(0, 64));
}

TEST(ReferrersTag, ReadsEntries) {
  const auto read = read_referrers(index(entry("a", R"(,"artifactType":"x/y")") + "," + entry("b")));
  ASSERT_TRUE(read) << read.error().to_string();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].artifact_type, "x/y");
  EXPECT_EQ((*read)[1].descriptor.digest, Digest::of("b"));
  EXPECT_FALSE(
      read_referrers(R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]})"));
  EXPECT_FALSE(read_referrers(R"({"manifests":[{"digest":"sha256:../../x"}]})"));
  EXPECT_FALSE(read_referrers("[]"));
}

TEST(ReferrersTag, AddsOnceAndKeepsTheOthersAsTheyAre) {
  const std::string artifact = R"({"artifactType":"x/y","annotations":{"k":"v"}})";
  const Descriptor descriptor{kManifest, Digest::of(artifact), artifact.size()};
  const auto first = with_referrer({}, descriptor, artifact);
  ASSERT_TRUE(first && *first);
  const auto listed = read_referrers(**first);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().artifact_type, "x/y");
  EXPECT_EQ(listed->front().descriptor.annotations.at("k"), "v");
  EXPECT_EQ(listed->front().descriptor.size, artifact.size());
  EXPECT_FALSE(*with_referrer(**first, descriptor, artifact));

  const auto second = with_referrer(index(entry("other", R"(,"unknown":{"a":[1]})")), descriptor, artifact);
  ASSERT_TRUE(second && *second);
  EXPECT_NE((**second).find(R"("unknown":{"a":[1]})"), std::string::npos);
  EXPECT_EQ(read_referrers(**second)->size(), 2u);
}

TEST(ReferrersTag, TypeOfTheConfigStandsInForAnArtifactType) {
  const std::string manifest = R"({"config":{"mediaType":"application/vnd.example"}})";
  const auto made = with_referrer({}, {kManifest, Digest::of(manifest), 1}, manifest);
  ASSERT_TRUE(made && *made);
  EXPECT_EQ(read_referrers(**made)->front().artifact_type, "application/vnd.example");
}

}  // namespace
}  // namespace bayplan::registry
