#include "manifest_answer.h"

#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";

HeaderFields fields(const std::vector<std::pair<std::string_view, std::string>>& values) {
  HeaderFields made;
  for (const auto& [name, value] : values) {
    made.add_line(std::string(name) + ": " + value + "\r\n");
  }
  return made;
}

std::string document(std::string_view type) {
  return R"({"schemaVersion":2,"mediaType":")" + std::string(type) + R"("})";
}

Errc code_of(const HeaderFields& head, const std::string& bytes, const images::ManifestName& name = "tag") {
  const auto read = read_manifest(head, bytes, name);
  return read ? Errc{} : read.error().code();
}

TEST(ManifestAnswer, BytesTypeAndDigestAgree) {
  const std::string bytes = document(kManifest);
  const auto read = read_manifest(fields({{"Content-Type", std::string(kManifest) + "; charset=utf-8"},
                                          {"Docker-Content-Digest", Digest::of(bytes).to_string()}}),
                                  bytes, Digest::of(bytes));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->descriptor.media_type, kManifest);
  EXPECT_EQ(read->descriptor.size, bytes.size());
  EXPECT_EQ(read->descriptor.digest, Digest::of(bytes));
  EXPECT_EQ(read->bytes, bytes);
}

TEST(ManifestAnswer, DocumentSaysItsTypeWhereTheServerDoesNot) {
  const std::string bytes = document(kIndex);
  EXPECT_EQ(
      read_manifest(fields({{"Content-Type", "application/json"}}), bytes, "tag")->descriptor.media_type,
      kIndex);
  EXPECT_EQ(read_manifest({}, bytes, "tag")->descriptor.media_type, kIndex);
  EXPECT_EQ(code_of({}, R"({"schemaVersion":2})"), Errc::unsupported);
}

TEST(ManifestAnswer, AskedForBySha512) {
  const std::string bytes = document(kManifest);
  const Digest wide = Digest::of(bytes, DigestAlgorithm::sha512);
  const auto read =
      read_manifest(fields({{"Docker-Content-Digest", Digest::of(bytes).to_string()}}), bytes, wide);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->descriptor.digest, wide);
  EXPECT_EQ(code_of({}, bytes, Digest::of("other", DigestAlgorithm::sha512)), Errc::digest_mismatch);
}

TEST(ManifestAnswer, ContradictionsAreRefused) {
  const std::string bytes = document(kManifest);
  const std::string other = Digest::of("other").to_string();
  EXPECT_EQ(code_of({}, bytes, Digest::of("other")), Errc::digest_mismatch);
  EXPECT_EQ(code_of(fields({{"Docker-Content-Digest", other}}), bytes), Errc::digest_mismatch);
  EXPECT_EQ(code_of(fields({{"Docker-Content-Digest", "sha256:../../x"}}), bytes), Errc::corrupt);
  EXPECT_EQ(code_of(fields({{"Docker-Content-Digest", "sha384:" + std::string(96, 'a')}}), bytes), Errc{});
  EXPECT_EQ(code_of(fields({{"Content-Type", std::string(kIndex)}}), bytes), Errc::corrupt);
  EXPECT_EQ(code_of(fields({{"Content-Type", "text/html"}}), bytes), Errc::unsupported);
  EXPECT_EQ(code_of(fields({{"Content-Type", std::string(kManifest)}}), "\x1f\x8b not JSON"),
            Errc::invalid_argument);
}

TEST(ManifestAnswer, Schema1IsRefusedByTypeAndByVersion) {
  const auto by_type = read_manifest(
      fields({{"Content-Type", "application/vnd.docker.distribution.manifest.v1+prettyjws"}}), "{}", "tag");
  ASSERT_FALSE(by_type);
  EXPECT_NE(by_type.error().to_string().find("schema 1"), std::string::npos);
  EXPECT_EQ(code_of(fields({{"Content-Type", "application/json"}}), R"({"schemaVersion":1,"fsLayers":[]})"),
            Errc::unsupported);
}

TEST(ManifestAnswer, HeadTellsADescriptorOrNothing) {
  const std::string digest = Digest::of("x").to_string();
  const std::string type(kManifest);
  const auto whole = read_head(
      fields({{"Content-Type", type}, {"Docker-Content-Digest", digest}, {"Content-Length", "7"}}), "tag");
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ((*whole)->size, 7u);
  for (const auto& partial : {fields({{"Content-Type", type}, {"Docker-Content-Digest", digest}}),
                              fields({{"Content-Type", type}, {"Content-Length", "7"}}),
                              fields({{"Docker-Content-Digest", digest}, {"Content-Length", "7"}})}) {
    const auto nothing = read_head(partial, "tag");
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(*nothing);
  }
}

TEST(ManifestAnswer, HeadIsCheckedToo) {
  const std::string digest = Digest::of("x").to_string();
  const std::string type(kManifest);
  const auto code = [](const HeaderFields& head, const images::ManifestName& name) {
    return read_head(head, name).error().code();
  };
  EXPECT_EQ(code(fields({{"Docker-Content-Digest", digest}}), Digest::of("y")), Errc::digest_mismatch);
  EXPECT_EQ(code(fields({{"Docker-Content-Digest", "sha256:../../x"}}), "tag"), Errc::corrupt);
  EXPECT_EQ(
      code(fields(
               {{"Content-Type", type}, {"Docker-Content-Digest", digest}, {"Content-Length", "104857600"}}),
           "tag"),
      Errc::too_large);
}

}  // namespace
}  // namespace bayplan::registry
