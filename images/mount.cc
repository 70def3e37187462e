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
constexpr std::string_view kByKey =
    "what was mounted under a name that is gone, or means another image now, is unmounted by the key of its "
    "view";
// A view of the last user may go between our look at it and our mount.
constexpr int kAttempts = 3;

std::string top_of(const ResolvedImage& image) {
  return image.chain_id ? image.chain_id->to_string() : std::string();
}
// One view for all that mount the same layers.
std::string view_key(const std::string& top) { return "image-mount/" + (top.empty() ? "no-layers" : top); }

/// Answers the lease that keeps a new view until it is mounted; none where there was a view.
Result<std::string> make_view(Store& store, std::string_view ns, const std::string& top) {
  const std::string key = view_key(top);
  const auto there = store.db().view([&](const ReadTx& tx) { return store.snapshotter().stat(tx, ns, key); });
  if (there) return std::string();
  if (there.error().code() != Errc::not_found) return there.error();
  BAYPLAN_ASSIGN(snapshots::Stage stage,
                 store.db().view([&](const ReadTx& tx) { return store.snapshotter().stage(tx, ns, top); }));
  auto made = store.db().update([&](WriteTx& tx) -> Result<std::string> {
    BAYPLAN_ASSIGN(const auto lease, leases::create(tx, ns, {.expires = now() + kUnmountedFor}));
    BAYPLAN_TRY(store.snapshotter().view(tx, ns, key, std::move(stage), {}, metadata::leased(lease.id)));
    return lease.id;
  });
  if (!made && made.error().code() == Errc::already_exists) return std::string();
  return made;
}

Result<void> remove_view(Store& store, WriteTx& tx, std::string_view ns, const std::string& key) {
  auto removed = store.snapshotter().remove(tx, ns, key);
  // Somebody mounted it, or removed it, meanwhile.
  const bool others =
      !removed && (removed.error().code() == Errc::in_use || removed.error().code() == Errc::not_found);
  return others ? Result<void>() : removed;
}

// A mount keeps its view; without one nobody needs it.
Result<void> end_lease(Store& store, std::string_view ns, const std::string& key, const std::string& lease,
                       bool mounted) {
  return store.db().update(
      [&](WriteTx& tx) -> Result<void> {
        auto ended = leases::remove(tx, ns, lease);
        if (!ended && ended.error().code() != Errc::not_found) return ended;
        return mounted ? Result<void>() : remove_view(store, tx, ns, key);
      },
      {.reclaiming = true});
}

Result<snapshots::MountPoint> mount_view(Store& store, std::string_view ns, const std::string& top,
                                         const std::filesystem::path& target) {
  BAYPLAN_ASSIGN(const std::string lease, make_view(store, ns, top));
  auto at = store.mounts().mount(ns, view_key(top), target);
  if (lease.empty()) return at;
  ignore_error(end_lease(store, ns, view_key(top), lease, at.has_value()),
               "what counts is the mount; the lease expires by itself");
  return at;
}

}  // namespace

Result<snapshots::MountPoint> mount(Store& store, std::string_view ns, std::string_view image,
                                    const MountOptions& options, const Control& control) {
  for (int attempt = 1;; ++attempt) {
    BAYPLAN_ASSIGN(const ResolvedImage resolved, unpack(store, ns, image, options.platform, control));
    auto at = mount_view(store, ns, top_of(resolved), options.target);
    const bool vanished =
        !at && (at.error().code() == Errc::not_found || at.error().code() == Errc::conflict);
    if (!vanished || attempt == kAttempts) return at;
  }
}

Result<std::uint64_t> unmount(Store& store, std::string_view ns, std::string_view image,
                              const std::optional<Platform>& platform, snapshots::Force force) {
  const auto resolved =
      store.db().view([&](const ReadTx& tx) { return resolve(store, tx, ns, image, platform); });
  if (!resolved) return Error(resolved.error()).with_advice(kByKey);
  const std::string key = view_key(top_of(*resolved));
  auto left = store.mounts().unmount(ns, key, force);
  if (!left && left.error().code() == Errc::not_found) {
    return Error(Errc::not_found, "mount", image, "the image is not mounted").with_advice(kByKey);
  }
  BAYPLAN_TRY(left);
  if (*left > 0) return left;
  BAYPLAN_TRY(
      store.db().update([&](WriteTx& tx) { return remove_view(store, tx, ns, key); }, {.reclaiming = true}));
  return left;
}

}  // namespace bayplan::images
