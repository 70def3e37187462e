#include "open_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outcome.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"

namespace bayplan::images {
namespace {

using test::docker_manifest_json;
using test::LayoutBuilder;
using test::outcome;
using test::TarBuilder;
using test::TempDir;
using testing::ElementsAre;

struct OpenSourceTest : testing::Test {
  OpenSourceTest() { layout.tag(image, {{"org.opencontainers.image.ref.name", "v1"}}); }

  Result<OpenedSource> open_archive(const std::string& bytes) {
    test::write_file(dir.path() / "archive.tar", bytes);
    return open_source(blobs, dir.path() / "archive.tar", "base", {});
  }
  // The layout with a manifest.json beside its index.
  std::string mixed(const std::vector<test::DockerImage>& images) {
    layout.files()["manifest.json"] = docker_manifest_json(images);
    return layout.tar();
  }

  TempDir dir;
  content::Store blobs = content::Store::open(dir.path() / "store").value();
  LayoutBuilder layout;
  const std::string layer = TarBuilder().file("f", "x").end();
  const Descriptor image = layout.image({layer}, {.packing = test::Packing::none});
  const std::string layer_name = LayoutBuilder::blob_name(Digest::of(layer));
  const std::string config_name =
      LayoutBuilder::blob_name(Digest::of(test::config_json({Digest::of(layer)})));
};

TEST_F(OpenSourceTest, ADirectoryIsALayout) {
  layout.write_to(dir.path() / "layout");
  const auto opened = open_source(blobs, dir.path() / "layout", "base", {});
  ASSERT_EQ(outcome(opened), "ok");
  EXPECT_THAT(opened->images.front().names, ElementsAre("localhost/base:v1"));
}

TEST_F(OpenSourceTest, AnArchiveOfALayoutIsALayout) {
  const auto opened = open_archive(layout.tar());
  ASSERT_EQ(outcome(opened), "ok");
  EXPECT_EQ(opened->images.front().target.digest, image.digest);
}

TEST_F(OpenSourceTest, AnArchiveWithAManifestOnlyIsDockers) {
  const auto opened = open_archive(TarBuilder()
                                       .file("manifest.json", docker_manifest_json({{"c", {"a"}, {"l"}}}))
                                       .file("c", test::config_json({Digest::of(layer)}))
                                       .file("l", layer)
                                       .end());
  ASSERT_EQ(outcome(opened), "ok");
  EXPECT_THAT(opened->images.front().names, ElementsAre("a"));
}

TEST_F(OpenSourceTest, OfBothTheLayoutCounts) {
  const auto opened = open_archive(mixed({{config_name, {"ignored"}, {layer_name}}}));
  ASSERT_EQ(outcome(opened), "ok");
  EXPECT_EQ(opened->images.front().target.digest, image.digest);
  EXPECT_THAT(opened->images.front().names, ElementsAre("localhost/base:v1"));
}

TEST_F(OpenSourceTest, BothThatDisagreeAreRefused) {
  layout.files()["l.tar"] = "another layer";
  EXPECT_EQ(outcome(open_archive(mixed({{config_name, {}, {"l.tar"}}}))), "invalid_argument");
}

TEST_F(OpenSourceTest, ALayoutNeedsItsIndexAndItsVersion) {
  layout.files().erase("index.json");
  EXPECT_EQ(outcome(open_archive(layout.tar())), "invalid_argument");
  layout.files()["index.json"] = test::index_json({});
  layout.files()["oci-layout"] = R"({"imageLayoutVersion":"2.0.0"})";
  EXPECT_EQ(outcome(open_archive(layout.tar())), "unsupported");
  layout.files().erase("oci-layout");
  EXPECT_EQ(outcome(open_archive(layout.tar())), "invalid_argument");
}

TEST_F(OpenSourceTest, OtherArchivesAreRefused) {
  EXPECT_EQ(outcome(open_archive(TarBuilder().file("repositories", "{}").end())), "invalid_argument");
  EXPECT_EQ(outcome(open_archive(TarBuilder().file("etc/passwd", "root").end())), "invalid_argument");
  EXPECT_EQ(outcome(open_archive(TarBuilder().end())), "invalid_argument");
}

TEST_F(OpenSourceTest, NothingThereIsNotFound) {
  EXPECT_EQ(outcome(open_source(blobs, dir.path() / "none", "base", {})), "not_found");
}

}  // namespace
}  // namespace bayplan::images
