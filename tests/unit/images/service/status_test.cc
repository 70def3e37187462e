// What is told of images: S1-S6, S22, S23, S26, S79, S80, T1, T20, D2-D4, D7, D9.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "service_fixture.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ImageServiceStatus : public ImageServiceFixture {
 protected:
  std::vector<std::string> listed(std::string_view filter = {}) {
    std::vector<std::string> ids;
    for (const ImageResult& result : service.list_images(filter).value())
      ids.push_back(result.id.to_string());
    return ids;
  }
  Result<std::vector<ImageDocument>> documents(const StoredImageId& id) {
    return view([&](const metadata::ReadTx& tx) { return images().documents(tx, id); });
  }
  Result<std::string> read(const StoredImageId& id, std::string_view key) {
    return view([&](const metadata::ReadTx& tx) { return images().read_document(tx, id, key); });
  }
  std::vector<StoredLayer> layers(const StoredImageId& id) {
    return view([&](const metadata::ReadTx& tx) { return images().layers(tx, id); }).value();
  }
  void forget_blob(const Digest& digest) {
    ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) { return content::remove(tx, kNs, digest); })), "ok");
  }
  void damage(const Digest& digest) {
    std::filesystem::permissions(blob_file(digest), std::filesystem::perms::owner_all);
    std::ofstream(blob_file(digest), std::ios::in | std::ios::out).write("X", 1);
  }
};

TEST_F(ImageServiceStatus, S1_AnUnknownSizeIsNotZero) {
  image("registry.test/one:1", "one", false);
  const auto listed_images = service.list_images().value();
  ASSERT_EQ(listed_images.size(), 1u);
  EXPECT_EQ(listed_images[0].id, id_of("registry.test/one:1"));
  EXPECT_THAT(listed_images[0].names, ElementsAre("registry.test/one:1"));
  EXPECT_EQ(listed_images[0].size, std::nullopt);
  EXPECT_EQ(service.image_status("registry.test/one:1")->size, std::nullopt);
}

TEST_F(ImageServiceStatus, S3_AllImagesAreListedWithoutOpeningThem) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const StoredImageId two = image("registry.test/two:1", "two");
  ASSERT_EQ(outcome(add_names(one, {"also"})), "ok");
  damage(one.id().config());
  forget_blob(two.id().config());
  EXPECT_THAT(listed(), UnorderedElementsAre(one.to_string(), two.to_string()));
}

TEST_F(ImageServiceStatus, S3_AnEmptyStoreHasNoImages) { EXPECT_THAT(listed(), IsEmpty()); }

