#include "bayplan/images/push.h"

#include <atomic>

#include "push_fixture.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class PushTest : public PushFixture {
 protected:
  void forget(const Digest& blob) {
    ASSERT_TRUE(stored.update([&](metadata::WriteTx& tx) { return content::remove(tx, kNs, blob); }));
  }
  Descriptor two_platforms() {
    arm = layout.image({top}, {.platform = {.architecture = "arm64"}});
    amd = layout.image({base}, {.platform = {.architecture = "amd64"}});
    return layout.index(
        {{*arm, test::ImagePlatform{.architecture = "arm64"}}, {*amd, test::ImagePlatform{}}});
  }
  std::optional<Descriptor> arm{}, amd{};
};

TEST_F(PushTest, AnImageIsThereAsItIsStored) {
  const Descriptor target = layout.image({base, top});
  add_image(target);
  const auto report = send();
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_EQ(report->destination, kPushedName);
  EXPECT_EQ(report->target.digest, target.digest);
  EXPECT_EQ(report->uploaded, 3u);
  EXPECT_EQ(report->existed + report->mounted, 0u);
  const Manifest manifest = parsed(target);
  EXPECT_EQ(report->bytes, manifest.config.size + manifest.layers[0].size + manifest.layers[1].size);
  EXPECT_EQ(remote().tags, (std::map<std::string, std::string>{{"1", target.digest.to_string()}}));
  EXPECT_EQ(remote().manifests.at(target.digest.to_string()), json_of(target));
  for (const Descriptor& blob : manifest.layers) {
    EXPECT_EQ(remote().blobs.at(blob.digest.to_string()), json_of(blob));
  }
}

// The registry refuses what names something that is not there.
TEST_F(PushTest, EachPartComesAfterWhatItNamesAndTheTagLast) {
  const Descriptor inner = layout.index({{layout.image({base})}});
  const Descriptor middle = layout.index({{inner}, {layout.image({top})}});
  int tag = 0;
  // The shortest way to `inner` is not the only one.
  for (const Descriptor& outer : {layout.index({{inner}, {middle}}), layout.index({{middle}, {inner}})}) {
    const std::string path = "a" + std::to_string(++tag);
    add_image(outer, "example.org/" + path + ":1");
    ASSERT_EQ(outcome(send({.all_platforms = true}, {}, "example.org/" + path + ":1")), "ok");
    EXPECT_EQ(registry.calls.back(), "push-manifest 1");
    EXPECT_EQ(remote(path).tags.at("1"), outer.digest.to_string());
    EXPECT_THAT(remote(path).manifests, SizeIs(5));
  }
}

TEST_F(PushTest, TheSecondTimeNothingIsSent) {
  add_image(two_platforms());
  ASSERT_EQ(outcome(send({.all_platforms = true})), "ok");
  registry.calls.clear();
  const auto again = send({.all_platforms = true});
  ASSERT_EQ(outcome(again), "ok");
  EXPECT_EQ(again->uploaded + again->mounted, 0u);
  EXPECT_EQ(again->existed, 4u);
  EXPECT_EQ(again->bytes, 0u);
  EXPECT_THAT(registry.calls_of("push-manifest"), IsEmpty());
}

TEST_F(PushTest, OfAnIndexOnePlatformIsPushedAsWhatItIs) {
  add_image(two_platforms());
  context.platform = Platform{"linux", "arm64"};
  const auto report = send();
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_EQ(report->target.digest, arm->digest);
  EXPECT_EQ(remote().tags.at("1"), arm->digest.to_string());
  EXPECT_THAT(remote().manifests, SizeIs(1));
  context.platform = Platform{"linux", "s390x"};
  EXPECT_EQ(outcome(send()), "not_found");
}

TEST_F(PushTest, AnImageOfOneManifestIsForThePlatformThatIsAskedFor) {
  add_image(layout.image({base}, {.platform = {.architecture = "amd64"}}));
  context.platform = Platform{"linux", "arm64"};
  const auto refused = send();
  ASSERT_EQ(outcome(refused), "not_found");
  EXPECT_THAT(refused.error().to_string(), HasSubstr("no manifest for linux/arm64; there is linux/amd64"));
  EXPECT_FALSE(asked);
  EXPECT_EQ(outcome(send({.all_platforms = true})), "ok");
  context.platform = Platform{"linux", "amd64"};
  EXPECT_EQ(outcome(send()), "ok");
}

TEST_F(PushTest, AnArtifactHasNoPlatform) {
  add_image(about(layout.image({base}), "note"));
  context.platform = Platform{"linux", "arm64"};
  EXPECT_EQ(outcome(send()), "ok");
}

