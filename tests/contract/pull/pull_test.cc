// Pulling from Debian's docker-registry: what is fetched, recorded, unpacked and reported.
#include "bayplan/images/push.h"
#include "pull_fixture.h"

namespace bayplan::images {
namespace {

using test::LayoutBuilder;
using test::Packing;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Pulls : public PullTest {
 protected:
  /// Two layers.
  Descriptor image(Packing packing = Packing::gzip, const std::string& mark = "1") {
    return layout.image({tar("etc/base", "base"), tar("etc/mark", mark)}, {.packing = packing});
  }
  LayoutBuilder layout;
};

TEST_F(Pulls, RecordsAndUnpacksAnImage) {
  const Descriptor target = image();
  push(layout, target, "1");
  const auto report = puller.pull(name());
  ASSERT_EQ(said(report), "ok") << report.error().to_string();
  EXPECT_EQ(report->name, name());
  EXPECT_EQ(report->source, "docker://" + name());
  EXPECT_EQ(report->target.digest, target.digest);
  EXPECT_TRUE(report->asked);
  EXPECT_EQ(report->blobs, 4u);
  EXPECT_EQ(report->fetched, report->bytes);
  ASSERT_TRUE(report->chain_id);
  EXPECT_THAT(puller.snapshots(), AllOf(SizeIs(2), Contains(report->chain_id->to_string())));
  EXPECT_THAT(puller.blobs(), SizeIs(4));
  EXPECT_THAT(puller.leases(), IsEmpty());
  EXPECT_THAT(puller.ingests(), IsEmpty());
  EXPECT_THAT(puller.problems(), IsEmpty());
  EXPECT_THAT(puller.blobs(), SizeIs(4));
}

TEST_F(Pulls, WhatWasPulledIsMountedWhereItIsPushedNext) {
  const Descriptor target = image();
  push(layout, target, "1");
  ASSERT_EQ(said(puller.pull(name())), "ok");
  const std::string other = name().substr(0, name().find('/')) + "/other/repository:1";
  const auto report =
      images::push(puller.store(), kNs, name(), other, puller.provider(), puller.context, {}, {});
  ASSERT_EQ(said(report), "ok") << report.error().to_string();
  EXPECT_EQ(report->mounted, 3u);
  EXPECT_EQ(report->bytes, 0u);
  EXPECT_EQ(report->target.digest, target.digest);
}

TEST_F(Pulls, TakesWhateverLayersAreCompressedWith) {
  for (const Packing packing : {Packing::none, Packing::gzip, Packing::zstd}) {
    const std::string tag = std::to_string(static_cast<int>(packing));
    push(layout, image(packing, tag), tag);
    EXPECT_EQ(said(puller.pull(name(":" + tag))), "ok");
  }
  EXPECT_THAT(puller.names(), SizeIs(3));
  EXPECT_THAT(puller.snapshots(), SizeIs(4));
}

TEST_F(Pulls, WithoutUnpackingItIsUnpackedLater) {
  push(layout, image(), "1");
  ASSERT_EQ(said(puller.pull(name(), {.unpack = false})), "ok");
  EXPECT_THAT(puller.snapshots(), IsEmpty());
  const auto again = puller.pull(name());
  ASSERT_EQ(said(again), "ok");
  EXPECT_TRUE(again->chain_id);
  EXPECT_EQ(again->fetched, 0u);
  EXPECT_THAT(puller.snapshots(), SizeIs(2));
}

TEST_F(Pulls, AgainFetchesNothing) {
  push(layout, image(), "1");
  ASSERT_EQ(said(puller.pull(name())), "ok");
  const std::uint64_t before = puller.client().statistics().bytes_received;
  const auto again = puller.pull(name());
  ASSERT_EQ(said(again), "ok");
  EXPECT_EQ(again->fetched, 0u);
  EXPECT_EQ(again->blobs, 0u);
  EXPECT_TRUE(again->chain_id);
  EXPECT_EQ(puller.client().statistics().bytes_received, before);
}

TEST_F(Pulls, ATagThatMovedBringsWhatIsNew) {
  const Descriptor old = image(Packing::gzip, "old");
  push(layout, old, "1");
  ASSERT_EQ(said(puller.pull(name())), "ok");
  const Descriptor target = image(Packing::gzip, "new");
  push(layout, target, "1");
  const auto report = puller.pull(name());
  ASSERT_EQ(said(report), "ok");
  EXPECT_EQ(report->previous, old.digest);
  EXPECT_EQ(report->blobs, 3u);  // the base layer is there
  EXPECT_EQ(puller.image(name())->target.digest, target.digest);
}

TEST_F(Pulls, ByDigest) {
  const Descriptor target = image();
  push(layout, target, "1");
  const std::string by_digest = name("@" + target.digest.to_string());
  const auto report = puller.pull(by_digest);
  ASSERT_EQ(said(report), "ok");
  EXPECT_THAT(puller.names(), ElementsAre(by_digest));
  EXPECT_EQ(said(puller.pull(name(":1@" + target.digest.to_string()))), "ok");  // the tag is dropped
  EXPECT_THAT(puller.names(), ElementsAre(by_digest));
}

TEST_F(Pulls, OfAnIndexOnlyThePlatform) {
  const Descriptor here = layout.image({tar("a", "amd")});
  const Descriptor there = layout.image({tar("a", "arm")}, {.platform = {"linux", "arm64"}});
  const Descriptor attestation = layout.image({tar("a", "att")}, {.platform = {"unknown", "unknown"}});
  const Descriptor index = layout.index({{there, test::ImagePlatform{"linux", "arm64"}},
                                         {here, test::ImagePlatform{}},
                                         {attestation, test::ImagePlatform{"unknown", "unknown"}}});
  push(layout, index, "1");
  puller.context.platform = parse_platform("linux/amd64").value();
  ASSERT_EQ(said(puller.pull(name())), "ok");
  EXPECT_THAT(puller.blobs(), SizeIs(4));  // index, manifest, config, layer
  puller.context.platform = parse_platform("linux/arm64").value();
  const auto other = puller.pull(name());
  ASSERT_EQ(said(other), "ok") << other.error().to_string();
  EXPECT_EQ(other->blobs, 3u);
  EXPECT_THAT(puller.snapshots(), SizeIs(2));
  puller.context.platform = parse_platform("linux/s390x").value();
  const auto none = puller.pull(name());
  EXPECT_EQ(said(none), "not_found");
  EXPECT_THAT(none.error().to_string(), HasSubstr("linux/arm64"));
  puller.context.platform.reset();
  const auto all = puller.pull(name(), {.all_platforms = true});
  ASSERT_EQ(said(all), "ok") << all.error().to_string();
  EXPECT_THAT(puller.blobs(), SizeIs(10));
  EXPECT_THAT(puller.snapshots(), SizeIs(2));  // an attestation is stored, not unpacked
  EXPECT_EQ(puller.pull(name(), {.all_platforms = true})->fetched, 0u);
}

TEST_F(Pulls, AnArtifactIsStoredAndNotUnpacked) {
  const Descriptor config = layout.blob("{}", "application/vnd.oci.empty.v1+json");
  const Descriptor chart = layout.blob("a chart", "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
  const Descriptor target =
      layout.blob(test::manifest_json(config, {chart}, "application/vnd.oci.image.manifest.v1+json"),
                  "application/vnd.oci.image.manifest.v1+json");
  push(layout, target, "1");
  const auto report = puller.pull(name());
  ASSERT_EQ(said(report), "ok") << report.error().to_string();
  EXPECT_FALSE(report->chain_id);
  EXPECT_THAT(report->warnings, IsEmpty());
  EXPECT_THAT(puller.blobs(), SizeIs(3));
  EXPECT_EQ(puller.pull(name())->fetched, 0u);
}

TEST_F(Pulls, WhatIsNotThereLeavesTheStoreAsItWas) {
  EXPECT_EQ(said(puller.pull(name())), "not_found");
  EXPECT_THAT(puller.names(), IsEmpty());
  EXPECT_THAT(puller.leases(), IsEmpty());
  EXPECT_THAT(puller.ingests(), IsEmpty());
}

TEST_F(Pulls, ALayerThatIsNotItsDiffIdLeavesNoImage) {
  const Descriptor target =
      layout.image({tar("etc/base", "base")}, {.diff_ids = std::vector{Digest::of("another")}});
  push(layout, target, "1");
  EXPECT_EQ(said(puller.pull(name())), "digest_mismatch");
  EXPECT_THAT(puller.names(), IsEmpty());
  EXPECT_THAT(puller.snapshots(), IsEmpty());
  // The blob is what it is named: it waits for the next attempt.
  EXPECT_THAT(puller.leases(), ElementsAre("pull-" + target.digest.to_string()));
  EXPECT_THAT(puller.problems(), IsEmpty());
}

TEST_F(Pulls, ACancelledOneIsFinishedLater) {
  push(layout, image(), "1");
  Control control;
  control.progress = [&](const Progress& progress) {
    if (progress.stage == "fetch") control.cancel.cancel();
  };
  EXPECT_EQ(said(puller.pull(name(), {}, control)), "cancelled");
  EXPECT_THAT(puller.names(), IsEmpty());
  EXPECT_EQ(said(puller.pull(name())), "ok");
  EXPECT_THAT(puller.leases(), IsEmpty());
  EXPECT_THAT(puller.ingests(), IsEmpty());
}

TEST_F(Pulls, WhatAnotherNamespaceHasIsShared) {
  push(layout, image(), "1");
  ASSERT_EQ(said(puller.pull(name())), "ok");
  const auto pull_elsewhere = [&](std::string_view ns) {
    return images::pull(puller.store(), ns, name(), puller.provider(), puller.context, {}, {});
  };
  const auto shared = pull_elsewhere("other");
  ASSERT_EQ(said(shared), "ok") << shared.error().to_string();
  EXPECT_EQ(shared->blobs, 4u);
  EXPECT_LT(shared->fetched, shared->bytes);  // documents only
  puller.reopen({.content = {.sharing = content::Sharing::isolated}});
  const auto isolated = pull_elsewhere("third");
  ASSERT_EQ(said(isolated), "ok") << isolated.error().to_string();
  EXPECT_EQ(isolated->fetched, isolated->bytes);
}

}  // namespace
}  // namespace bayplan::images
