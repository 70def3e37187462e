#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "bayplan/base/file.h"
#include "bayplan/snapshots/mount.h"
#include "bundle_config.h"
#include "bundle_state.h"
#include "container_snapshot.h"
#include "runtime_state.h"
#include "spec_defaults.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;

const std::string kConfigName = "config.json";

struct Prepared {
  Container container;
  std::vector<snapshots::Mount> mounts;
};

Result<Prepared> load(images::Store& store, std::string_view ns, std::string_view id) {
  return store.db().view([&](const ReadTx& tx) -> Result<Prepared> {
    Prepared prepared;
    BAYPLAN_ASSIGN(prepared.container, get(tx, ns, id));
    BAYPLAN_TRY(check_snapshotter(store, prepared.container));
    BAYPLAN_ASSIGN(prepared.mounts, store.snapshotter().mounts(tx, ns, prepared.container.snapshot_key));
    return prepared;
  });
}

Result<void> write_config(int directory, std::string_view config) {
  BAYPLAN_TRY(file::unlink(directory, kConfigName));
  BAYPLAN_ASSIGN(const UniqueFd fd,
                 file::open_beneath(directory, kConfigName, O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY, 0600));
  return file::write_all(fd.get(), as_bytes(config), kConfigName);
}

Result<void> fill(images::Store& store, const BundleDir& directory, std::string_view ns,
                  std::string_view id) {
  BAYPLAN_ASSIGN(const Prepared prepared, load(store, ns, id));
  BAYPLAN_ASSIGN(const std::string cgroup, cgroup_name(directory.fd(), ns, id));
  BAYPLAN_ASSIGN(const std::string config,
                 config_for_bundle(prepared.container.spec, cgroup).with_context("container", id));
  BAYPLAN_TRY(write_config(directory.fd(), config));
  BAYPLAN_ASSIGN(const UniqueFd rootfs,
                 file::ensure_private_dir_at(directory.fd(), std::string(kRootfsName)));
  return snapshots::mount_all(prepared.mounts, directory.rootfs()).with_context("container", id);
}

}  // namespace

std::filesystem::path default_run_root() {
  if (::geteuid() == 0) return "/run/bayplan";
  const char* const runtime_dir = std::getenv("XDG_RUNTIME_DIR");
  if (runtime_dir != nullptr && runtime_dir[0] == '/') return std::filesystem::path(runtime_dir) / "bayplan";
  return std::filesystem::path("/run/user") / std::to_string(::geteuid()) / "bayplan";
}

Bundle::Bundle(std::unique_ptr<State> state) : state_(std::move(state)) {}
Bundle::Bundle(Bundle&&) noexcept = default;
Bundle& Bundle::operator=(Bundle&&) noexcept = default;
Bundle::~Bundle() = default;

const std::filesystem::path& Bundle::path() const noexcept { return state_->directory.path(); }

Result<Bundle> Bundle::prepare(images::Store& store, const std::filesystem::path& run_root,
                               std::string_view ns, std::string_view id) {
  BAYPLAN_TRY(store.db().view([&](const ReadTx& tx) { return get(tx, ns, id); }));
  BAYPLAN_ASSIGN(BundleDir directory, BundleDir::acquire(run_root, ns, id));
  BAYPLAN_TRY(fill(store, directory, ns, id));
  return Bundle(std::unique_ptr<State>(new State{std::move(directory)}));
}

Result<void> Bundle::release() && {
  const std::unique_ptr<State> state = std::move(state_);
  return state->directory.remove();
}

Result<void> remove_with_snapshot(images::Store& store, const std::filesystem::path& run_root,
                                  std::string_view ns, std::string_view id) {
  BAYPLAN_TRY(store.db().view([&](const ReadTx& tx) { return get(tx, ns, id); }));
  auto directory = BundleDir::acquire(run_root, ns, id);
  if (!directory && directory.error().code() == Errc::busy) {
    return Error(Errc::in_use, "container", id, "it is running").with_advice("stop it first");
  }
  if (!directory) return std::move(directory).error();
  BAYPLAN_TRY(end_leftover(run_root, ns, id));
  BAYPLAN_TRY(store.db().update([&](WriteTx& tx) { return remove_records(tx, store, ns, id); },
                                {.reclaiming = true}));
  return directory->remove();
}

}  // namespace bayplan::containers
