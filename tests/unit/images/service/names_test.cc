// Names: S20, T5, T6, T8, T21.
#include "service_fixture.h"
#include "support/all_or_nothing.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class StoredImagesNames : public ImageServiceFixture {
 protected:
  const StoredImageId one = image("registry.test/one:1", "one", false);
  const StoredImageId two = image("registry.test/two:1", "two", false);

  Result<void> set_names(const StoredImageId& id, const std::vector<std::string>& given) {
    return update([&](metadata::WriteTx& tx) { return images().set_names(tx, id, given); });
  }
  Result<void> remove_names(const StoredImageId& id, const std::vector<std::string>& taken) {
    return update([&](metadata::WriteTx& tx) { return images().remove_names(tx, id, taken); });
  }
  std::string keeper(const StoredImageId& id) const { return "sha256:" + id.to_string(); }
};

TEST_F(StoredImagesNames, T5_NewNamesStandInFrontEachOnce) {
  ASSERT_EQ(outcome(add_names(one, {"b", "a", "b", "docker.io/library/a:latest"})), "ok");
  EXPECT_THAT(names(one),
              ElementsAre("docker.io/library/b:latest", "docker.io/library/a:latest", "registry.test/one:1"));
  ASSERT_EQ(outcome(add_names(one, {"registry.test/one:1"})), "ok");
  EXPECT_THAT(names(one),
              ElementsAre("registry.test/one:1", "docker.io/library/b:latest", "docker.io/library/a:latest"));
}

TEST_F(StoredImagesNames, T5_ANameMovesInOneCommit) {
  ASSERT_EQ(outcome(add_names(one, {"registry.test/moves:1"})), "ok");
  const auto before = revision();
  ASSERT_EQ(outcome(add_names(two, {"registry.test/moves:1"})), "ok");
  EXPECT_EQ(revision(), before + 1);
  EXPECT_THAT(names(one), ElementsAre("registry.test/one:1"));
  EXPECT_THAT(names(two), ElementsAre("registry.test/moves:1", "registry.test/two:1"));
}

TEST_F(StoredImagesNames, T5_T21_AnImageThatLosesItsLastNameStaysUntilItIsRemoved) {
  ASSERT_EQ(outcome(add_names(two, {"registry.test/one:1"})), "ok");
  EXPECT_THAT(names(one), IsEmpty());
  EXPECT_THAT(records(), UnorderedElementsAre(keeper(one), "registry.test/one:1", "registry.test/two:1"));
  collect();
  EXPECT_EQ(found(one.to_string()), one.to_string());
  EXPECT_EQ(outcome(view([&](const metadata::ReadTx& tx) { return images().open(tx, one); })), "ok");
  ASSERT_EQ(outcome(service.remove_image(one.to_string())), "ok");
  EXPECT_EQ(found(one.to_string()), "not_found");
}

TEST_F(StoredImagesNames, T21_ANamelessImageThatGetsANameNeedsItsKeeperNoMore) {
  ASSERT_EQ(outcome(remove_names(one, {"registry.test/one:1"})), "ok");
  EXPECT_THAT(records(), UnorderedElementsAre(keeper(one), "registry.test/two:1"));
  ASSERT_EQ(outcome(add_names(one, {"registry.test/again:1"})), "ok");
  EXPECT_THAT(records(), UnorderedElementsAre("registry.test/again:1", "registry.test/two:1"));
}

TEST_F(StoredImagesNames, T5_SetNamesReplacesAll) {
  ASSERT_EQ(outcome(add_names(one, {"old"})), "ok");
  ASSERT_EQ(outcome(set_names(one, {"new", "registry.test/two:1"})), "ok");
  EXPECT_THAT(names(one), ElementsAre("docker.io/library/new:latest", "registry.test/two:1"));
  EXPECT_THAT(names(two), IsEmpty());
  ASSERT_EQ(outcome(set_names(one, {})), "ok");
  EXPECT_THAT(records(), UnorderedElementsAre(keeper(one), keeper(two)));
}

TEST_F(StoredImagesNames, T5_RemoveNamesTakesThemAsGivenAndNormalized) {
  ASSERT_EQ(outcome(add_names(one, {"a", "b"})), "ok");
  ASSERT_EQ(outcome(remove_names(one, {"a", "registry.test/two:1", "none", "docker.io/library/b:latest"})),
            "ok");
  EXPECT_THAT(names(one), ElementsAre("registry.test/one:1"));
  EXPECT_THAT(names(two), ElementsAre("registry.test/two:1"));
}

