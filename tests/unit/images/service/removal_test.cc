// Untagging and removing: S12, S24, S25, T19, D1, D3, D6.
#include <thread>

#include "bayplan/metadata/leases.h"
#include "service_fixture.h"
#include "support/all_or_nothing.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ImageServiceRemoval : public ImageServiceFixture {
 protected:
  std::vector<std::string> chain(const StoredImageId& id) {
    std::vector<std::string> keys;
    const auto layers = view([&](const metadata::ReadTx& tx) { return images().layers(tx, id); }).value();
    for (const StoredLayer& layer : layers) keys.push_back(layer.chain_id.to_string());
    return keys;
  }
  Result<ImageRemoval> plan(const StoredImageId& id) {
    const std::vector<const metadata::GcKind*> users{&containers};
    return view([&](const metadata::ReadTx& tx) { return images().plan_removal(tx, id, users); });
  }
};

TEST_F(ImageServiceRemoval, S12_AllNamesAndUnneededLayersGo) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(add_names(one, {"also"})), "ok");
  const auto layers = chain(one);
  const auto removed = service.remove_image("docker://registry.test/one:1");
  ASSERT_EQ(outcome(removed), "ok");
  EXPECT_THAT(*removed, ElementsAre(layers[1], layers[0]));
  EXPECT_THAT(records(), IsEmpty());
  EXPECT_THAT(snapshots(), IsEmpty());
  collect();
  EXPECT_FALSE(std::filesystem::exists(blob_file(one.id().config())));
}

TEST_F(ImageServiceRemoval, S12_WhatIsNotKnownSaysSo) {
  EXPECT_EQ(outcome(service.remove_image("registry.test/none:1")), "not_found");
  EXPECT_EQ(outcome(service.remove_image("oci:/somewhere")), "not_found");
  EXPECT_EQ(outcome(service.remove_image("No Reference")), "invalid_argument");
}

TEST_F(ImageServiceRemoval, S12_T19_AnImageInUseIsRefusedAndItsUsersAreNamed) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(add_names(one, {"also"})), "ok");
  containers.uses = {{"c1", "registry.test/one:1"}, {"c2", "docker.io/library/also:latest"}};
  const auto before = revision();
  const auto removed = service.remove_image("also");
  ASSERT_EQ(outcome(removed), "in_use");
  EXPECT_EQ(removed.error().message(), R"(image is in use by container "c1", container "c2")");
  EXPECT_EQ(revision(), before);
  containers.uses.clear();
  EXPECT_EQ(outcome(service.remove_image("also")), "ok");
}

TEST_F(ImageServiceRemoval, S12_ANameThatIsTakenAwayUnderAContainerDoesNotFreeTheImage) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const StoredImageId two = image("registry.test/two:1", "two");
  containers.uses = {{"c1", "registry.test/one:1"}};
  ASSERT_EQ(outcome(add_names(one, {"also"})), "ok");
  ASSERT_EQ(outcome(service.untag_image("registry.test/one:1")), "ok");
  EXPECT_EQ(outcome(service.untag_image("also")), "in_use");
  ASSERT_EQ(outcome(add_names(two, {"registry.test/one:1"})), "ok");
  EXPECT_EQ(outcome(service.untag_image("also")), "ok") << "the name is of another image now";
}

TEST_F(ImageServiceRemoval, S12_ALeaseOnTheImageIsNoUser) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) -> Result<void> {
              BAYPLAN_TRY(metadata::leases::create(tx, kNs, {.id = "l"}));
              return metadata::leases::add_resource(tx, kNs, "l", {"images", "registry.test/one:1"});
            })),
            "ok");
  EXPECT_EQ(outcome(service.remove_image(one.to_string())), "ok");
}

TEST_F(ImageServiceRemoval, D1_EveryWayToNameItIsRefusedAlike) {
  const StoredImageId one = image("registry.test/one:1", "one");
  containers.uses = {{"c1", "registry.test/one:1"}};
  for (const std::string& text : {std::string("registry.test/one:1"), one.to_string(),
                                  one.to_string().substr(0, 12), "@" + one.to_string()}) {
    EXPECT_EQ(outcome(service.remove_image(text)), "in_use") << text;
    EXPECT_EQ(outcome(service.untag_image(text)), "in_use") << text;
  }
  EXPECT_EQ(found("registry.test/one:1"), one.to_string());
}

