#include "bayplan/metadata/lease_owner.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "bayplan/base/file.h"
#include "bayplan/base/process.h"
#include "owner_probe.h"

namespace bayplan::metadata {
namespace {

// A sweep may remove a file between its making and its locking.
constexpr int kAttempts = 1000;

Result<OwnersDirectory> make_directory(const std::filesystem::path& run_root) {
  BAYPLAN_ASSIGN(const UniqueFd root, file::ensure_private_dir(run_root));
  BAYPLAN_ASSIGN(UniqueFd fd, file::ensure_private_dir_at(root.get(), kOwnersName));
  return OwnersDirectory::of(std::move(fd));
}

// A new file of that name, locked and still there; none when somebody came in between.
Result<std::optional<UniqueFd>> make_locked(int directory, const std::string& name) {
  auto fd = file::open_beneath(directory, name, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!fd && fd.error().code() == Errc::already_exists) return std::optional<UniqueFd>();
  if (!fd) return std::move(fd).error();
  const auto locked = file::try_lock_exclusive(fd->get(), name);
  if (!locked && locked.error().code() == Errc::busy) return std::optional<UniqueFd>();
  BAYPLAN_TRY(locked);
  BAYPLAN_ASSIGN(const bool there, file::is_still_at(fd->get(), directory, name));
  if (!there) return std::optional<UniqueFd>();
  return std::optional(*std::move(fd));
}

Result<Owner> describe_process() {
  Owner owner;
  owner.pid = ::getpid();
  BAYPLAN_ASSIGN(owner.pid_namespace, process::pid_namespace());
  BAYPLAN_ASSIGN(owner.boot_id, process::boot_id());
  BAYPLAN_ASSIGN(owner.start_time, process::own_start_time());
  return owner;
}

}  // namespace

struct LeaseOwner::State {
  Owner record;
  OwnersDirectory directory;
  UniqueFd lock;

  State(Owner owner, OwnersDirectory made, UniqueFd locked)
      : record(std::move(owner)), directory(std::move(made)), lock(std::move(locked)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (record.pid != ::getpid()) return;
    ignore_error(file::unlink(directory.fd.get(), record.file), "a sweep takes it: nobody locks it");
  }
};

LeaseOwner::LeaseOwner(std::unique_ptr<State> state) : state_(std::move(state)) {}
LeaseOwner::LeaseOwner(LeaseOwner&&) noexcept = default;
LeaseOwner& LeaseOwner::operator=(LeaseOwner&&) noexcept = default;
LeaseOwner::~LeaseOwner() = default;

const Owner& LeaseOwner::record() const noexcept { return state_->record; }

Result<LeaseOwner> LeaseOwner::acquire(const std::filesystem::path& run_root) {
  BAYPLAN_ASSIGN(Owner owner, describe_process());
  BAYPLAN_ASSIGN(OwnersDirectory directory, make_directory(run_root));
  owner.run_device = directory.device;
  owner.run_inode = directory.inode;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    owner.file = file::random_name({});
    BAYPLAN_ASSIGN(auto locked, make_locked(directory.fd.get(), owner.file));
    if (!locked) continue;
    return LeaseOwner(std::make_unique<State>(std::move(owner), std::move(directory), *std::move(locked)));
  }
  return Error(Errc::busy, "directory", kOwnersName, "sweeps removed every new file");
}

}  // namespace bayplan::metadata
