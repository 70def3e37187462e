#include "bayplan/images/mount.h"

#include <chrono>
#include <string>

#include "bayplan/images/unpack.h"
#include "bayplan/metadata/leases.h"

namespace bayplan::images {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
namespace leases = metadata::leases;

// How long a view is kept that nobody came to mount. The mount keeps it afterwards.
constexpr std::chrono::hours kUnmountedFor{1};
// A view of the last user may go between our look at it and our mount.
constexpr int kAttempts = 3;

std::string top_of(const ResolvedImage& image) {
  return image.chain_id ? image.chain_id->to_string() : std::string();
}
// One view for all that mount the same layers.
std::string view_key(const std::string& top) { return "image-mount/" + (top.empty() ? "no-layers" : top); }

Result<void> make_view(Store& store, std::string_view ns, const std::string& top) {
  const std::string key = view_key(top);
  const auto there = store.db().view([&](const ReadTx& tx) { return store.snapshotter().stat(tx, ns, key); });
  if (there || there.error().code() != Errc::not_found) return there ? Result<void>() : there.error();
  BAYPLAN_ASSIGN(snapshots::Stage stage,
                 store.db().view([&](const ReadTx& tx) { return store.snapshotter().stage(tx, ns, top); }));
  const auto made = store.db().update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto lease, leases::create(tx, ns, {.expires = now() + kUnmountedFor}));
    return store.snapshotter().view(tx, ns, key, std::move(stage), {}, metadata::leased(lease.id));
  });
  if (!made && made.error().code() == Errc::already_exists) return {};
  return made;
}

}  // namespace

Result<snapshots::MountPoint> mount(Store& store, std::string_view ns, std::string_view image,
                                    const MountOptions& options, const Control& control) {
  for (int attempt = 1;; ++attempt) {
    BAYPLAN_ASSIGN(const ResolvedImage resolved, unpack(store, ns, image, options.platform, control));
    const std::string top = top_of(resolved);
    auto made = make_view(store, ns, top);
    auto at = made ? store.mounts().mount(ns, view_key(top), options.target)
                   : Result<snapshots::MountPoint>(std::move(made).error());
    const bool vanished =
        !at && (at.error().code() == Errc::not_found || at.error().code() == Errc::conflict);
    if (!vanished || attempt == kAttempts) return at;
  }
}

Result<std::uint64_t> unmount(Store& store, std::string_view ns, std::string_view image,
                              const std::optional<Platform>& platform, snapshots::Force force) {
  BAYPLAN_ASSIGN(const ResolvedImage resolved,
                 store.db().view([&](const ReadTx& tx) { return resolve(store, tx, ns, image, platform); }));
  const std::string key = view_key(top_of(resolved));
  auto left = store.mounts().unmount(ns, key, force);
  if (!left && left.error().code() == Errc::not_found) {
    return Error(Errc::not_found, "mount", image, "the image is not mounted");
  }
  BAYPLAN_TRY(left);
  if (*left > 0) return left;
  const auto removed = store.db().update([&](WriteTx& tx) { return store.snapshotter().remove(tx, ns, key); },
                                         {.reclaiming = true});
  // Somebody mounted it again, or removed it, meanwhile.
  const bool others =
      !removed && (removed.error().code() == Errc::in_use || removed.error().code() == Errc::not_found);
  if (!removed && !others) return removed.error();
  return left;
}

}  // namespace bayplan::images