TEST_F(ImageServiceRemoval, D1_ALayerWithChildrenIsRefused) {
  const auto layers = chain(image("registry.test/one:1", "one"));
  const auto removed =
      update([&](metadata::WriteTx& tx) { return store().snapshotter().remove(tx, kNs, layers[0]); });
  ASSERT_EQ(outcome(removed), "in_use");
}

TEST_F(ImageServiceRemoval, T19_ADryRunAnswersTheSameAndChangesNothing) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const auto before = revision();
  const auto planned = plan(one);
  ASSERT_EQ(outcome(planned), "ok");
  EXPECT_EQ(revision(), before);
  EXPECT_THAT(planned->records, ElementsAre("registry.test/one:1"));
  EXPECT_THAT(service.remove_image(one.to_string()).value(), planned->layers);
  EXPECT_EQ(outcome(plan(one)), "not_found");
}

TEST_F(ImageServiceRemoval, T19_LayersThatAnotherImageNeedsStay) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const StoredImageId two = image("registry.test/two:1", "two");
  const auto of_one = chain(one);
  const auto of_two = chain(two);
  EXPECT_THAT(service.remove_image(one.to_string()).value(), ElementsAre(of_one[1]));
  EXPECT_THAT(snapshots(), UnorderedElementsAre(of_two[0], of_two[1]));
  EXPECT_THAT(service.remove_image(two.to_string()).value(), ElementsAre(of_two[1], of_two[0]));
}

TEST_F(ImageServiceRemoval, T19_LayersOfAnotherImageWithTheSameLayersStay) {
  const std::string tar = test::TarBuilder().file("a", "1").end();
  const auto take_with = [&](const std::string& user, const std::string& name) {
    test::LayoutBuilder layout;
    const Descriptor layer = layout.blob(tar, "application/vnd.oci.image.layer.v1.tar");
    const Descriptor config =
        layout.blob(R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[")" +
                        layer.digest.to_string() + R"("]},"config":{"User":")" + user + R"("}})",
                    "application/vnd.oci.image.config.v1+json");
    const Descriptor manifest =
        layout.blob(test::manifest_json(config, {layer}, kManifestType), kManifestType);
    take(std::move(layout), manifest, name);
  };
  take_with("1", "registry.test/one:1");
  take_with("2", "registry.test/two:1");
  EXPECT_NE(id_of("registry.test/one:1"), id_of("registry.test/two:1"));
  EXPECT_THAT(service.remove_image("registry.test/one:1").value(), IsEmpty());
  EXPECT_EQ(snapshots().size(), 1u);
  EXPECT_EQ(service.remove_image("registry.test/two:1")->size(), 1u);
}

TEST_F(ImageServiceRemoval, T19_LayersUnderSomethingElseStay) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const auto layers = chain(one);
  auto stage = view([&](const metadata::ReadTx& tx) {
                 return store().snapshotter().stage(tx, kNs, layers[1]);
               }).value();
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) {
              return store().snapshotter().prepare(tx, kNs, "c1", std::move(stage),
                                                   {{"containerd.io/gc.root", "1"}}, metadata::referred());
            })),
            "ok");
  EXPECT_THAT(service.remove_image(one.to_string()).value(), IsEmpty());
  EXPECT_THAT(snapshots(), UnorderedElementsAre("c1", layers[0], layers[1]));
}

TEST_F(ImageServiceRemoval, T19_LayersThatALeaseHoldsStay) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const auto layers = chain(one);
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) -> Result<void> {
              BAYPLAN_TRY(metadata::leases::create(tx, kNs, {.id = "l"}));
              return metadata::leases::add_resource(tx, kNs, "l", {"snapshots/native", layers[0]});
            })),
            "ok");
  EXPECT_THAT(service.remove_image(one.to_string()).value(), ElementsAre(layers[1]));
}

TEST_F(ImageServiceRemoval, T19_ALayerThatIsARootStays) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const auto layers = chain(one);
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) {
              return store().snapshotter().set_labels(tx, kNs, layers[0], {{"containerd.io/gc.root", "1"}});
            })),
            "ok");
  EXPECT_THAT(service.remove_image(one.to_string()).value(), ElementsAre(layers[1]));
}

