#include <utility>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bayplan/images/unpack.h"
#include "bundle_config.h"
#include "config_info.h"
#include "config_template.h"
#include "container_snapshot.h"
#include "image_pin.h"
#include "service_core.h"
#include "user_lookup.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;

// Directories of a container that is not recorded yet: they go with this object, unless they are kept.
class NewDirs {
 public:
  NewDirs(const ContainerDirs& dirs, const metadata::Db& db, ContainerDirs::Held held)
      : dirs_(dirs), db_(db), held_(std::move(held)) {}
  NewDirs(const NewDirs&) = delete;
  NewDirs& operator=(const NewDirs&) = delete;
  ~NewDirs() {
    if (!held_) return;
    const auto removed = dirs_.remove(*std::move(held_));
    if (removed) return;
    // What led here is the answer, not this; the next collection tries again.
    db_.diagnose({Level::warning,
                  "directories of a container that was not made could not be removed",
                  {{"error", removed.error().to_string()}}});
  }

  int work_fd() const { return held_->work_fd(); }
  void keep() { held_.reset(); }

 private:
  const ContainerDirs& dirs_;
  const metadata::Db& db_;
  std::optional<ContainerDirs::Held> held_;
};

// What a crash left of another one with this ID.
Result<void> empty(const ContainerDirs::Held& held, const std::filesystem::path& path) {
  BAYPLAN_ASSIGN(const auto names, file::list(held.work_fd(), path.native()));
  for (const std::string& name : names) BAYPLAN_TRY(file::remove_tree(held.work_fd(), name));
  return {};
}

Result<void> check_free(const metadata::BucketSource& source, std::string_view ns, const std::string& id) {
  const auto existing = get(source, ns, id);
  if (existing) return Error(Errc::already_exists, "container", id, "that ID is already in use");
  return existing.error().code() == Errc::not_found ? Result<void>{} : existing.error();
}

}  // namespace

// Its layers as snapshots; answers the top one's key. A name that moved meanwhile must not switch the image.
Result<std::string> ServiceCore::unpacked(const ServiceImage& image, const Control& control) const {
  const std::string record = image.record();
  BAYPLAN_ASSIGN(const images::ResolvedImage resolved, images::unpack(*store_, ns(), record, {}, control));
  if (resolved.id() != image.stored.id.id().config()) {
    return Error(Errc::conflict, "image", record, "the name means another image by now")
        .with_advice("try again");
  }
  return resolved.chain_id ? resolved.chain_id->to_string() : std::string();
}

Result<Container> ServiceCore::describe(const ServiceImage& image, const NewContainer& wanted,
                                        const std::string& parent) const {
  Container container;
  container.id = wanted.id;
  container.image = image.record();
  container.snapshotter = store_->snapshotter().name();
  container.snapshot_key = wanted.id;
  container.sandbox_id = wanted.sandbox_id;
  container.spec = wanted.config;
  pin_image(container.labels, image.stored.id.id().config(), image.stored.manifest);
  if (!container.spec.empty()) return container;
  const std::string& user_text = wanted.spec.user.empty() ? image.config.user : wanted.spec.user;
  BAYPLAN_ASSIGN(const ProcessUser user, look_up_user(*store_, ns(), parent, user_text));
  BAYPLAN_ASSIGN(container.spec, generate_spec(image.config, user, wanted.spec));
  return container;
}

Result<void> ServiceCore::record(WriteTx& tx, const Container& container, const ServiceImage* image,
                                 const NewContainer& wanted, std::optional<snapshots::Stage> stage) const {
  BAYPLAN_TRY(check_free(tx, ns(), container.id));
  const Pins pins = image != nullptr ? Pins::snapshot_and_image : Pins::snapshot;
  if (image != nullptr) {
    BAYPLAN_TRY(content::stat(tx, ns(), image->stored.manifest).with_context("image", image->record()));
  }
  BAYPLAN_TRY(containers::create(tx, ns(), container, pins));
  const storage::Record record{owner_, wanted.names, {wanted.layer_name}, wanted.metadata};
  BAYPLAN_TRY(storage::attach(tx, ns(), container.id, record));
  if (!stage) return {};
  return store_->snapshotter().prepare(tx, ns(), container.id, *std::move(stage), {}, metadata::referred());
}

