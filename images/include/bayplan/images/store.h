// Store: everything an image needs, composed: records, blobs, snapshots. START HERE.
//
//   auto store = images::Store::open("/var/lib/bayplan");
//   auto report = images::import(*store, "default", "alpine.tar", {}, {});
//
// Thread-safe as its parts are.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bayplan/content/store.h"
#include "bayplan/metadata/store_root.h"
#include "bayplan/snapshots/mounts.h"

namespace bayplan::images {

struct StoreOptions {
  metadata::OpenOptions metadata{};
  content::StoreOptions content{};
  std::string snapshotter{};  ///< "overlay" or "native"; empty = the best this process can do
  /// Where snapshots are mounted (snapshots/mounts.h), and owners of leases have their files
  /// (metadata/lease_owner.h); empty = nowhere, so that of an owner only the end of its process is seen.
  std::filesystem::path run_root{};
};

class Store {
 public:
  /// To be written, it also unlinks some of the files whose records are gone (metadata/removals.h), and
  /// undoes what is left of mounts (snapshots/mounts.h); what prevents that is only told as a diagnostic.
  /// Errors: those of metadata::open_store_root, content::Store::open, snapshots::Snapshotter::open.
  static Result<Store> open(const std::filesystem::path& root, const StoreOptions& options = {});
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  const metadata::StoreRoot& root() const noexcept { return root_; }
  const metadata::Db& db() const noexcept { return root_.db; }
  /// As it was opened with; may be empty.
  const std::filesystem::path& run_root() const noexcept { return run_root_; }
  content::Store& blobs() noexcept { return blobs_; }
  snapshots::Snapshotter& snapshotter() noexcept { return snapshotter_; }
  /// Mount points are made below the run root. Not to outlive this object, and not to be kept when it moves.
  snapshots::Mounts mounts() const;

  /// The kinds known here: content, ingest, snapshot, mount, image, lease. For collect() and check();
  /// `containers` adds its own.
  std::vector<const metadata::GcKind*> gc_kinds() const;

 private:
  Store(metadata::StoreRoot root, content::Store blobs, snapshots::Snapshotter snapshotter,
        std::filesystem::path run_root, std::filesystem::path mount_points);
  void unlink_removed() const;
  void recover_mounts() const;
  metadata::StoreRoot root_;
  content::Store blobs_;
  snapshots::Snapshotter snapshotter_;
  std::filesystem::path run_root_;
  std::filesystem::path mount_points_;
  std::unique_ptr<metadata::GcKind> leases_;
};

/// The store at `root`, shared by all of this process that ask for it while it is open: the same root, run
/// root, snapshotter and access (links on the way do not matter). The options of the first one count. Errors:
/// as Store::open. Thread-safe.
Result<std::shared_ptr<Store>> open_shared(const std::filesystem::path& root,
                                           const StoreOptions& options = {});

}  // namespace bayplan::images
