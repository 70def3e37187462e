#include "bayplan/images/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "media_type.h"
#include "support/image_builder.h"
#include "support/temp_dir.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using test::ImagePlatform;
using test::IndexEntry;
using test::outcome;
using testing::HasSubstr;

constexpr std::string_view kNs = "default";
const Platform kAmd64{"linux", "amd64"};
const Platform kArm64{"linux", "arm64"};

class ResolveTest : public testing::Test {
 protected:
  static Descriptor describe(std::string_view content, std::string_view media_type) {
    return {std::string(media_type), Digest::of(content), content.size()};
  }

  /// Publishes and records `content`.
  Descriptor put(std::string_view content, std::string_view media_type, std::string_view ns = kNs) {
    auto ingest = store_.blobs().ingest();
    EXPECT_EQ(outcome(ingest->write(as_bytes(content))), "ok");
    auto ready = std::move(*ingest).finish();
    EXPECT_EQ(outcome(ready), "ok");
    EXPECT_EQ(outcome(store_.db().update([&](WriteTx& tx) {
                return content::add(tx, ns, std::move(ready).value(), {}, metadata::referred());
              })),
              "ok");
    return describe(content, media_type);
  }
  /// Removes the record of a blob; its bytes stay.
  void forget(const Digest& digest) {
    ASSERT_EQ(outcome(store_.db().update([&](WriteTx& tx) { return content::remove(tx, kNs, digest); })),
              "ok");
  }
  std::filesystem::path path_of(const Digest& digest) const {
    return dir_.path() / "store/content/blobs/sha256" / digest.hex();
  }

  static std::vector<Digest> diff_ids(std::size_t count) {
    std::vector<Digest> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(Digest::of("layer " + std::to_string(i)));
    return ids;
  }
  static std::vector<Descriptor> layers(std::size_t count) {
    std::vector<Descriptor> layers;
    for (std::size_t i = 0; i < count; ++i)
      layers.push_back(describe("blob " + std::to_string(i), kOciLayerGzip));
    return layers;
  }
  static std::string config_of(std::size_t layer_count, const ImagePlatform& platform = {}) {
    return test::config_json(diff_ids(layer_count), platform);
  }
  /// Records config and manifest, not the layers.
  Descriptor put_image(const ImagePlatform& platform = {}, std::size_t layer_count = 2) {
    const Descriptor config = put(config_of(layer_count, platform), kOciConfig);
    return put(test::manifest_json(config, layers(layer_count), kOciManifest), kOciManifest);
  }
  Descriptor put_index(const std::vector<IndexEntry>& entries) {
    return put(test::index_json(entries), kOciIndex);
  }

  void tag(std::string_view name, const Descriptor& target) {
    ASSERT_EQ(outcome(store_.db().update([&](WriteTx& tx) {
                return create(tx, kNs, {std::string(name), target, {}});
              })),
              "ok");
  }
  Result<ResolvedImage> resolved(std::string_view name, const std::optional<Platform>& platform = {}) {
    return store_.db().view([&](const ReadTx& tx) { return resolve(store_, tx, kNs, name, platform); });
  }
  /// resolved() of an image with this target.
  Result<ResolvedImage> resolved_target(const Descriptor& target,
                                        const std::optional<Platform>& platform = {}) {
    ignore_error(store_.db().update([&](WriteTx& tx) { return remove(tx, kNs, "target"); }),
                 "it may be the first");
    tag("target", target);
    return resolved("target", platform);
  }
  Result<Image> found(std::string_view name) {
    return store_.db().view([&](const ReadTx& tx) { return find(tx, kNs, name); });
  }

  test::TempDir dir_;
  Store store_ = Store::open(dir_.path() / "store", {.snapshotter = "native"}).value();
};

TEST_F(ResolveTest, FindsByExactNameFirst) {
  const Descriptor target = describe("x", kOciManifest);
  tag("alpine", target);
  tag("docker.io/library/alpine:latest", target);
  tag("not a reference", target);
  EXPECT_EQ(found("alpine")->name, "alpine");
  EXPECT_EQ(found("not a reference")->name, "not a reference");
  EXPECT_EQ(found("alpine:latest")->name, "docker.io/library/alpine:latest");
}

TEST_F(ResolveTest, FindsByTheCanonicalFormOfAReference) {
  tag("docker.io/library/alpine:3", describe("x", kOciManifest));
  for (const char* text :
       {"alpine:3", "library/alpine:3", "docker.io/alpine:3", "index.docker.io/alpine:3"}) {
    EXPECT_EQ(outcome(found(text)), "ok") << text;
  }
  for (const char* text : {"alpine", "alpine:4", "quay.io/alpine:3", "Alpine:3", ""}) {
    const auto image = found(text);
    ASSERT_EQ(outcome(image), "not_found") << text;
    EXPECT_EQ(image.error().name(), text);
  }
}

