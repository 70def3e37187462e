// A containerd root directory, with its files written byte by byte: two namespaces that share a snapshotter's
// file, an image with its blobs, a container, a lease.
#pragma once

#include <filesystem>
#include <fstream>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/db.h"
#include "support/bolt_builder.h"
#include "support/temp_dir.h"

namespace bayplan::test {

inline constexpr const char* kLayer =
    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
inline constexpr const char* kManifest =
    "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
inline constexpr const char* kLost =
    "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

/// A bolt file of what `fill` puts into a store of its own.
template <class Fill>
void write_bolt(const std::filesystem::path& path, Fill fill) {
  const TempDir made;
  auto db = metadata::Db::open(made.path() / "made").value();
  db.update([&](metadata::WriteTx& tx) -> Result<void> {
      fill(tx);
      return {};
    }).value();
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      << bolt_file(root_bucket(*db.begin_read().value()), {.page_bytes = 4096, .transaction = 12});
}

inline metadata::MutableBucket make_record(metadata::WriteTx& tx, std::vector<std::string_view> path) {
  metadata::MutableBucket at = tx.create_bucket_if_not_exists(path.front()).value();
  for (std::size_t i = 1; i < path.size(); ++i) at = at.create_bucket_if_not_exists(path[i]).value();
  const Time time{std::chrono::seconds(1'700'000'000)};
  metadata::codec::write_times(at, {time, time}).value();
  return at;
}

inline void fill_containerd_metadata(metadata::WriteTx& tx) {
  namespace codec = metadata::codec;
  tx.create_bucket("v1").value().put("version", codec::encode_varint(4)).value();
  const auto blob = [&](const char* digest, std::int64_t size, const Labels& labels) {
    auto record = make_record(tx, {"v1", "default", "content", "blob", digest});
    record.put("size", codec::encode_varint(size)).value();
    codec::write_map(record, "labels", labels).value();
  };
  blob(kLayer, 30, {});
  blob(kManifest, 20, {{"containerd.io/gc.ref.content.l.0", kLayer}});
  blob(kLost, 10, {});
  auto image = make_record(tx, {"v1", "default", "images", "docker.io/a:1"});
  auto target = image.create_bucket("target").value();
  target.put("digest", kManifest).value();
  target.put("mediatype", "application/vnd.oci.image.manifest.v1+json").value();
  target.put("size", codec::encode_varint(20)).value();
  for (const auto& [key, name, parent] :
       {std::tuple("base", "default/1/base", ""), {"work", "default/2/work", "base"}}) {
    auto snapshot = make_record(tx, {"v1", "default", "snapshots", "overlayfs", key});
    snapshot.put("name", name).value();
    if (*parent != '\0') snapshot.put("parent", parent).value();
  }
  auto container = make_record(tx, {"v1", "default", "containers", "web"});
  container.put("image", "docker.io/a:1").value();
  container.put("snapshotter", "overlayfs").value();
  container.put("snapshotKey", "work").value();
  container.put("spec", codec::encode_any({"types.containerd.io/spec", "{\"ociVersion\":\"1.1\"}"})).value();
  container.create_bucket("runtime").value().put("name", "io.containerd.runc.v2").value();
  auto lease = make_record(tx, {"v1", "k8s.io", "leases", "held"});
  codec::write_map(lease, "labels", {{"containerd.io/gc.expire", "2100-01-01T00:00:00Z"}}).value();
}

inline void fill_containerd_snapshots(metadata::WriteTx& tx) {
  namespace codec = metadata::codec;
  for (const auto& [name, id, kind] :
       {std::tuple("default/1/base", '\1', '\3'), {"default/2/work", '\2', '\2'}}) {
    auto record = make_record(tx, {"v1", "snapshots", name});
    record.put("id", std::string(1, id)).value();
    record.put("kind", std::string(1, kind)).value();
    if (kind == '\3') record.put("size", codec::encode_varint(4096)).value();
  }
}

inline std::filesystem::path containerd_metadata(const std::filesystem::path& root) {
  return root / "io.containerd.metadata.v1.bolt" / "meta.db";
}
inline std::filesystem::path containerd_snapshots(const std::filesystem::path& root) {
  return root / "io.containerd.snapshotter.v1.overlayfs" / "metadata.db";
}

inline void make_containerd_root(const std::filesystem::path& root) {
  write_bolt(containerd_metadata(root), fill_containerd_metadata);
  write_bolt(containerd_snapshots(root), fill_containerd_snapshots);
}

}  // namespace bayplan::test
