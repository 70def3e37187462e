#include "bayplan/images/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bayplan/base/fault.h"
#include "image_store.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"

namespace bayplan::images {
namespace {

using test::outcome;
using test::pack;
using test::Packing;
using test::TarBuilder;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr const char* kLayer = "application/vnd.oci.image.layer.v1.tar";
constexpr const char* kLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* kConfig = "application/vnd.oci.image.config.v1+json";
constexpr const char* kManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kUncompressed = "containerd.io/uncompressed";

class UnpackTest : public testing::TestWithParam<std::string> {
 protected:
  ~UnpackTest() override { fault::arm({}); }

  /// Records a layer and counts how often it is opened.
  LayerInput layer(const std::string& tar, Packing packing = Packing::none) {
    const Descriptor blob =
        images.add_blob(pack(tar, packing), packing == Packing::gzip ? kLayerGzip : kLayer);
    return {blob, Digest::of(tar), [this, blob]() -> Result<std::unique_ptr<ByteSource>> {
              opened += 1;
              BAYPLAN_ASSIGN(auto reader,
                             images.store().blobs().open_blob(blob.digest, blob.size, content::Verify::no));
              return std::unique_ptr<ByteSource>(std::make_unique<content::BlobReader>(std::move(reader)));
            }};
  }
  Result<UnpackedLayers> unpack_all(const std::vector<LayerInput>& layers) {
    return unpack_layers(images.store(), kNs, layers, {});
  }
  Result<void> commit(UnpackedLayers& layers) {
    return images.update([&](metadata::WriteTx& tx) {
      return commit_unpacked(images.store(), tx, kNs, layers, config.digest);
    });
  }
  Result<void> unpack_and_commit(const std::vector<LayerInput>& layers) {
    BAYPLAN_ASSIGN(UnpackedLayers unpacked, unpack_all(layers));
    return commit(unpacked);
  }
  /// Records an image of these layers.
  Result<void> add_image(const std::string& name, const std::vector<LayerInput>& layers) {
    std::vector<Descriptor> blobs;
    std::vector<Digest> diff_ids;
    for (const LayerInput& input : layers) {
      blobs.push_back(input.descriptor);
      diff_ids.push_back(input.diff_id);
    }
    config = images.add_blob(test::config_json(diff_ids), kConfig);
    const Descriptor manifest = images.add_blob(test::manifest_json(config, blobs, kManifest), kManifest);
    return images.update([&](metadata::WriteTx& tx) {
      return create(tx, kNs, {.name = name, .target = manifest, .labels = {}});
    });
  }
  Result<ResolvedImage> unpack_named(const std::string& name) {
    return unpack(images.store(), kNs, name, {}, {});
  }
  std::string label(const Digest& blob, const std::string& key) {
    const auto info = images.blob(blob).value();
    const auto found = info.labels.find(key);
    return found == info.labels.end() ? std::string() : found->second;
  }

