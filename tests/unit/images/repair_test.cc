#include "bayplan/images/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bayplan/images/import.h"
#include "image_store.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::LayoutBuilder;
using test::outcome;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kName = "example.org/a:1";

class RepairImage : public testing::Test {
 protected:
  RepairImage() {
    manifest =
        layout.image({test::TarBuilder().file("a", "1").end(), test::TarBuilder().file("b", "2").end()});
    layout.tag(*manifest, {{"io.containerd.image.name", kName}});
    layout.write_to(images.path() / "layout");
    EXPECT_EQ(outcome(import(images.store(), kNs, images.path() / "layout", {}, {})), "ok");
  }
  std::vector<Digest> layers() {
    const std::string& json = layout.files().at(LayoutBuilder::blob_name(manifest->digest));
    std::vector<Digest> digests;
    for (const Descriptor& layer : parse_manifest(json, manifest->media_type, "test").value().layers)
      digests.push_back(layer.digest);
    return digests;
  }
  fs::path file_of(const Digest& blob) {
    return images.path() / "store/content" / LayoutBuilder::blob_name(blob);
  }
  void damage(const Digest& blob) {
    fs::permissions(file_of(blob), fs::perms::owner_all);
    test::write_file(file_of(blob), std::string(fs::file_size(file_of(blob)), '{'));
  }
  void expect_whole_after_repair_from(const fs::path& source, std::size_t repaired) {
    const auto done = repair_image(images.store(), kNs, kName, source, {});
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_THAT(done->repaired, SizeIs(repaired));
    EXPECT_THAT(done->after.damaged, IsEmpty());
    EXPECT_EQ(done->after.blobs, 4u);
  }

  ImageStore images{"native"};
  LayoutBuilder layout;
  std::optional<Descriptor> manifest;
};

TEST_F(RepairImage, LeavesAWholeImageAloneAndReadsNoSource) {
  expect_whole_after_repair_from(images.path() / "absent", 0);
}

TEST_F(RepairImage, BringsBackWhatIsBelowADamagedDocumentToo) {
  damage(manifest->digest);
  damage(layers()[1]);
  expect_whole_after_repair_from(images.path() / "layout", 2);
}

TEST_F(RepairImage, FromAnArchiveThatLacksTheFileOfABlob) {
  test::write_file(images.path() / "copy.tar", layout.tar());
  fs::remove(file_of(layers()[0]));
  damage(layers()[1]);
  expect_whole_after_repair_from(images.path() / "copy.tar", 2);
}

TEST_F(RepairImage, ASourceWithOtherBytesChangesNothing) {
  const Digest layer = layers()[0];
  damage(layer);
  auto& copied = layout.files().at(LayoutBuilder::blob_name(layer));
  copied.front() = static_cast<char>(copied.front() ^ 1);
  layout.write_to(images.path() / "other");
  test::write_file(images.path() / "other.tar", layout.tar());
  for (const char* other : {"other", "other.tar"}) {
    const auto done = repair_image(images.store(), kNs, kName, images.path() / other, {});
    ASSERT_TRUE(done) << other << ": " << done.error().to_string();
    EXPECT_THAT(done->repaired, IsEmpty()) << other;
    EXPECT_THAT(done->after.damaged, SizeIs(1)) << other;
  }
}

TEST_F(RepairImage, WhatTheCopyLacksStaysDamaged) {
  damage(layers()[0]);
  damage(layers()[1]);
  layout.files().erase(LayoutBuilder::blob_name(layers()[0]));
  layout.write_to(images.path() / "sparse");
  const auto done = repair_image(images.store(), kNs, kName, images.path() / "sparse", {});
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_THAT(done->repaired, SizeIs(1));
  ASSERT_THAT(done->after.damaged, SizeIs(1));
  EXPECT_EQ(done->after.damaged[0].blob.digest, layers()[0]);
}

}  // namespace
}  // namespace bayplan::images
