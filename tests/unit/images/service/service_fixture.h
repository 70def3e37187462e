// An image service on a store of its own, with images that are made and imported here.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bayplan/images/image_service.h"
#include "bayplan/images/import.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"
#include "unit/images/outcome.h"

namespace bayplan::images {

/// Objects that keep image records, as the containers of another folder do.
class FakeContainers final : public metadata::GcKind {
 public:
  std::string_view kind() const override { return "container"; }
  Result<void> scan(const metadata::BucketSource&, std::string_view, metadata::GcSink& sink) const override {
    for (const auto& [id, image] : uses) {
      BAYPLAN_TRY(sink.object({.key = id, .root = true, .reason = "a container"}));
      BAYPLAN_TRY(sink.edge({.kind = "image", .key = image, .why = "image"}));
    }
    return {};
  }
  Result<void> look(const metadata::BucketSource&, std::string_view, std::string_view,
                    metadata::GcSink&) const override {
    return {};
  }
  Result<void> remove(metadata::WriteTx&, const metadata::GcNode&) const override { return {}; }
  Result<void> check(const metadata::BucketSource&, std::string_view,
                     const metadata::ProblemSink&) const override {
    return {};
  }

  std::map<std::string, std::string> uses{};  ///< id to image record
};

class ImageServiceFixture : public testing::Test {
 protected:
  static constexpr std::string_view kNs = "default";
  static constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";

  /// An image of two layers; the base is the same in all of them, and the other holds `content`.
  static Descriptor add_image(test::LayoutBuilder& layout, const std::string& content,
                              const test::ImageShape& shape = {}) {
    const std::string base = test::TarBuilder().dir("etc").file("etc/base", std::string(8000, 'b')).end();
    return layout.image({base, test::TarBuilder().file("content", content).end()}, shape);
  }
  /// A config without layers, with these members beside those that it needs.
  static std::string config_without_layers(const std::string& members) {
    return R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]},)" + members +
           "}";
  }
  static Descriptor add_without_layers(test::LayoutBuilder& layout, const std::string& config) {
    const Descriptor blob = layout.blob(config, "application/vnd.oci.image.config.v1+json");
    return layout.blob(test::manifest_json(blob, {}, kManifestType), kManifestType);
  }
  /// Imports `target` of `layout` under `name`.
  void take(test::LayoutBuilder layout, const Descriptor& target, const std::string& name,
            bool unpack = true) {
    const auto path = dir.path() / ("layout-" + std::to_string(++layouts_));
    layout.tag(target);
    layout.write_to(path);
    const auto imported = import(store(), kNs, path, {.name = name, .unpack = unpack, .replace = true}, {});
    ASSERT_EQ(imported ? "ok" : imported.error().to_string(), "ok");
  }
  /// An image that holds `content`, imported under `name`; answers its ID.
  StoredImageId image(const std::string& name, const std::string& content, bool unpack = true) {
    test::LayoutBuilder layout;
    const Descriptor target = add_image(layout, content);
    take(std::move(layout), target, name, unpack);
    return id_of(name);
  }
  Descriptor target_of(const std::string& name) {
    return store().db().view([&](const metadata::ReadTx& tx) { return find(tx, kNs, name); })->target;
  }

  Store& store() { return *service.store(); }
  template <class F>
  auto view(F&& body) {
    return store().db().view(std::forward<F>(body));
  }
  template <class F>
  auto update(F&& body) {
    return store().db().update(std::forward<F>(body));
  }
  const StoredImages& images() { return service.images(); }
  StoredImageId id_of(const std::string& text) { return service.resolve(text).value().id; }
  std::string found(const std::string& text) {
    const auto image = service.resolve(text);
    return image ? image->id.to_string() : test::outcome(image);
  }
  StoredImage get(const StoredImageId& id) {
    return view([&](const metadata::ReadTx& tx) { return images().get(tx, id); }).value();
  }
  std::vector<std::string> names(const StoredImageId& id) { return get(id).names; }
  Result<void> add_names(const StoredImageId& id, const std::vector<std::string>& added) {
    return update([&](metadata::WriteTx& tx) { return images().add_names(tx, id, added); });
  }
  std::vector<std::string> records() {
    std::vector<std::string> found;
    EXPECT_TRUE(view([&](const metadata::ReadTx& tx) {
      return walk(tx, kNs, [&](const ImageView& record) -> Result<void> {
        found.emplace_back(record.name);
        return {};
      });
    }));
    return found;
  }
  std::vector<std::string> snapshots() {
    std::vector<std::string> keys;
    EXPECT_TRUE(view([&](const metadata::ReadTx& tx) {
      return store().snapshotter().walk(tx, kNs, [&](const snapshots::Info& info) -> Result<void> {
        keys.push_back(info.key);
        return {};
      });
    }));
    return keys;
  }
  std::uint64_t revision() {
    return view([](const metadata::ReadTx& tx) -> Result<std::uint64_t> { return tx.revision(); }).value();
  }
  void collect() { ASSERT_TRUE(metadata::collect(store().db(), store().gc_kinds(), {}, {})); }
  std::filesystem::path blob_file(const Digest& digest) const {
    return dir.path() / "store/content/blobs/sha256" / digest.hex();
  }

  test::TempDir dir;
  FakeContainers containers;
  ImageService service =
      ImageService::open(dir.path() / "store", {.snapshotter = "native"}, {.users = {&containers}}).value();

 private:
  int layouts_ = 0;
};

}  // namespace bayplan::images
