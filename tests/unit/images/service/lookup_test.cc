// How images are found: S5, S21, S25, S76-S78, T3, T7, T9, T20.
#include "service_fixture.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;

class StoredImagesLookup : public ImageServiceFixture {
 protected:
  const StoredImageId one = image("registry.test/one:1", "one");
  const StoredImageId two = image("docker.io/library/two:latest", "two");
  const std::string hex = one.to_string();

  std::string resolved(const std::string& text) {
    const auto reference = StorageReference::parse(text, {});
    if (!reference) return outcome(reference);
    const auto image = view([&](const metadata::ReadTx& tx) { return images().resolve(tx, *reference); });
    return image ? image->id.to_string() : outcome(image);
  }
};

TEST_F(StoredImagesLookup, S5_ThreeWaysLeadToOneImage) {
  EXPECT_EQ(found("docker://registry.test/one:1"), hex);
  EXPECT_EQ(found("containers-storage:registry.test/one:1"), hex);
  EXPECT_EQ(found(hex), hex);
  EXPECT_EQ(found("registry.test/one:1"), hex);
}

TEST_F(StoredImagesLookup, S21_AShortNameIsNormalized) {
  EXPECT_EQ(found("two"), two.to_string());
  EXPECT_EQ(found("library/two"), two.to_string());
  EXPECT_EQ(found("two:1"), "not_found");
}

TEST_F(StoredImagesLookup, S76_AnIdMayFollowAName) {
  EXPECT_EQ(found("registry.test/one@" + hex), hex);
  EXPECT_EQ(found("registry.test/one@" + hex.substr(0, 12)), hex);
  EXPECT_EQ(found("@" + hex.substr(0, 12)), hex);
  EXPECT_EQ(found("registry.test/one@zzz"), "invalid_argument");
}

TEST_F(StoredImagesLookup, S77_TheExactNameComesFirst) {
  EXPECT_EQ(resolved("registry.test/one:1"), hex);
  EXPECT_EQ(resolved("registry.test/none:1"), "not_found");
}

TEST_F(StoredImagesLookup, S77_ADigestNamesTheImageWithThatManifestInThatRepository) {
  const std::string digest = target_of("registry.test/one:1").digest.to_string();
  EXPECT_EQ(resolved("registry.test/one@" + digest), hex);
  EXPECT_EQ(resolved("registry.test/other@" + digest), "not_found");
  EXPECT_EQ(resolved("registry.test/one@" + Digest::of("none").to_string()), "not_found");
}

TEST_F(StoredImagesLookup, S77_AnIdBesideANameIsOfThatRepository) {
  EXPECT_EQ(resolved("registry.test/one@" + hex), hex);
  EXPECT_EQ(resolved("registry.test/one@" + two.to_string()), "not_found");
}

TEST_F(StoredImagesLookup, S78_S25_ATagThatMovesDoesNotMoveWhatWasResolved) {
  static_assert(!std::is_constructible_v<StoredImageId, ImageId>);
  static_assert(!std::is_constructible_v<StoredImageId, std::string>);
  static_assert(!std::is_default_constructible_v<StoredImageId>);
  static_assert(!std::is_convertible_v<StoredImageId, std::string>);
  const FoundImage before = service.resolve("registry.test/one:1").value();
  EXPECT_EQ(before.name, "registry.test/one:1");
  ASSERT_EQ(outcome(add_names(two, {"registry.test/one:1"})), "ok");
  EXPECT_EQ(before.id, one);
  EXPECT_EQ(found("registry.test/one:1"), two.to_string());
  EXPECT_THAT(names(before.id), IsEmpty());
}

TEST_F(StoredImagesLookup, T3_AnIdGoesBeforeANameAndANameBeforeABeginning) {
  const std::string prefix = hex.substr(0, 5);
  EXPECT_EQ(found(prefix), hex);
  ASSERT_EQ(outcome(add_names(two, {prefix})), "ok");
  EXPECT_EQ(found(prefix), two.to_string());
  EXPECT_EQ(found(hex), hex);
  EXPECT_TRUE(service.resolve(hex)->by_id);
  EXPECT_EQ(service.resolve(hex)->name, "");
  EXPECT_FALSE(service.resolve(prefix)->by_id);
  EXPECT_EQ(service.resolve(prefix)->name, "docker.io/library/" + prefix + ":latest");
}

TEST_F(StoredImagesLookup, T3_ABeginningOfSeveralIdsIsNotKnown) {
  const std::string prefix = hex.substr(0, kMinImageIdPrefix);
  std::string config;
  for (int i = 0; config.empty() || Digest::of(config).hex().substr(0, prefix.size()) != prefix; ++i) {
    config = config_without_layers(R"("number":)" + std::to_string(i));
  }
  test::LayoutBuilder layout;
  const Descriptor target = add_without_layers(layout, config);
  take(std::move(layout), target, "registry.test/like:1");
  EXPECT_EQ(found("registry.test/like:1").substr(0, prefix.size()), prefix);
  EXPECT_EQ(found(prefix), "not_found");
  EXPECT_EQ(found("@" + prefix), "invalid_argument");
  EXPECT_EQ(found(hex.substr(0, 12)), hex);
}

