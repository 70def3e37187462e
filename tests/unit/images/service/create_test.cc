// Images that are made of content which is there, and the service itself: S2, S13, T4, T5, T18, T21.
#include "service_fixture.h"
#include "support/all_or_nothing.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class StoredImagesCreate : public ImageServiceFixture {
 protected:
  /// Imports an image and removes its records: the content stays until a collection.
  Descriptor content_of(const std::string& content) {
    image("registry.test/import:1", content, false);
    const Descriptor target = target_of("registry.test/import:1");
    EXPECT_TRUE(update([&](metadata::WriteTx& tx) { return remove(tx, kNs, "registry.test/import:1"); }));
    return target;
  }
  Result<StoredImageId> create_image(const NewImage& image) {
    return update([&](metadata::WriteTx& tx) { return images().create(tx, image); });
  }
};

TEST_F(StoredImagesCreate, T18_AnImageWithNamesMetadataAndFlags) {
  const auto id = create_image(
      {.target = content_of("one"), .names = {"b", "a", "b"}, .metadata = "m", .flags = {{"f", "1"}}});
  ASSERT_EQ(outcome(id), "ok");
  const StoredImage stored = get(*id);
  EXPECT_THAT(stored.names, ElementsAre("docker.io/library/b:latest", "docker.io/library/a:latest"));
  EXPECT_THAT(stored.history, stored.names);
  EXPECT_EQ(stored.metadata, "m");
  EXPECT_EQ(stored.flags, (Labels{{"f", "1"}}));
}

TEST_F(StoredImagesCreate, T4_TheIdIsTheDigestOfTheConfig) {
  const Descriptor target = content_of("one");
  const StoredImageId id = create_image({.target = target, .names = {"a"}}).value();
  EXPECT_EQ(view([&](const metadata::ReadTx& tx) { return images().open(tx, id); })->id(), id.id().config());
}

TEST_F(StoredImagesCreate, T4_AnIdThatIsThereIsInUse) {
  const Descriptor target = content_of("one");
  const StoredImageId id = create_image({.target = target, .names = {"a"}}).value();
  const auto again = create_image({.target = target, .names = {"b"}});
  EXPECT_EQ(outcome(again), "already_exists");
  EXPECT_EQ(again.error().kind(), "image");
  EXPECT_EQ(again.error().name(), id.to_string());
  EXPECT_EQ(again.error().message(), "that ID is already in use");
}

TEST_F(StoredImagesCreate, T4_ALayerThatIsThereIsSharedNotRefused) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const StoredImageId two = image("registry.test/two:1", "two");
  EXPECT_NE(one, two);
  EXPECT_EQ(snapshots().size(), 3u);
}

TEST_F(StoredImagesCreate, T5_AUsedNameIsRefusedAndItsOwnerNamed) {
  const StoredImageId one = image("registry.test/one:1", "one", false);
  const auto made = create_image({.target = content_of("two"), .names = {"registry.test/one:1"}});
  EXPECT_EQ(outcome(made), "already_exists");
  EXPECT_EQ(made.error().kind(), "image name");
  EXPECT_THAT(made.error().message(), HasSubstr("that name is already in use by image " + one.to_string()));
  EXPECT_THAT(names(one), ElementsAre("registry.test/one:1"));
}

TEST_F(StoredImagesCreate, T18_WhatItIsMadeOfHasToBeThere) {
  const Descriptor target = content_of("one");
  const ResolvedImage parts = [&] {
    const StoredImageId id = create_image({.target = target}).value();
    const ResolvedImage opened =
        view([&](const metadata::ReadTx& tx) { return images().open(tx, id); }).value();
    EXPECT_EQ(outcome(service.remove_image(id.to_string())), "ok");
    return opened;
  }();
  const auto forget = [&](const Digest& digest) {
    ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) { return content::remove(tx, kNs, digest); })), "ok");
  };
  forget(parts.document.layers[1].digest);
  const auto without_layer = create_image({.target = target, .names = {"a"}});
  EXPECT_EQ(outcome(without_layer), "not_found");
  EXPECT_EQ(without_layer.error().kind(), "layer");
  EXPECT_EQ(without_layer.error().message(), "layer not known");
  forget(target.digest);
  EXPECT_EQ(outcome(create_image({.target = target, .names = {"a"}})), "not_found");
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(StoredImagesCreate, T18_AnImageMayHaveNoLayers) {
  test::LayoutBuilder layout;
  const Descriptor target = add_without_layers(layout, config_without_layers(R"("x":1)"));
  take(std::move(layout), target, "registry.test/empty:1");
  const auto status = service.image_status("registry.test/empty:1").value();
  EXPECT_GT(status.size.value(), 0u);
  EXPECT_THAT(service.remove_image("registry.test/empty:1").value(), IsEmpty());
}

