#include <optional>

#include "bayplan/containers/gc_kinds.h"
#include "bayplan/containers/service.h"
#include "bundle_state.h"
#include "container_dirs.h"
#include "container_snapshot.h"
#include "runtime_state.h"
#include "task_record.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;

Result<BundleDir> take_bundle(const std::filesystem::path& run_root, std::string_view ns,
                              std::string_view id) {
  auto directory = BundleDir::acquire(run_root, ns, id);
  if (directory || directory.error().code() != Errc::busy) return directory;
  return Error(Errc::in_use, "container", id, "it is running").with_advice("stop it first");
}

// Those that a service made for it; most containers have none.
class ServiceDirs {
 public:
  static Result<ServiceDirs> lock(const images::Store& store, std::string_view ns, std::string_view id) {
    ServiceDirs found;
    if (store.run_root().empty()) return found;
    BAYPLAN_ASSIGN(found.dirs_, ContainerDirs::of(store));
    BAYPLAN_ASSIGN(const bool any, found.dirs_->exist(ns, id));
    if (!any) return found;
    BAYPLAN_ASSIGN(found.held_, found.dirs_->lock(ns, id));
    return found;
  }
  Result<void> remove() && {
    if (!held_) return {};
    BAYPLAN_TRY(dirs_->remove(*std::move(held_)));
    return {};
  }

 private:
  std::optional<ContainerDirs> dirs_;
  std::optional<ContainerDirs::Held> held_;
};

}  // namespace

Result<void> collect_released(const images::Store& store) {
  const CollectedKinds kinds(store);
  BAYPLAN_TRY(metadata::collect(store.db(), kinds.list(), {.leftovers = false}, {}));
  return {};
}

Result<void> remove_with_snapshot(images::Store& store, const std::filesystem::path& run_root,
                                  std::string_view ns, std::string_view id, const RemoveOptions& options) {
  BAYPLAN_ASSIGN(const Container container, store.db().view([&](const ReadTx& tx) -> Result<Container> {
    BAYPLAN_TRY(tasks::check_none_runs(tx, ns, id));
    return get(tx, ns, id);
  }));
  BAYPLAN_ASSIGN(BundleDir directory, take_bundle(run_root, ns, id));
  BAYPLAN_TRY(end_leftover(run_root, ns, id));
  BAYPLAN_TRY(drop_left_mount(store, ns, container.snapshot_key, directory));
  BAYPLAN_ASSIGN(ServiceDirs made, ServiceDirs::lock(store, ns, id));
  BAYPLAN_TRY(remove_records(store, ns, id));
  BAYPLAN_TRY(std::move(made).remove());
  BAYPLAN_TRY(directory.remove());
  return options.sync ? collect_released(store) : Result<void>{};
}

}  // namespace bayplan::containers
