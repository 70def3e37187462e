#include "bundle_dir.h"

#include <fcntl.h>

#include "bayplan/base/file.h"
#include "bayplan/base/labels.h"
#include "bayplan/snapshots/mount.h"
#include "spec_defaults.h"

namespace bayplan::containers {
namespace {

const std::string kLockName = "lock";

// A remover unlinks the file while it holds the lock: who waited for it may hold a lock that nobody can find
// any more.
constexpr int kLockAttempts = 16;

Error busy(std::string_view id) {
  return Error(Errc::busy, "container", id, "another process runs it, or is about to")
      .with_advice("wait for it to end, or stop it");
}

Result<UniqueFd> try_lock(int directory, std::string_view id) {
  BAYPLAN_ASSIGN(UniqueFd lock, file::open_beneath(directory, kLockName, O_RDWR | O_CREAT | O_NOCTTY, 0600));
  auto locked = file::try_lock_exclusive(lock.get(), kLockName);
  if (locked) return lock;
  if (locked.error().code() == Errc::busy) return busy(id);
  return std::move(locked).error();
}

// Whether the file at its name is still the one that is locked.
Result<bool> is_current(int parent, const std::string& id, int lock) {
  auto directory = file::open_dir_at(parent, id);
  if (!directory && directory.error().code() == Errc::not_found) return false;
  if (!directory) return std::move(directory).error();
  return file::is_still_at(lock, directory->get(), kLockName);
}

}  // namespace

std::filesystem::path BundleDir::rootfs() const { return path_ / kRootfsName; }

Result<BundleDir> BundleDir::acquire(const std::filesystem::path& run_root, std::string_view ns,
                                     std::string_view id) {
  BAYPLAN_TRY(validate_identifier("namespace", ns));
  BAYPLAN_TRY(validate_identifier("container", id));
  BundleDir bundle;
  bundle.id_ = id;
  bundle.path_ = run_root / ns / id;
  BAYPLAN_ASSIGN(const UniqueFd root, file::ensure_private_dir(run_root));
  BAYPLAN_ASSIGN(bundle.parent_, file::ensure_private_dir_at(root.get(), std::string(ns)));
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    BAYPLAN_ASSIGN(bundle.directory_, file::ensure_private_dir_at(bundle.parent_.get(), bundle.id_));
    auto lock = try_lock(bundle.directory_.get(), id);
    if (!lock && lock.error().code() == Errc::not_found) continue;  // the directory went meanwhile
    if (!lock) return std::move(lock).error();
    BAYPLAN_ASSIGN(const bool current, is_current(bundle.parent_.get(), bundle.id_, lock->get()));
    if (!current) continue;
    bundle.lock_ = *std::move(lock);
    BAYPLAN_TRY(snapshots::unmount_all(bundle.rootfs()));
    return bundle;
  }
  return busy(id);
}

BundleDir::~BundleDir() {
  ignore_error(remove(), "a destructor has nobody to tell; the next run takes over what is left");
}

Result<void> BundleDir::remove() {
  if (!lock_) return {};
  BAYPLAN_TRY(snapshots::unmount_all(rootfs()));
  // Out of the way first: whoever comes now makes a directory of its own, and nothing of it can be removed.
  const std::string gone = file::random_name(file::kTemporaryPrefix);
  BAYPLAN_TRY(file::rename_exclusive(parent_.get(), id_, parent_.get(), gone));
  lock_.reset();
  BAYPLAN_TRY(file::remove_tree(parent_.get(), gone));
  return {};
}

}  // namespace bayplan::containers