TEST_F(StoredImagesCreate, T21_ANamelessImageStaysUntilItIsRemoved) {
  const StoredImageId id = create_image({.target = content_of("one")}).value();
  collect();
  EXPECT_THAT(names(id), IsEmpty());
  EXPECT_EQ(service.list_images()->size(), 1u);
  EXPECT_EQ(found(id.to_string().substr(0, 12)), id.to_string());
  EXPECT_THAT(records(), ElementsAre("sha256:" + id.to_string()));
  EXPECT_TRUE(keeps_nameless(records()[0]));
  EXPECT_FALSE(keeps_nameless("sha256:abc"));
  ASSERT_EQ(outcome(service.remove_image(id.to_string())), "ok");
  EXPECT_EQ(service.list_images()->size(), 0u);
}

TEST_F(StoredImagesCreate, T18_RefusesWhatCannotBeStored) {
  const Descriptor target = content_of("one");
  EXPECT_EQ(outcome(create_image({.target = target, .names = {"No Reference"}})), "invalid_argument");
  EXPECT_EQ(outcome(create_image({.target = target, .names = {"a@" + Digest::of("x").to_string()}})),
            "invalid_argument");
  EXPECT_EQ(
      outcome(create_image({.target = target, .metadata = std::string(kMaxImageMetadataBytes + 1, 'm')})),
      "too_large");
  EXPECT_EQ(outcome(create_image({.target = target, .flags = {{"", "x"}}})), "invalid_argument");
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(StoredImagesCreate, T18_AllOrNothing) {
  const Descriptor target = content_of("one");
  EXPECT_GT(metadata::expect_all_or_nothing(
                store().db(),
                [&](metadata::WriteTx& tx) {
                  return images().create(tx, {.target = target, .names = {"a", "b"}, .metadata = "m"});
                }),
            2);
}

TEST_F(StoredImagesCreate, S2_TwoServicesOnOneRootShareAStore) {
  const auto root = dir.path() / "store";
  std::filesystem::create_directory_symlink(root, dir.path() / "link");
  const StoreOptions options{.snapshotter = "native"};
  EXPECT_EQ(ImageService::open(root, options)->store(), service.store());
  EXPECT_EQ(ImageService::open(dir.path() / "link", options)->store(), service.store());
  EXPECT_NE(ImageService::open(dir.path() / "other", options)->store(), service.store());
}

TEST_F(StoredImagesCreate, S2_AStoreThatIsLetGoIsOpenedAnew) {
  const auto root = dir.path() / "other";
  std::weak_ptr<Store> first = ImageService::open(root, {.snapshotter = "native"})->store();
  EXPECT_TRUE(first.expired());
  EXPECT_EQ(outcome(ImageService::open(root, {.snapshotter = "native"})), "ok");
}

TEST_F(StoredImagesCreate, S2_FailureToOpenIsAnswered) {
  test::write_file(dir.path() / "file", "x");
  EXPECT_EQ(outcome(ImageService::open(dir.path() / "file")), "invalid_argument");
}

TEST_F(StoredImagesCreate, S13_TheStoreIsTheVeryOneThatImagesAreIn) {
  const auto shared =
      std::make_shared<Store>(Store::open(dir.path() / "mine", {.snapshotter = "native"}).value());
  const ImageService mine(shared);
  EXPECT_EQ(mine.store(), shared);
  const ImageService copy = mine;
  EXPECT_EQ(copy.store(), shared);
}

}  // namespace
}  // namespace bayplan::images
