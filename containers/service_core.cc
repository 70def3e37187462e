#include "service_core.h"

#include <array>
#include <utility>

#include "bayplan/base/fault.h"
#include "bayplan/snapshots/mount.h"
#include "bundle_config.h"
#include "config_template.h"
#include "container_snapshot.h"
#include "task_record.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;

// In the order of BadInput.
constexpr std::array<std::string_view, 5> kBadKinds = {"pod name", "image name", "container name",
                                                       "sandbox ID", "container ID"};

}  // namespace

Error bad(BadInput what, std::string_view name, std::string_view message, Errc code) {
  return {code, kBadKinds.at(static_cast<std::size_t>(what)), name, message};
}

std::optional<BadInput> bad_input(const Error& error) {
  if (error.code() != Errc::invalid_argument && error.code() != Errc::not_found) return {};
  for (std::size_t i = 0; i < kBadKinds.size(); ++i) {
    if (error.kind() == kBadKinds.at(i)) return static_cast<BadInput>(i);
  }
  return {};
}

Error no_such_object(std::string_view id) {
  return {Errc::not_found, "container", id, "identifier is not a layer, image, or container"};
}

std::int64_t unix_seconds(Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string layer_name_of(const std::string& container_name) { return container_name + "-layer"; }

ServiceCore::ServiceCore(std::shared_ptr<images::Store> store, ServiceOptions options, std::string owner)
    : store_(std::move(store)),
      options_(std::move(options)),
      owner_(std::move(owner)),
      images_(*store_, options_.ns) {}

Result<ServiceImage> ServiceCore::image(std::string_view name, std::string_view id) const {
  return db().view([&](const ReadTx& tx) { return find_image(images_, tx, name, id); });
}

Result<std::optional<std::string>> ServiceCore::canonical_image(std::string_view id) const {
  return db().view([&](const ReadTx& tx) -> Result<std::optional<std::string>> {
    const auto found = images_.lookup(tx, id);
    if (!found && found.error().code() == Errc::not_found) return std::optional<std::string>();
    BAYPLAN_TRY(found);
    BAYPLAN_ASSIGN(images::ImageStatus status, images_.status(tx, found->id));
    return std::move(status.canonical);
  });
}

Result<std::string> ServiceCore::find(std::string_view text, const Error& unknown) const {
  auto found = db().view([&](const ReadTx& tx) { return storage::find(tx, ns(), text); });
  if (!found && found.error().code() == Errc::not_found) return unknown;
  return found;
}

// Its snapshot may be gone, as containerd's clients do not ask us.
Result<void> ServiceCore::stop(const std::string& id) const {
  const auto unmounted = unmount(id, snapshots::Force::yes);
  if (unmounted || unmounted.error().kind() == "snapshot") return {};
  return unmounted.error();
}

Result<bool> ServiceCore::unmount(const std::string& id, snapshots::Force force) const {
  BAYPLAN_ASSIGN(const Container container, db().view([&](const ReadTx& tx) { return get(tx, ns(), id); }));
  if (own_root(container)) {
    if (force == snapshots::Force::yes) return false;
    return Error(Errc::not_found, "mount", id, "its root is its own, and not mounted here");
  }
  BAYPLAN_ASSIGN(const std::uint64_t left, store_->mounts().unmount(ns(), container.snapshot_key, force));
  return left > 0;
}

// A snapshot that others have too may be mounted for them.
Result<void> ServiceCore::remove(const std::string& id, const RemoveOptions& options) const {
  BAYPLAN_ASSIGN(const bool shared, db().view([&](const ReadTx& tx) -> Result<bool> {
    BAYPLAN_TRY(tasks::check_none_runs(tx, ns(), id));
    BAYPLAN_ASSIGN(const Container container, get(tx, ns(), id));
    return is_snapshot_shared(tx, ns(), container);
  }));
  if (!shared) BAYPLAN_TRY(stop(id));
  BAYPLAN_ASSIGN(const ContainerDirs dirs, ContainerDirs::of(*store_));
  BAYPLAN_ASSIGN(ContainerDirs::Held held, dirs.lock(ns(), id));
  BAYPLAN_TRY(remove_records(*store_, ns(), id));
  BAYPLAN_TRY(fault::at(fault::Point::container_record_removed));
  BAYPLAN_TRY(dirs.remove(std::move(held)));
  return options.sync ? collect_released(*store_) : Result<void>{};
}

// 0: it does not run.
Result<std::int64_t> ServiceCore::process_of_pod(const std::string& pod) const {
  if (pod.empty()) return 0;
  const auto task = db().view([&](const ReadTx& tx) { return tasks::get(tx, ns(), pod); });
  if (!task && task.error().code() == Errc::not_found) return 0;
  BAYPLAN_TRY(task);
  switch (tasks::state(*task)) {
    case tasks::State::running:
      return task->pid;
    case tasks::State::ended:
      return 0;
    case tasks::State::unknown:
      break;
  }
  return Error(Errc::failed_precondition, "container", pod,
               "whether the pod's infrastructure container runs cannot be told from here");
}

Result<void> ServiceCore::prepare_run(const Container& container, const std::filesystem::path& root,
                                      const std::string& pod) const {
  const std::string& id = container.id;
  BAYPLAN_ASSIGN(const ContainerDirs dirs, ContainerDirs::of(*store_));
  BAYPLAN_ASSIGN(const UniqueFd work, dirs.make_work(ns(), id));
  BAYPLAN_ASSIGN(const UniqueFd run, dirs.make_run(ns(), id));
  BAYPLAN_ASSIGN(const std::string kept, metadata(id));
  if (kept.empty()) BAYPLAN_TRY(write_template(work.get(), container.spec));
  ConfigPlace place{.root = root};
  BAYPLAN_ASSIGN(place.cgroup, cgroup_name(run.get(), ns(), id));
  BAYPLAN_ASSIGN(place.pod_process, process_of_pod(pod));
  return write_config(work.get(), run.get(), place).with_context("container", id);
}

std::string_view ServiceCore::used_label(std::string_view mount_label) const {
  const bool on = options_.selinux == Selinux::on ||
                  (options_.selinux == Selinux::if_kernel_has_it && snapshots::selinux_is_on());
  return on ? mount_label : std::string_view();
}

Result<std::filesystem::path> ServiceCore::start(const std::string& id, const StartOptions& options) const {
  BAYPLAN_ASSIGN(const Container container, db().view([&](const ReadTx& tx) { return get(tx, ns(), id); }));
  if (const auto own = own_root(container)) {
    BAYPLAN_TRY(prepare_run(container, *own, options.pod));
    return *own;
  }
  BAYPLAN_TRY(check_snapshotter(*store_, container));
  const snapshots::Mounts mounts = store_->mounts();
  BAYPLAN_ASSIGN(const snapshots::MountPoint at,
                 mounts.mount(ns(), container.snapshot_key, {}, used_label(options.mount_label)));
  auto prepared = fault::at(fault::Point::container_mounted);
  if (prepared) prepared = prepare_run(container, at.target, options.pod);
  if (prepared) return at.target;
  ignore_error(mounts.unmount(ns(), container.snapshot_key), "what failed before is the answer");
  return std::move(prepared).error();
}

Result<std::filesystem::path> ServiceCore::work_dir(const std::string& id) const {
  BAYPLAN_ASSIGN(const ContainerDirs dirs, ContainerDirs::of(*store_));
  BAYPLAN_ASSIGN(const UniqueFd made, dirs.make_work(ns(), id));
  return dirs.work(ns(), id);
}

Result<std::filesystem::path> ServiceCore::run_dir(const std::string& id) const {
  BAYPLAN_ASSIGN(const ContainerDirs dirs, ContainerDirs::of(*store_));
  BAYPLAN_ASSIGN(const UniqueFd made, dirs.make_run(ns(), id));
  return dirs.run(ns(), id);
}

Result<std::string> ServiceCore::metadata(std::string_view id) const {
  const auto record = db().view([&](const ReadTx& tx) { return storage::get(tx, ns(), id); });
  if (!record && record.error().code() == Errc::not_found) return no_such_object(id);
  if (!record) return record.error();
  return record->metadata;
}

Result<void> ServiceCore::change_metadata(
    std::string_view id, const std::function<Result<std::string>(std::string_view)>& change) const {
  return db().update([&](WriteTx& tx) -> Result<void> {
    const auto record = storage::get(tx, ns(), id);
    if (!record && record.error().code() == Errc::not_found) return no_such_object(id);
    BAYPLAN_TRY(record);
    auto changed = change(record->metadata);
    if (!changed) return std::move(changed).error().with_context("container", id);
    return storage::set_metadata(tx, ns(), id, *changed);
  });
}

Result<std::set<std::string>> ServiceCore::own(const metadata::BucketSource& source) const {
  std::set<std::string> ids;
  BAYPLAN_TRY(storage::walk(source, ns(), [&](const storage::View& container) -> Result<void> {
    if (container.owner == owner_) ids.emplace(container.id);
    return {};
  }));
  return ids;
}

Result<std::vector<MountedContainer>> ServiceCore::mounted(const std::set<std::string>& ids) const {
  return db().view([&](const ReadTx& tx) -> Result<std::vector<MountedContainer>> {
    std::vector<MountedContainer> found;
    BAYPLAN_TRY(store_->mounts().walk(tx, ns(), [&](const snapshots::MountPoint& at) -> Result<void> {
      if (ids.contains(at.key)) found.push_back({at.key, at.target, at.count});
      return {};
    }));
    return found;
  });
}

Result<std::optional<MountedContainer>> ServiceCore::mount_of(const std::string& id) const {
  return db().view([&](const ReadTx& tx) -> Result<std::optional<MountedContainer>> {
    BAYPLAN_ASSIGN(const Container container, get(tx, ns(), id));
    BAYPLAN_ASSIGN(const auto at, store_->mounts().find(tx, ns(), container.snapshot_key));
    if (!at) return std::optional<MountedContainer>();
    return MountedContainer{id, at->target, at->count};
  });
}

Result<std::vector<std::string>> ServiceCore::list() const {
  BAYPLAN_ASSIGN(const auto ids, db().view([&](const ReadTx& tx) { return own(tx); }));
  return std::vector<std::string>(ids.begin(), ids.end());
}

Result<std::vector<MountedContainer>> ServiceCore::shutdown(snapshots::Force force) const {
  BAYPLAN_ASSIGN(const auto ids, db().view([&](const ReadTx& tx) { return own(tx); }));
  BAYPLAN_ASSIGN(auto found, mounted(ids));
  if (force == snapshots::Force::no) return found;
  std::optional<Error> first;
  for (const MountedContainer& container : found) {
    auto stopped = stop(container.id);
    if (!stopped && !first) first = std::move(stopped).error();
  }
  if (first) return *std::move(first);
  return found;
}

Result<std::vector<std::string>> ServiceCore::wipe() const {
  BAYPLAN_ASSIGN(auto ids, list());
  for (const std::string& id : ids) {
    auto removed = remove(id, {});
    if (!removed && removed.error().code() != Errc::not_found) return std::move(removed).error();
  }
  return ids;
}

Result<std::vector<std::string>> ServiceCore::prune() const {
  BAYPLAN_ASSIGN(const auto ids, list());
  std::vector<std::string> pruned;
  for (const std::string& id : ids) {
    const auto unused = db().view([&](const ReadTx& tx) -> Result<void> {
      BAYPLAN_TRY(tasks::check_none_runs(tx, ns(), id));
      BAYPLAN_ASSIGN(const Container container, get(tx, ns(), id));
      BAYPLAN_ASSIGN(const auto at, store_->mounts().find(tx, ns(), container.snapshot_key));
      return at ? Error(Errc::failed_precondition, "container", id, "it is mounted") : Result<void>{};
    });
    auto removed = unused ? remove(id, {}) : unused;
    if (removed) pruned.push_back(id);
    const bool stays = !removed && (removed.error().code() == Errc::failed_precondition ||
                                    removed.error().code() == Errc::not_found);
    if (!removed && !stays) return std::move(removed).error();
  }
  return pruned;
}

}  // namespace bayplan::containers
