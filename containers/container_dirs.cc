#include "container_dirs.h"

#include "bayplan/base/digest.h"
#include "bayplan/base/file.h"
#include "bayplan/base/process.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"

namespace bayplan::containers {
namespace {

using metadata::FileSweep;

constexpr std::string_view kRunTop = ".dirs";
// A remover takes the directory away while it holds the lock: who waited for it may hold a lock that nobody
// can find any more.
constexpr int kLockAttempts = 64;

std::string short_hash(std::string_view text, std::size_t digits) {
  return Digest::of(text).hex().substr(0, digits);
}

Result<UniqueFd> make_dir(const std::filesystem::path& top, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const UniqueFd root, file::ensure_private_dir(top));
  BAYPLAN_ASSIGN(const UniqueFd parent, file::ensure_private_dir_at(root.get(), std::string(ns)));
  return file::ensure_private_dir_at(parent.get(), std::string(id));
}

// None where it is absent.
Result<std::vector<std::string>> names_in(const std::filesystem::path& directory) {
  const auto fd = file::open_dir(directory);
  if (!fd && fd.error().code() == Errc::not_found) return std::vector<std::string>();
  if (!fd) return fd.error();
  return file::list(fd->get(), directory.native());
}

Result<std::uint64_t> remove_below(const std::filesystem::path& directory, const std::string& name) {
  const auto fd = file::open_dir(directory);
  if (!fd && fd.error().code() == Errc::not_found) return std::uint64_t{0};
  if (!fd) return fd.error();
  return file::remove_tree(fd->get(), name);
}

Result<bool> has_record(const metadata::Db& db, std::string_view ns, std::string_view id) {
  return db.view([&](const metadata::ReadTx& tx) -> Result<bool> {
    BAYPLAN_ASSIGN(const auto record,
                   metadata::namespace_bucket(tx, ns, {metadata::schema::kContainers, id}));
    return record.has_value();
  });
}

}  // namespace

Result<ContainerDirs> ContainerDirs::of(const images::Store& store) {
  if (store.run_root().empty()) {
    return Error(Errc::failed_precondition, "store", store.root().path.native(), "it has no run root")
        .with_advice("open it with one");
  }
  BAYPLAN_ASSIGN(const UniqueFd root, file::open_dir(store.root().path));
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(root.get(), store.root().path.native()));
  BAYPLAN_ASSIGN(const std::string boot, process::boot_id());
  ContainerDirs dirs;
  dirs.work_top_ = store.root().path / "containers";
  dirs.run_root_ = store.run_root() / kRunTop;
  const std::string who = store.root().uuid + "-" + std::to_string(info.st_ino);
  dirs.run_top_ = dirs.run_root_ / (short_hash(who, 16) + "." + short_hash(boot, 8));
  return dirs;
}

std::filesystem::path ContainerDirs::work(std::string_view ns, std::string_view id) const {
  return work_top_ / ns / id;
}
std::filesystem::path ContainerDirs::run(std::string_view ns, std::string_view id) const {
  return run_top_ / ns / id;
}

Result<UniqueFd> ContainerDirs::make_work(std::string_view ns, std::string_view id) const {
  return make_dir(work_top_, ns, id);
}
Result<UniqueFd> ContainerDirs::make_run(std::string_view ns, std::string_view id) const {
  return make_dir(run_top_, ns, id);
}

Result<bool> ContainerDirs::exist(std::string_view ns, std::string_view id) const {
  for (const auto& path : {work(ns, id), run(ns, id)}) {
    const auto found = file::open_dir(path);
    if (found) return true;
    if (found.error().code() != Errc::not_found) return found.error();
  }
  return false;
}