Result<ContainerInfo> ServiceCore::make(const Container& container, const ServiceImage* image,
                                        const NewContainer& wanted, const std::string& parent) const {
  BAYPLAN_ASSIGN(ContainerInfo info, info_of_config(container.spec));
  BAYPLAN_ASSIGN(const ContainerDirs dirs, ContainerDirs::of(*store_));
  const std::string& id = wanted.id;
  BAYPLAN_ASSIGN(ContainerDirs::Held held, dirs.lock(ns(), id));
  // Whose directories these are, only the record tells.
  BAYPLAN_TRY(db().view([&](const ReadTx& tx) { return check_free(tx, ns(), id); }));
  BAYPLAN_TRY(empty(held, dirs.work(ns(), id)));
  NewDirs made(dirs, db(), std::move(held));
  BAYPLAN_TRY(write_template(made.work_fd(), container.spec));
  BAYPLAN_ASSIGN(const UniqueFd run, dirs.make_run(ns(), id));
  std::optional<snapshots::Stage> stage;
  if (!container.snapshotter.empty()) {
    BAYPLAN_ASSIGN(
        stage, db().view([&](const ReadTx& tx) { return store_->snapshotter().stage(tx, ns(), parent); }));
  }
  BAYPLAN_TRY(fault::at(fault::Point::container_prepared));
  BAYPLAN_TRY(
      db().update([&](WriteTx& tx) { return record(tx, container, image, wanted, std::move(stage)); }));
  made.keep();
  info.id = id;
  info.dir = dirs.work(ns(), id);
  info.run_dir = dirs.run(ns(), id);
  info.mount_label = wanted.mount_label;
  if (image != nullptr) info.config = image->config;
  return info;
}

Result<ContainerInfo> ServiceCore::create_on(const std::filesystem::path& rootfs,
                                             const NewContainer& wanted) const {
  BAYPLAN_ASSIGN(const UniqueFd there, open_own_root(rootfs));
  BAYPLAN_TRY(db().view([&](const ReadTx& tx) { return check_free(tx, ns(), wanted.id); }));
  Container container;
  container.id = wanted.id;
  container.sandbox_id = wanted.sandbox_id;
  BAYPLAN_ASSIGN(container.spec, bound_config(wanted.config, {.root = rootfs}));
  return make(container, nullptr, wanted, {});
}

Result<ContainerInfo> ServiceCore::create_from(const std::string& snapshot,
                                               const NewContainer& wanted) const {
  BAYPLAN_TRY(db().view([&](const ReadTx& tx) { return check_free(tx, ns(), wanted.id); }));
  Container container;
  container.id = wanted.id;
  container.snapshotter = store_->snapshotter().name();
  container.snapshot_key = wanted.id;
  container.sandbox_id = wanted.sandbox_id;
  container.spec = wanted.config;
  return make(container, nullptr, wanted, snapshot);
}

Result<ContainerInfo> ServiceCore::create(const ServiceImage& image, const NewContainer& wanted,
                                          const Control& control) const {
  auto allowed = db().view([&](const ReadTx& tx) -> Result<void> {
    BAYPLAN_TRY(images_.check_policy(tx, image.stored.id, options_.policy));
    return check_free(tx, ns(), wanted.id);
  });
  if (!allowed) return std::move(allowed).error();
  BAYPLAN_ASSIGN(const std::string parent, unpacked(image, control));
  BAYPLAN_ASSIGN(const Container container, describe(image, wanted, parent));
  return make(container, &image, wanted, parent);
}

}  // namespace bayplan::containers