// Counts the keys that are read.
class CountingSource final : public metadata::BucketSource {
 public:
  explicit CountingSource(const metadata::BucketSource& source) : source_(source) {}
  metadata::BucketHandle root_handle() const override { return source_.root_handle(); }
  Result<std::optional<metadata::Entry>> find(const metadata::BucketHandle& bucket,
                                              std::string_view key) const override {
    ++keys;
    return source_.find(bucket, key);
  }
  Result<std::optional<metadata::BucketHandle>> find_bucket(const metadata::BucketHandle& bucket,
                                                            std::string_view key) const override {
    ++keys;
    return source_.find_bucket(bucket, key);
  }
  Result<std::uint64_t> sequence(const metadata::BucketHandle& bucket) const override {
    return source_.sequence(bucket);
  }
  Result<std::unique_ptr<metadata::BucketCursor>> open_cursor(
      const metadata::BucketHandle& bucket) const override {
    BAYPLAN_ASSIGN(auto cursor, source_.open_cursor(bucket));
    return std::unique_ptr<metadata::BucketCursor>(std::make_unique<Cursor>(std::move(cursor), keys));
  }

  mutable std::uint64_t keys = 0;

 private:
  class Cursor final : public metadata::BucketCursor {
   public:
    Cursor(std::unique_ptr<metadata::BucketCursor> cursor, std::uint64_t& keys)
        : cursor_(std::move(cursor)), keys_(keys) {}
    Result<std::optional<metadata::Entry>> first() override { return counted(cursor_->first()); }
    Result<std::optional<metadata::Entry>> last() override { return counted(cursor_->last()); }
    Result<std::optional<metadata::Entry>> next() override { return counted(cursor_->next()); }
    Result<std::optional<metadata::Entry>> prev() override { return counted(cursor_->prev()); }
    Result<std::optional<metadata::Entry>> seek(std::string_view key) override {
      return counted(cursor_->seek(key));
    }

   private:
    Result<std::optional<metadata::Entry>> counted(Result<std::optional<metadata::Entry>> entry) {
      ++keys_;
      return entry;
    }
    std::unique_ptr<metadata::BucketCursor> cursor_;
    std::uint64_t& keys_;
  };

  const metadata::BucketSource& source_;
};

TEST_F(ImageServiceRemoval, T19_OtherLayersCostNothing) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const auto keys_read = [&] {
    const std::vector<const metadata::GcKind*> users{&containers};
    return view([&](const metadata::ReadTx& tx) -> Result<std::uint64_t> {
             const CountingSource source(tx);
             BAYPLAN_ASSIGN(const ImageRemoval planned, images().plan_removal(source, one, users));
             EXPECT_EQ(planned.layers.size(), 2u);
             return source.keys;
           })
        .value();
  };
  const auto add_layer = [&](const std::string& name, const std::string& parent) {
    auto stage = view([&](const metadata::ReadTx& tx) {
                   return store().snapshotter().stage(tx, kNs, parent);
                 }).value();
    ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) {
                return store().snapshotter().add_committed(tx, kNs, name, parent, std::move(stage), {}, {},
                                                           metadata::referred());
              })),
              "ok");
  };
  const std::uint64_t alone = keys_read();
  EXPECT_GT(alone, 0u);
  for (int n = 0; n < 20; ++n)
    add_layer("l" + std::to_string(n), n % 2 == 0 ? "" : "l" + std::to_string(n - 1));
  EXPECT_EQ(keys_read(), alone);
}

TEST_F(ImageServiceRemoval, T19_AnImageThatWasRemovedCanComeAgain) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(service.remove_image(one.to_string())), "ok");
  EXPECT_EQ(image("registry.test/one:1", "one"), one);
  EXPECT_EQ(snapshots().size(), 2u);
  EXPECT_NE(service.image_status("registry.test/one:1")->size, std::nullopt);
}

TEST_F(ImageServiceRemoval, D3_NoDigestLeadsToARemovedImage) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const Digest manifest = target_of("registry.test/one:1").digest;
  const auto layers = chain(one);
  ASSERT_EQ(outcome(service.remove_image(one.to_string())), "ok");
  EXPECT_THAT(view([&](const metadata::ReadTx& tx) { return images().with_manifest(tx, manifest); }).value(),
              IsEmpty());
  EXPECT_THAT(view([&](const metadata::ReadTx& tx) {
                return images().with_top_layer(tx, Digest::parse(layers[1]).value());
              }).value(),
              IsEmpty());
  std::vector<std::string> problems;
  for (const metadata::GcKind* kind : store().gc_kinds()) {
    EXPECT_TRUE(view([&](const metadata::ReadTx& tx) {
      return kind->check(tx, kNs,
                         [&](const metadata::Problem& problem) { problems.push_back(problem.what); });
    }));
  }
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(ImageServiceRemoval, D6_OneCommit) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(add_names(one, {"also", "more"})), "ok");
  const auto before = revision();
  ASSERT_EQ(outcome(service.remove_image(one.to_string())), "ok");
  EXPECT_EQ(revision(), before + 1);
}

