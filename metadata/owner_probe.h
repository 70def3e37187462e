// Asks about many owners, and looks up only once what they have in common.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/fd.h"
#include "bayplan/metadata/lease_owner.h"

namespace bayplan::metadata {

inline constexpr const char* kOwnersName = ".leases";

/// Names of owners' files: what file::random_name makes of no prefix.
bool is_owner_file_name(std::string_view name) noexcept;

/// The directory of owners' files.
struct OwnersDirectory {
  UniqueFd fd;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  /// Errors: as file::stat_fd.
  static Result<OwnersDirectory> of(UniqueFd fd);
  /// The one of `run_root`, which has to be there. Errors: not_found, permission_denied, io.
  static Result<OwnersDirectory> open(const std::filesystem::path& run_root);
};

/// What is true when it is made stays true for it. Thread-safe.
class OwnerProbe {
 public:
  explicit OwnerProbe(const std::filesystem::path& run_root);
  /// See owner_state().
  OwnerState state(const Owner& owner) const;

 private:
  OwnerState of_file(const std::string& name) const;
  OwnerState of_process(const Owner& owner) const;

  std::optional<std::string> boot_id_;
  std::optional<std::uint64_t> pid_namespace_;
  std::optional<OwnersDirectory> directory_;
};

}  // namespace bayplan::metadata
