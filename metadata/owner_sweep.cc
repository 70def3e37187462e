#include "owner_sweep.h"

#include "bayplan/base/file.h"
#include "owner_probe.h"

namespace bayplan::metadata {
namespace {

constexpr std::uint64_t kBytesPerBlock = 512;

// Bytes on disk that went with the file; none when its owner lives, or there is no such file.
Result<std::optional<std::uint64_t>> remove_if_dead(int directory, const std::string& name) {
  const std::optional<std::uint64_t> nothing;
  const auto fd = file::open_regular(directory, name);
  if (!fd && fd.error().code() == Errc::not_found) return nothing;
  if (!fd && fd.error().code() == Errc::invalid_argument) return nothing;  // no regular file
  if (!fd) return fd.error();
  const auto locked = file::try_lock_exclusive(fd->get(), name);
  if (!locked && locked.error().code() == Errc::busy) return nothing;
  BAYPLAN_TRY(locked);
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(fd->get(), name));
  BAYPLAN_TRY(file::unlink(directory, name));
  return std::optional(static_cast<std::uint64_t>(info.st_blocks) * kBytesPerBlock);
}

}  // namespace

Result<FileSweep> sweep_owner_files(const std::filesystem::path& run_root, const Control& control) {
  FileSweep sweep;
  const auto directory = OwnersDirectory::open(run_root);
  if (!directory && directory.error().code() == Errc::not_found) return sweep;
  if (!directory) return directory.error();
  BAYPLAN_ASSIGN(const auto names, file::list(directory->fd.get(), kOwnersName));
  for (const std::string& name : names) {
    BAYPLAN_TRY(control.cancel.check());
    if (!is_owner_file_name(name)) continue;
    BAYPLAN_ASSIGN(const auto bytes, remove_if_dead(directory->fd.get(), name));
    if (!bytes) continue;
    ++sweep.files;
    sweep.bytes += *bytes;
  }
  return sweep;
}

}  // namespace bayplan::metadata
