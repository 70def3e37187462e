#include "graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "outcome.h"
#include "support/image_builder.h"

namespace bayplan::images {
namespace {

using test::ImagePlatform;
using test::IndexEntry;
using test::LayoutBuilder;
using test::outcome;
using testing::Contains;
using testing::Pair;

constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";

// A layout in memory.
class FakeSource final : public ImageSource {
 public:
  explicit FakeSource(LayoutBuilder& layout) : layout_(layout) {}

  Result<std::optional<std::uint64_t>> size(const Descriptor& descriptor) const override {
    const auto found = layout_.files().find(LayoutBuilder::blob_name(descriptor.digest));
    if (found == layout_.files().end()) return std::optional<std::uint64_t>();
    return std::optional<std::uint64_t>(found->second.size());
  }
  Result<std::string> document(const Descriptor& descriptor) const override {
    reads += 1;
    const std::string& bytes = layout_.files().at(LayoutBuilder::blob_name(descriptor.digest));
    BAYPLAN_TRY(check_document(descriptor, bytes));
    return bytes;
  }
  Result<std::unique_ptr<ByteSource>> open(const Descriptor&) const override {
    return Error(Errc::unsupported, "fake", {});
  }
  mutable int reads = 0;

 private:
  LayoutBuilder& layout_;
};

struct GraphTest : testing::Test {
  Result<void> walk(const Descriptor& target) { return walk_graph(graph, source, target, cancel); }
  Result<std::optional<ChosenManifest>> choose(const Descriptor& target,
                                               const std::optional<Platform>& platform = {}) {
    BAYPLAN_TRY(walk(target));
    return choose_manifest(graph, source, target, platform);
  }
  const Labels& labels_of(const Descriptor& descriptor) { return graph.nodes.at(descriptor.digest).labels; }
  void forget(const Descriptor& blob) { layout.files().erase(LayoutBuilder::blob_name(blob.digest)); }
  Manifest parsed(const Descriptor& manifest) {
    return parse_manifest(layout.files().at(LayoutBuilder::blob_name(manifest.digest)), manifest.media_type,
                          "test")
        .value();
  }

