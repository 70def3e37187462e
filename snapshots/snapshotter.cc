#include "bayplan/snapshots/snapshotter.h"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

#include "bayplan/base/fault.h"
#include "bayplan/base/file.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "gc_kind.h"
#include "layer_diff.h"
#include "mount_records.h"
#include "overlay_mount.h"
#include "records.h"
#include "snapshotter_state.h"
#include "stage.h"

namespace bayplan::snapshots {
namespace {

namespace schema = metadata::schema;

Result<std::filesystem::path> driver_path(const std::filesystem::path& root, std::string_view driver) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(root, error);
  if (error) return Error::from_errno(error.value(), "directory", root.native(), "getcwd");
  return (absolute / driver).lexically_normal();
}

// Whatever an attempt at a driver that does not work here has made.
void remove_unused(const std::filesystem::path& path) {
  const auto parent = file::open_dir(path.parent_path());
  const auto directory = file::open_dir(path);
  if (!parent || !directory) return;
  ignore_error(file::remove_tree(directory->get(), std::string(kProbeDirectory)), "only tidies up");
  static_cast<void>(::unlinkat(parent->get(), path.filename().c_str(), AT_REMOVEDIR));  // only if empty
}

Result<std::shared_ptr<Driver>> open_driver(std::filesystem::path path, std::string_view name,
                                            UniqueFd root) {
  if (name == kNativeDriver) return open_native_driver(std::move(path), std::move(root));
  return open_overlay_driver(std::move(path), std::move(root));
}

Error other_base(std::string_view key) {
  return Error(Errc::conflict, "snapshot", key, "is not what the stage was made over");
}

}  // namespace

std::string_view to_string(Kind kind) noexcept {
  const std::size_t number = static_cast<std::size_t>(kind) - 1;
  return number < records::kKindWords.size() ? records::kKindWords[number] : "unknown";
}

Result<Stage> Snapshotter::State::stage(LowerIds lower, std::string_view parent) const {
  BAYPLAN_ASSIGN(auto directory, StageDirectory::create(driver));
  BAYPLAN_TRY(driver->populate(directory->fd(), lower));
  return Stage(std::unique_ptr<Stage::State>(
      new Stage::State{driver, std::move(directory), std::move(lower), std::string(parent)}));
}

// The record that `draft` describes, over exactly the layers that the stage was made over.
Result<void> Snapshotter::State::add(metadata::WriteTx& tx, std::string_view ns, std::string_view key,
                                     Stage&& stage, const records::Draft& draft) const {
  const LowerIds& lower = stage.state_->lower;
  if (draft.parent.empty() != lower.empty()) return other_base(draft.parent);
  if (!lower.empty()) {
    BAYPLAN_ASSIGN(const auto parent, records::find(tx, place(ns), draft.parent));
    if (!parent) return Error(Errc::conflict, "snapshot", draft.parent, "the parent is gone");
    BAYPLAN_ASSIGN(const std::string below,
                   records::directory_of(*parent).with_context("snapshot", draft.parent));
    if (below != lower.front()) return other_base(draft.parent);
  }
  BAYPLAN_TRY(records::insert(tx, place(ns), key, draft));
  const std::shared_ptr<StageDirectory> directory = std::move(stage.state_->directory);
  stage.state_.reset();
  tx.on_commit([directory] { directory->keep(); });
  tx.on_abort([directory] { directory->discard(); });
  return {};
}

Result<UniqueFd> Snapshotter::State::lock(const std::string& id) const {
  BAYPLAN_ASSIGN(UniqueFd directory, file::ensure_private_dir_at(driver->root(), id));
  BAYPLAN_TRY(file::lock_exclusive(directory.get(), id));
  return directory;
}

// Under the directory's lock, as several processes may find it lost.
Result<void> Snapshotter::State::restore(const std::string& id, const LowerIds& lower) const {
  BAYPLAN_ASSIGN(const UniqueFd directory, lock(id));
  return driver->populate(directory.get(), lower);
}

Result<Snapshotter> Snapshotter::open(const std::filesystem::path& root, std::string_view driver,
                                      const DiagnosticSink& diagnostics) {
  if (driver != kOverlayDriver && driver != kNativeDriver) {
    return Error(Errc::unsupported, "snapshotter", driver, "there are overlay and native");
  }
  BAYPLAN_ASSIGN(std::filesystem::path path, driver_path(root, driver));
  BAYPLAN_ASSIGN(UniqueFd directory, file::ensure_private_dir(path));
  auto opened = open_driver(path, driver, std::move(directory));
  if (!opened) {
    remove_unused(path);
    return std::move(opened).error();
  }
  auto state = std::make_unique<State>();
  state->driver = *std::move(opened);
  state->kind = make_gc_kind(state->driver, diagnostics);
  return Snapshotter(std::move(state));
}

