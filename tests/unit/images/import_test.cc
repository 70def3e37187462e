#include "bayplan/images/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "bayplan/base/fault.h"
#include "bayplan/images/unpack.h"
#include "image_store.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"

namespace bayplan::images {
namespace {

using test::Annotations;
using test::ImagePlatform;
using test::LayoutBuilder;
using test::outcome;
using test::pack;
using test::Packing;
using test::TarBuilder;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

constexpr const char* kName = "io.containerd.image.name";
constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";

Annotations named(const std::string& name) { return {{kName, name}}; }

class ImportTest : public testing::TestWithParam<std::string> {
 protected:
  ~ImportTest() override { fault::arm({}); }

  Result<ImportReport> import_layout(const ImportOptions& options = {}, const Control& control = {}) {
    std::filesystem::remove_all(images.path() / "layout");
    layout.write_to(images.path() / "layout");
    return import(images.store(), kNs, images.path() / "layout", options, control);
  }
  Result<ImportReport> import_archive(const std::string& bytes, const ImportOptions& options = {}) {
    test::write_file(images.path() / "archive.tar", bytes);
    return import(images.store(), kNs, images.path() / "archive.tar", options, {});
  }
  Result<Image> image(const std::string& name) {
    return images.view([&](const metadata::ReadTx& tx) { return get(tx, kNs, name); });
  }
  Labels labels_of(const Digest& blob) { return images.blob(blob).value().labels; }
  Manifest parsed(const Descriptor& manifest) {
    return parse_manifest(file_of(manifest), manifest.media_type, "test").value();
  }
  std::string& file_of(const Descriptor& blob) {
    return layout.files().at(LayoutBuilder::blob_name(blob.digest));
  }
  /// Fails the test unless nothing is in the store, nor on its way in.
  void expect_untouched(std::uint64_t revision) {
    EXPECT_EQ(images.revision(), revision);
    EXPECT_EQ(images.blob_count(), 0u);
    EXPECT_THAT(images.snapshot_names(), IsEmpty());
    EXPECT_EQ(images.directory_count(), 0u);
  }