TEST_F(ImageServiceStatus, S3_AStoreThatCannotBeReadIsAnError) {
  // What a child of fork() inherits answers closed.
  const pid_t child = ::fork();
  if (child == 0) {
    const auto all = service.list_images();
    const auto one = service.list_images("x");
    ::_exit(!all && all.error().code() == Errc::closed && !one && one.error().code() == Errc::closed ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(ImageServiceStatus, S4_OnlyNotFoundBecomesAnEmptyList) {
  const StoredImageId one = image("registry.test/one:1", "one");
  EXPECT_THAT(listed("registry.test/none:1"), IsEmpty());
  EXPECT_EQ(outcome(service.list_images("No Reference")), "invalid_argument");
  forget_blob(target_of("registry.test/one:1").digest);
  EXPECT_EQ(outcome(service.list_images("registry.test/one:1")), "ok") << "its manifest was read already";
  const ImageService fresh(service.store());
  EXPECT_EQ(outcome(fresh.list_images("registry.test/one:1")), "failed_precondition");
  EXPECT_THAT(listed("registry.test/one:1"), ElementsAre(one.to_string()));
}

TEST_F(ImageServiceStatus, S4_S21_AFilterIsWhatNamesAnImage) {
  const StoredImageId one = image("docker.io/library/one:latest", "one");
  image("registry.test/two:1", "two");
  for (const std::string& filter : {std::string("one"), one.to_string(), one.to_string().substr(0, 12)}) {
    EXPECT_THAT(listed(filter), ElementsAre(one.to_string())) << filter;
  }
}

TEST_F(ImageServiceStatus, S6_StatusTellsAllNamesWhicheverWasAskedFor) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(add_names(one, {"also"})), "ok");
  const auto status = service.image_status("registry.test/one:1").value();
  EXPECT_THAT(status.image.names, ElementsAre("docker.io/library/also:latest", "registry.test/one:1"));
  EXPECT_EQ(status.image.id, one);
  EXPECT_THAT(service.image_status("also")->image.names, status.image.names);
}

TEST_F(ImageServiceStatus, S6_AnUnknownImageSaysSo) {
  const auto status = service.image_status("registry.test/none:1");
  EXPECT_EQ(outcome(status), "not_found");
  EXPECT_EQ(status.error().message(), "image not known");
}

TEST_F(ImageServiceStatus, S6_AnImageThatCannotBeOpenedIsAnErrorWithItsName) {
  const StoredImageId one = image("registry.test/one:1", "one");
  damage(one.id().config());
  const auto status = service.image_status("registry.test/one:1");
  EXPECT_EQ(outcome(status), "digest_mismatch");
  EXPECT_THAT(status.error().to_string(), HasSubstr("registry.test/one:1"));
}

TEST_F(ImageServiceStatus, S6_TellsWhatTheConfigSays) {
  test::LayoutBuilder layout;
  const Descriptor target = add_without_layers(
      layout, config_without_layers(
                  R"("created":"2024-02-03T04:05:06Z","config":{"User":"7:8","Labels":{"k":"v"}})"));
  take(std::move(layout), target, "registry.test/one:1");
  const auto status = service.image_status("registry.test/one:1").value();
  EXPECT_EQ(status.user, "7:8");
  EXPECT_THAT(status.labels, ElementsAre(std::pair<std::string, std::string>("k", "v")));
  ASSERT_TRUE(status.created);
  EXPECT_EQ(format_rfc3339(*status.created), "2024-02-03T04:05:06Z");
}

TEST_F(ImageServiceStatus, S6_ACreationTimeThatCannotBeReadIsNone) {
  test::LayoutBuilder layout;
  const Descriptor target = add_without_layers(layout, config_without_layers(R"("created":"yesterday")"));
  take(std::move(layout), target, "registry.test/one:1");
  EXPECT_EQ(service.image_status("registry.test/one:1")->created, std::nullopt);
}

TEST_F(ImageServiceStatus, S22_TheCanonicalReferenceIsToldAndNotStored) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const std::string digest = target_of("registry.test/one:1").digest.to_string();
  EXPECT_EQ(service.image_status("registry.test/one:1")->canonical, "registry.test/one@" + digest);
  EXPECT_THAT(records(), ElementsAre("registry.test/one:1"));
  EXPECT_EQ(found("registry.test/one@" + digest), one.to_string());
}

TEST_F(ImageServiceStatus, S22_AnImageWithoutNamesHasNone) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) { return images().set_names(tx, one, {}); })), "ok");
  const auto status = service.image_status(one.to_string()).value();
  EXPECT_EQ(status.canonical, std::nullopt);
  EXPECT_THAT(status.repo_tags, IsEmpty());
  EXPECT_THAT(status.repo_digests, IsEmpty());
  EXPECT_EQ(status.previous_name, "registry.test/one:1");
}

