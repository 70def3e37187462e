#include "bayplan/images/documents.h"

#include <gtest/gtest.h>

#include "media_type.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

std::string descriptor(std::string_view media_type, std::string_view more = {}) {
  return std::string("{\"mediaType\":\"")
      .append(media_type)
      .append("\",\"digest\":\"")
      .append(Digest::of("x").to_string())
      .append("\",\"size\":1")
      .append(more)
      .append("}");
}

std::string repeated(const std::string& element, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.append(i == 0 ? "" : ",").append(element);
  return text;
}

const std::string kConfigJson = descriptor(kOciConfig);
const std::string kLayerJson = descriptor(kOciLayerGzip);
const std::string kManifestJson = descriptor(kOciManifest);

// {"schemaVersion":2, <members>}
std::string document(std::string_view members) {
  return std::string("{\"schemaVersion\":2,").append(members).append("}");
}
std::string manifest(std::string_view more = {}) {
  return document(std::string("\"config\":")
                      .append(kConfigJson)
                      .append(",\"layers\":[")
                      .append(kLayerJson)
                      .append("]")
                      .append(more));
}
std::string index(std::string_view more = {}) {
  return document(std::string("\"manifests\":[").append(kManifestJson).append("]").append(more));
}

std::string manifest_outcome(std::string_view text, std::string_view media_type = kOciManifest) {
  return outcome(parse_manifest(text, media_type, "m"));
}
std::string index_outcome(std::string_view text, std::string_view media_type = kOciIndex) {
  return outcome(parse_index(text, media_type, "i"));
}

TEST(ParseManifest, ReadsConfigAndLayersInOrder) {
  const auto parsed = parse_manifest(document("\"config\":" + kConfigJson + ",\"layers\":[" + kLayerJson +
                                              "," + descriptor(kOciLayerZstd) + "]"),
                                     kOciManifest, "m");
  ASSERT_EQ(outcome(parsed), "ok");
  EXPECT_EQ(parsed->config.media_type, kOciConfig);
  ASSERT_EQ(parsed->layers.size(), 2u);
  EXPECT_EQ(parsed->layers[0].media_type, kOciLayerGzip);
  EXPECT_EQ(parsed->layers[1].media_type, kOciLayerZstd);
  EXPECT_EQ(parsed->layers[1].digest, Digest::of("x"));
}

TEST(ParseManifest, CopesWithNoLayers) {
  EXPECT_EQ(manifest_outcome(document("\"config\":" + kConfigJson + ",\"layers\":[]")), "ok");
}

TEST(ParseManifest, DemandsConfigAndLayers) {
  EXPECT_EQ(manifest_outcome(document("\"layers\":[]")), "invalid_argument");
  EXPECT_EQ(manifest_outcome(document("\"config\":" + kConfigJson)), "invalid_argument");
  EXPECT_EQ(manifest_outcome(document("\"config\":" + kConfigJson + ",\"layers\":{}")), "invalid_argument");
  EXPECT_EQ(manifest_outcome(document("\"config\":[],\"layers\":[]")), "invalid_argument");
  EXPECT_EQ(manifest_outcome("[]"), "invalid_argument");
  EXPECT_EQ(manifest_outcome(""), "invalid_argument");
}

TEST(ParseManifest, SchemaVersionIsTwo) {
  EXPECT_EQ(manifest_outcome(manifest()), "ok");
  const std::string rest = "\"config\":" + kConfigJson + ",\"layers\":[]}";
  for (const char* version : {"", "\"schemaVersion\":0,", "\"schemaVersion\":3,", "\"schemaVersion\":\"2\",",
                              "\"schemaVersion\":2.0,", "\"schemaVersion\":null,"}) {
    EXPECT_EQ(manifest_outcome("{" + std::string(version) + rest), "invalid_argument") << version;
  }
}