  ImageStore images{GetParam()};
  LayoutBuilder layout;
  const std::string base = TarBuilder().dir("d").file("d/a", "1").end();
  const std::string top = TarBuilder().file("d/b", "2").end();
  const std::vector<Digest> chain = chain_ids({Digest::of(base), Digest::of(top)});
  const Tree both = {{"d/", ""}, {"d/a", "1"}, {"d/b", "2"}};
};

INSTANTIATE_TEST_SUITE_P(Drivers, ImportTest, testing::Values("overlay", "native"),
                         [](const auto& driver) { return driver.param; });

TEST_P(ImportTest, ALayoutBecomesAnImage) {
  const Descriptor target = layout.image({base, top});
  layout.tag(target, named("example.org/a:1"));
  const auto report = import_layout();
  ASSERT_EQ(outcome(report), "ok");
  ASSERT_THAT(report->images, SizeIs(1));
  EXPECT_EQ(report->images[0].name, "example.org/a:1");
  EXPECT_EQ(report->images[0].target, target.digest);
  EXPECT_EQ(report->images[0].chain_id, chain[1]);
  EXPECT_FALSE(report->images[0].previous.has_value());
  EXPECT_EQ(report->blobs, 4u);
  EXPECT_THAT(report->warnings, IsEmpty());
  EXPECT_EQ(image("example.org/a:1")->target.digest, target.digest);
  EXPECT_EQ(images.tree(chain[1]), both);
}

TEST_P(ImportTest, ThePartsOfAnImageHangTogetherForTheCollector) {
  const Descriptor first = layout.image({base, top});
  const Descriptor index = layout.index({{first}, {layout.image({top}, {.platform = {"linux", "arm64"}})}});
  layout.tag(index, named("a")).tag(layout.blob("left over", "text/plain"));
  ASSERT_EQ(outcome(import_layout()), "ok");
  const Manifest manifest = parsed(first);
  EXPECT_THAT(labels_of(index.digest),
              Contains(Pair("containerd.io/gc.ref.content.m.0", first.digest.to_string())));
  EXPECT_THAT(labels_of(first.digest),
              Contains(Pair("containerd.io/gc.ref.content.config", manifest.config.digest.to_string())));
  const auto report = images.collect();
  EXPECT_THAT(report.removed, IsEmpty());
  EXPECT_EQ(report.files.files, 0u);
  EXPECT_THAT(images.problems(), IsEmpty());

  ASSERT_EQ(outcome(images.update(
                [](metadata::WriteTx& tx) { return remove(tx, kNs, "docker.io/library/a:latest"); })),
            "ok");
  images.collect();
  EXPECT_EQ(images.blob_count(), 0u);
  EXPECT_THAT(images.snapshot_names(), IsEmpty());
}

TEST_P(ImportTest, AllKindsOfSourcesMakeTheSameTree) {
  layout.tag(layout.image({base, top}), named("layout"));
  ASSERT_EQ(outcome(import_archive(layout.tar())), "ok");
  for (const Packing packing : {Packing::gzip, Packing::zstd}) {
    LayoutBuilder packed;
    packed.tag(packed.image({base, top}, {.packing = packing, .docker = packing == Packing::gzip}),
               named(packing == Packing::gzip ? "gzip" : "zstd"));
    ASSERT_EQ(outcome(import_archive(pack(packed.tar(), packing))), "ok");
  }
  const auto docker = import_archive(
      TarBuilder()
          .file("c.json", test::config_json({Digest::of(base), Digest::of(top)}))
          .file("1/layer.tar", base)
          .file("2/layer.tar", pack(top, Packing::gzip))
          .file("manifest.json",
                test::docker_manifest_json({{"c.json", {"d:1"}, {"1/layer.tar", "2/layer.tar"}}}))
          .end());
  ASSERT_EQ(outcome(docker), "ok");
  EXPECT_EQ(docker->images[0].name, "docker.io/library/d:1");
  EXPECT_EQ(docker->images[0].chain_id, chain[1]);
  EXPECT_THAT(images.snapshot_names(), SizeIs(2));
  EXPECT_EQ(images.tree(chain[1]), both);
}

TEST_P(ImportTest, ImagesOfOneSourceShareTheirLayers) {
  layout.tag(layout.image({base}), named("a")).tag(layout.image({base, top}), named("b"));
  layout.tag(layout.image({base, top}, {.packing = Packing::zstd}), named("c"));
  const auto report = import_layout();
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_THAT(report->images, SizeIs(3));
  EXPECT_THAT(images.snapshot_names(), SizeIs(2));
  EXPECT_EQ(images.directory_count(), 2u);
  EXPECT_EQ(images.tree(chain[1]), both);
}

TEST_P(ImportTest, ASecondImageThatLiesAboutASharedLayerIsRefused) {
  layout.tag(layout.image({base}), named("a"));
  layout.tag(layout.image({top}, {.diff_ids = std::vector{Digest::of(base)}}), named("b"));
  EXPECT_EQ(outcome(import_layout()), "digest_mismatch");
  expect_untouched(images.revision());
}

TEST_P(ImportTest, ImportingAgainChangesNothing) {
  layout.tag(layout.image({base}), named("a"));
  ASSERT_EQ(outcome(import_layout()), "ok");
  const auto before = image("docker.io/library/a:latest").value();
  const auto again = import_layout();
  ASSERT_EQ(outcome(again), "ok");
  EXPECT_EQ(again->blobs, 0u);
  EXPECT_FALSE(again->images[0].previous.has_value());
  EXPECT_EQ(again->images[0].chain_id, chain[0]);
  EXPECT_EQ(image("docker.io/library/a:latest").value(), before);
  EXPECT_EQ(outcome(import_archive(layout.tar())), "ok");
  EXPECT_EQ(images.directory_count(), 1u);
}

TEST_P(ImportTest, ANameThatExistsIsNotTakenOver) {
  layout.tag(layout.image({base}), named("a"));
  ASSERT_EQ(outcome(import_layout()), "ok");
  const auto before = image("docker.io/library/a:latest").value();
  layout = {};
  layout.tag(layout.image({top}), named("a"));
  const std::uint64_t revision = images.revision();
  const auto refused = import_layout();
  ASSERT_EQ(outcome(refused), "already_exists");
  EXPECT_THAT(refused.error().to_string(), HasSubstr(before.target.digest.to_string()));
  EXPECT_EQ(images.revision(), revision);
  EXPECT_EQ(image("docker.io/library/a:latest").value(), before);
}

TEST_P(ImportTest, ANameIsReplacedWhenAskedForAndKeepsItsLabels) {
  const Descriptor old_target = layout.image({base});
  layout.tag(old_target, named("a"));
  ASSERT_EQ(outcome(import_layout()), "ok");
  auto record = image("docker.io/library/a:latest").value();
  record.labels = {{"mine", "kept"}};
  ASSERT_EQ(outcome(images.update([&](metadata::WriteTx& tx) { return update(tx, kNs, record); })), "ok");
  layout = {};
  const Descriptor new_target = layout.image({top});
  layout.tag(new_target, named("a"));
  const auto report = import_layout({.replace = true});
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_EQ(report->images[0].previous, old_target.digest);
  EXPECT_EQ(image("docker.io/library/a:latest")->target.digest, new_target.digest);
  EXPECT_EQ(image("docker.io/library/a:latest")->labels, (Labels{{"mine", "kept"}}));
}

TEST_P(ImportTest, ANameOfTheCallersIsUsed) {
  layout.tag(layout.image({base}), named("../../hostile"));
  ASSERT_EQ(outcome(import_layout({.name = "mine"})), "ok");
  EXPECT_EQ(outcome(image("docker.io/library/mine:latest")), "ok");
}

TEST_P(ImportTest, AnUnnamedImageIsNamedAfterItsSource) {
  layout.tag(layout.image({base}));
  EXPECT_EQ(import_layout()->images[0].name, "localhost/layout:latest");
  EXPECT_EQ(import_archive(layout.tar())->images[0].name, "localhost/archive:latest");
}

TEST_P(ImportTest, WhatOnlyAnUnnamedImageNeedsIsLeftOut) {
  layout.tag(layout.image({base}), named("a")).tag(layout.image({top}));
  const auto report = import_layout();
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_EQ(report->blobs, 3u);
  EXPECT_THAT(report->warnings, ElementsAre(HasSubstr("has no name")));
  EXPECT_EQ(outcome(images.blob(Digest::of(pack(top, Packing::gzip)))), "not_found");
}

TEST_P(ImportTest, WithoutUnpackingOnlyContentComesIn) {
  layout.tag(layout.image({base, top}), named("a"));
  const auto report = import_layout({.unpack = false});
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_FALSE(report->images[0].chain_id.has_value());
  EXPECT_THAT(images.snapshot_names(), IsEmpty());
  const auto unpacked = unpack(images.store(), kNs, "a", {}, {});
  ASSERT_EQ(outcome(unpacked), "ok");
  EXPECT_EQ(images.tree(*unpacked->chain_id), both);
}

TEST_P(ImportTest, OfAnIndexOnlyThePlatformAskedForIsUnpacked) {
  const Descriptor one = layout.image({base}, {.platform = {"linux", "s390x"}});
  const Descriptor other = layout.image({top}, {.platform = {"linux", "ppc64le"}});
  layout.tag(
      layout.index({{one, ImagePlatform{"linux", "s390x"}}, {other, ImagePlatform{"linux", "ppc64le"}}}),
      named("a"));
  const auto nothing = import_layout();
  ASSERT_EQ(outcome(nothing), "ok");
  EXPECT_FALSE(nothing->images[0].chain_id.has_value());
  EXPECT_THAT(nothing->warnings, ElementsAre(HasSubstr("holds nothing for")));
  EXPECT_EQ(import_layout({.platform = Platform{"linux", "ppc64le"}})->images[0].chain_id, Digest::of(top));
}

TEST_P(ImportTest, AMissingLayerIsNotFoundUnlessNothingIsUnpacked) {
  const Descriptor target = layout.image({base, top});
  layout.tag(target, named("a"));
  layout.files().erase(LayoutBuilder::blob_name(parsed(target).layers[1].digest));
  EXPECT_EQ(outcome(import_layout()), "not_found");
  expect_untouched(images.revision());
  const auto report = import_layout({.unpack = false});
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_THAT(report->warnings, ElementsAre(HasSubstr("is missing from the source")));
}

TEST_P(ImportTest, MissingSiblingsAreFine) {
  const Descriptor here = layout.image({base});
  const Descriptor gone = layout.image({top}, {.platform = {"linux", "riscv64"}});
  layout.tag(layout.index({{here}, {gone, ImagePlatform{"linux", "riscv64"}}}), named("a"));
  layout.files().erase(LayoutBuilder::blob_name(gone.digest));
  EXPECT_EQ(import_layout()->images[0].chain_id, Digest::of(base));
}

TEST_P(ImportTest, AnAbsentNondistributableLayerPreventsNothingButUnpacking) {
  const Descriptor config = layout.blob(test::config_json({Digest::of(base)}), kConfig);
  const Descriptor foreign{"application/vnd.oci.image.layer.nondistributable.v1.tar", Digest::of(base),
                           base.size()};
  layout.tag(layout.blob(test::manifest_json(config, {foreign}, kManifest), kManifest), named("a"));
  const auto report = import_layout();
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_FALSE(report->images[0].chain_id.has_value());
  EXPECT_THAT(report->warnings, SizeIs(1));
}

TEST_P(ImportTest, AnArtifactComesInAndIsNotUnpacked) {
  const Descriptor empty = layout.blob("{}", "application/vnd.oci.empty.v1+json");
  const Descriptor part = layout.blob("part", "application/vnd.example");
  layout.tag(layout.blob(test::manifest_json(empty, {part}, kManifest), kManifest), named("a"));
  const auto report = import_layout();
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_EQ(report->blobs, 3u);
  EXPECT_THAT(report->warnings, IsEmpty());
}

TEST_P(ImportTest, ClaimingTheDiffIdsOfAnotherImageGivesNothing) {
  layout.tag(layout.image({base}), named("victim"));
  ASSERT_EQ(outcome(import_layout()), "ok");
  const std::uint64_t revision = images.revision();
  layout = {};
  const Descriptor config = layout.blob(test::config_json({Digest::of(base)}), kConfig);
  const Descriptor absent{"application/vnd.oci.image.layer.v1.tar", Digest::of("absent"), 6};
  layout.tag(layout.blob(test::manifest_json(config, {absent}, kManifest), kManifest), named("thief"));
  EXPECT_EQ(outcome(import_layout()), "not_found");
  layout = {};
  layout.tag(layout.image({top}, {.diff_ids = std::vector{Digest::of(base)}}), named("thief"));
  EXPECT_EQ(outcome(import_layout()), "digest_mismatch");
  EXPECT_EQ(images.revision(), revision);
}

TEST_P(ImportTest, CountsOfLayersAndDiffIdsMustAgreeEvenWithoutUnpacking) {
  layout.tag(layout.image({base}, {.diff_ids = std::vector<Digest>{}}), named("a"));
  EXPECT_EQ(outcome(import_layout()), "invalid_argument");
  EXPECT_EQ(outcome(import_layout({.unpack = false})), "invalid_argument");
  expect_untouched(images.revision());
}

TEST_P(ImportTest, ACorruptBlobIsAMismatchWhereverItIs) {
  const Descriptor target = layout.image({base});
  layout.tag(target, named("a"));
  file_of(parsed(target).layers[0])[20] ^= 1;
  EXPECT_EQ(outcome(import_layout({.unpack = false})), "digest_mismatch");
  EXPECT_EQ(outcome(import_archive(layout.tar(), {.unpack = false})), "digest_mismatch");
  expect_untouched(images.revision());
}

TEST_P(ImportTest, ALayerThatCannotBeReadIsAMismatchWhenItsBlobIsDamaged) {
  const Descriptor target = layout.image({base, TarBuilder().file("big", std::string(1u << 20, 'x')).end()});
  layout.tag(target, named("a"));
  file_of(parsed(target).layers[1])[1000] ^= 1;
  EXPECT_EQ(outcome(import_layout()), "digest_mismatch");
  EXPECT_EQ(outcome(import_archive(layout.tar(), {})), "digest_mismatch");
  expect_untouched(images.revision());
}

TEST_P(ImportTest, ALayerThatIsNoTarIsCorruptWhenItsBlobIsAsItShouldBe) {
  layout.tag(layout.image({base, std::string(4096, 'x')}), named("a"));
  EXPECT_EQ(outcome(import_layout()), "corrupt");
  expect_untouched(images.revision());
}

TEST_P(ImportTest, ABombIsRefusedByTheLimitsAndLeavesNothing) {
  const std::string zeros = TarBuilder().file("zeros", std::string(1u << 20, '\0')).end();
  layout.tag(layout.image({base, zeros}, {.packing = Packing::zstd}), named("a"));
  EXPECT_EQ(outcome(import_layout({.limits = {.max_expansion = 0, .free_expansion = 1u << 20}})),
            "too_large");
  EXPECT_EQ(outcome(import_layout({.limits = {.layer = {.max_bytes = (1u << 20)}}})), "too_large");
  EXPECT_EQ(outcome(import_layout({.limits = {.layer = {.max_entries = 1}}})), "too_large");
  expect_untouched(images.revision());
  const UnpackLimits enough{.layer = {.max_bytes = (1u << 20) + 1, .max_entries = 2},
                            .free_expansion = 2u << 20};
  EXPECT_EQ(outcome(import_layout({.limits = enough})), "ok");
}

TEST_P(ImportTest, RecordsSayWhatIsCompleteAndHowDurableLayersAre) {
  const Descriptor whole = layout.image({base, top});
  const Descriptor partial = layout.image({TarBuilder().end()}, {.platform = {"linux", "s390x"}});
  layout.files().erase(LayoutBuilder::blob_name(parsed(partial).layers[0].digest));
  layout.tag(layout.index({{whole, ImagePlatform{}}, {partial, ImagePlatform{"linux", "s390x"}}}),
             named("a"));
  ASSERT_EQ(outcome(import_layout({.platform = Platform{"linux", "amd64"}})), "ok");
  EXPECT_THAT(labels_of(parsed(whole).config.digest),
              Contains(Pair("bayplan.unpacked." + GetParam(), "synced")));
  EXPECT_THAT(labels_of(whole.digest), Contains(Pair("bayplan.complete", "true")));
  EXPECT_THAT(labels_of(partial.digest), Not(Contains(Key("bayplan.complete"))));
}

TEST_P(ImportTest, NothingAnImageSaysBecomesALabel) {
  const Annotations hostile = {{kName, "a"},
                               {"containerd.io/gc.root", "now"},
                               {"containerd.io/gc.ref.content.x", Digest::of("victim").to_string()},
                               {"io.bayplan/x", "y"}};
  const Descriptor target = layout.image({base});
  layout.tag(target, hostile);
  ASSERT_EQ(outcome(import_layout()), "ok");
  EXPECT_THAT(image("docker.io/library/a:latest")->labels, IsEmpty());
  for (const Descriptor& part : {target, parsed(target).config, parsed(target).layers[0]}) {
    EXPECT_THAT(labels_of(part.digest), Not(Contains(Key("containerd.io/gc.root"))));
    EXPECT_THAT(labels_of(part.digest), Not(Contains(Key("containerd.io/gc.ref.content.x"))));
  }
}

TEST_P(ImportTest, HostileNamesAreRefusedBeforeAnythingIsWritten) {
  const Descriptor target = layout.image({base});
  layout.tag(target, named("a")).tag(target, named("../../x"));
  EXPECT_EQ(outcome(import_layout()), "invalid_argument");
  expect_untouched(images.revision());
}

TEST_P(ImportTest, ABadNamespaceIsRefused) {
  layout.tag(layout.image({base}), named("a"));
  layout.write_to(images.path() / "layout");
  EXPECT_EQ(outcome(import(images.store(), "../x", images.path() / "layout", {}, {})), "invalid_argument");
}

TEST_P(ImportTest, NamespacesShareNoRecords) {
  layout.tag(layout.image({base}), named("a"));
  ASSERT_EQ(outcome(import_layout()), "ok");
  const auto other = import(images.store(), "other", images.path() / "layout", {}, {});
  ASSERT_EQ(outcome(other), "ok");
  EXPECT_EQ(other->blobs, 3u);
  EXPECT_EQ(other->images[0].chain_id, chain[0]);
}

TEST_P(ImportTest, CancellingLeavesNothing) {
  layout.tag(layout.image({base, top}), named("a"));
  const Control control{};
  control.cancel.cancel();
  EXPECT_EQ(outcome(import_layout({}, control)), "cancelled");
  expect_untouched(images.revision());
}

TEST_P(ImportTest, CancellingWhileUnpackingLeavesNothingVisible) {
  layout.tag(layout.image({base, top}), named("a"));
  Control control{};
  control.progress = [&](const Progress& progress) {
    if (progress.stage == "unpack") control.cancel.cancel();
  };
  const std::uint64_t revision = images.revision();
  EXPECT_EQ(outcome(import_layout({}, control)), "cancelled");
  expect_untouched(revision);
}

TEST_P(ImportTest, AFailureAtAnyPointLeavesTheStoreAsItWas) {
  layout.tag(layout.image({base, top}), named("a"));
  const std::uint64_t revision = images.revision();
  int points = 0;
  for (int fail_at = 0;; ++fail_at) {
    points = 0;
    fault::arm([&](fault::Point point) -> std::optional<Error> {
      if (point == fault::Point::commit_durable || point == fault::Point::import_committed) return {};
      if (points++ == fail_at) return Error(Errc::io, "test", fault::name(point));
      return {};
    });
    const auto report = import_layout();
    fault::arm({});
    if (report) break;
    EXPECT_EQ(report.error().code(), Errc::io) << report.error().to_string();
    expect_untouched(revision);
  }
  EXPECT_GT(points, 10);
  EXPECT_EQ(images.tree(chain[1]), both);
  images.collect();
  EXPECT_THAT(images.problems(), IsEmpty());
}

TEST_P(ImportTest, AFailureAfterTheCommitIsAfterTheCommit) {
  layout.tag(layout.image({base}), named("a"));
  fault::arm([&](fault::Point point) -> std::optional<Error> {
    if (point == fault::Point::import_committed) return Error(Errc::io, "test", {});
    return {};
  });
  EXPECT_EQ(outcome(import_layout()), "io");
  EXPECT_EQ(outcome(image("docker.io/library/a:latest")), "ok");
}

TEST_P(ImportTest, WhoLosesARaceForALayerUsesTheWinners) {
  layout.tag(layout.image({base, top}), named("a"));
  layout.write_to(images.path() / "same");
  bool raced = false;
  fault::arm([&](fault::Point point) -> std::optional<Error> {
    if (point == fault::Point::stages_synced && !std::exchange(raced, true)) {
      EXPECT_EQ(outcome(import(images.store(), kNs, images.path() / "same", {}, {})), "ok");
    }
    return {};
  });
  EXPECT_EQ(outcome(import_layout()), "ok");
  EXPECT_TRUE(raced);
  EXPECT_THAT(images.snapshot_names(), SizeIs(2));
  EXPECT_EQ(images.directory_count(), 2u);
  EXPECT_EQ(images.tree(chain[1]), both);
}

TEST_P(ImportTest, ThreadsImportTheSameImageAtOnce) {
  layout.tag(layout.image({base, top}), named("a"));
  layout.write_to(images.path() / "layout");
  std::vector<std::string> outcomes(4);
  std::vector<std::thread> threads;
  for (std::string& result : outcomes) {
    threads.emplace_back([this, &result] {
      const auto report = import(images.store(), kNs, images.path() / "layout", {}, {});
      result = report ? "ok" : report.error().to_string();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(outcomes, testing::Each("ok"));
  EXPECT_THAT(images.snapshot_names(), SizeIs(2));
  EXPECT_THAT(images.problems(), IsEmpty());
}

TEST_P(ImportTest, WarningsOfLayersAreReported) {
  const std::string odd = TarBuilder().file("f", "x", {.xattrs = {{"trusted.x", "1"}}}).end();
  layout.tag(layout.image({odd}), named("a"));
  const auto report = import_layout();
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_THAT(report->warnings, Contains(HasSubstr("trusted.x")));
}

TEST_P(ImportTest, OneConfigInTwoArchivesIsOneImageId) {
  layout.tag(layout.image({base}, {.packing = Packing::gzip}), named("g"));
  layout.tag(layout.image({base}, {.packing = Packing::zstd}), named("z"));
  ASSERT_EQ(outcome(import_layout()), "ok");
  const auto id = [&](const std::string& name) {
    return images.view([&](const metadata::ReadTx& tx) { return resolve(images.store(), tx, kNs, name); })
        .value()
        .id();
  };
  EXPECT_EQ(id("g"), id("z"));
}

TEST_P(ImportTest, NothingThereIsNotFound) {
  EXPECT_EQ(outcome(import(images.store(), kNs, images.path() / "none", {}, {})), "not_found");
  EXPECT_EQ(outcome(import_layout()), "not_found");  // a layout without an image
}

}  // namespace
}  // namespace bayplan::images
