#include "bayplan/images/store.h"

#include <sys/stat.h>

#include "bayplan/base/file.h"
#include "bayplan/images/images.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/removals.h"

namespace bayplan::images {
namespace {

// Of each kind: nobody is to wait long for a store to open.
constexpr std::size_t kUnlinkedAtOpen = 64;

// A copy of a store has its UUID, but neither its mounts nor its inode.
Result<std::filesystem::path> mount_points(const metadata::StoreRoot& root,
                                           const std::filesystem::path& run_root) {
  if (run_root.empty()) return std::filesystem::path();
  BAYPLAN_ASSIGN(const UniqueFd directory, file::open_dir(root.path));
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(directory.get(), root.path.native()));
  return run_root / ".mounts" / (root.uuid + "-" + std::to_string(info.st_ino));
}

}  // namespace

Store::Store(metadata::StoreRoot root, content::Store blobs, snapshots::Snapshotter snapshotter,
             std::filesystem::path run_root, std::filesystem::path mount_points)
    : root_(std::move(root)),
      blobs_(std::move(blobs)),
      snapshotter_(std::move(snapshotter)),
      run_root_(std::move(run_root)),
      mount_points_(std::move(mount_points)),
      leases_(metadata::leases::gc_kind(run_root_)) {}

Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::filesystem::path& root, const StoreOptions& options) {
  BAYPLAN_ASSIGN(metadata::StoreRoot store_root, metadata::open_store_root(root, options.metadata));
  BAYPLAN_ASSIGN(content::Store blobs, content::Store::open(store_root.path / "content", options.content));
  const std::filesystem::path trees = store_root.path / "snapshots";
  const DiagnosticSink& diagnostics = options.metadata.diagnostics;
  BAYPLAN_ASSIGN(snapshots::Snapshotter snapshotter,
                 options.snapshotter.empty()
                     ? snapshots::Snapshotter::open_best(trees, diagnostics)
                     : snapshots::Snapshotter::open(trees, options.snapshotter, diagnostics));
  BAYPLAN_ASSIGN(std::filesystem::path points, mount_points(store_root, options.run_root));
  Store store(std::move(store_root), std::move(blobs), std::move(snapshotter), options.run_root,
              std::move(points));
  if (options.metadata.read_only) return store;
  store.recover_mounts();
  store.unlink_removed();
  return store;
}

snapshots::Mounts Store::mounts() const { return {db(), snapshotter_, mount_points_}; }

void Store::recover_mounts() const {
  const auto recovered = mounts().recover();
  if (recovered) return;
  db().diagnose({Level::warning,
                 "what is left of mounts could not be undone",
                 {{"error", recovered.error().to_string()}}});
}

// What was removed and not unlinked by who removed it. Others do the same beside us; what fails stays queued.
void Store::unlink_removed() const {
  const auto unlinked = metadata::unlink_removed(db(), gc_kinds(), kUnlinkedAtOpen, {});
  if (unlinked) return;
  db().diagnose({Level::warning,
                 "files of removed records could not be removed",
                 {{"error", unlinked.error().to_string()}}});
}

std::vector<const metadata::GcKind*> Store::gc_kinds() const {
  return {&blobs_.gc_kind(),           &blobs_.ingest_gc_kind(), &snapshotter_.gc_kind(),
          &snapshots::mount_gc_kind(), &image_gc_kind(),         leases_.get()};
}

}  // namespace bayplan::images