TEST_F(ImageServiceStatus, S23_NamesAreSplitAndEveryManifestIsADigestOfEveryRepository) {
  test::LayoutBuilder layout;
  const Descriptor manifest = add_image(layout, "many");
  const Descriptor index = layout.index({{manifest, test::ImagePlatform{}}});
  take(std::move(layout), index, "registry.test/many:1");
  const StoredImageId id = id_of("registry.test/many:1");
  const std::string by_digest = "registry.test/other@" + index.digest.to_string();
  ASSERT_EQ(outcome(add_names(id, {"registry.test/a:2", by_digest})), "ok");
  const auto status = service.image_status("registry.test/many:1").value();
  EXPECT_THAT(status.repo_tags, ElementsAre("registry.test/a:2", "registry.test/many:1"));
  EXPECT_THAT(status.repo_digests,
              UnorderedElementsAre("registry.test/a@" + manifest.digest.to_string(),
                                   "registry.test/a@" + index.digest.to_string(),
                                   "registry.test/many@" + manifest.digest.to_string(),
                                   "registry.test/many@" + index.digest.to_string(), by_digest));
  EXPECT_TRUE(std::is_sorted(status.repo_digests.begin(), status.repo_digests.end()));
}

TEST_F(ImageServiceStatus, S26_T20_TheSizeIsThatOfEachLayerOnceAndTheDocuments) {
  const StoredImageId one = image("registry.test/one:1", "one");
  std::uint64_t expected = 0;
  for (const StoredLayer& layer : layers(one)) expected += layer.bytes.value();
  EXPECT_GT(expected, 8000u);
  expected += target_of("registry.test/one:1").size;
  expected +=
      view([&](const metadata::ReadTx& tx) { return content::stat(tx, kNs, one.id().config()); })->size;
  EXPECT_EQ(service.image_status("registry.test/one:1")->size, expected);
  EXPECT_EQ(service.image_status(one.to_string())->size, expected);
  EXPECT_EQ(view([&](const metadata::ReadTx& tx) { return images().size(tx, one); }).value(), expected);
}

TEST_F(ImageServiceStatus, S26_ALayerThatIsNotUnpackedMakesTheSizeUnknown) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const std::string top = layers(one).back().chain_id.to_string();
  ASSERT_EQ(
      outcome(update([&](metadata::WriteTx& tx) { return store().snapshotter().remove(tx, kNs, top); })),
      "ok");
  EXPECT_EQ(service.image_status("registry.test/one:1")->size, std::nullopt);
}

TEST_F(ImageServiceStatus, S79_LayersAreCalledByChainsAndShared) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const StoredImageId two = image("registry.test/two:1", "two");
  const auto of_one = layers(one);
  const auto of_two = layers(two);
  ASSERT_EQ(of_one.size(), 2u);
  EXPECT_EQ(of_one[0].chain_id, of_one[0].diff_id);
  EXPECT_EQ(of_one[1].chain_id,
            Digest::of(of_one[0].chain_id.to_string() + " " + of_one[1].diff_id.to_string()));
  EXPECT_EQ(of_two[0].chain_id, of_one[0].chain_id);
  EXPECT_NE(of_two[1].chain_id, of_one[1].chain_id);
  EXPECT_EQ(snapshots().size(), 3u);
  const ResolvedImage opened =
      view([&](const metadata::ReadTx& tx) { return images().open(tx, one); }).value();
  EXPECT_EQ(opened.id(), one.id().config());
}

TEST_F(ImageServiceStatus, S80_DocumentsHaveTheKeysOfContainersStorage) {
  test::LayoutBuilder layout;
  const Descriptor manifest = add_image(layout, "many");
  const Descriptor index = layout.index({{manifest, test::ImagePlatform{}}});
  take(std::move(layout), index, "registry.test/many:1");
  const StoredImageId id = id_of("registry.test/many:1");
  std::vector<std::string> keys;
  for (const ImageDocument& document : documents(id).value()) keys.push_back(document.key);
  EXPECT_THAT(keys, UnorderedElementsAre("manifest", "manifest-" + manifest.digest.to_string(),
                                         "manifest-" + index.digest.to_string(), "sha256:" + id.to_string()));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(Digest::of(read(id, "manifest").value()), manifest.digest);
  EXPECT_EQ(Digest::of(read(id, "manifest-" + index.digest.to_string()).value()), index.digest);
  EXPECT_EQ(Digest::of(read(id, "sha256:" + id.to_string()).value()), id.id().config());
}