TEST(ParseManifest, OwnMediaTypeMustBeTheOneItWasFoundBy) {
  const std::string oci = manifest(",\"mediaType\":\"" + std::string(kOciManifest) + "\"");
  const std::string docker = manifest(",\"mediaType\":\"" + std::string(kDockerManifest) + "\"");
  EXPECT_EQ(manifest_outcome(oci, kOciManifest), "ok");
  EXPECT_EQ(manifest_outcome(docker, kDockerManifest), "ok");
  EXPECT_EQ(manifest_outcome(oci, kDockerManifest), "invalid_argument");
  EXPECT_EQ(manifest_outcome(docker, kOciManifest), "invalid_argument");
  EXPECT_EQ(manifest_outcome(manifest(",\"mediaType\":\"" + std::string(kOciIndex) + "\"")),
            "invalid_argument");
  EXPECT_EQ(manifest_outcome(manifest(",\"mediaType\":2")), "invalid_argument");
}

TEST(ParseManifest, FoundByATypeOfAnotherKindIsRefused) {
  EXPECT_EQ(manifest_outcome(manifest(), kOciIndex), "invalid_argument");
  EXPECT_EQ(manifest_outcome(manifest(), "application/json"), "invalid_argument");
}

TEST(ParseManifest, RefusesToBeAnIndexToo) {
  EXPECT_EQ(manifest_outcome(manifest(",\"manifests\":[]")), "invalid_argument");
  EXPECT_EQ(manifest_outcome(manifest(",\"manifests\":null")), "invalid_argument");
  EXPECT_EQ(manifest_outcome(manifest(",\"fsLayers\":[]")), "invalid_argument");
}

TEST(ParseManifest, NamesSchema1) {
  const std::string schema1 = R"({"schemaVersion":1,"name":"a","fsLayers":[],"history":[]})";
  EXPECT_EQ(manifest_outcome(schema1), "unsupported");
  EXPECT_EQ(manifest_outcome(schema1, "application/vnd.docker.distribution.manifest.v1+prettyjws"),
            "unsupported");
  EXPECT_EQ(manifest_outcome(R"({"fsLayers":[]})"), "unsupported");
  EXPECT_EQ(manifest_outcome(manifest(), "application/vnd.docker.distribution.manifest.v1+json"),
            "unsupported");
  const auto parsed = parse_manifest(schema1, kOciManifest, "m");
  EXPECT_NE(parsed.error().to_string().find("docker schema 1"), std::string::npos);
}

TEST(ParseManifest, RefusesAmbiguousJson) {
  EXPECT_EQ(manifest_outcome(manifest(",\"layers\":[]")), "invalid_argument") << "duplicate name";
  EXPECT_EQ(manifest_outcome(manifest(",\"Layers\":[]")), "invalid_argument") << "twin in another case";
  EXPECT_EQ(manifest_outcome(document("\"config\":" + kConfigJson + ",\"Layers\":[]")), "invalid_argument");
  EXPECT_EQ(manifest_outcome("\xef\xbb\xbf" + manifest()), "invalid_argument") << "byte-order mark";
  EXPECT_EQ(manifest_outcome(manifest() + "x"), "invalid_argument") << "trailing bytes";
}

TEST(ParseManifest, ChecksEveryDescriptor) {
  const std::string bad = R"({"mediaType":"a/b","digest":"sha256:x","size":1})";
  EXPECT_EQ(manifest_outcome(document("\"config\":" + bad + ",\"layers\":[]")), "invalid_argument");
  const auto parsed =
      parse_manifest(document("\"config\":" + kConfigJson + ",\"layers\":[" + kLayerJson + "," + bad + "]"),
                     kOciManifest, "m");
  ASSERT_EQ(outcome(parsed), "invalid_argument");
  EXPECT_EQ(parsed.error().to_string().rfind("manifest \"m\": layer \"1\": ", 0), 0u)
      << parsed.error().to_string();
}

TEST(ParseManifest, InlineDataMustBeTheContent) {
  const std::string good = descriptor(kOciConfig, ",\"data\":\"eA==\"");
  const std::string wrong = descriptor(kOciConfig, ",\"data\":\"eQ==\"");
  EXPECT_EQ(manifest_outcome(document("\"config\":" + good + ",\"layers\":[]")), "ok");
  EXPECT_EQ(manifest_outcome(document("\"config\":" + wrong + ",\"layers\":[]")), "digest_mismatch");
  EXPECT_EQ(manifest_outcome(document("\"config\":" + kConfigJson + ",\"layers\":[" + wrong + "]")),
            "digest_mismatch");
}