TEST_F(StoredImagesNames, T5_TheRecordThatKeepsANamelessImageIsNoName) {
  ASSERT_EQ(outcome(set_names(one, {})), "ok");
  ASSERT_EQ(outcome(remove_names(one, {keeper(one)})), "ok");
  EXPECT_EQ(found(one.to_string()), one.to_string());
}

TEST_F(StoredImagesNames, T5_TheHistoryHoldsNamesNewestFirstAndSurvivesTheirRemoval) {
  ASSERT_EQ(outcome(add_names(one, {"a"})), "ok");
  ASSERT_EQ(outcome(add_names(one, {"b"})), "ok");
  ASSERT_EQ(outcome(add_names(one, {"a"})), "ok");
  ASSERT_EQ(outcome(remove_names(one, {"a", "registry.test/one:1"})), "ok");
  EXPECT_THAT(get(one).history,
              ElementsAre("docker.io/library/a:latest", "docker.io/library/b:latest", "registry.test/one:1"));
  EXPECT_THAT(names(one), ElementsAre("docker.io/library/b:latest"));
}

TEST_F(StoredImagesNames, T5_ANameThatWasStolenIsInTheHistoryOfBoth) {
  ASSERT_EQ(outcome(add_names(two, {"registry.test/one:1"})), "ok");
  EXPECT_THAT(get(one).history, ElementsAre("registry.test/one:1"));
  EXPECT_THAT(get(two).history, ElementsAre("registry.test/one:1", "registry.test/two:1"));
}

TEST_F(StoredImagesNames, T5_NamesAreReferencesAndDigestsAreOfTheImage) {
  EXPECT_EQ(outcome(add_names(one, {"Not A Reference"})), "invalid_argument");
  EXPECT_EQ(outcome(add_names(one, {"a@" + target_of("registry.test/two:1").digest.to_string()})),
            "invalid_argument");
  const std::string digest = target_of("registry.test/one:1").digest.to_string();
  ASSERT_EQ(outcome(add_names(one, {"a@" + digest})), "ok");
  EXPECT_THAT(names(one), ElementsAre("docker.io/library/a@" + digest, "registry.test/one:1"));
}

TEST_F(StoredImagesNames, T5_AnUnknownImageIsSaidToBeOne) {
  ASSERT_EQ(outcome(service.remove_image(one.to_string())), "ok");
  for (const auto& result : {add_names(one, {"a"}), set_names(one, {"a"}), remove_names(one, {"a"})}) {
    EXPECT_EQ(outcome(result), "not_found");
    EXPECT_EQ(result.error().kind(), "image");
  }
}

TEST_F(StoredImagesNames, T5_NewNamesAreLikeTheOneThatWasTagged) {
  test::LayoutBuilder layout;
  const Descriptor manifest = add_image(layout, "many");
  const Descriptor index = layout.index({{manifest, test::ImagePlatform{}}});
  take(layout, index, "registry.test/z-index:1", false);
  take(std::move(layout), manifest, "registry.test/a-manifest:1", false);
  const StoredImageId id = id_of("registry.test/z-index:1");
  EXPECT_EQ(id, id_of("registry.test/a-manifest:1"));
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) {
              return images().add_names(tx, id, {"copy"}, "registry.test/z-index:1");
            })),
            "ok");
  EXPECT_EQ(target_of("copy").digest, index.digest);
}

TEST_F(StoredImagesNames, S20_NamesAreAddedToThoseThatAreThere) {
  ASSERT_EQ(outcome(add_names(one, {"mine"})), "ok");
  image("registry.test/one:1", "one", false);
  EXPECT_THAT(names(one), ElementsAre("docker.io/library/mine:latest", "registry.test/one:1"));
}