TEST_F(ResolveTest, AnswersManifestConfigAndChain) {
  const Descriptor manifest = put_image();
  tag("a", manifest);
  const auto image = resolved("a");
  ASSERT_EQ(outcome(image), "ok");
  EXPECT_EQ(image->image.name, "a");
  EXPECT_EQ(image->manifest, manifest);
  EXPECT_EQ(image->document.layers, layers(2));
  EXPECT_EQ(image->config.diff_ids, diff_ids(2));
  EXPECT_EQ(image->id(), Digest::of(config_of(2)));
  EXPECT_EQ(image->chain_id, chain_ids(diff_ids(2)).back());
}

TEST_F(ResolveTest, AnImageWithoutLayersHasNoChain) {
  const auto image = resolved_target(put_image({}, 0));
  ASSERT_EQ(outcome(image), "ok");
  EXPECT_EQ(image->chain_id, std::nullopt);
}

TEST_F(ResolveTest, ReadsDockersTypesAsWell) {
  const Descriptor config = put(config_of(1), kDockerConfig);
  const Descriptor manifest = put(
      test::manifest_json(config, {describe("blob", kDockerLayerGzip)}, kDockerManifest), kDockerManifest);
  EXPECT_EQ(outcome(resolved_target(manifest)), "ok");
}

TEST_F(ResolveTest, ChoosesByPlatform) {
  const Descriptor amd64 = put_image({"linux", "amd64"});
  const Descriptor arm64 = put_image({"linux", "arm64"});
  const Descriptor index = put_index({{amd64, ImagePlatform{"linux", "amd64"}}, {arm64, std::nullopt}});
  EXPECT_EQ(resolved_target(index, kAmd64)->manifest.digest, amd64.digest);
  EXPECT_EQ(resolved_target(index, kArm64)->manifest.digest, arm64.digest);
  const auto none = resolved_target(index, Platform{"linux", "s390x"});
  ASSERT_EQ(outcome(none), "not_found");
  EXPECT_THAT(none.error().to_string(),
              HasSubstr("no manifest for linux/s390x; there is linux/amd64, linux/arm64"));
}

TEST_F(ResolveTest, TheHostsPlatformWithoutAWish) {
  const Platform host = host_platform();
  const ImagePlatform here{host.os, host.architecture, host.variant};
  const Descriptor manifest = put_image(here);
  const Descriptor index =
      put_index({{put_image({"plan9", "mips"}), ImagePlatform{"plan9", "mips"}}, {manifest, here}});
  EXPECT_EQ(resolved_target(index)->manifest.digest, manifest.digest);
}

TEST_F(ResolveTest, ASingleManifestIsTakenUnlessAnotherPlatformIsAskedFor) {
  const Descriptor manifest = put_image({"plan9", "mips"});
  EXPECT_EQ(outcome(resolved_target(manifest)), "ok");
  EXPECT_EQ(outcome(resolved_target(manifest, Platform{"plan9", "mips"})), "ok");
  EXPECT_EQ(outcome(resolved_target(manifest, kAmd64)), "not_found");
}

TEST_F(ResolveTest, WalksNestedIndexes) {
  const Descriptor manifest = put_image({"linux", "arm64"});
  const Descriptor inner = put_index({{manifest, std::nullopt}});
  EXPECT_EQ(resolved_target(put_index({{inner, std::nullopt}}), kArm64)->manifest.digest, manifest.digest);
}

TEST_F(ResolveTest, SiblingsMayBeAbsent) {
  const Descriptor manifest = put_image({"linux", "arm64"});
  const Descriptor index = put_index({{describe("gone index", kOciIndex), std::nullopt},
                                      {describe("gone manifest", kOciManifest), std::nullopt},
                                      {describe("gone amd64", kOciManifest), ImagePlatform{"linux", "amd64"}},
                                      {manifest, std::nullopt}});
  EXPECT_EQ(outcome(resolved_target(index, kArm64)), "ok");
  const auto absent = resolved_target(index, kAmd64);
  ASSERT_EQ(outcome(absent), "not_found");
  EXPECT_THAT(absent.error().to_string(), HasSubstr(Digest::of("gone amd64").to_string()));
}

TEST_F(ResolveTest, WhatIsNotRecordedInTheNamespaceIsAbsent) {
  const Descriptor manifest = put_image();
  EXPECT_EQ(outcome(resolved("nothing")), "not_found");
  forget(Digest::of(config_of(2)));
  EXPECT_EQ(outcome(resolved_target(manifest)), "not_found");
  forget(manifest.digest);
  const auto absent = resolved_target(manifest);
  ASSERT_EQ(outcome(absent), "not_found");
  EXPECT_THAT(absent.error().to_string(), HasSubstr(manifest.digest.to_string()));
  EXPECT_EQ(outcome(resolved_target(describe("gone", kOciIndex))), "not_found");
}

