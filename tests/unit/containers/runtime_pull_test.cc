// The pause image comes from a registry, or a layout (item S31), and an image that is used stays (S12).
#include "bayplan/containers/pull.h"
#include "bayplan/content/store.h"
#include "bayplan/metadata/gc.h"
#include "service_fixture.h"
#include "support/layout_registry.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;

class RuntimePull : public ServiceFixture {
 protected:
  RuntimePull() {
    test::LayoutBuilder layout;
    const Descriptor target = layout.image({plain_layer("pause")});
    registry_.emplace(std::move(layout));
    registry_->tag("3", target);
  }
  images::ImageService images() {
    return images::ImageService(store_.shared(),
                                {.users = {&container_gc_kind()},
                                 .registry = [this]() -> Result<images::Registry*> { return &*registry_; }});
  }
  RuntimeService pulling() { return service({.pause_image = kPause, .pull = pull_with(images())}); }
  SandboxRequest pause_pod(const std::string& id) const {
    SandboxRequest request = pod(id, kPause);
    request.config = R"({"ociVersion":"1.1.0"})";
    return request;
  }
  /// Gives the name of the container's image to another one.
  void move_name() {
    store_.add_image("docker.io/library/other:1", {plain_layer("other")});
    images::StoredImages stored(*store_, kNs);
    ASSERT_EQ(words(store_->db().update([&](WriteTx& tx) -> Result<void> {
                BAYPLAN_ASSIGN(const images::FoundImage other, stored.lookup(tx, "other:1"));
                return stored.add_names(tx, other.id, {kImage});
              })),
              "");
  }
  bool has_content(const Digest& digest) {
    return store_->db().view([&](const ReadTx& tx) { return content::stat(tx, kNs, digest); }).has_value();
  }

  std::optional<test::LayoutRegistry> registry_;
};

TEST_F(RuntimePull, S31_TheImageServicePullsThePauseImageOnce) {
  ASSERT_EQ(words(pulling().create_pod_sandbox(pause_pod("p1"), {})), "");
  const std::uint64_t received = registry_->statistics().bytes_received;
  EXPECT_GT(received, 0u);
  ASSERT_EQ(words(pulling().create_pod_sandbox(pause_pod("p2"), {})), "");
  EXPECT_EQ(registry_->statistics().bytes_received, received);
  EXPECT_EQ(service().container_metadata("p1")->image_id, images().resolve(kPause)->id.to_string());
}

TEST_F(RuntimePull, S31_WhatThePullCannotDoIsSaid) {
  SandboxRequest request = pause_pod("p1");
  request.image_name = "registry.k8s.io/pause:none";
  const RuntimeService other = service({.pause_image = request.image_name, .pull = pull_with(images())});
  const Digest before = digest();
  EXPECT_EQ(outcome(other.create_pod_sandbox(request, {})), "not_found");
  EXPECT_EQ(digest(), before);
}

TEST_F(RuntimePull, S31_ThePolicyOfTheCopyOptionsCounts) {
  SandboxRequest request = pause_pod("p1");
  const auto policy = store_.work("policy.json");
  write_text_file(policy, R"({"default":[{"type":"reject"}]})");
  request.copy_options.policy_file = policy;
  EXPECT_EQ(outcome(pulling().create_pod_sandbox(request, {})), "permission_denied");
}

TEST_F(RuntimePull, S12_AnImageInUseIsKeptByItsIdWhenItsNameMoves) {
  make("p1", "c1");
  const std::string id = image_id();
  const Container container = store_.get("c1").value();
  const Digest manifest = Digest::parse(container.labels.at(std::string(kImageManifestPinLabel))).value();
  EXPECT_EQ(container.labels.at(std::string(kImageIdPinLabel)), "sha256:" + id);
  move_name();
  const auto refused = images().remove_image(id);
  EXPECT_EQ(outcome(refused), "in_use");
  EXPECT_THAT(refused.error().to_string(), testing::HasSubstr("container \"c1\""));
  ASSERT_EQ(words(service().delete_container("c1")), "");
  EXPECT_EQ(words(images().remove_image(id)), "");
  collect();
  EXPECT_FALSE(has_content(manifest));
}

TEST_F(RuntimePull, S12_TheDocumentsOfAnImageInUseAreNotCollected) {
  make("p1", "c1");
  const Digest config = Digest::parse("sha256:" + image_id()).value();
  const Digest manifest =
      Digest::parse(store_.get("c1")->labels.at(std::string(kImageManifestPinLabel))).value();
  ASSERT_EQ(words(store_->db().update([](WriteTx& tx) { return images::remove(tx, kNs, kImage); })), "");
  collect();
  EXPECT_TRUE(has_content(config));
  EXPECT_TRUE(has_content(manifest));
  ASSERT_EQ(words(service().delete_container("c1", {.sync = true})), "");
  EXPECT_FALSE(has_content(config));
  EXPECT_FALSE(has_content(manifest));
}

TEST_F(RuntimePull, S12_APinOfACreatedContainerIsByIdToo) {
  ASSERT_EQ(words(store_.create("c1", kImage, {.pins = Pins::snapshot_and_image})), "");
  EXPECT_EQ(store_.get("c1")->labels.at(std::string(kImageIdPinLabel)), "sha256:" + image_id());
  ASSERT_EQ(words(store_.create("c2", kImage)), "");
  EXPECT_TRUE(store_.get("c2")->labels.empty());
}

TEST_F(RuntimePull, S31_AServiceOverAnImageServicePullsWithIt) {
  const RuntimeService over(images(), {.common = {.ns = "passed-over"}, .pause_image = kPause});
  ASSERT_EQ(words(over.create_pod_sandbox(pause_pod("p1"), {})), "");
  EXPECT_GT(registry_->statistics().bytes_received, 0u);
  EXPECT_EQ(service().container_metadata("p1")->image_id, images().resolve(kPause)->id.to_string());
}

TEST_F(RuntimePull, S31_TheCallersControlReachesThePull) {
  Control control;
  control.cancel.cancel();
  EXPECT_EQ(outcome(pulling().create_pod_sandbox(pause_pod("p1"), control)), "cancelled");
  EXPECT_EQ(registry_->statistics().bytes_received, 0u);
}

}  // namespace
}  // namespace bayplan::containers
