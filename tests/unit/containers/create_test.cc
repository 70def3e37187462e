#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "container_store.h"

namespace bayplan::containers {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string mount_table() {
  std::ifstream in("/proc/self/mountinfo");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class CreateTest : public ::testing::TestWithParam<const char*> {
 protected:
  void TearDown() override { EXPECT_THAT(store_.problems(), IsEmpty()); }

  void expect_nothing_made(std::string_view id) {
    EXPECT_EQ(outcome(store_.get(id)), "not_found");
    EXPECT_EQ(outcome(store_.snapshot(id)), "not_found");
    const auto swept = store_->snapshotter().gc_kind().sweep_files(store_->db(), {});
    ASSERT_EQ(words(swept), "");
    EXPECT_EQ(swept->files, 0u) << "a stage was left behind";
  }
  std::int64_t uid_of(const Container& container) {
    const auto spec = json::Document::parse(container.spec, "spec");
    return spec->root().object("process")->object("user")->integer("uid").value();
  }

  ContainerStore store_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Drivers, CreateTest, ::testing::Values("overlay", "native"),
                         [](const auto& driver) { return driver.param; });

TEST_P(CreateTest, RecordsTheContainerAndItsSnapshotOverTheImagesLayers) {
  store_.add_image("example.org/a:1", {plain_layer("one"), plain_layer("two")}, {.env = {"A=image"}});
  const auto created =
      store_.create("c1", "example.org/a:1", {.spec = {.args = {"/run-me"}}, .labels = {{"k", "v"}}});
  ASSERT_EQ(words(created), "");
  EXPECT_EQ(*created, *store_.get("c1"));
  EXPECT_EQ(created->image, "example.org/a:1");
  EXPECT_EQ(created->snapshotter, GetParam());
  EXPECT_EQ(created->snapshot_key, "c1");
  EXPECT_EQ(created->labels, (Labels{{"k", "v"}}));
  EXPECT_THAT(created->spec, HasSubstr("\"A=image\""));
  EXPECT_THAT(created->spec, HasSubstr("\"/run-me\""));
  const auto info = store_.snapshot("c1");
  ASSERT_EQ(words(info), "");
  EXPECT_EQ(info->kind, snapshots::Kind::active);
  const std::vector<Digest> diff_ids{Digest::of(plain_layer("one")), Digest::of(plain_layer("two"))};
  EXPECT_EQ(info->parent, images::chain_ids(diff_ids).back().to_string());
}

TEST_P(CreateTest, TheRecordNamesTheImageAsItIsStored) {
  store_.add_image("docker.io/library/a:1", {plain_layer("one")});
  const auto created = store_.create("c1", "a:1");
  ASSERT_EQ(words(created), "");
  EXPECT_EQ(created->image, "docker.io/library/a:1");
}

TEST_P(CreateTest, UnpacksWhatIsNotYet) {
  store_.add_image("a", {plain_layer("one"), plain_layer("two")}, {}, false);
  const auto created = store_.create("c1", "a");
  ASSERT_EQ(words(created), "");
  EXPECT_EQ(words(store_.snapshot(store_.snapshot("c1")->parent)), "");
}

TEST_P(CreateTest, AnImageWithoutLayersGivesAnEmptyRootfs) {
  store_.add_image("a", {});
  ASSERT_EQ(words(store_.create("c1", "a")), "");
  EXPECT_EQ(store_.snapshot("c1")->parent, "");
}

TEST_P(CreateTest, AnUnknownImageIsNotFound) {
  EXPECT_EQ(outcome(store_.create("c1", "a")), "not_found");
  expect_nothing_made("c1");
}

TEST_P(CreateTest, ATakenIdIsRefused) {
  store_.add_image("a", {plain_layer("one")});
  ASSERT_EQ(words(store_.create("c1", "a")), "");
  EXPECT_EQ(outcome(store_.create("c1", "a")), "already_exists");
  EXPECT_EQ(words(store_.get("c1")), "");
}

TEST_P(CreateTest, ATakenSnapshotKeyLeavesNoRecord) {
  store_.add_image("a", {plain_layer("one")});
  snapshots::Snapshotter& snapshotter = store_->snapshotter();
  auto stage = store_->db().view([&](const metadata::ReadTx& tx) { return snapshotter.stage(tx, kNs, ""); });
  ASSERT_EQ(words(store_->db().update([&](metadata::WriteTx& tx) {
              return snapshotter.prepare(tx, kNs, "c1", *std::move(stage), {}, metadata::referred());
            })),
            "");
  EXPECT_EQ(outcome(store_.create("c1", "a")), "already_exists");
  EXPECT_EQ(outcome(store_.get("c1")), "not_found");
  EXPECT_EQ(store_.snapshot("c1")->parent, "");
}

TEST_P(CreateTest, WhatCanNeverBeRightIsRefusedAndNothingMade) {
  store_.add_image("a", {plain_layer("one")});
  EXPECT_EQ(outcome(store_.create("../c1", "a")), "invalid_argument");
  EXPECT_EQ(outcome(store_.create("c1", "a", {.labels = {{"", "x"}}})), "invalid_argument");
  EXPECT_EQ(outcome(store_.create("c1", "a", {.runtime = ""})), "invalid_argument");
  EXPECT_EQ(outcome(store_.create("c1", "a", {.spec = {.env = {"x"}}})), "invalid_argument");
  expect_nothing_made("c1");
}

TEST_P(CreateTest, CancelledMakesNothing) {
  store_.add_image("a", {plain_layer("one")});
  Control control;
  control.cancel.cancel();
  EXPECT_EQ(outcome(create_from_image(*store_, kNs, "c1", "a", {}, control)), "cancelled");
  expect_nothing_made("c1");
}

TEST_P(CreateTest, TheUserIsLookedUpInTheMergedTree) {
  store_.add_image("below", {user_layer(1000), plain_layer("two"), plain_layer("three")}, {.user = "app"});
  EXPECT_EQ(uid_of(store_.create("c1", "below").value()), 1000);
  store_.add_image("above", {user_layer(1000), user_layer(2000)}, {.user = "app"});
  EXPECT_EQ(uid_of(store_.create("c2", "above").value()), 2000);
  store_.add_image("single", {user_layer(3000)}, {.user = "app"});
  EXPECT_EQ(uid_of(store_.create("c3", "single").value()), 3000);
}

TEST_P(CreateTest, TheOptionReplacesTheImagesUser) {
  store_.add_image("a", {user_layer(1000), plain_layer("two")}, {.user = "nobody"});
  EXPECT_EQ(uid_of(store_.create("c1", "a", {.spec = {.user = "app"}}).value()), 1000);
  EXPECT_EQ(uid_of(store_.create("c2", "a", {.spec = {.user = "7:8"}}).value()), 7);
}

TEST_P(CreateTest, APasswdThatALayerRemovedIsGone) {
  const std::string without = test::TarBuilder().file("etc/.wh.passwd", "").end();
  store_.add_image("a", {user_layer(1000), without}, {.user = "app"});
  EXPECT_EQ(outcome(store_.create("c1", "a")), "not_found");
  expect_nothing_made("c1");
}

TEST_P(CreateTest, AnUnknownUserIsNotFoundAndNamed) {
  store_.add_image("a", {user_layer(1000)}, {.user = "nobody"});
  const auto created = store_.create("c1", "a");
  EXPECT_EQ(outcome(created), "not_found");
  EXPECT_THAT(words(created), HasSubstr("\"nobody\""));
  expect_nothing_made("c1");
}

TEST_P(CreateTest, LookingUpAUserLeavesNothingMounted) {
  store_.add_image("a", {user_layer(1000), plain_layer("two")}, {.user = "app"});
  const std::string before = mount_table();
  ASSERT_EQ(words(store_.create("c1", "a")), "");
  EXPECT_EQ(mount_table(), before);
}

TEST_P(CreateTest, TheContainerKeepsItsLayersWhenTheImageIsGone) {
  store_.add_image("a", {plain_layer("one"), plain_layer("two")});
  ASSERT_EQ(words(store_.create("c1", "a")), "");
  const std::string parent = store_.snapshot("c1")->parent;
  const std::string name = store_.get("c1")->image;
  ASSERT_EQ(words(store_->db().update([&](metadata::WriteTx& tx) { return images::remove(tx, kNs, name); })),
            "");
  const auto collect = [&] { return metadata::collect(store_->db(), store_.kinds(), {}, {}); };
  ASSERT_EQ(words(collect()), "");
  EXPECT_EQ(words(store_.snapshot("c1")), "");
  EXPECT_EQ(words(store_.snapshot(parent)), "");
  ASSERT_EQ(words(store_.remove("c1")), "");
  ASSERT_EQ(words(collect()), "");
  EXPECT_EQ(outcome(store_.snapshot(parent)), "not_found");
}

TEST_P(CreateTest, LayersThatContainersShareGoWithTheLastOfThem) {
  store_.add_image("a", {plain_layer("one")});
  for (const char* id : {"c1", "c2"}) ASSERT_EQ(words(store_.create(id, "a")), "");
  const std::string parent = store_.snapshot("c1")->parent;
  const std::string name = store_.get("c1")->image;
  ASSERT_EQ(words(store_->db().update([&](metadata::WriteTx& tx) { return images::remove(tx, kNs, name); })),
            "");
  for (const std::string id : {"c1", "c2"}) {
    ASSERT_EQ(words(store_->db().update([&](metadata::WriteTx& tx) { return remove(tx, kNs, id); })), "");
    ASSERT_EQ(words(metadata::collect(store_->db(), store_.kinds(), {}, {})), "");
    EXPECT_EQ(outcome(store_.snapshot(id)), "not_found") << "nothing else needs " << id;
    EXPECT_EQ(outcome(store_.snapshot(parent)), id == "c1" ? "ok" : "not_found")
        << "after the removal of " << id;
  }
}

TEST_P(CreateTest, PinsTheImageWhenAsked) {
  store_.add_image("a", {plain_layer("one")});
  const auto bare = store_.create("bare", "a");
  ASSERT_EQ(words(bare), "");
  EXPECT_THAT(bare->labels, IsEmpty());
  const auto pinning = store_.create("pinning", "a", {.pins = Pins::snapshot_and_image});
  ASSERT_EQ(words(pinning), "");
  EXPECT_EQ(pinning->labels.size(), 3u) << "name, ID and manifest";
  EXPECT_EQ(pinning->labels.at(std::string(kImagePinLabel)), pinning->image);
}

TEST_P(CreateTest, FromASnapshotItHasNoImage) {
  store_.add_image("a", {user_layer(1000), plain_layer("two")}, {.cmd = {"/image"}});
  ASSERT_EQ(words(store_.create("first", "a")), "");
  const std::string parent = store_.snapshot("first")->parent;
  const CreateOptions options{.spec = {.args = {"/own"}, .user = "app"}, .labels = {{"k", "v"}}};
  const auto created = create_from_snapshot(*store_, kNs, "c1", parent, options);
  ASSERT_EQ(words(created), "");
  EXPECT_EQ(*created, *store_.get("c1"));
  EXPECT_EQ(created->image, "");
  EXPECT_EQ(created->labels, (Labels{{"k", "v"}}));
  EXPECT_EQ(created->snapshot_key, "c1");
  EXPECT_EQ(store_.snapshot("c1")->parent, parent);
  EXPECT_EQ(uid_of(*created), 1000) << "looked up in the snapshot";
  EXPECT_THAT(created->spec, HasSubstr("\"/own\""));
  ASSERT_EQ(words(create_from_snapshot(*store_, kNs, "c2", "", {.spec = {.args = {"/own"}}})), "");
  EXPECT_EQ(store_.snapshot("c2")->parent, "");
}

TEST_P(CreateTest, ASnapshotThatCannotBeOneMakesNothing) {
  store_.add_image("a", {plain_layer("one")});
  ASSERT_EQ(words(store_.create("first", "a")), "");
  const std::string parent = store_.snapshot("first")->parent;
  CreateOptions options{.spec = {.args = {"/own"}}};
  const auto from = [&](std::string_view id, std::string_view snapshot) {
    return outcome(create_from_snapshot(*store_, kNs, id, snapshot, options));
  };
  EXPECT_EQ(from("c1", "none"), "not_found");
  EXPECT_EQ(from("c1", "first"), "invalid_argument") << "not committed";
  EXPECT_EQ(from("first", parent), "already_exists");
  options.pins = Pins::snapshot_and_image;
  EXPECT_EQ(from("c1", parent), "invalid_argument") << "no image to pin";
  options = {};
  EXPECT_EQ(from("c1", parent), "invalid_argument") << "nothing to run";
  expect_nothing_made("c1");
}

TEST_P(CreateTest, OnARootOfItsOwnThereIsNoSnapshot) {
  const auto rootfs = store_.work("rootfs");
  std::filesystem::create_directories(rootfs / "etc");
  std::ofstream(rootfs / "etc/passwd") << "app:x:7:8::/:\n";
  const auto created =
      create_on_rootfs(*store_, kNs, "c1", rootfs, {.spec = {.args = {"/own"}, .user = "app"}});
  ASSERT_EQ(words(created), "");
  EXPECT_EQ(*created, *store_.get("c1"));
  EXPECT_EQ(created->image + created->snapshotter + created->snapshot_key, "");
  EXPECT_EQ(uid_of(*created), 7);
  EXPECT_THAT(created->spec, HasSubstr("\"path\":\"" + rootfs.native() + "\""));
  EXPECT_EQ(outcome(store_.snapshot("c1")), "not_found");
  {
    const auto bundle = store_.prepare("c1");
    ASSERT_EQ(words(bundle), "");
    std::ostringstream config;
    config << std::ifstream(bundle->path() / "config.json").rdbuf();
    EXPECT_THAT(config.str(), HasSubstr("\"path\":\"" + rootfs.native() + "\""));
    EXPECT_EQ(mount_table().find(store_.run_root().native()), std::string::npos)
        << "nothing is mounted for it";
  }
  EXPECT_FALSE(std::filesystem::exists(store_.bundle_path("c1")));
  ASSERT_EQ(words(store_.remove("c1")), "");
  EXPECT_TRUE(std::filesystem::exists(rootfs / "etc/passwd")) << "it is the caller's";
}

TEST_P(CreateTest, ARootThatCannotBeOneMakesNothing) {
  const CreateOptions options{.spec = {.args = {"/own"}}};
  const auto on = [&](const std::filesystem::path& rootfs) {
    return outcome(create_on_rootfs(*store_, kNs, "c1", rootfs, options));
  };
  EXPECT_EQ(on("rootfs"), "invalid_argument");
  EXPECT_EQ(on(store_.work("rootfs")), "not_found");
  expect_nothing_made("c1");
}

}  // namespace
}  // namespace bayplan::containers