Result<Snapshotter> Snapshotter::open_best(const std::filesystem::path& root,
                                           const DiagnosticSink& diagnostics) {
  auto overlay = open(root, kOverlayDriver, diagnostics);
  // Whatever else is wrong for the moment, another driver would not know the snapshots that are there.
  const bool unable = !overlay && (overlay.error().code() == Errc::unsupported ||
                                   overlay.error().code() == Errc::permission_denied);
  return unable ? open(root, kNativeDriver, diagnostics) : std::move(overlay);
}

Snapshotter::Snapshotter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Snapshotter::Snapshotter(Snapshotter&&) noexcept = default;
Snapshotter& Snapshotter::operator=(Snapshotter&&) noexcept = default;
Snapshotter::~Snapshotter() = default;

std::string_view Snapshotter::name() const noexcept { return state_->driver->name(); }

const metadata::GcKind& Snapshotter::gc_kind() const noexcept { return *state_->kind; }

Result<Stage> Snapshotter::stage(const metadata::BucketSource& source, std::string_view ns,
                                 std::string_view parent) {
  BAYPLAN_ASSIGN(LowerIds lower, records::chain(source, state_->place(ns), parent));
  const bool files = state_->driver->copies_parents() && !lower.empty();
  BAYPLAN_ASSIGN(Stage made, state_->stage(std::move(lower), parent));
  // prepare() has no sync() before it; what stage_on() makes has.
  if (files) BAYPLAN_TRY(file::sync_fs(state_->driver->root(), name()));
  return made;
}

Result<Stage> Snapshotter::stage_on(const Stage& below) {
  BAYPLAN_TRY(check_ours(below));
  LowerIds lower{below.state_->directory->id()};
  lower.insert(lower.end(), below.state_->lower.begin(), below.state_->lower.end());
  return state_->stage(std::move(lower), {});
}

Result<void> Snapshotter::check_ours(const Stage& stage) const {
  if (stage.state_ && stage.state_->driver == state_->driver) return {};
  return Error(Errc::invalid_argument, "stage", stage.directory(),
               stage.state_ ? "was made by another snapshotter" : "was consumed or moved away");
}

Result<void> Snapshotter::sync() {
  BAYPLAN_TRY(file::sync_fs(state_->driver->root(), name()));
  return fault::at(fault::Point::stages_synced);
}

Result<void> Snapshotter::prepare(metadata::WriteTx& tx, std::string_view ns, std::string_view key,
                                  Stage&& stage, const Labels& labels, const metadata::Keeper& keeper) {
  BAYPLAN_TRY(check_ours(stage));
  const std::string parent = stage.state_->parent;
  const std::string directory = stage.directory();
  return state_->add(tx, ns, key, std::move(stage), {Kind::active, directory, parent, {}, labels, keeper});
}

Result<void> Snapshotter::view(metadata::WriteTx& tx, std::string_view ns, std::string_view key,
                               Stage&& stage, const Labels& labels, const metadata::Keeper& keeper) {
  BAYPLAN_TRY(check_ours(stage));
  const std::string parent = stage.state_->parent;
  const std::string directory = stage.directory();
  return state_->add(tx, ns, key, std::move(stage), {Kind::view, directory, parent, {}, labels, keeper});
}

Result<void> Snapshotter::add_committed(metadata::WriteTx& tx, std::string_view ns, std::string_view name,
                                        std::string_view parent, Stage&& stage, const Usage& usage,
                                        const Labels& labels, const metadata::Keeper& keeper) {
  BAYPLAN_TRY(check_ours(stage));
  const std::string directory = stage.directory();
  return state_->add(tx, ns, name, std::move(stage),
                     {Kind::committed, directory, parent, usage, labels, keeper});
}

Result<Sealed> Snapshotter::seal(const metadata::BucketSource& source, std::string_view ns,
                                 std::string_view key, Synced synced) {
  BAYPLAN_ASSIGN(const Info info, stat(source, ns, key));
  if (info.kind != Kind::active) {
    return Error(Errc::failed_precondition, "snapshot", key, "only active snapshots are sealed");
  }
  BAYPLAN_TRY(mount_records::check_unmounted(source, state_->place(ns), key));
  if (synced == Synced::no) BAYPLAN_TRY(file::sync_fs(state_->driver->root(), name()));
  BAYPLAN_ASSIGN(const Usage usage, state_->driver->usage(info.directory).with_context("snapshot", key));
  return Sealed{info.key, info.directory, usage};
}

