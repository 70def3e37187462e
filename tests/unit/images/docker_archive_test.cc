#include "docker_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outcome.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"

namespace bayplan::images {
namespace {

using test::DockerImage;
using test::outcome;
using test::pack;
using test::Packing;
using test::TarBuilder;
using test::TempDir;
using testing::ElementsAre;

constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

struct DockerArchiveTest : testing::Test {
  ArchiveSource& open(const TarBuilder& tar) {
    test::write_file(dir.path() / "archive.tar", tar.end());
    source = ArchiveSource::open(blobs, dir.path() / "archive.tar", {}).value();
    return *source;
  }
  Result<std::vector<SourceImage>> read(const TarBuilder& tar, const std::vector<DockerImage>& images) {
    return read_docker_archive(open(tar), test::docker_manifest_json(images));
  }
  Manifest manifest_of(const SourceImage& image) {
    return parse_manifest(source->document(image.target).value(), kDockerManifest, "test").value();
  }

  TempDir dir;
  content::Store blobs = content::Store::open(dir.path() / "store").value();
  std::unique_ptr<ArchiveSource> source;
  const std::string layer = TarBuilder().file("f", "x").end();
  const std::string config = test::config_json({Digest::of(layer)});
};

TEST_F(DockerArchiveTest, AManifestIsMadeOfConfigAndLayers) {
  const auto images =
      read(TarBuilder().file("c.json", config).file("l.tar", layer), {{"c.json", {"a:1", "b"}, {"l.tar"}}});
  ASSERT_EQ(outcome(images), "ok");
  ASSERT_EQ(images->size(), 1u);
  EXPECT_THAT(images->front().names, ElementsAre("a:1", "b"));
  EXPECT_EQ(images->front().target.media_type, kDockerManifest);
  const Manifest manifest = manifest_of(images->front());
  EXPECT_EQ(manifest.config.digest, Digest::of(config));
  EXPECT_EQ(manifest.config.size, config.size());
  EXPECT_EQ(manifest.config.media_type, "application/vnd.docker.container.image.v1+json");
  ASSERT_EQ(manifest.layers.size(), 1u);
  EXPECT_EQ(manifest.layers[0].digest, Digest::of(layer));
  EXPECT_EQ(manifest.layers[0].media_type, "application/vnd.docker.image.rootfs.diff.tar");
  EXPECT_EQ(source->size(manifest.layers[0]).value(), layer.size());
}

TEST_F(DockerArchiveTest, TheSameArchiveMakesTheSameManifest) {
  const TarBuilder tar = TarBuilder().file("c.json", config).file("l.tar", layer);
  const std::vector<DockerImage> images = {{"c.json", {"a:1"}, {"l.tar"}}};
  const Digest first = read(tar, images).value().front().target.digest;
  EXPECT_EQ(read(tar, images).value().front().target.digest, first);
}

TEST_F(DockerArchiveTest, LayersMayBeLinksToOneAnother) {
  const std::string twice = test::config_json({Digest::of(layer), Digest::of(layer)});
  const auto images = read(
      TarBuilder().file("1/layer.tar", layer).symlink("2/layer.tar", "../1/layer.tar").file("c.json", twice),
      {{"c.json", {}, {"1/layer.tar", "2/layer.tar"}}});
  ASSERT_EQ(outcome(images), "ok");
  const Manifest manifest = manifest_of(images->front());
  EXPECT_EQ(manifest.layers[0], manifest.layers[1]);
  EXPECT_TRUE(images->front().names.empty());
}

TEST_F(DockerArchiveTest, CompressedLayersGetTheTypeOfWhatTheyAre) {
  const auto images = read(TarBuilder()
                               .file("g", pack(layer, Packing::gzip))
                               .file("z", pack(layer, Packing::zstd))
                               .file("c.json", test::config_json({Digest::of(layer), Digest::of(layer)})),
                           {{"c.json", {}, {"g", "z"}}});
  ASSERT_EQ(outcome(images), "ok");
  const Manifest manifest = manifest_of(images->front());
  EXPECT_EQ(manifest.layers[0].media_type, "application/vnd.docker.image.rootfs.diff.tar.gzip");
  EXPECT_EQ(manifest.layers[1].media_type, "application/vnd.docker.image.rootfs.diff.tar.zstd");
}

TEST_F(DockerArchiveTest, PathsThatAreNoFilesOfTheArchiveAreRefused) {
  const TarBuilder tar =
      TarBuilder().file("c.json", config).file("l.tar", layer).symlink("out", "../../etc/passwd");
  EXPECT_EQ(outcome(read(tar, {{"../../../../etc/passwd", {}, {"l.tar"}}})), "invalid_argument");
  EXPECT_EQ(outcome(read(tar, {{"c.json", {}, {"../../../../etc/passwd"}}})), "invalid_argument");
  EXPECT_EQ(outcome(read(tar, {{"c.json", {}, {"out"}}})), "invalid_argument");
  EXPECT_EQ(outcome(read(tar, {{"none.json", {}, {"l.tar"}}})), "invalid_argument");
}

TEST_F(DockerArchiveTest, CountsThatDifferAreRefused) {
  const TarBuilder tar = TarBuilder().file("c.json", config).file("l.tar", layer);
  EXPECT_EQ(outcome(read(tar, {{"c.json", {}, {"l.tar", "l.tar"}}})), "invalid_argument");
  EXPECT_EQ(outcome(read(tar, {{"c.json", {}, {}}})), "invalid_argument");
}

TEST_F(DockerArchiveTest, ALayerThatIsNotItsDiffIdIsAMismatch) {
  const TarBuilder tar =
      TarBuilder().file("c.json", test::config_json({Digest::of("other")})).file("l.tar", layer);
  EXPECT_EQ(outcome(read(tar, {{"c.json", {}, {"l.tar"}}})), "digest_mismatch");
}

TEST_F(DockerArchiveTest, AManifestOfAnotherShapeIsRefused) {
  ArchiveSource& archive = open(TarBuilder().file("c.json", config));
  for (const std::string_view json :
       {"{}", "[{}]", "[1]", R"([{"Config":1}])", R"([{"Config":"c.json","Layers":"l"}])", "[", ""}) {
    EXPECT_EQ(outcome(read_docker_archive(archive, json)), "invalid_argument") << json;
  }
  EXPECT_TRUE(read_docker_archive(archive, "[]").value().empty());
}

TEST_F(DockerArchiveTest, AConfigOfAnotherShapeIsRefused) {
  EXPECT_EQ(outcome(read(TarBuilder().file("c.json", "{}"), {{"c.json", {}, {}}})), "invalid_argument");
}

TEST_F(DockerArchiveTest, OnlyPartsOfTheLayoutsImagesMayBeNamedBesideOne) {
  Graph graph;
  const Descriptor part{"text/plain", Digest::of(config), config.size()};
  graph.nodes.emplace(part.digest, GraphNode{part});
  ArchiveSource& archive = open(TarBuilder().file("c.json", config).file("l.tar", layer));
  EXPECT_EQ(outcome(check_same_images(archive, graph, test::docker_manifest_json({{"c.json", {}, {}}}))),
            "ok");
  EXPECT_EQ(
      outcome(check_same_images(archive, graph, test::docker_manifest_json({{"c.json", {}, {"l.tar"}}}))),
      "invalid_argument");
  EXPECT_EQ(outcome(check_same_images(archive, graph, test::docker_manifest_json({{"l.tar", {}, {}}}))),
            "invalid_argument");
  EXPECT_EQ(outcome(check_same_images(archive, graph, test::docker_manifest_json({{"none", {}, {}}}))),
            "invalid_argument");
}

}  // namespace
}  // namespace bayplan::images
