// A store whose images are pushed to docker-registry.
#pragma once

#include "bayplan/images/import.h"
#include "bayplan/images/push.h"
#include "registry_fixture.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"
#include "unit/images/image_store.h"

namespace bayplan::registry {

class StoreTest : public RegistryTest {
 protected:
  static constexpr const char* kName = "example.org/pushed:1";

  /// Brings `target` of the layout in.
  void add_image(const Descriptor& target, const std::string& name = kName) {
    test::LayoutBuilder one = layout_;
    one.tag(target, {{"io.containerd.image.name", name}});
    const auto path = stored_.path() / ("layout-" + std::to_string(++layouts_));
    one.write_to(path);
    ASSERT_DONE(images::import(stored_.store(), images::kNs, path, {.unpack = false}, {}));
  }
  Result<images::PushReport> send(const std::string& destination, const images::PushOptions& options = {}) {
    return images::push(stored_.store(), images::kNs, kName, destination, provider(), context_, options, {});
  }
  images::RegistryProvider provider() {
    return [this]() -> Result<images::Registry*> { return client_.get(); };
  }
  const std::string& bytes_of(const Descriptor& blob) {
    return layout_.files().at(test::LayoutBuilder::blob_name(blob.digest));
  }
  /// A tar that nothing makes smaller.
  static std::string tar_of(std::size_t bytes) {
    return test::TarBuilder().file("noise", noise(bytes)).end();
  }

  images::ImageStore stored_{"native"};
  test::LayoutBuilder layout_;
  images::RemoteContext context_;

 private:
  int layouts_ = 0;
};

}  // namespace bayplan::registry
