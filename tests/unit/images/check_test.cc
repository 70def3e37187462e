#include "bayplan/images/check.h"

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
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class CheckImage : public testing::Test {
 protected:
  CheckImage() {
    first = layout.image({base, top});
    second = layout.image({top}, {.platform = {"linux", "arm64"}});
    index = layout.index({{*first, test::ImagePlatform{}}, {*second, test::ImagePlatform{"linux", "arm64"}}});
    layout.tag(*index, {{"io.containerd.image.name", "example.org/a:1"}});
    layout.write_to(images.path() / "layout");
  }
  void import_it(bool unpack) {
    ASSERT_EQ(outcome(import(images.store(), kNs, images.path() / "layout",
                             {.unpack = unpack, .platform = Platform{"linux", "amd64"}}, {})),
              "ok");
  }
  ImageCheck checked() {
    return images
        .view([&](const metadata::ReadTx& tx) {
          return check_image(images.store(), tx, kNs, "example.org/a:1");
        })
        .value();
  }
  Result<ImageVerification> verified(const Control& control = {}) {
    return verify_image(images.store(), kNs, "example.org/a:1", control);
  }
  Digest layer_of(const Descriptor& manifest) {
    const std::string& json = layout.files().at(LayoutBuilder::blob_name(manifest.digest));
    return parse_manifest(json, manifest.media_type, "test").value().layers[0].digest;
  }
  void forget(const Digest& blob) {
    ASSERT_TRUE(images.update([&](metadata::WriteTx& tx) { return content::remove(tx, kNs, blob); }));
  }
  fs::path file_of(const Digest& blob) {
    return images.path() / "store/content" / LayoutBuilder::blob_name(blob);
  }
  void damage(const Digest& blob) {
    fs::permissions(file_of(blob), fs::perms::owner_all);
    test::write_file(file_of(blob), std::string(fs::file_size(file_of(blob)), '{'));
  }

  ImageStore images{"native"};
  LayoutBuilder layout;
  const std::string base = test::TarBuilder().dir("d").file("d/a", "1").end();
  const std::string top = test::TarBuilder().file("d/b", "2").end();
  std::optional<Descriptor> first;
  std::optional<Descriptor> second;
  std::optional<Descriptor> index;
};

TEST_F(CheckImage, CompleteAndUnpacked) {
  import_it(true);
  const ImageCheck check = checked();
  EXPECT_THAT(check.missing_indexes, IsEmpty());
  ASSERT_THAT(check.platforms, SizeIs(2));
  EXPECT_EQ(check.platforms[0].platform->to_string(), "linux/amd64");
  EXPECT_TRUE(check.platforms[0].complete());
  EXPECT_EQ(check.platforms[0].blobs, 4u);
  EXPECT_EQ(check.platforms[0].unpacked, 2u);
  EXPECT_EQ(check.platforms[0].layers, 2u);
  EXPECT_TRUE(check.platforms[1].complete());
  EXPECT_EQ(check.platforms[1].unpacked, 0u);
}

TEST_F(CheckImage, WhatIsMissingIsNamed) {
  import_it(false);
  const Digest layer = layer_of(*first);
  forget(layer);
  forget(second->digest);
  const ImageCheck check = checked();
  ASSERT_THAT(check.platforms, SizeIs(2));
  ASSERT_THAT(check.platforms[0].missing, SizeIs(1));
  EXPECT_EQ(check.platforms[0].missing[0].digest, layer);
  EXPECT_EQ(check.platforms[1].platform->to_string(), "linux/arm64") << "as the index says";
  ASSERT_THAT(check.platforms[1].missing, SizeIs(1));
  EXPECT_EQ(check.platforms[1].blobs, 1u);
}

TEST_F(CheckImage, AFileThatIsGoneIsMissing) {
  import_it(false);
  fs::remove(file_of(layer_of(*first)));
  EXPECT_THAT(checked().platforms[0].missing, SizeIs(1));
  fs::remove(file_of(index->digest));
  EXPECT_THAT(checked().missing_indexes, SizeIs(1));
  EXPECT_THAT(checked().platforms, IsEmpty());
}

TEST_F(CheckImage, VerifyReadsEverything) {
  import_it(false);
  const auto result = verified();
  ASSERT_EQ(outcome(result), "ok");
  EXPECT_EQ(result->blobs, 7u) << "an index, two manifests, two configs, two layers";
  EXPECT_THAT(result->absent, IsEmpty());
  EXPECT_THAT(result->damaged, IsEmpty());
}

TEST_F(CheckImage, VerifyNamesEveryDamage) {
  import_it(false);
  damage(layer_of(*first));
  damage(second->digest);
  const auto result = verified();
  ASSERT_EQ(outcome(result), "ok");
  ASSERT_THAT(result->damaged, SizeIs(2));
  EXPECT_EQ(result->damaged[0].blob.digest, layer_of(*first));
  EXPECT_EQ(result->damaged[0].error.code(), Errc::digest_mismatch);
  EXPECT_EQ(result->damaged[1].blob.digest, second->digest);
  fs::remove(file_of(layer_of(*first)));
  EXPECT_EQ(verified()->damaged[0].error.code(), Errc::not_found);
}

TEST_F(CheckImage, WhatIsAbsentIsNoDamage) {
  import_it(false);
  forget(layer_of(*first));
  const auto result = verified();
  ASSERT_EQ(outcome(result), "ok");
  EXPECT_THAT(result->absent, SizeIs(1));
  EXPECT_THAT(result->damaged, IsEmpty());
}

TEST_F(CheckImage, VerifyCanBeCancelled) {
  import_it(false);
  Control control;
  control.cancel.cancel();
  EXPECT_EQ(outcome(verified(control)), "cancelled");
}

TEST_F(CheckImage, ImagesThatAreNotAreNotFound) { EXPECT_EQ(outcome(verified()), "not_found"); }

}  // namespace
}  // namespace bayplan::images