TEST_F(StoredImagesNames, T21_AnImageWhoseRecordIsPointedElsewhereStaysIfThatIsSaid) {
  const Image before =
      view([&](const metadata::ReadTx& tx) { return find(tx, kNs, "registry.test/one:1"); }).value();
  const auto move = [&](metadata::WriteTx& tx) -> Result<void> {
    Image moved = before;
    moved.target = bayplan::images::find(tx, kNs, "registry.test/two:1")->target;
    BAYPLAN_TRY(bayplan::images::update(tx, kNs, moved));
    return images().name_moved(tx, before);
  };
  ASSERT_EQ(outcome(update(move)), "ok");
  EXPECT_THAT(records(), UnorderedElementsAre(keeper(one), "registry.test/one:1", "registry.test/two:1"));
  EXPECT_THAT(get(one).history, ElementsAre("registry.test/one:1"));
  ASSERT_EQ(outcome(update(move)), "ok") << "it is kept already";
}

TEST_F(StoredImagesNames, T5_EachIsAllOrNothing) {
  ASSERT_EQ(outcome(add_names(one, {"a", "b"})), "ok");
  const auto add = [&](metadata::WriteTx& tx) {
    return images().add_names(tx, two, {"registry.test/one:1", "a", "b"});
  };
  EXPECT_GT(metadata::expect_all_or_nothing(store().db(), add), 3);
  const auto take_all = [&](metadata::WriteTx& tx) { return images().set_names(tx, two, {}); };
  EXPECT_GT(metadata::expect_all_or_nothing(store().db(), take_all), 3);
}

TEST_F(StoredImagesNames, T6_MetadataIsOneString) {
  const auto set = [&](const std::string& text) {
    return update([&](metadata::WriteTx& tx) { return images().set_metadata(tx, one, text); });
  };
  EXPECT_EQ(get(one).metadata, "");
  ASSERT_EQ(outcome(set(R"({"a":1})")), "ok");
  EXPECT_EQ(get(one).metadata, R"({"a":1})");
  ASSERT_EQ(outcome(set(std::string(kMaxImageMetadataBytes, 'm'))), "ok");
  EXPECT_EQ(outcome(set(std::string(kMaxImageMetadataBytes + 1, 'm'))), "too_large");
  EXPECT_EQ(get(one).metadata.size(), kMaxImageMetadataBytes);
  ASSERT_EQ(outcome(set("")), "ok");
  EXPECT_EQ(get(one).metadata, "");
}

TEST_F(StoredImagesNames, T6_WithoutItsConfigAnImageHasNoPlaceForIt) {
  ASSERT_EQ(
      outcome(update([&](metadata::WriteTx& tx) { return content::remove(tx, kNs, one.id().config()); })),
      "ok");
  const auto set = update([&](metadata::WriteTx& tx) { return images().set_metadata(tx, one, "m"); });
  EXPECT_EQ(outcome(set), "not_found");
  EXPECT_EQ(set.error().kind(), "image");
  EXPECT_EQ(outcome(add_names(one, {"a"})), "ok");
}

TEST_F(StoredImagesNames, T8_FlagsAreAFreeMap) {
  const auto set = [&](const Labels& flags) {
    return update([&](metadata::WriteTx& tx) { return images().set_flags(tx, one, flags); });
  };
  ASSERT_EQ(outcome(set({{"incomplete", "true"}, {"x", "1"}, {"none", ""}})), "ok");
  EXPECT_EQ(get(one).flags, (Labels{{"incomplete", "true"}, {"x", "1"}}));
  ASSERT_EQ(outcome(set({{"x", "2"}})), "ok");
  EXPECT_EQ(get(one).flags, (Labels{{"x", "2"}}));
  EXPECT_EQ(outcome(set({{"", "1"}})), "invalid_argument");
  EXPECT_EQ(outcome(set({{"x", std::string(kMaxImageMetadataBytes, 'm')}})), "too_large");
}

TEST_F(StoredImagesNames, T6_T8_WhatIsKeptLivesOnWhenTheImageComesAgain) {
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) { return images().set_metadata(tx, one, "m"); })),
            "ok");
  image("registry.test/one:1", "one", true);
  EXPECT_EQ(get(one).metadata, "m");
  ASSERT_EQ(outcome(service.remove_image("registry.test/one:1")), "ok");
  image("registry.test/one:1", "one", true);
  EXPECT_EQ(get(one).metadata, "");
  EXPECT_THAT(get(one).history, ElementsAre("registry.test/one:1"));
}

}  // namespace
}  // namespace bayplan::images