TEST_F(StoredImagesLookup, T3_TwoDigitsAreTooFew) { EXPECT_EQ(found(hex.substr(0, 2)), "not_found"); }

TEST_F(StoredImagesLookup, T3_AnIdMayHaveItsAlgorithmInFront) {
  EXPECT_EQ(found("sha256:" + hex), hex);
  EXPECT_EQ(found("sha256:" + Digest::of("none").hex()), "not_found");
}

TEST_F(StoredImagesLookup, T3_ARecordThatIsCalledOtherwiseIsFoundByItsExactName) {
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) {
              return create(tx, kNs, {"No Reference!", target_of("registry.test/one:1"), {}});
            })),
            "ok");
  EXPECT_EQ(found("No Reference!"), hex);
  EXPECT_EQ(found("No Reference?"), "invalid_argument");
}

TEST_F(StoredImagesLookup, T7_ExistsAnswersForImages) {
  const auto exists = [&](const std::string& text) {
    const auto answer = view([&](const metadata::ReadTx& tx) { return images().exists(tx, text); });
    return answer ? (*answer ? "yes" : "no") : outcome(answer);
  };
  EXPECT_EQ(exists("registry.test/one:1"), "yes");
  EXPECT_EQ(exists(hex), "yes");
  EXPECT_EQ(exists("registry.test/none:1"), "no");
  EXPECT_EQ(exists("not a name"), "invalid_argument");
}

TEST_F(StoredImagesLookup, T7_WhatIsNotKnownSaysSo) {
  const auto missing = service.resolve("registry.test/none:1");
  EXPECT_EQ(outcome(missing), "not_found");
  EXPECT_EQ(missing.error().kind(), "image");
  EXPECT_EQ(missing.error().message(), "image not known");
}

TEST_F(StoredImagesLookup, T9_ASnapshotOfTheSameNameIsNoImage) {
  const auto layers = view([&](const metadata::ReadTx& tx) { return images().layers(tx, one); });
  EXPECT_EQ(found(layers->back().chain_id.hex()), "not_found");
  EXPECT_EQ(found(layers->back().chain_id.to_string()), "not_found");
}

TEST_F(StoredImagesLookup, T20_ImagesByDigest) {
  const auto by_digest = [&](const Digest& digest) {
    return view([&](const metadata::ReadTx& tx) { return images().with_manifest(tx, digest); }).value();
  };
  EXPECT_THAT(by_digest(target_of("registry.test/one:1").digest), ElementsAre(one));
  EXPECT_THAT(by_digest(Digest::of("none")), IsEmpty());
  EXPECT_THAT(by_digest(one.id().config()), IsEmpty());
}

TEST_F(StoredImagesLookup, T20_AnIndexAndItsManifestAreDigestsOfTheImage) {
  test::LayoutBuilder layout;
  const Descriptor manifest = add_image(layout, "many");
  const Descriptor index = layout.index({{manifest, test::ImagePlatform{}}});
  take(std::move(layout), index, "registry.test/many:1");
  for (const Digest& digest : {manifest.digest, index.digest}) {
    EXPECT_THAT(view([&](const metadata::ReadTx& tx) { return images().with_manifest(tx, digest); }).value(),
                ElementsAre(id_of("registry.test/many:1")));
  }
}

TEST_F(StoredImagesLookup, T20_ImagesByTopLayer) {
  const auto by_layer = [&](const Digest& chain_id) {
    return view([&](const metadata::ReadTx& tx) { return images().with_top_layer(tx, chain_id); }).value();
  };
  const auto layers = view([&](const metadata::ReadTx& tx) { return images().layers(tx, one); }).value();
  EXPECT_THAT(by_layer(layers[1].chain_id), ElementsAre(one));
  EXPECT_THAT(by_layer(layers[0].chain_id), IsEmpty());
}

TEST_F(StoredImagesLookup, AnIndexThatServesAnotherHostIsTheImageThatCameInWhole) {
  test::LayoutBuilder layout;
  const test::ImagePlatform other{"linux", "s390x"};
  const Descriptor absent{kManifestType, Digest::of("absent"), 6};
  const Descriptor manifest = add_image(layout, "foreign", {.platform = other});
  const Descriptor index = layout.index({{absent, test::ImagePlatform{"linux", "mips"}}, {manifest, other}});
  take(std::move(layout), index, "registry.test/foreign:1", false);
  const StoredImageId id = id_of("registry.test/foreign:1");
  EXPECT_EQ(get(id).manifest, manifest.digest);
}

}  // namespace
}  // namespace bayplan::images
