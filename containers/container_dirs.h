// The two directories of a container: work (<root>/containers/<ns>/<id>), which lasts, and run (<run
// root>/.dirs/<store>.<boot>/<ns>/<id>), which goes with the boot. Modes 0700.
//
// Whoever makes or removes a container holds the lock of its work directory (flock), from before the record
// to the end; so a directory without a record and without a lock is what a crash left.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/fd.h"
#include "bayplan/images/store.h"

namespace bayplan::containers {

class ContainerDirs {
 public:
  /// Errors: failed_precondition (the store has no run root), unsupported (/proc does not tell the boot), io.
  static Result<ContainerDirs> of(const images::Store& store);

  std::filesystem::path work(std::string_view ns, std::string_view id) const;
  std::filesystem::path run(std::string_view ns, std::string_view id) const;

  /// Make them as far as they are missing, durably the first. Precondition: identifiers. Errors:
  /// permission_denied, no_space, io.
  Result<UniqueFd> make_work(std::string_view ns, std::string_view id) const;
  Result<UniqueFd> make_run(std::string_view ns, std::string_view id) const;

  /// Whether one of them is there. Errors: permission_denied, io.
  Result<bool> exist(std::string_view ns, std::string_view id) const;

  /// The lock of a container's directories. Move-only.
  class Held {
   public:
    int work_fd() const noexcept { return work_.get(); }

   private:
    friend class ContainerDirs;
    UniqueFd parent_{};
    UniqueFd work_{};
    std::string ns_{};
    std::string id_{};
  };
  enum class Wait : bool { no, yes };
  /// Makes the work directory and locks it. Errors: busy (Wait::no: somebody has it; else: it is made and
  /// removed all the time), and those of make_work.
  Result<Held> lock(std::string_view ns, std::string_view id, Wait wait = Wait::yes) const;
  /// Removes both, and lets go of the lock. Errors: permission_denied, busy or failed_precondition (something
  /// is mounted there), io.
  Result<std::uint64_t> remove(Held held) const;

  /// Removes what no record of `db` names and nobody has locked, and run directories of earlier boots.
  /// Errors: cancelled, permission_denied, io; what was removed stays so.
  Result<metadata::FileSweep> sweep(const metadata::Db& db, const Control& control) const;

 private:
  ContainerDirs() = default;
  Result<void> sweep_below(const std::filesystem::path& top, const metadata::Db& db, const Control& control,
                           metadata::FileSweep& swept) const;
  Result<metadata::FileSweep> sweep_one(const metadata::Db& db, const std::string& ns,
                                        const std::string& id) const;
  Result<metadata::FileSweep> sweep_boots() const;

  std::filesystem::path work_top_;
  std::filesystem::path run_root_;
  std::filesystem::path run_top_;
};

}  // namespace bayplan::containers
