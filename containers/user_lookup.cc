#include "user_lookup.h"

#include <sched.h>
#include <sys/mount.h>

#include <optional>
#include <system_error>
#include <thread>

#include "bayplan/base/file.h"
#include "bayplan/snapshots/mount.h"
#include "user.h"

namespace bayplan::containers {
namespace {

using Directories = std::vector<std::filesystem::path>;

// The trees that, laid over one another, are committed snapshot `top`; nearest first.
Result<Directories> layers_of(images::Store& store, std::string_view ns, std::string_view top) {
  const snapshots::Snapshotter& snapshotter = store.snapshotter();
  const std::filesystem::path base = store.root().path / "snapshots" / snapshotter.name();
  const bool each_is_whole = snapshotter.name() == "native";
  return store.db().view([&](const metadata::ReadTx& tx) -> Result<Directories> {
    Directories layers;
    std::string key(top);
    while (!key.empty() && !(each_is_whole && !layers.empty())) {
      BAYPLAN_ASSIGN(const snapshots::Info info, snapshotter.stat(tx, ns, key));
      layers.push_back(base / info.directory / "fs");
      key = info.parent;
    }
    return layers;
  });
}

snapshots::Mount read_only_overlay(const Directories& layers) {
  std::string lower = "lowerdir=";
  for (const std::filesystem::path& layer : layers) {
    if (&layer != &layers.front()) lower += ':';
    lower += layer.native();
  }
  return {.type = "overlay", .source = "overlay", .options = {std::move(lower)}};
}

Result<ProcessUser> resolve_in(const std::filesystem::path& tree, std::string_view user) {
  BAYPLAN_ASSIGN(const UniqueFd rootfs, file::open_dir(tree));
  return resolve_user(user, rootfs.get());
}

// Leaves the mount to the thread's own mount namespace, which ends with the thread: a killed process leaves
// nothing mounted.
Result<ProcessUser> resolve_mounted(const Directories& layers, const std::filesystem::path& target,
                                    std::string_view user) {
  if (::unshare(CLONE_NEWNS) != 0) return Error::from_errno(errno, "user", user, "unshare");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return Error::from_errno(errno, "user", user, "mount");
  }
  BAYPLAN_TRY(snapshots::mount_all({read_only_overlay(layers)}, target));
  return resolve_in(target, user);
}

Result<ProcessUser> on_own_thread(const std::function<Result<ProcessUser>()>& work) {
  std::optional<Result<ProcessUser>> result;
  try {
    std::thread([&] { result.emplace(work()); }).join();
  } catch (const std::system_error& failure) {
    return Error::from_errno(failure.code().value(), "thread", {}, "pthread_create");
  }
  return *std::move(result);
}

}  // namespace

Result<ProcessUser> look_up_user(images::Store& store, std::string_view ns, std::string_view top,
                                 std::string_view user) {
  if (is_fully_numeric(user)) return resolve_user(user, -1);
  BAYPLAN_ASSIGN(const Directories layers, layers_of(store, ns, top));
  if (layers.empty()) return resolve_user(user, -1);
  if (layers.size() == 1) return resolve_in(layers.front(), user);
  const std::filesystem::path target = store.root().path / "containers";
  BAYPLAN_ASSIGN(const UniqueFd made, file::ensure_private_dir(target));
  return on_own_thread([&] { return resolve_mounted(layers, target, user); });
}

}  // namespace bayplan::containers
