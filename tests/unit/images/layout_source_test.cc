#include "layout_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "outcome.h"
#include "support/image_builder.h"
#include "support/temp_dir.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::LayoutBuilder;
using test::outcome;
using test::TempDir;
using testing::ElementsAre;

struct LayoutSourceTest : testing::Test {
  Result<std::unique_ptr<LayoutSource>> open() {
    layout.write_to(dir.path() / "layout");
    return LayoutSource::open(dir.path() / "layout");
  }
  fs::path path_of(const Descriptor& blob) {
    return dir.path() / "layout" / LayoutBuilder::blob_name(blob.digest);
  }

  TempDir dir;
  content::Store blobs = content::Store::open(dir.path() / "store").value();
  LayoutBuilder layout;
};

TEST_F(LayoutSourceTest, TheVersionMustBeTheOneOfTheSpecification) {
  EXPECT_EQ(outcome(check_layout_version(R"({"imageLayoutVersion":"1.0.0"})")), "ok");
  EXPECT_EQ(outcome(check_layout_version(R"({"imageLayoutVersion":"9.9.9"})")), "unsupported");
  EXPECT_EQ(outcome(check_layout_version(R"({"imageLayoutVersion":"1.0"})")), "unsupported");
  EXPECT_EQ(outcome(check_layout_version(R"({})")), "invalid_argument");
  EXPECT_EQ(outcome(check_layout_version("")), "invalid_argument");
}

TEST_F(LayoutSourceTest, EntriesOfTheIndexKeepTheirOrderAndNames) {
  const Descriptor first = layout.blob("first", "application/vnd.oci.image.manifest.v1+json");
  const Descriptor second = layout.blob("second", "application/vnd.oci.image.manifest.v1+json");
  layout.tag(first, {{"org.opencontainers.image.ref.name", "v1"}}).tag(second);
  const auto images = read_index_json(layout.files()["index.json"], "base").value();
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(images[0].target.digest, first.digest);
  EXPECT_THAT(images[0].names, ElementsAre("localhost/base:v1"));
  EXPECT_EQ(images[1].target.digest, second.digest);
  EXPECT_TRUE(images[1].names.empty());
}

TEST_F(LayoutSourceTest, ADirectoryWithoutItsTwoFilesIsNoLayout) {
  layout.files().erase("oci-layout");
  EXPECT_EQ(outcome(open()), "invalid_argument");
  layout = {};
  fs::remove_all(dir.path() / "layout");
  layout.files().erase("index.json");
  EXPECT_EQ(outcome(open()), "invalid_argument");
}

TEST_F(LayoutSourceTest, LongMetadataIsRefused) {
  layout.files()["oci-layout"].append(kMaxLayoutFileBytes, ' ');
  EXPECT_EQ(outcome(open()), "too_large");
  layout = {};
  layout.files()["index.json"].append(kMaxDocumentBytes, ' ');
  EXPECT_EQ(outcome(open()), "too_large");
}

TEST_F(LayoutSourceTest, AnAbsentBlobIsAbsentAndNoError) {
  const auto source = open().value();
  EXPECT_EQ(source->size({"", Digest::of("absent")}).value(), std::nullopt);
}

TEST_F(LayoutSourceTest, BlobsOfBothAlgorithmsAreFound) {
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const Descriptor blob = layout.blob("blob", "text/plain", algorithm);
    const auto source = open().value();
    EXPECT_EQ(source->size(blob).value(), 4u);
    EXPECT_EQ(source->document(blob).value(), "blob");
    content::Ingest bytes = ingest(*source, blob, blobs, {}).value();
    EXPECT_EQ(bytes.digest(), blob.digest);
    EXPECT_EQ(outcome(std::move(bytes).finish()), "ok");
  }
}

TEST_F(LayoutSourceTest, ABlobThatIsALinkIsRefused) {
  const Descriptor blob = layout.blob("blob", "text/plain");
  const auto source = open().value();
  fs::rename(path_of(blob), dir.path() / "elsewhere");
  fs::create_symlink(dir.path() / "elsewhere", path_of(blob));
  EXPECT_EQ(outcome(source->size(blob)), "invalid_argument");
  EXPECT_EQ(outcome(source->document(blob)), "invalid_argument");
  EXPECT_EQ(outcome(ingest(*source, blob, blobs, {})), "invalid_argument");
}

TEST_F(LayoutSourceTest, ABlobThatIsAFifoIsRefusedWithoutWaiting) {
  const Descriptor blob = layout.blob("blob", "text/plain");
  const auto source = open().value();
  fs::remove(path_of(blob));
  ASSERT_EQ(::mkfifo(path_of(blob).c_str(), 0600), 0);
  EXPECT_EQ(outcome(source->size(blob)), "invalid_argument");
  EXPECT_EQ(outcome(ingest(*source, blob, blobs, {})), "invalid_argument");
}

TEST_F(LayoutSourceTest, ABlobsDirectoryThatIsALinkIsRefused) {
  const Descriptor blob = layout.blob("blob", "text/plain");
  const auto source = open().value();
  fs::rename(dir.path() / "layout/blobs/sha256", dir.path() / "layout/blobs/real");
  fs::create_symlink("real", dir.path() / "layout/blobs/sha256");
  EXPECT_EQ(outcome(source->size(blob)), "invalid_argument");
}

TEST_F(LayoutSourceTest, OtherBytesThanTheDigestsArePublishedByNobody) {
  const Descriptor blob = layout.blob("blob", "text/plain");
  layout.files()[LayoutBuilder::blob_name(blob.digest)] = "glob";
  const auto source = open().value();
  EXPECT_EQ(outcome(source->document(blob)), "digest_mismatch");
  content::Ingest bytes = ingest(*source, blob, blobs, {}).value();
  EXPECT_EQ(outcome(std::move(bytes).finish()), "digest_mismatch");
}

TEST_F(LayoutSourceTest, CopyingStopsWhenCancelled) {
  const Descriptor blob = layout.blob("blob", "text/plain");
  const auto source = open().value();
  const Control control{};
  control.cancel.cancel();
  EXPECT_EQ(outcome(ingest(*source, blob, blobs, control)), "cancelled");
}

}  // namespace
}  // namespace bayplan::images
