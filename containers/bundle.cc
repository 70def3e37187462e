#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "bayplan/base/file.h"
#include "bayplan/snapshots/mounts.h"
#include "bundle_config.h"
#include "bundle_state.h"
#include "container_snapshot.h"
#include "spec_defaults.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;

const std::string kConfigName = "config.json";

Result<void> write_config(int directory, std::string_view config) {
  BAYPLAN_TRY(file::unlink(directory, kConfigName));
  BAYPLAN_ASSIGN(const UniqueFd fd,
                 file::open_beneath(directory, kConfigName, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY, 0600));
  return file::write_all(fd.get(), as_bytes(config), kConfigName);
}

// As recorded, which may be behind links.
std::filesystem::path recorded_rootfs(const BundleDir& directory) {
  std::error_code unknown;
  return std::filesystem::weakly_canonical(directory.rootfs(), unknown);
}

Result<void> fill(const images::Store& store, const BundleDir& directory, std::string_view ns,
                  const Container& container) {
  const auto own = own_root(container);
  ConfigPlace place{.root = own ? own->native() : std::string(kRootfsName)};
  BAYPLAN_ASSIGN(place.cgroup, cgroup_name(directory.fd(), ns, container.id));
  BAYPLAN_ASSIGN(const std::string config, bound_config(container.spec, place));
  BAYPLAN_TRY(write_config(directory.fd(), config));
  if (own) return {};
  BAYPLAN_ASSIGN(const UniqueFd rootfs,
                 file::ensure_private_dir_at(directory.fd(), std::string(kRootfsName)));
  BAYPLAN_TRY(drop_left_mount(store, ns, container.snapshot_key, directory));
  BAYPLAN_TRY(store.mounts().mount(ns, container.snapshot_key, directory.rootfs()));
  return {};
}

}  // namespace

std::filesystem::path default_run_root() {
  if (::geteuid() == 0) return "/run/bayplan";
  const char* const runtime_dir = std::getenv("XDG_RUNTIME_DIR");
  if (runtime_dir != nullptr && runtime_dir[0] == '/') return std::filesystem::path(runtime_dir) / "bayplan";
  return std::filesystem::path("/run/user") / std::to_string(::geteuid()) / "bayplan";
}

Result<void> drop_left_mount(const images::Store& store, std::string_view ns, const std::string& snapshot_key,
                             const BundleDir& directory) {
  BAYPLAN_ASSIGN(const auto at, store.db().view([&](const ReadTx& tx) {
    return store.mounts().find(tx, ns, snapshot_key);
  }));
  if (!at || at->target != recorded_rootfs(directory)) return {};
  BAYPLAN_TRY(store.mounts().unmount(ns, snapshot_key, snapshots::Force::yes));
  return {};
}

Bundle::State::~State() {
  ignore_error(release(), "a destructor has nobody to tell; the next run takes over what is left");
}

// Whoever has files open there keeps the mount, and its row says so.
Result<void> Bundle::State::release() {
  if (!directory) return {};
  if (!snapshot_key.empty()) BAYPLAN_TRY(store.mounts().unmount(ns, snapshot_key));
  const std::unique_ptr<BundleDir> released = std::move(directory);
  return released->remove();
}

Bundle::Bundle(std::unique_ptr<State> state) : state_(std::move(state)) {}
Bundle::Bundle(Bundle&&) noexcept = default;
Bundle& Bundle::operator=(Bundle&&) noexcept = default;
Bundle::~Bundle() = default;

const std::filesystem::path& Bundle::path() const noexcept { return state_->directory->path(); }

Result<Bundle> Bundle::prepare(images::Store& store, const std::filesystem::path& run_root,
                               std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const Container container,
                 store.db().view([&](const ReadTx& tx) { return get(tx, ns, id); }));
  if (!own_root(container)) BAYPLAN_TRY(check_snapshotter(store, container));
  BAYPLAN_ASSIGN(BundleDir directory, BundleDir::acquire(run_root, ns, id));
  BAYPLAN_TRY(fill(store, directory, ns, container).with_context("container", id));
  return Bundle(std::make_unique<State>(store, ns, id, container.snapshot_key, std::move(directory)));
}

Result<void> Bundle::release() && {
  const std::unique_ptr<State> state = std::move(state_);
  return state->release();
}

}  // namespace bayplan::containers