Result<void> Snapshotter::commit(metadata::WriteTx& tx, std::string_view ns, std::string_view name,
                                 std::string_view key, const Sealed& sealed, const Labels& labels,
                                 const metadata::Keeper& keeper, std::string_view rebase_onto) {
  const records::Sealing sealing{name,   sealed,      labels,
                                 keeper, rebase_onto, !state_->driver->copies_parents()};
  return tx.savepoint([&](metadata::WriteTx& inner) -> Result<void> {
    BAYPLAN_TRY(mount_records::release(inner, state_->place(ns), key));
    return records::commit(inner, state_->place(ns), key, sealing);
  });
}

Result<void> Snapshotter::remove(metadata::WriteTx& tx, std::string_view ns, std::string_view key) {
  BAYPLAN_ASSIGN(const auto record, records::get(tx, state_->place(ns), key));
  BAYPLAN_ASSIGN(const bool children, records::has_children(record));
  if (children) {
    return Error(Errc::in_use, "snapshot", key, "other snapshots are on it")
        .with_advice("remove those first");
  }
  return tx.savepoint([&](metadata::WriteTx& inner) -> Result<void> {
    BAYPLAN_TRY(mount_records::release(inner, state_->place(ns), key));
    return records::erase(inner, state_->place(ns), key);
  });
}

Result<void> Snapshotter::set_labels(metadata::WriteTx& tx, std::string_view ns, std::string_view key,
                                     const Labels& labels, const FieldMask& mask) {
  return records::set_labels(tx, state_->place(ns), key, labels, mask);
}

Result<Info> Snapshotter::stat(const metadata::BucketSource& source, std::string_view ns,
                               std::string_view key) const {
  return records::stat(source, state_->place(ns), key);
}

Result<void> Snapshotter::walk(const metadata::BucketSource& source, std::string_view ns,
                               const std::function<Result<void>(const Info&)>& visit) const {
  BAYPLAN_ASSIGN(const auto snapshots, metadata::namespace_bucket(source, ns, {schema::kSnapshots, name()}));
  if (!snapshots) return {};
  return snapshots->for_each([&](const metadata::Entry& entry) -> Result<void> {
    BAYPLAN_ASSIGN(const Info info, records::decode(*snapshots, entry));
    return visit(info);
  });
}

Result<Usage> Snapshotter::usage(const metadata::BucketSource& source, std::string_view ns,
                                 std::string_view key) const {
  BAYPLAN_ASSIGN(const Info info, stat(source, ns, key));
  if (info.kind == Kind::committed) return info.usage;
  return state_->driver->usage(info.directory).with_context("snapshot", key);
}

Result<std::vector<Mount>> Snapshotter::mounts(const metadata::BucketSource& source, std::string_view ns,
                                               std::string_view key) const {
  BAYPLAN_ASSIGN(const Info info, stat(source, ns, key));
  if (info.kind == Kind::committed) {
    return Error(Errc::failed_precondition, "snapshot", key, "committed snapshots are not mounted")
        .with_advice("make a view of it");
  }
  BAYPLAN_ASSIGN(const LowerIds lower,
                 records::ancestors(source, state_->place(ns), info.parent).with_context("snapshot", key));
  const auto layer = state_->driver->open_layer(info.directory);
  if (!layer && layer.error().code() != Errc::not_found) return layer.error();
  if (!layer) BAYPLAN_TRY(state_->restore(info.directory, lower).with_context("snapshot", key));
  return state_->driver->mounts(info.kind, info.directory, lower);
}

Result<LayerDiff> Snapshotter::diff(const metadata::BucketSource& source, std::string_view ns,
                                    std::string_view key) const {
  BAYPLAN_ASSIGN(const Info info, stat(source, ns, key));
  BAYPLAN_ASSIGN(const LowerIds lower,
                 records::ancestors(source, state_->place(ns), info.parent).with_context("snapshot", key));
  auto opened = LayerDiff::State::open(state_->driver, info.directory, lower);
  if (!opened) return std::move(opened).error().with_context("snapshot", key);
  return LayerDiff(*std::move(opened));
}

}  // namespace bayplan::snapshots
