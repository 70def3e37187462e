// A store with images made for the test, and short words for what the tests do with it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bayplan/base/json.h"
#include "bayplan/containers/gc_kinds.h"
#include "bayplan/containers/service.h"
#include "bayplan/images/documents.h"
#include "bayplan/images/import.h"
#include "bayplan/metadata/check.h"
#include "support/image_builder.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"

namespace bayplan::containers {

inline constexpr std::string_view kNs = "default";

/// "ok", or the name of the error's code.
template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(errc_name(result.error().code()));
}

/// The whole error, or nothing.
template <class T>
std::string words(const Result<T>& result) {
  return result ? std::string() : result.error().to_string();
}

/// What an image says about the process it wants.
struct ImageWishes {
  std::string user{};
  std::vector<std::string> cmd{"/bin/sh"};
  std::vector<std::string> env{};
};

class ContainerStore {
 public:
  explicit ContainerStore(const std::string& driver)
      : store_(std::make_shared<images::Store>(
            images::Store::open(root(), {.snapshotter = driver, .run_root = run_root()}).value())) {}

  images::Store& operator*() { return *store_; }
  images::Store* operator->() { return store_.get(); }
  const std::shared_ptr<images::Store>& shared() const { return store_; }
  std::filesystem::path root() const { return dir_.path() / "store"; }
  std::filesystem::path run_root() const { return dir_.path() / "run"; }
  std::filesystem::path bundle_path(std::string_view id) const { return run_root() / kNs / id; }
  std::filesystem::path work(std::string_view name) const { return dir_.path() / name; }

  /// Imports an image `name` of these layers (tars, base first).
  void add_image(const std::string& name, const std::vector<std::string>& tars,
                 const ImageWishes& wishes = {}, bool unpack = true) {
    test::LayoutBuilder layout;
    std::vector<Descriptor> layers;
    std::vector<Digest> diff_ids;
    for (const std::string& tar : tars) {
      layers.push_back(layout.blob(tar, "application/vnd.oci.image.layer.v1.tar"));
      diff_ids.push_back(Digest::of(tar));
    }
    const Descriptor config =
        layout.blob(config_json(diff_ids, wishes), "application/vnd.oci.image.config.v1+json");
    constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
    layout.tag(layout.blob(test::manifest_json(config, layers, kManifest), kManifest));
    const auto directory = work("layout-" + std::to_string(images_++));
    layout.write_to(directory);
    const auto report = images::import(*store_, kNs, directory, {.name = name, .unpack = unpack}, {});
    ASSERT_EQ(words(report), "");
  }

  Result<Container> create(std::string_view id, std::string_view image, const CreateOptions& options = {}) {
    return create_from_image(*store_, kNs, id, image, options, {});
  }
  Result<Container> get(std::string_view id) {
    return store_->db().view([&](const metadata::ReadTx& tx) { return containers::get(tx, kNs, id); });
  }
  Result<snapshots::Info> snapshot(std::string_view key) {
    return store_->db().view(
        [&](const metadata::ReadTx& tx) { return store_->snapshotter().stat(tx, kNs, key); });
  }
  Result<Bundle> prepare(std::string_view id) { return Bundle::prepare(*store_, run_root(), kNs, id); }
  Result<void> remove(std::string_view id, const RemoveOptions& options = {}) {
    return remove_with_snapshot(*store_, run_root(), kNs, id, options);
  }

  std::vector<const metadata::GcKind*> kinds() const {
    auto kinds = store_->gc_kinds();
    for (const metadata::GcKind* kind : gc_kinds()) kinds.push_back(kind);
    return kinds;
  }
  /// What the checks find wrong, one text each.
  std::vector<std::string> problems() const {
    const auto report = metadata::check(store_->db(), kinds());
    EXPECT_EQ(words(report), "");
    std::vector<std::string> found;
    for (const auto& problem : report->problems) found.push_back(problem.object.key + ": " + problem.what);
    return found;
  }

 private:
  static std::string config_json(const std::vector<Digest>& diff_ids, const ImageWishes& wishes) {
    const images::Platform host = images::host_platform();
    json::Writer out;
    out.begin_object().member("os", host.os).member("architecture", host.architecture);
    out.key("config").begin_object().member("User", wishes.user);
    write_strings(out, "Cmd", wishes.cmd);
    write_strings(out, "Env", wishes.env);
    out.end_object().key("rootfs").begin_object().member("type", "layers").key("diff_ids").begin_array();
    for (const Digest& diff_id : diff_ids) out.string(diff_id.to_string());
    out.end_array().end_object().end_object();
    return std::move(out).take();
  }
  static void write_strings(json::Writer& out, std::string_view name,
                            const std::vector<std::string>& strings) {
    out.key(name).begin_array();
    for (const std::string& text : strings) out.string(text);
    out.end_array();
  }

  test::TempDir dir_;
  std::shared_ptr<images::Store> store_;
  int images_ = 0;
};

/// A layer with a user of this uid, called "app", and a file of its own.
inline std::string user_layer(int uid) {
  const std::string id = std::to_string(uid);
  test::TarBuilder tar;
  tar.dir("etc").file("etc/passwd", "root:x:0:0::/:\napp:x:" + id + ":" + id + "::/:\n");
  tar.file("from-" + id, "x");
  return tar.end();
}

/// A layer without users.
inline std::string plain_layer(const std::string& name) { return test::TarBuilder().file(name, "x").end(); }

}  // namespace bayplan::containers