  ImageStore images{GetParam()};
  int opened = 0;
  const std::string base = TarBuilder().dir("d").file("d/a", "1").file("b", "2").end();
  const std::string top = TarBuilder().file("d/.wh.a", "").file("c", "3").end();
  const std::vector<Digest> chain = chain_ids({Digest::of(base), Digest::of(top)});
  Descriptor config = images.add_blob(test::config_json({Digest::of(base), Digest::of(top)}), kConfig);
};

INSTANTIATE_TEST_SUITE_P(Drivers, UnpackTest, testing::Values("overlay", "native"),
                         [](const auto& driver) { return driver.param; });

TEST_P(UnpackTest, LayersBecomeSnapshotsNamedByTheirChain) {
  const LayerInput first = layer(base, Packing::gzip);
  const LayerInput second = layer(top, Packing::none);
  ASSERT_EQ(outcome(unpack_and_commit({first, second})), "ok");
  EXPECT_EQ(images.snapshot(chain[0])->parent, "");
  EXPECT_EQ(images.snapshot(chain[1])->parent, chain[0].to_string());
  EXPECT_EQ(images.snapshot(chain[1])->kind, snapshots::Kind::committed);
  EXPECT_GT(images.snapshot(chain[1])->usage.inodes, 0u);
  EXPECT_EQ(images.tree(chain[0]), (Tree{{"d/", ""}, {"d/a", "1"}, {"b", "2"}}));
  EXPECT_EQ(images.tree(chain[1]), (Tree{{"d/", ""}, {"b", "2"}, {"c", "3"}}));
  EXPECT_THAT(images.problems(), IsEmpty());
}

TEST_P(UnpackTest, BlobsSayWhatTheyDecompressToAndTheConfigKeepsTheTop) {
  const LayerInput first = layer(base, Packing::gzip);
  const LayerInput second = layer(top);
  ASSERT_EQ(outcome(unpack_and_commit({first, second})), "ok");
  EXPECT_EQ(label(first.descriptor.digest, kUncompressed), Digest::of(base).to_string());
  EXPECT_EQ(label(second.descriptor.digest, kUncompressed), Digest::of(top).to_string());
  EXPECT_EQ(label(config.digest, "containerd.io/gc.ref.snapshot." + GetParam()), chain[1].to_string());
}

TEST_P(UnpackTest, NothingIsVisibleBeforeTheCommitAndNothingStaysWithoutIt) {
  {
    const auto unpacked = unpack_all({layer(base), layer(top)});
    ASSERT_EQ(outcome(unpacked), "ok");
    EXPECT_THAT(images.snapshot_names(), IsEmpty());
  }
  EXPECT_EQ(images.directory_count(), 0u);
}

TEST_P(UnpackTest, ALayerThatIsNotItsDiffIdStopsEverything) {
  LayerInput wrong = layer(top);
  wrong.diff_id = Digest::of("another");
  EXPECT_EQ(outcome(unpack_all({layer(base), wrong})), "digest_mismatch");
  EXPECT_THAT(images.snapshot_names(), IsEmpty());
  EXPECT_EQ(images.directory_count(), 0u);
}

TEST_P(UnpackTest, BytesAfterTheEndOfTheTarCountForTheDiffId) {
  const std::string longer = base + std::string(10240, '\0');
  LayerInput padded = layer(longer);
  ASSERT_EQ(outcome(unpack_all({padded})), "ok");
  padded.diff_id = Digest::of(base);
  EXPECT_EQ(outcome(unpack_all({padded})), "digest_mismatch");
}

TEST_P(UnpackTest, OneLayerTwiceIsTwoSnapshots) {
  const LayerInput once = layer(base);
  ASSERT_EQ(outcome(unpack_and_commit({once, once})), "ok");
  EXPECT_THAT(images.snapshot_names(), SizeIs(2));
}

TEST_P(UnpackTest, ASnapshotOfAVerifiedBlobIsUsedUnread) {
  const std::vector<LayerInput> layers = {layer(base), layer(top)};
  ASSERT_EQ(outcome(unpack_and_commit(layers)), "ok");
  opened = 0;
  const auto again = unpack_all(layers);
  ASSERT_EQ(outcome(again), "ok");
  EXPECT_EQ(opened, 0);
  for (const auto& unpacked : again->layers) EXPECT_FALSE(unpacked.stage.has_value());
}

TEST_P(UnpackTest, ASnapshotOfAnUnknownBlobIsUsedOnlyAfterReadingTheBlob) {
  ASSERT_EQ(outcome(unpack_and_commit({layer(base)})), "ok");
  const LayerInput twin = layer(base, Packing::gzip);
  opened = 0;
  ASSERT_EQ(outcome(unpack_and_commit({twin})), "ok");
  EXPECT_GT(opened, 0);
  EXPECT_EQ(label(twin.descriptor.digest, kUncompressed), Digest::of(base).to_string());
}

TEST_P(UnpackTest, ClaimingTheDiffIdOfAnothersLayerGivesNothing) {
  ASSERT_EQ(outcome(unpack_and_commit({layer(base)})), "ok");
  LayerInput liar = layer(top);
  liar.diff_id = Digest::of(base);
  EXPECT_EQ(outcome(unpack_all({liar})), "digest_mismatch");
}

TEST_P(UnpackTest, ALayerOverACommittedOneIsStagedOnIt) {
  ASSERT_EQ(outcome(unpack_and_commit({layer(base)})), "ok");
  ASSERT_EQ(outcome(unpack_and_commit({layer(base), layer(top)})), "ok");
  EXPECT_EQ(images.tree(chain[1]), (Tree{{"d/", ""}, {"b", "2"}, {"c", "3"}}));
}

TEST_P(UnpackTest, SomebodyElsesCommitIsAConflict) {
  const std::vector<LayerInput> layers = {layer(base), layer(top)};
  auto first = unpack_all(layers).value();
  auto second = unpack_all(layers).value();
  ASSERT_EQ(outcome(commit(first)), "ok");
  const std::uint64_t before = images.revision();
  EXPECT_EQ(outcome(commit(second)), "conflict");
  EXPECT_EQ(images.revision(), before);
  EXPECT_THAT(images.snapshot_names(), SizeIs(2));
}

TEST_P(UnpackTest, ASnapshotRemovedMeanwhileIsAConflict) {
  ASSERT_EQ(outcome(unpack_and_commit({layer(base)})), "ok");
  auto unpacked = unpack_all({layer(base), layer(top)}).value();
  ASSERT_EQ(outcome(images.update([&](metadata::WriteTx& tx) {
              return images.store().snapshotter().remove(tx, kNs, chain[0].to_string());
            })),
            "ok");
  EXPECT_EQ(outcome(commit(unpacked)), "conflict");
  EXPECT_THAT(images.snapshot_names(), IsEmpty());
}

TEST_P(UnpackTest, ACommitThatFailsLeavesTheTransactionAsItWas) {
  auto unpacked = unpack_all({layer(base)}).value();
  const auto result = images.update([&](metadata::WriteTx& tx) -> Result<void> {
    EXPECT_EQ(outcome(commit_unpacked(images.store(), tx, kNs, unpacked, Digest::of("no config"))),
              "not_found");
    return {};
  });
  EXPECT_EQ(outcome(result), "ok");
  EXPECT_THAT(images.snapshot_names(), IsEmpty());
  EXPECT_EQ(label(Digest::of(base), kUncompressed), "");
}

TEST_P(UnpackTest, AnActiveSnapshotOfALayersNameIsAConflict) {
  auto stage = images.view(
      [&](const metadata::ReadTx& tx) { return images.store().snapshotter().stage(tx, kNs, ""); });
  ASSERT_EQ(outcome(images.update([&](metadata::WriteTx& tx) {
              return images.store().snapshotter().prepare(tx, kNs, chain[0].to_string(), std::move(*stage),
                                                          {}, metadata::referred());
            })),
            "ok");
  EXPECT_EQ(outcome(unpack_all({layer(base)})), "conflict");
}

TEST_P(UnpackTest, AnUnknownMediaTypeIsUnsupported) {
  LayerInput odd = layer(base);
  odd.descriptor.media_type = "text/html";
  EXPECT_EQ(outcome(unpack_all({odd})), "unsupported");
}

TEST_P(UnpackTest, StopsWhenCancelled) {
  const Control control{};
  control.cancel.cancel();
  EXPECT_EQ(outcome(unpack_layers(images.store(), kNs, {layer(base)}, control)), "cancelled");
  EXPECT_EQ(images.directory_count(), 0u);
}

TEST_P(UnpackTest, ReportsProgressOfEachLayer) {
  std::vector<std::string> objects;
  const Control control{.cancel = {}, .progress = [&](const Progress& progress) {
                          EXPECT_EQ(progress.stage, "unpack");
                          if (progress.done == progress.total) objects.emplace_back(progress.object);
                        }};
  ASSERT_EQ(outcome(unpack_layers(images.store(), kNs, {layer(base), layer(top)}, control)), "ok");
  EXPECT_THAT(objects, UnorderedElementsAre(Digest::of(base).to_string(), Digest::of(top).to_string()));
}

TEST_P(UnpackTest, AnImageIsUnpackedByName) {
  ASSERT_EQ(outcome(add_image("a", {layer(base), layer(top)})), "ok");
  const auto image = unpack_named("a");
  ASSERT_EQ(outcome(image), "ok");
  EXPECT_EQ(image->chain_id, chain[1]);
  EXPECT_THAT(images.snapshot_names(), UnorderedElementsAre(chain[0].to_string(), chain[1].to_string()));
}

TEST_P(UnpackTest, UnpackingAnUnpackedImageWritesNothing) {
  ASSERT_EQ(outcome(add_image("a", {layer(base)})), "ok");
  ASSERT_EQ(outcome(unpack_named("a")), "ok");
  const std::uint64_t before = images.revision();
  EXPECT_EQ(outcome(unpack_named("a")), "ok");
  EXPECT_EQ(images.revision(), before);
}

TEST_P(UnpackTest, OneConfigWithOtherBlobsIsCheckedAgain) {
  const LayerInput twin = layer(base, Packing::gzip);
  ASSERT_EQ(outcome(add_image("plain", {layer(base)})), "ok");
  ASSERT_EQ(outcome(add_image("packed", {twin})), "ok");
  ASSERT_EQ(outcome(unpack_named("plain")), "ok");
  ASSERT_EQ(outcome(unpack_named("packed")), "ok");
  EXPECT_EQ(label(twin.descriptor.digest, kUncompressed), Digest::of(base).to_string());
}

TEST_P(UnpackTest, AnImageWithoutLayersHasNothingToUnpack) {
  ASSERT_EQ(outcome(add_image("a", {})), "ok");
  const auto image = unpack_named("a");
  ASSERT_EQ(outcome(image), "ok");
  EXPECT_FALSE(image->chain_id.has_value());
  EXPECT_THAT(images.snapshot_names(), IsEmpty());
}

TEST_P(UnpackTest, AnAbsentLayerIsNotFound) {
  const LayerInput absent{{kLayer, Digest::of(top), top.size()}, Digest::of(top), {}};
  ASSERT_EQ(outcome(add_image("a", {layer(base), absent})), "ok");
  EXPECT_EQ(outcome(unpack_named("a")), "not_found");
  EXPECT_THAT(images.snapshot_names(), IsEmpty());
}

TEST_P(UnpackTest, WhoLosesARaceUsesTheWinnersSnapshots) {
  const std::vector<LayerInput> layers = {layer(base), layer(top)};
  ASSERT_EQ(outcome(add_image("a", layers)), "ok");
  bool raced = false;
  fault::arm([&](fault::Point point) -> std::optional<Error> {
    if (point == fault::Point::stages_synced && !std::exchange(raced, true)) {
      EXPECT_EQ(outcome(unpack_and_commit(layers)), "ok");
    }
    return {};
  });
  EXPECT_EQ(outcome(unpack_named("a")), "ok");
  EXPECT_TRUE(raced);
  EXPECT_THAT(images.snapshot_names(), SizeIs(2));
  EXPECT_EQ(images.directory_count(), 2u);
}

TEST_P(UnpackTest, TheCollectorKeepsWhatAnImageUnpackedTo) {
  ASSERT_EQ(outcome(add_image("a", {layer(base), layer(top)})), "ok");
  ASSERT_EQ(outcome(unpack_named("a")), "ok");
  // Only an import ties a manifest to its parts; here the config stands for itself.
  ASSERT_EQ(outcome(images.update([&](metadata::WriteTx& tx) {
              return content::merge_labels(tx, kNs, config.digest, {{"containerd.io/gc.root", "test"}});
            })),
            "ok");
  images.collect();
  EXPECT_THAT(images.snapshot_names(), SizeIs(2));
}

}  // namespace
}  // namespace bayplan::images