TEST_F(ImageServiceStatus, S80_NoSignaturesAreKept) {
  const StoredImageId one = image("registry.test/one:1", "one");
  EXPECT_EQ(outcome(read(one, "signatures")), "not_found");
  EXPECT_EQ(outcome(read(one, "")), "invalid_argument");
}

TEST_F(ImageServiceStatus, T1_AnImageHasTheFieldsOfARecord) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const StoredImage stored = get(one);
  EXPECT_EQ(stored.manifest, target_of("registry.test/one:1").digest);
  ASSERT_EQ(stored.targets.size(), 1u);
  EXPECT_EQ(stored.targets[0].digest, stored.manifest);
  EXPECT_THAT(stored.names, ElementsAre("registry.test/one:1"));
  EXPECT_THAT(stored.history, ElementsAre("registry.test/one:1"));
}

TEST_F(ImageServiceStatus, D2_AskingForWhatIsNotThereMakesNothing) {
  const StoredImageId gone = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(service.remove_image(gone.to_string())), "ok");
  collect();
  const auto count = [&] {
    const std::filesystem::recursive_directory_iterator all(dir.path() / "store");
    return std::distance(begin(all), end(all));
  };
  const auto before = count();
  EXPECT_EQ(outcome(service.image_status(gone.to_string())), "not_found");
  EXPECT_EQ(outcome(documents(gone)), "not_found");
  EXPECT_EQ(outcome(read(gone, "manifest")), "not_found");
  EXPECT_EQ(count(), before);
}

TEST_F(ImageServiceStatus, D4_ErrorsNameTheRightKind) {
  const StoredImageId one = image("registry.test/one:1", "one");
  EXPECT_EQ(read(one, "none").error().kind(), "big data item");
  ASSERT_EQ(outcome(service.remove_image(one.to_string())), "ok");
  EXPECT_EQ(read(one, "manifest").error().kind(), "image");
  EXPECT_EQ(documents(one).error().kind(), "image");
}

TEST_F(ImageServiceStatus, D7_ThePreviousNameOfARegistryWithAPort) {
  const StoredImageId one = image("localhost:5000/a:b", "one");
  ASSERT_EQ(outcome(add_names(one, {"localhost:5000/c:d"})), "ok");
  ASSERT_EQ(outcome(service.untag_image("localhost:5000/a:b")), "ok");
  const auto status = service.image_status("localhost:5000/c:d").value();
  EXPECT_EQ(status.previous_name, "localhost:5000/a:b");
  EXPECT_THAT(status.repo_tags, ElementsAre("localhost:5000/c:d"));
}

TEST_F(ImageServiceStatus, D9_AListGoesOnPastDamage) {
  const StoredImageId one = image("registry.test/one:1", "one");
  image("registry.test/absent:1", "absent");
  image("registry.test/damaged:1", "damaged");
  forget_blob(target_of("registry.test/absent:1").digest);
  damage(target_of("registry.test/damaged:1").digest);
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) {
              return create(tx, kNs, {"registry.test/artifact:1", {"text/plain", Digest::of("x"), 1}, {}});
            })),
            "ok");
  std::map<std::string, std::string> problems;
  const ImageService fresh(service.store());
  const auto all = fresh.list_images({}, [&](std::string_view name, const Error& error) {
    problems.emplace(name, errc_name(error.code()));
  });
  ASSERT_EQ(outcome(all), "ok");
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].id, one);
  EXPECT_THAT(
      problems,
      ElementsAre(std::pair<const std::string, std::string>("registry.test/absent:1", "failed_precondition"),
                  std::pair<const std::string, std::string>("registry.test/damaged:1", "digest_mismatch")));
  EXPECT_EQ(outcome(fresh.image_status("registry.test/artifact:1")), "unsupported");
}

}  // namespace
}  // namespace bayplan::images
