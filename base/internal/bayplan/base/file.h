// The one place that opens, writes, syncs, renames and syncs the directory. Everything is relative to a
// directory descriptor, never follows a link at the end, and is opened O_CLOEXEC. Interrupted calls are
// retried. A `name` that is looked up, made or removed is one component: empty, ".", "..", and names that
// hold '/' or NUL are invalid_argument. A `name` next to an `fd` or a `dir` that it merely describes is for
// the error text. Errors of every function: as Error::from_errno maps them, kind "file" or "directory", name
// = the path given. Thread-safe.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/fd.h"
#include "bayplan/base/progress.h"
#include "bayplan/base/result.h"
#include "bayplan/base/stream.h"

namespace bayplan::file {

/// Opens an existing directory for use as the first argument of the functions below. Follows links in `path`:
/// it comes from the operator.
Result<UniqueFd> open_dir(const std::filesystem::path& path);
/// The same for one component below `dir`; a link there is an error.
Result<UniqueFd> open_dir_at(int dir, const std::string& name);
/// What to do about the mode of a directory that exists already.
enum class ExistingMode : bool { keep, repair };

/// Creates `path` and missing parents with mode 0700; follows links in `path`. An existing directory is made
/// 0700 with ExistingMode::repair, when we own it; the parents are left alone. Syncs each parent it changed.
/// Errors: failed_precondition (a sticky directory, as /tmp is, is shared with others and is not repaired).
Result<UniqueFd> ensure_private_dir(const std::filesystem::path& path,
                                    ExistingMode existing = ExistingMode::repair);
/// The same for one component below `dir`; a link there is an error.
Result<UniqueFd> ensure_private_dir_at(int dir, const std::string& name,
                                       ExistingMode existing = ExistingMode::repair);

/// openat2 with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS: `path` may have several
/// components and cannot leave `dir`. EXDEV (it tried) is invalid_argument.
Result<UniqueFd> open_beneath(int dir, const std::string& path, int flags, mode_t mode = 0);
/// open_beneath, read-only, that refuses anything but a regular file (opened O_NONBLOCK: a FIFO cannot hang
/// us). Errors: invalid_argument (of another type).
Result<UniqueFd> open_regular(int dir, const std::string& path);

/// A new file on the file system of `dir`, open for reading and writing, without a name: nothing of it stays
/// when nobody has it open. The mode is exactly `mode`, whatever the umask. Empty where there are no such
/// files (O_TMPFILE), or no /proc to give them a name through later.
Result<std::optional<UniqueFd>> create_unnamed(int dir, mode_t mode, std::string_view name);
/// Gives a file of create_unnamed its name in `dir`. Errors: already_exists.
Result<void> link_unnamed(int fd, int dir, const std::string& name);

Result<struct stat> stat_fd(int fd, std::string_view name);
/// fstatat without following; not_found when absent.
Result<struct stat> stat_at(int dir, const std::string& name);

/// The whole of a regular file. Errors: too_large beyond `limit`.
Result<std::string> read_file(int dir, const std::string& path, std::size_t limit);
/// Reads exactly `into.size()` bytes at `offset`. Errors: corrupt when the file ends before.
Result<void> pread_exact(int fd, std::span<std::byte> into, std::uint64_t offset, std::string_view name);
Result<void> write_all(int fd, std::span<const std::byte> bytes, std::string_view name);

/// Waits until `fd` can be read (POLLIN) or written (POLLOUT) without waiting; looks for a cancellation ten
/// times a second. Errors: cancelled.
Result<void> wait_ready(int fd, short events, std::string_view name, const CancelToken& cancel);

/// How the names of temporary files begin that a crash can leave behind.
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";

/// Durable atomic replacement of `name`: temporary file, write, fdatasync, rename, fsync of `dir`. The mode
/// is exactly `mode`, whatever the umask.
Result<void> replace_durably(int dir, const std::string& name, std::string_view bytes, mode_t mode = 0600);

Result<void> sync_data(int fd, std::string_view name);
Result<void> sync_dir(int dir, std::string_view name);
/// syncfs of the file system that holds `fd`.
Result<void> sync_fs(int fd, std::string_view name);

/// Rename within or between directories of one file system. `rename` replaces; `rename_exclusive` answers
/// already_exists.
Result<void> rename(int from_dir, const std::string& from, int to_dir, const std::string& to);
Result<void> rename_exclusive(int from_dir, const std::string& from, int to_dir, const std::string& to);
/// Unlinks a file; absent is fine.
Result<void> unlink(int dir, const std::string& name);
/// Removes `name` and everything below without following links or leaving its file system; absent is fine.
/// With a handful of descriptors however deep it goes, but for what cannot be renamed (in an overlay), and
/// that to 200 levels. Directories of ours that we may not write to are made writable first. An error leaves
/// the rest of the tree, possibly flattened; calling again goes on. Answers the disk space of what went, in
/// bytes. Errors: failed_precondition or busy (something is mounted in the tree; it is left as it is).
Result<std::uint64_t> remove_tree(int dir, const std::string& name);

/// Names in a directory, without "." and "..", in byte order.
Result<std::vector<std::string>> list(int dir, std::string_view name);

/// `prefix` + 16 random hex digits.
std::string random_name(std::string_view prefix);

/// Bytes an unprivileged writer could still write to the file system that holds `fd`.
Result<std::uint64_t> free_bytes(int fd, std::string_view name);
/// Size of the file system that `fd` is on. Errors: io.
Result<std::uint64_t> total_bytes(int fd, std::string_view name);

/// A whole-file advisory lock (flock) that lives as long as the descriptor. `try_lock` answers busy.
Result<void> lock_exclusive(int fd, std::string_view name);
Result<void> try_lock_exclusive(int fd, std::string_view name);
/// The same lock, shared with others who ask for it shared: who only looks whether somebody holds it alone
/// is not taken for a holder by others who look. Answers busy.
Result<void> try_lock_shared(int fd, std::string_view name);
/// Whether `name` in `dir` is the file open as `fd`, or another by now, or none: asked after waiting for a
/// lock of it.
Result<bool> is_still_at(int fd, int dir, const std::string& name);

/// Exclusive open-file-description lock of the one byte at `offset`; released by unlock_byte or close.
/// Independent of other descriptors of this process. try_ answers busy.
Result<void> lock_byte(int fd, std::uint64_t offset, std::string_view name);
Result<void> try_lock_byte(int fd, std::uint64_t offset, std::string_view name);
void unlock_byte(int fd, std::uint64_t offset) noexcept;

/// Reads a descriptor from its current position. Borrows `fd`.
class FdSource final : public ByteSource {
 public:
  FdSource(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  int fd_;
  std::string name_;
};

}  // namespace bayplan::file