TEST_F(PushTest, ARegistryAloneIsNoDestination) {
  add_image(layout.image({base}));
  for (const char* alone : {"127.0.0.1:5871", "localhost:5000", "docker://h.io:443", "[::1]:5000"}) {
    const auto refused = send({}, alone);
    ASSERT_EQ(outcome(refused), "invalid_argument") << alone;
    EXPECT_THAT(refused.error().to_string(), HasSubstr("without a repository")) << alone;
  }
  EXPECT_FALSE(asked);
  for (const char* name : {"a:5000", "a.b:latest", "docker.io/library/h.io:443"}) {
    EXPECT_EQ(outcome(send({}, name)), "ok") << name;
  }
}

TEST_F(PushTest, PlatformsThatAreNotAskedForMayBeMissing) {
  add_image(two_platforms());
  forget(parsed(*arm).layers[0].digest);
  context.platform = Platform{"linux", "amd64"};
  EXPECT_EQ(outcome(send()), "ok");
  EXPECT_EQ(outcome(send({.all_platforms = true})), "not_found");
}

TEST_F(PushTest, AMissingBlobIsToldBeforeAnybodyIsAsked) {
  const Descriptor target = layout.image({base, top});
  add_image(target);
  const Digest layer = parsed(target).layers[1].digest;
  fs::remove(file_of(layer));
  const auto without_file = send();
  EXPECT_EQ(outcome(without_file), "not_found");
  EXPECT_THAT(without_file.error().to_string(), HasSubstr(layer.to_string()));
  forget(layer);
  const auto without_record = send();
  EXPECT_EQ(outcome(without_record), "not_found");
  EXPECT_THAT(without_record.error().to_string(), HasSubstr(layer.to_string()));
  EXPECT_FALSE(asked);
  EXPECT_THAT(leases(), IsEmpty());
}

TEST_F(PushTest, DamageInTheStoreIsNotTheRegistrys) {
  const Descriptor target = layout.image({base});
  add_image(target);
  const Digest layer = parsed(target).layers[0].digest;
  fs::permissions(file_of(layer), fs::perms::owner_all);
  test::write_file(file_of(layer), std::string(fs::file_size(file_of(layer)), 'x'));
  const auto report = send();
  ASSERT_EQ(outcome(report), "digest_mismatch");
  EXPECT_THAT(report.error().advice(), HasSubstr("the store's copy"));
  EXPECT_THAT(remote().manifests, IsEmpty());
}

TEST_F(PushTest, ADamagedDocumentIsToldBeforeAnybodyIsAsked) {
  const Descriptor target = layout.image({base});
  add_image(target);
  fs::permissions(file_of(target.digest), fs::perms::owner_all);
  test::write_file(file_of(target.digest), std::string(target.size, ' '));
  EXPECT_EQ(outcome(send()), "digest_mismatch");
  EXPECT_FALSE(asked);
}

TEST_F(PushTest, DestinationsAreReferences) {
  const Descriptor target = layout.image({base});
  add_image(target);
  EXPECT_EQ(send({}, "docker://example.org/b/c:2")->destination, "example.org/b/c:2");
  EXPECT_EQ(remote("b/c").tags.at("2"), target.digest.to_string());
  EXPECT_EQ(send({}, "alpine")->destination, "docker.io/library/alpine:latest");
  asked = false;
  EXPECT_EQ(outcome(send({}, "oci:/tmp/x")), "unsupported");
  EXPECT_EQ(outcome(send({}, "Example.org/UPPER")), "invalid_argument");
  EXPECT_EQ(outcome(send({}, {}, "absent:1")), "not_found");
  EXPECT_FALSE(asked);
}

// S81
TEST_F(PushTest, ADigestInTheDestinationHasToBeThatOfWhatIsPushed) {
  const Descriptor target = layout.image({base});
  add_image(target);
  EXPECT_EQ(outcome(send({}, "example.org/b@" + Digest::of("other").to_string())), "invalid_argument");
  EXPECT_FALSE(asked);
  const std::string right = "example.org/b@" + target.digest.to_string();
  const auto report = send({}, right);
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_EQ(report->destination, right);
  EXPECT_THAT(remote("b").tags, IsEmpty());
  EXPECT_THAT(remote("b").manifests, SizeIs(1));
}

TEST_F(PushTest, WhatTheRegistryHasElsewhereIsMounted) {
  add_image(layout.image({base, top}));
  ASSERT_EQ(outcome(send({}, "example.org/one/a:1")), "ok");
  const auto report = send({}, "example.org/one/b:1");
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_EQ(report->mounted, 3u);
  EXPECT_EQ(report->uploaded, 0u);
  EXPECT_EQ(send({}, "example.com/one/b:1")->mounted, 0u) << "another registry's are not asked for";
}

