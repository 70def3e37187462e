#include "container_snapshot.h"

namespace bayplan::containers {

Result<void> check_snapshotter(images::Store& store, const Container& container) {
  const std::string_view ours = store.snapshotter().name();
  if (container.snapshotter == ours) return {};
  return Error(Errc::failed_precondition, "container", container.id,
               container.snapshotter.empty()
                   ? "it has no snapshot"
                   : "its snapshot belongs to snapshotter " + quoted(container.snapshotter) +
                         ", the store was opened with " + quoted(ours));
}

Result<void> remove_records(metadata::WriteTx& tx, images::Store& store, std::string_view ns,
                            std::string_view id) {
  BAYPLAN_ASSIGN(const Container container, get(tx, ns, id));
  BAYPLAN_TRY(remove(tx, ns, id));
  if (container.snapshotter.empty()) return {};
  BAYPLAN_TRY(check_snapshotter(store, container));
  auto removed = store.snapshotter().remove(tx, ns, container.snapshot_key);
  if (!removed && removed.error().code() == Errc::not_found)
    return {};  // containerd's clients may have been first
  return removed;
}

}  // namespace bayplan::containers
