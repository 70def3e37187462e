#include "owner_probe.h"

#include <limits>
#include <utility>

#include "bayplan/base/file.h"
#include "bayplan/base/process.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kNameBytes = 16;

template <class T>
std::optional<T> known(Result<T> result) {
  if (!result) return {};
  return *std::move(result);
}

}  // namespace

bool is_owner_file_name(std::string_view name) noexcept {
  return name.size() == kNameBytes && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<OwnersDirectory> OwnersDirectory::of(UniqueFd fd) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd.get(), kOwnersName));
  return OwnersDirectory{std::move(fd), info.st_dev, info.st_ino};
}

Result<OwnersDirectory> OwnersDirectory::open(const std::filesystem::path& run_root) {
  BAYPLAN_ASSIGN(const UniqueFd root, file::open_dir(run_root));
  BAYPLAN_ASSIGN(UniqueFd fd, file::open_dir_at(root.get(), kOwnersName));
  return of(std::move(fd));
}

OwnerProbe::OwnerProbe(const std::filesystem::path& run_root)
    : boot_id_(known(process::boot_id())),
      pid_namespace_(known(process::pid_namespace())),
      directory_(known(OwnersDirectory::open(run_root))) {}

OwnerState OwnerProbe::state(const Owner& owner) const {
  if (!boot_id_) return OwnerState::unknown;
  if (*boot_id_ != owner.boot_id) return OwnerState::dead;
  // Of a file that was made elsewhere, its absence here says nothing.
  if (directory_ && directory_->device == owner.run_device && directory_->inode == owner.run_inode) {
    return of_file(owner.file);
  }
  return of_process(owner);
}

OwnerState OwnerProbe::of_file(const std::string& name) const {
  if (!is_owner_file_name(name)) return OwnerState::unknown;
  const auto fd = file::open_regular(directory_->fd.get(), name);
  if (!fd) return fd.error().code() == Errc::not_found ? OwnerState::dead : OwnerState::unknown;
  const auto locked = file::try_lock_shared(fd->get(), name);
  if (locked) return OwnerState::dead;
  return locked.error().code() == Errc::busy ? OwnerState::alive : OwnerState::unknown;
}

OwnerState OwnerProbe::of_process(const Owner& owner) const {
  const bool possible = owner.pid > 0 && owner.pid <= std::numeric_limits<pid_t>::max();
  if (!possible || pid_namespace_ != owner.pid_namespace) return OwnerState::unknown;
  // One that runs may have ended its ownership: its file would tell.
  const auto running = process::is_running(static_cast<pid_t>(owner.pid), owner.start_time);
  return running && !*running ? OwnerState::dead : OwnerState::unknown;
}

OwnerState owner_state(const Owner& owner, const std::filesystem::path& run_root) {
  return OwnerProbe(run_root).state(owner);
}

std::string_view to_string(OwnerState state) noexcept {
  switch (state) {
    case OwnerState::alive:
      return "alive";
    case OwnerState::dead:
      return "dead";
    case OwnerState::unknown:
      break;
  }
  return "unknown";
}

}  // namespace bayplan::metadata