  LayoutBuilder layout;
  FakeSource source{layout};
  Graph graph;
  CancelToken cancel;
};

TEST_F(GraphTest, FindsEverythingAndTiesItTogetherForTheCollector) {
  const Descriptor image = layout.image({"first", "second"});
  const Descriptor index = layout.index({{image}, {layout.blob("other", "application/xml")}});
  ASSERT_EQ(outcome(walk(index)), "ok");
  EXPECT_EQ(graph.nodes.size(), 6u);
  const Manifest manifest = parsed(image);
  EXPECT_EQ(labels_of(image),
            (Labels{{"containerd.io/gc.ref.content.config", manifest.config.digest.to_string()},
                    {"containerd.io/gc.ref.content.l.0", manifest.layers[0].digest.to_string()},
                    {"containerd.io/gc.ref.content.l.1", manifest.layers[1].digest.to_string()}}));
  EXPECT_EQ(labels_of(index),
            (Labels{{"containerd.io/gc.ref.content.m.0", image.digest.to_string()},
                    {"containerd.io/gc.ref.content.m.1", Digest::of("other").to_string()}}));
  EXPECT_TRUE(labels_of(manifest.layers[0]).empty());
}

TEST_F(GraphTest, AnnotationsOfADescriptorBecomeNoLabels) {
  Descriptor image = layout.image({"x"});
  image.annotations = {{"containerd.io/gc.root", "now"},
                       {"containerd.io/gc.ref.content.x", Digest::of("v").to_string()}};
  const Descriptor index = layout.index({{image}});
  ASSERT_EQ(outcome(walk(index)), "ok");
  for (const auto& [digest, node] : graph.nodes) {
    EXPECT_FALSE(node.labels.contains("containerd.io/gc.root"));
    EXPECT_FALSE(node.labels.contains("containerd.io/gc.ref.content.x"));
  }
}

TEST_F(GraphTest, AbsentChildrenAreTolerated) {
  const Descriptor here = layout.image({"x"});
  const Descriptor gone = layout.image({"y"});
  forget(gone);
  const Descriptor index = layout.index({{here}, {gone}});
  ASSERT_EQ(outcome(walk(index)), "ok");
  EXPECT_FALSE(graph.nodes.at(gone.digest).present);
  EXPECT_TRUE(graph.nodes.at(here.digest).present);
  EXPECT_THAT(labels_of(index), Contains(Pair("containerd.io/gc.ref.content.m.1", gone.digest.to_string())));
}

TEST_F(GraphTest, AnAbsentTargetIsNotFound) {
  const Descriptor gone = layout.image({"y"});
  forget(gone);
  EXPECT_EQ(outcome(walk(gone)), "not_found");
}

TEST_F(GraphTest, ASizeThatLiesIsAMismatchWhereverItIs) {
  Descriptor image = layout.image({"x"});
  image.size += 1;
  EXPECT_EQ(outcome(walk(image)), "digest_mismatch");

  const Descriptor config = layout.blob(test::config_json({Digest::of("x")}), kConfig);
  Descriptor layer = layout.blob("x", "application/vnd.oci.image.layer.v1.tar");
  layer.size = 0;
  const Descriptor manifest = layout.blob(test::manifest_json(config, {layer}, kManifest), kManifest);
  EXPECT_EQ(outcome(walk(manifest)), "digest_mismatch");
}

TEST_F(GraphTest, ADocumentThatIsNotItsDigestIsNotParsed) {
  const Descriptor image = layout.image({"x"});
  std::string& bytes = layout.files().at(LayoutBuilder::blob_name(image.digest));
  bytes.front() = '!';
  EXPECT_EQ(outcome(walk(image)), "digest_mismatch");
}

TEST_F(GraphTest, ADocumentIsReadOnceHoweverOftenItIsNamed) {
  Descriptor next = layout.image({"x"});
  for (int i = 0; i < 6; ++i) next = layout.index(std::vector<IndexEntry>(10, IndexEntry{next}));
  ASSERT_EQ(outcome(walk(next)), "ok");
  EXPECT_EQ(source.reads, 7);
}

TEST_F(GraphTest, OneDocumentUnderTwoMediaTypesIsReadAsBoth) {
  const Descriptor image = layout.image({"x"});
  Descriptor twin = image;
  twin.media_type = kDockerManifest;
  EXPECT_EQ(outcome(walk(layout.index({{image}, {twin}}))), "invalid_argument");  // it calls itself OCI's
  Descriptor as_index = image;
  as_index.media_type = kIndex;
  EXPECT_EQ(outcome(walk(layout.index({{image}, {as_index}}))), "invalid_argument");
}

TEST_F(GraphTest, DockerSchema1IsUnsupportedWhereverItIs) {
  const Descriptor schema1 = layout.blob("{}", "application/vnd.docker.distribution.manifest.v1+prettyjws");
  EXPECT_EQ(outcome(walk(schema1)), "unsupported");
  EXPECT_EQ(outcome(walk(layout.index({{schema1}}))), "unsupported");
}

TEST_F(GraphTest, IndexesNestOnlySoDeep) {
  Descriptor next = layout.image({"x"});
  for (std::size_t i = 0; i < kMaxIndexDepth; ++i) next = layout.index({{next}});
  EXPECT_EQ(outcome(walk(next)), "ok");
  EXPECT_EQ(outcome(walk(layout.index({{next}}))), "ok");  // what was walked before is not walked again
  graph = {};
  EXPECT_EQ(outcome(walk(layout.index({{next}}))), "too_large");
}

TEST_F(GraphTest, ImagesNestedInOneAnotherByWalksAreStillTooDeepToChooseFrom) {
  Descriptor next = layout.image({"x"});
  for (std::size_t i = 0; i < kMaxIndexDepth; ++i) next = layout.index({{next}});
  ASSERT_EQ(outcome(walk(next)), "ok");
  EXPECT_EQ(outcome(choose(layout.index({{next}}))), "too_large");
}

TEST_F(GraphTest, DocumentsOfAnImageHaveALimitTogether) {
  std::vector<IndexEntry> entries;
  const Descriptor config = layout.blob("{}", kConfig);
  for (int i = 0; i < 20; ++i) {
    std::string json = test::manifest_json(config, {}, kManifest);
    json.append(kMaxDocumentBytes - json.size() - static_cast<std::size_t>(i), ' ');
    entries.push_back({layout.blob(json, kManifest)});
  }
  EXPECT_EQ(outcome(walk(layout.index(entries))), "too_large");
}

TEST_F(GraphTest, BlobsOfAnImageHaveALimit) {
  std::vector<IndexEntry> entries;
  for (std::size_t m = 0; m * (kMaxChildren - 1) <= kMaxGraphNodes; ++m) {
    std::vector<Descriptor> layers;
    for (std::size_t i = 0; i < kMaxChildren - 1; ++i) {
      layers.push_back(
          {"application/vnd.oci.image.layer.v1.tar", Digest::of(std::to_string(m * kMaxChildren + i)), 1});
    }
    const Descriptor config = layout.blob("{}", kConfig);
    entries.push_back({layout.blob(test::manifest_json(config, layers, kManifest), kManifest)});
  }
  EXPECT_EQ(outcome(walk(layout.index(entries))), "too_large");
}

TEST_F(GraphTest, ALongDocumentIsRefusedUnread) {
  Descriptor image = layout.blob(std::string(kMaxDocumentBytes + 1, ' '), kManifest);
  EXPECT_EQ(outcome(walk(image)), "too_large");
}

TEST_F(GraphTest, StopsWhenCancelled) {
  const Descriptor image = layout.image({"x"});
  cancel.cancel();
  EXPECT_EQ(outcome(walk(image)), "cancelled");
}

TEST_F(GraphTest, ASingleManifestIsChosenWhateverItRunsOnUnlessAPlatformIsAskedFor) {
  const Descriptor image = layout.image({"x"}, {.platform = {.os = "linux", .architecture = "riscv64"}});
  const auto chosen = choose(image).value();
  ASSERT_TRUE(chosen.has_value());
  EXPECT_EQ(chosen->descriptor.digest, image.digest);
  EXPECT_EQ(chosen->config->platform.architecture, "riscv64");
  EXPECT_FALSE(choose(image, Platform{"linux", "amd64"}).value().has_value());
  EXPECT_TRUE(choose(image, Platform{"linux", "riscv64"}).value().has_value());
}

TEST_F(GraphTest, OfAnIndexTheManifestForThePlatformIsChosen) {
  const Descriptor arm = layout.image({"arm"}, {.platform = {"linux", "arm64"}});
  const Descriptor amd = layout.image({"amd"});
  const Descriptor index = layout.index({{arm, ImagePlatform{"linux", "arm64"}}, {amd}});
  EXPECT_EQ(choose(index, Platform{"linux", "amd64"}).value()->descriptor.digest, amd.digest);
  EXPECT_EQ(choose(index, Platform{"linux", "arm64"}).value()->descriptor.digest, arm.digest);
  EXPECT_FALSE(choose(index, Platform{"linux", "s390x"}).value().has_value());
}

TEST_F(GraphTest, WhatTheChosenManifestLacksIsSaid) {
  const Descriptor image = layout.image({"x"});
  const Descriptor index = layout.index({{image, ImagePlatform{}}});
  forget(parsed(image).config);
  const auto without_config = choose(index, Platform{"linux", "amd64"}).value();
  ASSERT_TRUE(without_config.has_value());
  EXPECT_NE(without_config->document, nullptr);
  EXPECT_FALSE(without_config->config.has_value());

  graph = {};
  forget(image);
  const auto without_manifest = choose(index, Platform{"linux", "amd64"}).value();
  ASSERT_TRUE(without_manifest.has_value());
  EXPECT_EQ(without_manifest->document, nullptr);
}

TEST_F(GraphTest, AnArtifactIsNotChosen) {
  const Descriptor empty = layout.blob("{}", "application/vnd.oci.empty.v1+json");
  const Descriptor sbom = layout.blob("{\"sbom\":1}", "application/vnd.example.sbom+json");
  const Descriptor artifact = layout.blob(test::manifest_json(empty, {sbom}, kManifest), kManifest);
  EXPECT_FALSE(choose(artifact).value().has_value());
  EXPECT_FALSE(
      choose(layout.index({{artifact, ImagePlatform{}}}), Platform{"linux", "amd64"}).value().has_value());
}

}  // namespace
}  // namespace bayplan::images
