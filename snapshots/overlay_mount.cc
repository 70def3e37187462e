#include "overlay_mount.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "bayplan/base/file.h"
#include "own_thread.h"

namespace bayplan::snapshots {
namespace {

constexpr std::string_view kAdvice = "use the native snapshotter";
constexpr std::string_view kFirstUserNamespace = "0 0 4294967295";

Error unsupported(std::string_view why) {
  return Error(Errc::unsupported, "snapshotter", "overlay", why).with_advice(kAdvice);
}

// Causes that no other file system or process would have are "unsupported"; the rest keeps its class.
Error mount_error(int os_errno, std::string_view call) {
  Error cause = Error::from_errno(os_errno, "snapshotter", "overlay", call);
  switch (os_errno) {
    case EPERM:
    case EACCES:
    case ENODEV:
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
      return unsupported(cause.message());
    default:
      return cause;
  }
}

std::string join(const std::vector<std::string>& parts, char separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

std::string mount_data(const OverlayLayout& layout) {
  std::vector<std::string> options = overlay_options();
  options.push_back("workdir=" + layout.work);
  options.push_back("upperdir=" + layout.upper);
  options.push_back("lowerdir=" + join(layout.lower, ':'));
  return join(options, ',');
}

// Runs on a thread of its own, which takes the mount namespace with it.
Result<UniqueFd> mount_in_own_namespace(int base, const OverlayLayout& layout, const std::string& data) {
  // The new namespace takes the working directory along; `base` itself stays in the old one, where nothing
  // can be mounted from here.
  if (::unshare(CLONE_FS) != 0) return mount_error(errno, "unshare");
  if (::fchdir(base) != 0) return mount_error(errno, "fchdir");
  if (::unshare(CLONE_NEWNS) != 0) return mount_error(errno, "unshare");
  // Slave, not private: what the host unmounts meanwhile must not stay busy because of this copy.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return mount_error(errno, "mount");
  if (::mount("overlay", layout.cover.c_str(), "overlay", 0, data.c_str()) != 0) {
    return mount_error(errno, "mount");
  }
  UniqueFd root(::open(layout.cover.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int open_errno = errno;
  if (::umount2(layout.cover.c_str(), MNT_DETACH) != 0) return mount_error(errno, "umount2");
  if (!root) return mount_error(open_errno, "open");
  return root;
}

// A directory that was in the lower layer goes and comes back empty: a whiteout, then an opaque directory.
Result<void> exercise(int root) {
  if (::unlinkat(root, "entry", AT_REMOVEDIR) != 0) return mount_error(errno, "unlinkat");
  BAYPLAN_ASSIGN(const auto names, file::list(root, "overlay"));
  if (!names.empty()) return unsupported("whiteouts show: the file system gives no entry types");
  if (::mkdirat(root, "entry", 0700) != 0) return mount_error(errno, "mkdirat");
  return {};
}

Result<void> clear_probe(int directory) {
  for (const char* const part : {"upper", "work", "lower"}) BAYPLAN_TRY(file::remove_tree(directory, part));
  return {};
}

Result<void> make_and_exercise(int directory) {
  for (const char* const part : {"upper", "work", "lower", "lower/entry"}) {
    if (::mkdirat(directory, part, 0700) != 0) return Error::from_errno(errno, "directory", part, "mkdirat");
  }
  BAYPLAN_ASSIGN(const UniqueFd root,
                 mount_overlay_detached(directory, OverlayLayout{"upper", "work", {"lower"}, "lower"}));
  return exercise(root.get());
}

}  // namespace

bool in_user_namespace() {
  const auto proc = file::open_dir("/proc/self");
  if (!proc) return false;
  const auto map = file::read_file(proc->get(), "uid_map", 4096);
  if (!map) return false;
  std::string squeezed;
  for (const char c : *map) {
    const bool space = c == ' ' || c == '\n';
    if (!space) squeezed += c;
    if (space && !squeezed.empty() && squeezed.back() != ' ') squeezed += ' ';
  }
  return squeezed != std::string(kFirstUserNamespace) + ' ';
}

std::vector<std::string> overlay_options() {
  std::vector<std::string> options(kPinnedOverlayOptions.begin(), kPinnedOverlayOptions.end());
  if (in_user_namespace()) options.emplace_back("userxattr");
  return options;
}

Result<UniqueFd> mount_overlay_detached(int base, const OverlayLayout& layout) {
  if (layout.lower.size() > kMaxOverlayLayers) {
    return unsupported(std::to_string(layout.lower.size()) + " layers; the kernel stacks at most " +
                       std::to_string(kMaxOverlayLayers));
  }
  const std::string data = mount_data(layout);
  if (data.size() >= static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    return unsupported(std::to_string(layout.lower.size()) + " layers do not fit into one page of options");
  }
  return on_own_thread([&] { return mount_in_own_namespace(base, layout, data); });
}

Result<void> probe_overlay(int base) {
  BAYPLAN_ASSIGN(const UniqueFd directory, file::ensure_private_dir_at(base, std::string(kProbeDirectory)));
  BAYPLAN_TRY(file::lock_exclusive(directory.get(), kProbeDirectory));
  BAYPLAN_TRY(clear_probe(directory.get()));
  BAYPLAN_TRY(make_and_exercise(directory.get()));
  return clear_probe(directory.get());
}

}  // namespace bayplan::snapshots