TEST_F(PushTest, LayersThatMayNotBeDistributedStay) {
  const Descriptor config =
      layout.blob(test::config_json({Digest::of("f")}), "application/vnd.oci.image.config.v1+json");
  const Descriptor foreign = layout.blob("f", "application/vnd.oci.image.layer.nondistributable.v1.tar");
  const Descriptor target = layout.blob(test::manifest_json(config, {foreign}, kManifestType), kManifestType);
  add_image(target);
  const auto report = send();
  ASSERT_EQ(outcome(report), "ok");
  EXPECT_THAT(report->warnings, ElementsAre(HasSubstr(foreign.digest.to_string())));
  EXPECT_FALSE(remote().blobs.contains(foreign.digest.to_string()));
  const auto all = send({.undistributable = true});
  ASSERT_EQ(outcome(all), "ok");
  EXPECT_THAT(all->warnings, IsEmpty());
  EXPECT_TRUE(remote().blobs.contains(foreign.digest.to_string()));
}

TEST_F(PushTest, OnlyManifestsAndIndexesArePushed) {
  const Descriptor blob = stored.add_blob("x", "text/plain");
  ASSERT_TRUE(stored.update(
      [&](metadata::WriteTx& tx) { return create(tx, kNs, {.name = "odd", .target = blob, .labels = {}}); }));
  EXPECT_EQ(outcome(send({}, "example.org/a", "odd")), "unsupported");
  EXPECT_FALSE(asked);
}

// The image's record goes, and a collection follows, while the first blob is on its way.
TEST_F(PushTest, ALeaseKeepsWhatIsBeingPushed) {
  const Descriptor target = layout.image({base, top});
  add_image(target);
  std::atomic<bool> collected = false;
  registry.before = [&](const std::string& call, const RemoteRepository&) -> Result<void> {
    if (!call.starts_with("push-blob") || collected.exchange(true)) return {};
    EXPECT_THAT(leases(), SizeIs(1));
    EXPECT_TRUE(stored.update([&](metadata::WriteTx& tx) { return remove(tx, kNs, kPushedName); }));
    stored.collect();
    return {};
  };
  EXPECT_EQ(outcome(send()), "ok");
  EXPECT_THAT(leases(), IsEmpty());
  stored.collect();
  EXPECT_EQ(stored.blob_count(), 0u);
}

TEST_F(PushTest, AfterAFailureThereIsNoTagAndNoLease) {
  const Descriptor target = layout.image({base, top});
  add_image(target);
  const std::string layer = parsed(target).layers[1].digest.to_string();
  registry.before = [&](const std::string& call, const RemoteRepository&) -> Result<void> {
    if (call != "push-blob " + layer) return {};
    return Error(Errc::io, "registry", "example.org", "cut");
  };
  EXPECT_EQ(outcome(send()), "io");
  EXPECT_THAT(remote().manifests, IsEmpty());
  EXPECT_THAT(leases(), IsEmpty());
  registry.before = {};
  const auto again = send();
  ASSERT_EQ(outcome(again), "ok");
  EXPECT_LE(again->uploaded, 3u);
  EXPECT_TRUE(remote().tags.contains("1"));
}

TEST_F(PushTest, CancelledBetweenTwoManifests) {
  add_image(two_platforms());
  registry.before = [&](const std::string& call, const RemoteRepository&) -> Result<void> {
    if (call.starts_with("push-manifest")) control.cancel.cancel();
    return {};
  };
  EXPECT_EQ(outcome(send({.all_platforms = true})), "cancelled");
  EXPECT_THAT(remote().manifests, SizeIs(1));
  EXPECT_THAT(remote().tags, IsEmpty());
}

TEST_F(PushTest, TellsOfBlobsThatNeedNotBeSent) {
  add_image(layout.image({base}));
  ASSERT_EQ(outcome(send()), "ok");
  std::mutex mutex;
  std::vector<std::string> told;
  control.progress = [&](const Progress& progress) {
    const std::scoped_lock lock(mutex);
    EXPECT_EQ(progress.done, progress.total);
    told.push_back(std::string(progress.stage));
  };
  ASSERT_EQ(outcome(send()), "ok");
  ASSERT_EQ(outcome(send({}, "example.org/b:1")), "ok");
  EXPECT_THAT(told, UnorderedElementsAre("exists", "exists", "mount", "mount"));
}

}  // namespace
}  // namespace bayplan::images