Result<ContainerDirs::Held> ContainerDirs::lock(std::string_view ns, std::string_view id, Wait wait) const {
  Held held;
  held.ns_ = ns;
  held.id_ = id;
  BAYPLAN_ASSIGN(const UniqueFd root, file::ensure_private_dir(work_top_));
  BAYPLAN_ASSIGN(held.parent_, file::ensure_private_dir_at(root.get(), held.ns_));
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    BAYPLAN_ASSIGN(held.work_, file::ensure_private_dir_at(held.parent_.get(), held.id_));
    const auto locked = wait == Wait::yes ? file::lock_exclusive(held.work_.get(), id)
                                          : file::try_lock_exclusive(held.work_.get(), id);
    BAYPLAN_TRY(locked);
    BAYPLAN_ASSIGN(const bool current, file::is_still_at(held.work_.get(), held.parent_.get(), held.id_));
    if (current) return held;
  }
  return Error(Errc::busy, "container", id, "its directory is made and removed all the time");
}

Result<std::uint64_t> ContainerDirs::remove(Held held) const {
  BAYPLAN_ASSIGN(std::uint64_t bytes, remove_below(run_top_ / held.ns_, held.id_));
  // Out of the way first: whoever comes now makes a directory of its own, and nothing of it can be removed.
  const std::string gone = file::random_name(file::kTemporaryPrefix);
  BAYPLAN_TRY(file::rename_exclusive(held.parent_.get(), held.id_, held.parent_.get(), gone));
  held.work_.reset();
  BAYPLAN_ASSIGN(const std::uint64_t work_bytes, file::remove_tree(held.parent_.get(), gone));
  return bytes + work_bytes;
}

Result<FileSweep> ContainerDirs::sweep_one(const metadata::Db& db, const std::string& ns,
                                           const std::string& id) const {
  if (id.starts_with(file::kTemporaryPrefix)) {
    BAYPLAN_ASSIGN(const std::uint64_t bytes, remove_below(work_top_ / ns, id));
    return FileSweep{1, bytes};
  }
  BAYPLAN_ASSIGN(const bool recorded, has_record(db, ns, id));
  if (recorded) return FileSweep{};
  auto held = lock(ns, id, Wait::no);
  if (!held && held.error().code() == Errc::busy) return FileSweep{};
  if (!held) return std::move(held).error();
  // It may have become a record between our look and the lock becoming free.
  BAYPLAN_ASSIGN(const bool made, has_record(db, ns, id));
  if (made) return FileSweep{};
  BAYPLAN_ASSIGN(const std::uint64_t bytes, remove(*std::move(held)));
  return FileSweep{1, bytes};
}

Result<void> ContainerDirs::sweep_below(const std::filesystem::path& top, const metadata::Db& db,
                                        const Control& control, FileSweep& swept) const {
  BAYPLAN_ASSIGN(const auto namespaces, names_in(top));
  for (const std::string& ns : namespaces) {
    BAYPLAN_ASSIGN(const auto ids, names_in(top / ns));
    for (const std::string& id : ids) {
      BAYPLAN_TRY(control.cancel.check());
      BAYPLAN_ASSIGN(const FileSweep one, sweep_one(db, ns, id));
      swept += one;
    }
  }
  return {};
}

Result<FileSweep> ContainerDirs::sweep_boots() const {
  FileSweep swept;
  const std::string ours = run_top_.filename();
  const std::string store = ours.substr(0, ours.find('.') + 1);
  BAYPLAN_ASSIGN(const auto boots, names_in(run_root_));
  for (const std::string& boot : boots) {
    if (!boot.starts_with(store) || boot == ours) continue;
    BAYPLAN_ASSIGN(const std::uint64_t bytes, remove_below(run_root_, boot));
    swept += {1, bytes};
  }
  return swept;
}

Result<FileSweep> ContainerDirs::sweep(const metadata::Db& db, const Control& control) const {
  BAYPLAN_ASSIGN(FileSweep swept, sweep_boots());
  BAYPLAN_TRY(sweep_below(work_top_, db, control, swept));
  BAYPLAN_TRY(sweep_below(run_top_, db, control, swept));
  return swept;
}

}  // namespace bayplan::containers
