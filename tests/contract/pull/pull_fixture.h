// A registry, images in it, and a store to pull them into.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "bayplan/images/pull.h"
#include "bayplan/images/resolve.h"
#include "bayplan/registry/client.h"
#include "contract/registry/docker_registry.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"

namespace bayplan::images {

inline constexpr std::string_view kNs = "default";

/// What a Result says, in a form that a failed expectation prints readably.
template <class T>
std::string said(const Result<T>& result) {
  return result ? "ok" : std::string(errc_name(result.error().code()));
}

/// The bytes that no compression makes less of, the same in every run.
std::string noise(std::size_t size, std::uint64_t seed = 1);

/// A host with a store, and what it knows of registries: nothing but what a test writes down.
class Puller {
 public:
  Puller();

  Store& store() { return *store_; }
  void reopen(const StoreOptions& options = {});
  std::filesystem::path directory() const { return dir_.path(); }

  Result<PullReport> pull(std::string_view source, const PullOptions& options = {},
                          const Control& control = {});
  Result<Image> image(const std::string& name);
  std::vector<std::string> names();
  /// Keys of the namespace's records.
  std::vector<std::string> blobs();
  std::vector<std::string> snapshots();
  std::vector<std::string> leases();
  std::vector<std::string> ingests();
  /// What checks of all kinds find, after a collection.
  std::vector<std::string> problems();
  metadata::GcReport collect();
  Registry& client() { return *client_; }
  RegistryProvider provider();

  RemoteContext context{};
  unsigned asked = 0;  ///< how often somebody wanted a client

 private:
  test::TempDir dir_;
  std::optional<Store> store_;
  std::unique_ptr<Registry> client_;
};

class PullTest : public testing::Test {
 protected:
  /// Puts everything that `layout` has into `repository`, the `target` under `tag` too.
  void push(test::LayoutBuilder& layout, const Descriptor& target, const std::string& tag,
            const std::string& repository = "a/b");
  /// "127.0.0.1:PORT/a/b" and what follows.
  std::string name(const std::string& rest = ":1", const std::string& repository = "a/b") const {
    return "127.0.0.1:" + std::to_string(registry.port()) + "/" + repository + rest;
  }
  /// A layer's tar with these files in it.
  static std::string tar(const std::string& file, std::string_view content);

  test::DockerRegistry registry;
  Puller puller;
};

}  // namespace bayplan::images
