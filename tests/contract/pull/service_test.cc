// The image service pulls from Debian's docker-registry: S7, S10, S11, S14-S17, S20, S27, S81, S82, D10.
#include "bayplan/base/fault.h"
#include "bayplan/images/image_service.h"
#include "pull_fixture.h"

namespace bayplan::images {
namespace {

using test::LayoutBuilder;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class PullImage : public PullTest {
 protected:
  Descriptor push_image(const std::string& mark, const std::string& tag = "1",
                        const std::string& repository = "a/b", const test::ImageShape& shape = {}) {
    LayoutBuilder layout;
    const Descriptor target = layout.image({tar("etc/base", "base"), tar("etc/mark", mark)}, shape);
    push(layout, target, tag, repository);
    return target;
  }
  Result<PulledImage> pull(const std::string& source, const PullOptions& options = {}) {
    return service.pull_image(source, context, options);
  }
  std::string found(const std::string& text) {
    const auto image = service.resolve(text);
    return image ? image->id.to_string() : said(image);
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const ImageResult& image : service.list_images().value()) {
      all.insert(all.end(), image.names.begin(), image.names.end());
    }
    return all;
  }
  std::uint64_t revision() {
    return service.store()
        ->db()
        .view([](const metadata::ReadTx& tx) -> Result<std::uint64_t> { return tx.revision(); })
        .value();
  }
  std::size_t snapshots() {
    std::size_t count = 0;
    EXPECT_TRUE(service.store()->db().view([&](const metadata::ReadTx& tx) {
      return service.store()->snapshotter().walk(tx, kNs,
                                                 [&](const bayplan::snapshots::Info&) -> Result<void> {
                                                   ++count;
                                                   return {};
                                                 });
    }));
    return count;
  }
  void collect() {
    ASSERT_TRUE(metadata::collect(service.store()->db(), service.store()->gc_kinds(), {}, {}));
  }