TEST_F(ImageServiceRemoval, T19_AllOrNothing) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(add_names(one, {"also"})), "ok");
  const ImageRemoval planned = plan(one).value();
  EXPECT_GT(metadata::expect_all_or_nothing(
                store().db(), [&](metadata::WriteTx& tx) { return images().remove(tx, planned); }),
            3);
}

TEST_F(ImageServiceRemoval, S24_ANameIsTakenAwayAsGivenAndNormalized) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(add_names(one, {"a", "b", "c"})), "ok");
  for (const char* const text : {"a", "docker.io/library/b:latest", "docker://c"}) {
    EXPECT_EQ(outcome(service.untag_image(text)), "ok") << text;
  }
  EXPECT_THAT(names(one), ElementsAre("registry.test/one:1"));
  EXPECT_EQ(outcome(service.untag_image("a")), "not_found");
  EXPECT_EQ(snapshots().size(), 2u);
}

TEST_F(ImageServiceRemoval, S24_TheLastNameTakesTheImageAlong) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const auto before = revision();
  ASSERT_EQ(outcome(service.untag_image("registry.test/one:1")), "ok");
  EXPECT_EQ(revision(), before + 1);
  EXPECT_EQ(found(one.to_string()), "not_found");
  EXPECT_THAT(snapshots(), IsEmpty());
}

TEST_F(ImageServiceRemoval, S24_AnIdTakesTheImageAlong) {
  const StoredImageId one = image("registry.test/one:1", "one");
  ASSERT_EQ(outcome(add_names(one, {"also"})), "ok");
  ASSERT_EQ(outcome(service.untag_image(one.to_string().substr(0, 12))), "ok");
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(ImageServiceRemoval, S24_ANameThatLooksLikeAnIdIsAName) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const StoredImageId two = image("registry.test/two:1", "two");
  const std::string prefix = one.to_string().substr(0, 5);
  ASSERT_EQ(outcome(add_names(two, {prefix})), "ok");
  ASSERT_EQ(outcome(service.untag_image(prefix)), "ok");
  EXPECT_THAT(names(two), ElementsAre("registry.test/two:1"));
  EXPECT_THAT(names(one), ElementsAre("registry.test/one:1"));
}

TEST_F(ImageServiceRemoval, S24_ADigestThatIsNoNameTakesNothing) {
  image("registry.test/one:1", "one");
  const std::string digest = target_of("registry.test/one:1").digest.to_string();
  EXPECT_EQ(outcome(service.untag_image("registry.test/one@" + digest)), "not_found");
  EXPECT_THAT(records(), ElementsAre("registry.test/one:1"));
}

TEST_F(ImageServiceRemoval, S24_ADamagedImageLosesItsName) {
  image("registry.test/one:1", "one");
  const Digest manifest = target_of("registry.test/one:1").digest;
  ASSERT_EQ(outcome(update([&](metadata::WriteTx& tx) { return content::remove(tx, kNs, manifest); })), "ok");
  const ImageService fresh(service.store());
  EXPECT_EQ(outcome(fresh.untag_image("registry.test/one:1")), "ok");
  EXPECT_THAT(records(), IsEmpty());
}

// Two that take away the two last names: one of them takes the image along, whoever comes second.
TEST_F(ImageServiceRemoval, S24_ReadingAndRemovingNamesIsOneTransaction) {
  for (int round = 0; round < 20; ++round) {
    const StoredImageId one = image("registry.test/a:1", "one", false);
    ASSERT_EQ(outcome(add_names(one, {"registry.test/b:1"})), "ok");
    std::string other;
    std::thread thread([&] { other = outcome(service.untag_image("registry.test/b:1")); });
    EXPECT_EQ(outcome(service.untag_image("registry.test/a:1")), "ok");
    thread.join();
    EXPECT_EQ(other, "ok");
    EXPECT_EQ(found(one.to_string()), "not_found");
    EXPECT_THAT(records(), IsEmpty());
  }
}

TEST_F(ImageServiceRemoval, S25_WhatWasResolvedIsRemovedWhateverItsTagMeansNow) {
  const StoredImageId one = image("registry.test/one:1", "one");
  const StoredImageId two = image("registry.test/two:1", "two");
  ASSERT_EQ(outcome(add_names(two, {"registry.test/one:1"})), "ok");
  ASSERT_EQ(outcome(service.remove_image(one.to_string())), "ok");
  EXPECT_EQ(found("registry.test/one:1"), two.to_string());
}

}  // namespace
}  // namespace bayplan::images
