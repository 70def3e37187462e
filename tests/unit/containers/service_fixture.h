// Both services on a store of their own, with images that are made and imported here.
#pragma once

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "bayplan/base/fault.h"
#include "bayplan/containers/directories.h"
#include "bayplan/containers/libpod_service.h"
#include "bayplan/containers/runtime_service.h"
#include "bayplan/containers/storage_record.h"
#include "bayplan/images/stored_images.h"
#include "bayplan/metadata/digest.h"
#include "bayplan/snapshots/mount.h"
#include "container_store.h"

namespace bayplan::containers {

inline const std::string kImage = "docker.io/library/app:1";
inline const std::string kPause = "registry.k8s.io/pause:3";

inline std::string read_text_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}
inline void write_text_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// An error as tests compare it: its code, and what was asked wrongly.
struct Wrong {
  Errc code{};
  std::optional<BadInput> input{};
  friend bool operator==(const Wrong&, const Wrong&) = default;
};
template <class T>
Wrong wrong(const Result<T>& result) {
  return result ? Wrong{} : Wrong{result.error().code(), bad_input(result.error())};
}

class ServiceFixture : public testing::Test {
 protected:
  explicit ServiceFixture(const std::string& driver = "native") : store_(driver) {
    store_.add_image(kImage, {user_layer(1000)}, {.user = "app", .cmd = {"/bin/app"}});
  }

  RuntimeService service(RuntimeServiceOptions options = {}) const {
    options.common.ns = kNs;
    return RuntimeService(store_.shared(), std::move(options));
  }
  StorageService libpod() const { return StorageService(store_.shared(), {.ns = std::string(kNs)}); }

  static SandboxRequest pod(const std::string& id, const std::string& image = kImage) {
    SandboxRequest request;
    request.pod_name = "pod-" + id;
    request.pod_id = id;
    request.image_name = image;
    request.container_name = "pod-" + id + "-infra";
    request.metadata_name = "POD";
    request.uid = "uid-" + id;
    request.pod_namespace = "kube-system";
    request.attempt = 3;
    return request;
  }
  static ContainerRequest member(const std::string& pod, const std::string& id) {
    ContainerRequest request;
    request.pod_name = "pod-" + pod;
    request.pod_id = pod;
    request.image_name = kImage;
    request.container_name = "name-" + id;
    request.container_id = id;
    return request;
  }
  static StorageRequest libpod_request(const std::string& id) {
    StorageRequest request;
    request.image_name = kImage;
    request.container_name = "name-" + id;
    request.container_id = id;
    return request;
  }

  ContainerInfo make_pod(const std::string& id) const {
    auto made = service().create_pod_sandbox(pod(id), {});
    EXPECT_EQ(words(made), "");
    return *std::move(made);
  }
  ContainerInfo make(const std::string& of, const std::string& id) const {
    auto made = service().create_container(member(of, id), {});
    EXPECT_EQ(words(made), "");
    return *std::move(made);
  }
  Digest digest() const {
    return store_.shared()
        ->db()
        .view([](const metadata::ReadTx& tx) { return metadata::logical_digest(tx.root()); })
        .value();
  }
  storage::Record record(std::string_view id) const {
    return store_.shared()
        ->db()
        .view([&](const metadata::ReadTx& tx) { return storage::get(tx, kNs, id); })
        .value();
  }
  std::string image_id() const {
    images::StoredImages images(*store_.shared(), kNs);
    return store_.shared()
        ->db()
        .view([&](const metadata::ReadTx& tx) { return images.lookup(tx, kImage); })
        ->id.to_string();
  }
  void collect() { metadata::collect(store_->db(), store_.kinds(), {}, {}).value(); }
  /// So that all buckets and directories are there that stay, empty, after the last of their kind.
  void make_and_forget_one() {
    EXPECT_EQ(words(service().create_container(member("p0", "c0"), {})), "");
    EXPECT_EQ(words(service().start_container("c0")), "");
    EXPECT_EQ(words(service().delete_container("c0")), "");
    collect();
  }
  /// Snapshot and container directories, and run directories.
  std::vector<std::string> directories() const {
    std::vector<std::string> found;
    for (const auto& top : {store_.root() / "snapshots/native", store_.root() / "containers/default",
                            store_.run_root() / ".mounts"}) {
      if (!std::filesystem::exists(top)) continue;
      for (const auto& entry : std::filesystem::directory_iterator(top)) {
        if (entry.is_directory()) found.push_back(entry.path());
      }
    }
    if (std::filesystem::exists(store_.run_root() / ".dirs")) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(store_.run_root() / ".dirs")) {
        if (std::distance(entry.path().begin(), entry.path().end()) ==
            std::distance(store_.run_root().begin(), store_.run_root().end()) + 4) {
          found.push_back(entry.path());
        }
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  static bool is_mounted(const std::filesystem::path& path) {
    return snapshots::is_mount_point(path).value();
  }

  ContainerStore store_;
};

}  // namespace bayplan::containers