TEST_F(ResolveTest, BytesOfAnotherNamespaceAreNotReached) {
  const std::string config = config_of(1);
  put(config, kOciConfig, "other");
  const Descriptor manifest =
      put(test::manifest_json(describe(config, kOciConfig), layers(1), kOciManifest), kOciManifest);
  EXPECT_EQ(outcome(resolved_target(manifest)), "not_found");
}

TEST_F(ResolveTest, ArtifactsAreUnsupported) {
  const Descriptor helm = put("{}", "application/vnd.cncf.helm.config.v1+json");
  const auto artifact = resolved_target(put(test::manifest_json(helm, {}, kOciManifest), kOciManifest));
  ASSERT_EQ(outcome(artifact), "unsupported");
  EXPECT_THAT(artifact.error().to_string(), HasSubstr("application/vnd.cncf.helm.config.v1+json"));
  EXPECT_EQ(outcome(resolved_target(put("text", "text/plain"))), "unsupported");
  EXPECT_EQ(outcome(resolved_target(put("l", kOciLayer))), "unsupported");
}

TEST_F(ResolveTest, Schema1IsNamed) {
  const auto by_type = resolved_target(put("s", "application/vnd.docker.distribution.manifest.v1+prettyjws"));
  ASSERT_EQ(outcome(by_type), "unsupported");
  EXPECT_THAT(by_type.error().to_string(), HasSubstr("docker schema 1"));
  EXPECT_EQ(outcome(resolved_target(put(R"({"schemaVersion":1,"fsLayers":[]})", kDockerManifest))),
            "unsupported");
}

TEST_F(ResolveTest, SizesMustAgree) {
  Descriptor manifest = put_image();
  manifest.size += 1;
  EXPECT_EQ(outcome(resolved_target(manifest)), "digest_mismatch");
  manifest.size = std::uint64_t{1} << 62;
  EXPECT_EQ(outcome(resolved_target(manifest)), "too_large");
  Descriptor config = put(config_of(1), kOciConfig);
  config.size -= 1;
  EXPECT_EQ(outcome(resolved_target(put(test::manifest_json(config, layers(1), kOciManifest), kOciManifest))),
            "digest_mismatch");
}

TEST_F(ResolveTest, BytesChangedOnDiskAreNoticed) {
  const Descriptor manifest = put_image();
  const auto path = path_of(manifest.digest);
  std::filesystem::remove(path);
  std::ofstream(path) << std::string(manifest.size, ' ');
  EXPECT_EQ(outcome(resolved_target(manifest)), "digest_mismatch");
}

TEST_F(ResolveTest, ConfigAndManifestMustAgreeOnTheNumberOfLayers) {
  const Descriptor config = put(config_of(3), kOciConfig);
  const auto image = resolved_target(put(test::manifest_json(config, layers(2), kOciManifest), kOciManifest));
  ASSERT_EQ(outcome(image), "invalid_argument");
  EXPECT_THAT(image.error().to_string(), HasSubstr("names 3 layers, the manifest 2"));
}

TEST_F(ResolveTest, DocumentsThatContradictThemselvesAreRefused) {
  EXPECT_EQ(outcome(resolved_target(put(test::index_json({}), kOciManifest))), "invalid_argument");
  EXPECT_EQ(outcome(resolved_target(put("not JSON", kOciIndex))), "invalid_argument");
  const Descriptor config = put(R"({"os":"linux"})", kOciConfig);
  EXPECT_EQ(outcome(resolved_target(put(test::manifest_json(config, {}, kOciManifest), kOciManifest))),
            "invalid_argument");
}

TEST_F(ResolveTest, BoundsTheDepthOfIndexes) {
  Descriptor at = put_image({"linux", "amd64"});
  for (std::size_t i = 0; i < kMaxIndexDepth; ++i) at = put_index({{at, std::nullopt}});
  EXPECT_EQ(outcome(resolved_target(at, kAmd64)), "ok");
  EXPECT_EQ(outcome(resolved_target(put_index({{at, std::nullopt}}), kAmd64)), "too_large");
}

TEST_F(ResolveTest, BoundsTheBytesOfAllDocuments) {
  constexpr std::size_t kEach = std::size_t{4} << 20;
  std::vector<IndexEntry> entries;
  for (std::size_t i = 0; i <= kMaxGraphBytes / kEach; ++i) {
    std::string padded = test::index_json({});
    padded += std::string(kEach - padded.size() - i, ' ');
    entries.push_back({put(padded, kOciIndex), std::nullopt});
  }
  EXPECT_EQ(outcome(resolved_target(put_index(entries), kAmd64)), "too_large");
  entries.pop_back();
  entries.pop_back();
  EXPECT_EQ(outcome(resolved_target(put_index(entries), kAmd64)), "not_found") << "within the limits";
}

TEST_F(ResolveTest, ErrorsNameTheImage) {
  tag("docker.io/library/a:latest", describe("gone", kOciManifest));
  const auto image = resolved("a");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().to_string().rfind("image \"docker.io/library/a:latest\": ", 0), 0u);
}

}  // namespace
}  // namespace bayplan::images
