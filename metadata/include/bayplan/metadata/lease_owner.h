// Owners of leases: a lease can die with the process that made it.
//
// What proves that an owner lives is a locked file, <run root>/.leases/<16 hex digits>: the kernel drops the
// lock with the process, however that ends. The lease's record names the file, the directory it lies in, and
// process, pid namespace and boot, so that it can be said of an absent file what its absence means. Where
// nothing can be said, the owner counts as alive, and the lease lasts until its expiry.
//
//   auto owner = LeaseOwner::acquire(run_root);
//   db.update([&](WriteTx& tx) { return leases::create(tx, "default", {.owner = owner->record()}); });
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::metadata {

/// An owner as it is recorded.
struct Owner {
  std::string file;              ///< 16 hex digits
  std::uint64_t run_device = 0;  ///< device and inode number of the directory of `file`
  std::uint64_t run_inode = 0;
  std::int64_t pid = 0;             ///< in its own pid namespace
  std::uint64_t pid_namespace = 0;  ///< inode number
  std::string boot_id;
  std::uint64_t start_time = 0;  ///< of the process, in clock ticks since the boot

  friend bool operator==(const Owner&, const Owner&) = default;
};

enum class OwnerState {
  alive,
  dead,
  unknown,  ///< nothing proves either: treated as alive
};
/// "alive", "dead", "unknown".
std::string_view to_string(OwnerState state) noexcept;

/// This process as an owner, for as long as the object lives; any number of leases may name it. A child of
/// fork holds the lock as well, until it ends or calls exec; its copy of the object does nothing. Move-only.
class LeaseOwner {
 public:
  /// Makes <run root>/.leases, private, as far as it is missing, and a locked file in it. Errors: unsupported
  /// (no /proc of our pid namespace), failed_precondition (the run root is a directory shared with others),
  /// busy (sweeps removed every new file), permission_denied, no_space, io.
  static Result<LeaseOwner> acquire(const std::filesystem::path& run_root);
  LeaseOwner(LeaseOwner&&) noexcept;
  LeaseOwner& operator=(LeaseOwner&&) noexcept;
  /// Ends the ownership: its leases are dead, and the file is removed.
  ~LeaseOwner();

  /// Lives as long as this object. Precondition: not moved from.
  const Owner& record() const noexcept;

 private:
  struct State;
  explicit LeaseOwner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// alive: its file is locked. dead: another boot; its file is there and not locked, or gone from the
/// directory it was made in; or, with another directory at `run_root` (empty: none), its process has ended.
/// unknown: everything else, such as a process of another pid namespace, or a file that we may not open.
/// Thread-safe.
OwnerState owner_state(const Owner& owner, const std::filesystem::path& run_root);

}  // namespace bayplan::metadata