TEST(ParseManifest, BoundsLayersAndBytes) {
  const std::string head = "\"config\":" + kConfigJson + ",\"layers\":[";
  EXPECT_EQ(manifest_outcome(document(head + repeated(kLayerJson, kMaxChildren) + "]")), "ok");
  EXPECT_EQ(manifest_outcome(document(head + repeated(kLayerJson, kMaxChildren + 1) + "]")), "too_large");
  EXPECT_EQ(manifest_outcome(manifest() + std::string(kMaxDocumentBytes, ' ')), "too_large");
}

TEST(ParseIndex, ReadsEntriesInOrderWithPlatforms) {
  const auto parsed =
      parse_index(document("\"manifests\":[" +
                           descriptor(kOciManifest, R"(,"platform":{"os":"linux","architecture":"amd64"})") +
                           "," + descriptor(kDockerManifestList, R"(,"annotations":{"a":"b"})") + "," +
                           descriptor("text/plain") + "]"),
                  kOciIndex, "i");
  ASSERT_EQ(outcome(parsed), "ok");
  ASSERT_EQ(parsed->manifests.size(), 3u);
  EXPECT_EQ(parsed->manifests[0].platform, (Platform{"linux", "amd64"}));
  EXPECT_EQ(parsed->manifests[1].platform, std::nullopt);
  EXPECT_EQ(parsed->manifests[1].descriptor.annotations.at("a"), "b");
  EXPECT_EQ(parsed->manifests[2].descriptor.media_type, "text/plain");
}

TEST(ParseIndex, MayBeEmptyAndMayRepeatADigest) {
  EXPECT_EQ(index_outcome(document("\"manifests\":[]")), "ok");
  EXPECT_EQ(index_outcome(document("\"manifests\":[" + repeated(kManifestJson, 2) + "]")), "ok");
}

TEST(ParseIndex, DemandsManifests) {
  EXPECT_EQ(index_outcome(R"({"schemaVersion":2})"), "invalid_argument");
  EXPECT_EQ(index_outcome(document("\"manifests\":null")), "invalid_argument");
}

TEST(ParseIndex, OwnMediaTypeMustBeTheOneItWasFoundBy) {
  const std::string list = index(",\"mediaType\":\"" + std::string(kDockerManifestList) + "\"");
  EXPECT_EQ(index_outcome(index()), "ok");
  EXPECT_EQ(index_outcome(list, kDockerManifestList), "ok");
  EXPECT_EQ(index_outcome(list, kOciIndex), "invalid_argument");
  EXPECT_EQ(index_outcome(index(), kOciManifest), "invalid_argument");
}

TEST(ParseIndex, RefusesToBeAManifestToo) {
  EXPECT_EQ(index_outcome(index(",\"config\":" + kConfigJson)), "invalid_argument");
  EXPECT_EQ(index_outcome(index(",\"layers\":[]")), "invalid_argument");
  EXPECT_EQ(index_outcome(index(",\"fsLayers\":[]")), "invalid_argument");
}

TEST(ParseIndex, RefusesAPlatformThatIsNone) {
  EXPECT_EQ(index_outcome(
                document("\"manifests\":[" +
                         descriptor(kOciManifest, R"(,"platform":{"os":"../x","architecture":"a"})") + "]")),
            "invalid_argument");
}

TEST(ParseIndex, BoundsEntries) {
  EXPECT_EQ(index_outcome(document("\"manifests\":[" + repeated(kManifestJson, kMaxChildren) + "]")), "ok");
  EXPECT_EQ(index_outcome(document("\"manifests\":[" + repeated(kManifestJson, kMaxChildren + 1) + "]")),
            "too_large");
}

TEST(ParseIndex, NamesSchema1) {
  EXPECT_EQ(index_outcome(R"({"schemaVersion":1,"manifests":[]})"), "unsupported");
}

}  // namespace
}  // namespace bayplan::images