  test::TempDir dir;
  RemoteContext context{};
  unsigned asked = 0;
  ImageService service = ImageService::open(dir.path() / "store", {.snapshotter = "native"},
                                            {.registry = [this]() -> Result<Registry*> {
                                              ++asked;
                                              return &puller.client();
                                            }})
                             .value();
};

TEST_F(PullImage, S7_ThePolicyIsReadBeforeAnybodyIsAsked) {
  push_image("1");
  context.policy_file = dir.path() / "policy.json";
  EXPECT_EQ(said(pull(name())), "not_found");
  test::write_file(context.policy_file, "{}");
  EXPECT_EQ(said(pull(name())), "invalid_argument");
  EXPECT_EQ(said(service.can_pull(name(), context)), "invalid_argument");
  test::write_file(context.policy_file, R"({"default":[{"type":"reject"}]})");
  EXPECT_EQ(said(pull(name())), "permission_denied");
  context.policy_file = dir.path() / "none";
  EXPECT_EQ(said(pull("")), "invalid_argument") << "the name comes before all";
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(PullImage, S10_FoundByWhatWasTypedAndByItsNormalizedName) {
  push_image("1", "latest");
  for (const std::string& typed : {name(""), "docker://" + name("")}) {
    const auto pulled = pull(typed);
    ASSERT_EQ(said(pulled), "ok") << pulled.error().to_string();
    EXPECT_EQ(found(typed), pulled->id->to_string());
    EXPECT_EQ(found(name(":latest")), pulled->id->to_string());
  }
  EXPECT_THAT(names(), ElementsAre(name(":latest")));
}

TEST_F(PullImage, S11_WhatItAnswersIsGoodForALookup) {
  push_image("1");
  const auto pulled = pull(name()).value();
  EXPECT_EQ(pulled.report.name, name());
  EXPECT_EQ(found(pulled.report.name), pulled.id->to_string());
  EXPECT_EQ(found(pulled.id->to_string()), pulled.id->to_string());
  EXPECT_NE(service.image_status(pulled.report.name)->size, std::nullopt);
}

TEST_F(PullImage, S14_AFailedPullLeavesNothing) {
  const Digest other = Digest::of("other");
  push_image("1", "1", "a/b", {.diff_ids = std::vector{other, other}});
  EXPECT_EQ(said(pull(name())), "digest_mismatch");
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(snapshots(), 0u);
  collect();
  EXPECT_THAT(service.list_images().value(), IsEmpty());
}

TEST_F(PullImage, S15_CanPull) {
  push_image("1");
  const auto before = revision();
  EXPECT_EQ(said(service.can_pull(name(), context)), "ok");
  EXPECT_EQ(said(service.can_pull("docker://" + name(), context)), "ok");
  EXPECT_EQ(said(service.can_pull(name(":none"), context)), "not_found");
  EXPECT_EQ(said(service.can_pull("", context)), "invalid_argument");
  EXPECT_EQ(said(service.can_pull("docker-daemon:a:b", context)), "unsupported");
  EXPECT_EQ(revision(), before);
}

TEST_F(PullImage, S15_CanPullUnderstandsWhatItReads) {
  LayoutBuilder layout;
  const Descriptor good = layout.image({tar("a", "1")});
  layout.tag(good);
  layout.write_to(dir.path() / "good");
  LayoutBuilder bad;
  bad.tag(bad.blob(R"({"schemaVersion":2,"layers":7})", good.media_type));
  bad.write_to(dir.path() / "bad");
  const auto before = revision();
  EXPECT_EQ(said(service.can_pull("oci:" + (dir.path() / "good").string(), context)), "ok");
  EXPECT_EQ(said(service.can_pull("oci:" + (dir.path() / "bad").string(), context)), "invalid_argument");
  EXPECT_EQ(revision(), before);
  EXPECT_EQ(asked, 0u);
}

TEST_F(PullImage, S16_ATagThatMovedIsPulledAgain) {
  push_image("old");
  const StoredImageId old = pull(name())->id.value();
  const auto again = pull(name()).value();
  EXPECT_EQ(again.id, old);
  EXPECT_EQ(again.report.fetched, 0u);
  push_image("new");
  const auto moved = pull(name()).value();
  EXPECT_NE(moved.id, old);
  EXPECT_EQ(found(name()), moved.id->to_string());
}

TEST_F(PullImage, S16_T21_TheImageThatATagMeantBeforeStays) {
  push_image("old");
  const StoredImageId old = pull(name())->id.value();
  push_image("new");
  const auto before = revision();
  ASSERT_EQ(said(pull(name())), "ok");
  collect();
  const auto status = service.image_status(old.to_string());
  ASSERT_EQ(said(status), "ok");
  EXPECT_THAT(status->image.names, IsEmpty());
  EXPECT_EQ(status->previous_name, name());
  EXPECT_NE(status->size, std::nullopt);
  EXPECT_GT(revision(), before);
}

TEST_F(PullImage, S17_ASourceIsOwnedOnce) {
  static_assert(!std::is_copy_constructible_v<content::Ingest>);
  static_assert(!std::is_copy_constructible_v<content::BlobReader>);
  push_image("1");
  ASSERT_EQ(said(pull(name())), "ok");
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const std::string broken = "oci:" + (dir.path() / "broken").string();
  LayoutBuilder layout;
  layout.tag(layout.image({tar("a", "1")}, {.diff_ids = std::vector{Digest::of("other")}}));
  layout.write_to(dir.path() / "broken");
  const auto before = descriptors();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(said(pull(broken)), "digest_mismatch");
    EXPECT_EQ(said(service.can_pull(broken, context)), "ok");
  }
  EXPECT_EQ(descriptors(), before);
}

TEST_F(PullImage, S20_NamesThatAreThereStay) {
  push_image("1");
  const StoredImageId id = pull(name())->id.value();
  ASSERT_TRUE(service.store()->db().update(
      [&](metadata::WriteTx& tx) { return service.images().add_names(tx, id, {"mine"}); }));
  ASSERT_EQ(said(pull(name())), "ok");
  EXPECT_THAT(names(), ElementsAre("docker.io/library/mine:latest", name()));
}

TEST_F(PullImage, S27_TheReferenceThatWasPulledIsReported) {
  test::DockerRegistry second;
  const std::string first_host = "127.0.0.1:" + std::to_string(registry.port());
  const std::string second_host = "127.0.0.1:" + std::to_string(second.port());
  LayoutBuilder layout;
  const Descriptor target = layout.image({tar("a", "1")});
  push(layout, target, "1", "app");
  context.dirs.registries_file = dir.path() / "registries.conf";
  test::write_file(context.dirs.registries_file, "unqualified-search-registries = [\"" + second_host +
                                                     "\", \"" + first_host +
                                                     "\"]\nshort-name-mode = \"permissive\"\n");
  const auto pulled = pull("app:1");
  ASSERT_EQ(said(pulled), "ok") << pulled.error().to_string();
  EXPECT_EQ(pulled->report.source, "docker://" + first_host + "/app:1");
  EXPECT_EQ(pulled->report.name, first_host + "/app:1");
}

TEST_F(PullImage, S81_ANameWithADigestIsOfThatManifest) {
  const Descriptor target = push_image("1");
  EXPECT_EQ(said(pull(name("@" + Digest::of("other").to_string()))), "not_found");
  EXPECT_THAT(names(), IsEmpty());
  const std::string by_digest = name("@" + target.digest.to_string());
  ASSERT_EQ(said(pull(by_digest)), "ok");
  EXPECT_THAT(names(), ElementsAre(by_digest));
}

TEST_F(PullImage, S82_TheRecordOfAnImageIsUsedAgain) {
  push_image("1");
  const StoredImageId id = pull(name())->id.value();
  ASSERT_TRUE(service.store()->db().update(
      [&](metadata::WriteTx& tx) { return service.images().set_metadata(tx, id, "kept"); }));
  push_image("1", "2", "c/d", {.packing = test::Packing::zstd});
  const auto other = pull(name(":2", "c/d")).value();
  EXPECT_EQ(other.id, id) << "one config, other manifests";
  const auto status = service.image_status(id.to_string()).value();
  EXPECT_EQ(status.image.metadata, "kept");
  EXPECT_THAT(status.image.names, SizeIs(2));
  EXPECT_THAT(status.image.targets, SizeIs(2));
  EXPECT_EQ(snapshots(), 2u);
}

TEST_F(PullImage, D10_AFailedPullLeavesTheImageThatWasThere) {
  push_image("old");
  const StoredImageId old = pull(name())->id.value();
  push_image("new");
  fault::arm([](fault::Point point) -> std::optional<Error> {
    if (point != fault::Point::import_before_commit) return {};
    return Error(Errc::io, "fault", "late");
  });
  EXPECT_EQ(said(pull(name())), "io");
  fault::arm({});
  EXPECT_EQ(found(name()), old.to_string());
  collect();
  const auto status = service.image_status(name());
  ASSERT_EQ(said(status), "ok");
  EXPECT_THAT(status->image.names, ElementsAre(name()));
  EXPECT_NE(status->size, std::nullopt);
}

TEST_F(PullImage, S77_AnImageOfTheStoreIsFoundByNameAndId) {
  push_image("1");
  const StoredImageId id = pull(name())->id.value();
  asked = 0;
  for (const std::string& text : {name(), "@" + id.to_string(), name("") + "@" + id.to_string()}) {
    const auto again = pull("containers-storage:" + text);
    ASSERT_EQ(said(again), "ok") << text;
    EXPECT_EQ(again->id, id);
  }
  EXPECT_EQ(said(pull("containers-storage:" + name("", "other") + "@" + id.to_string())), "not_found");
  EXPECT_EQ(asked, 0u);
}

TEST_F(PullImage, AnArtifactIsStoredAndNoImage) {
  LayoutBuilder layout;
  const Descriptor config = layout.blob("{}", "application/vnd.oci.empty.v1+json");
  const Descriptor layer = layout.blob("data", "text/plain");
  const char* const type = "application/vnd.oci.image.manifest.v1+json";
  push(layout, layout.blob(test::manifest_json(config, {layer}, type), type), "1");
  const auto pulled = pull(name());
  ASSERT_EQ(said(pulled), "ok") << pulled.error().to_string();
  EXPECT_EQ(pulled->id, std::nullopt);
  EXPECT_THAT(service.list_images().value(), IsEmpty());
}

}  // namespace
}  // namespace bayplan::images
