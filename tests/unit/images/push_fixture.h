// A store with images in it, and a registry in memory to push them to.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bayplan/images/import.h"
#include "bayplan/images/push.h"
#include "fake_registry.h"
#include "image_store.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"

namespace bayplan::images {

inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kPushedName = "example.org/a:1";

class PushFixture : public testing::Test {
 protected:
  /// Brings `target` in under `name`, with what the layout holds.
  void add_image(const Descriptor& target, const std::string& name = kPushedName) {
    test::LayoutBuilder one = layout;
    one.tag(target, {{"io.containerd.image.name", name}});
    const auto path = stored.path() / ("layout-" + std::to_string(++layouts_));
    one.write_to(path);
    ASSERT_EQ(test::outcome(import(stored.store(), kNs, path, {.unpack = false}, {})), "ok");
  }
  Result<PushReport> send(const PushOptions& options = {}, const std::string& destination = {},
                          const std::string& name = kPushedName) {
    const RegistryProvider provider = [this]() -> Result<Registry*> {
      asked = true;
      return &registry;
    };
    return push(stored.store(), kNs, name, destination, provider, context, options, control);
  }
  /// A manifest without layers that matter, about `subject`.
  Descriptor about(const Descriptor& subject, const std::string& note) {
    const Descriptor config = layout.blob("{}", "application/vnd.oci.empty.v1+json");
    const Descriptor layer = layout.blob(note, "text/plain");
    std::string json = test::manifest_json(config, {layer}, kManifestType);
    json.pop_back();
    json += R"(,"subject":{"mediaType":")" + subject.media_type + R"(","digest":")" +
            subject.digest.to_string() + R"(","size":)" + std::to_string(subject.size) + "}}";
    return layout.blob(json, kManifestType);
  }
  std::string json_of(const Descriptor& document) {
    return layout.files().at(test::LayoutBuilder::blob_name(document.digest));
  }
  /// Of an image in the layout.
  Manifest parsed(const Descriptor& manifest) {
    return parse_manifest(json_of(manifest), manifest.media_type, "test").value();
  }
  std::filesystem::path file_of(const Digest& digest) {
    return stored.path() / "store/content/blobs/sha256" / digest.hex();
  }
  FakeRegistry::Repository& remote(const std::string& path = "a") { return registry.repositories[path]; }
  std::vector<std::string> leases() {
    std::vector<std::string> ids;
    EXPECT_TRUE(stored.view([&](const metadata::ReadTx& tx) {
      return metadata::leases::walk(tx, kNs, [&](const metadata::leases::Lease& lease) -> Result<void> {
        ids.push_back(lease.id);
        return {};
      });
    }));
    return ids;
  }

  ImageStore stored{"native"};
  test::LayoutBuilder layout;
  const std::string base = test::TarBuilder().dir("d").file("d/a", "1").end();
  const std::string top = test::TarBuilder().file("d/b", "2").end();
  FakeRegistry registry;
  RemoteContext context;
  Control control;
  bool asked = false;  ///< for the registry

 private:
  int layouts_ = 0;
};

}  // namespace bayplan::images
