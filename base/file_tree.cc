#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "bayplan/base/file.h"
#include "file_call.h"

namespace bayplan::file {
namespace {

constexpr std::uint64_t kStatBlock = 512;

// Reads the names in a directory.
class Entries {
 public:
  // Takes `dir`, which must not have been read from.
  static Result<Entries> of(UniqueFd dir, std::string_view name) {
    DIR* const stream = ::fdopendir(dir.get());
    if (stream == nullptr) return directory_error(name, "fdopendir");
    static_cast<void>(dir.release());
    return Entries(stream, name);
  }
  // Reads with a position of its own.
  static Result<Entries> open(int dir, std::string_view name) {
    UniqueFd fd(retry([&] { return ::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!fd) return directory_error(name, "openat");
    return of(std::move(fd), name);
  }

  // The next name, empty at the end.
  Result<std::string> next() {
    while (true) {
      errno = 0;
      const dirent* const entry = ::readdir(stream_.get());
      if (entry == nullptr && errno != 0) return directory_error(name_, "readdir");
      if (entry == nullptr) return std::string();
      const std::string_view found(&entry->d_name[0]);
      if (found != "." && found != "..") return std::string(found);
    }
  }

  int fd() const noexcept { return ::dirfd(stream_.get()); }

 private:
  struct Close {
    void operator()(DIR* stream) const noexcept { ::closedir(stream); }
  };
  Entries(DIR* stream, std::string_view name) : stream_(stream), name_(name) {}

  std::unique_ptr<DIR, Close> stream_;
  std::string name_;
};

// Gives us back the permissions to empty a directory that we own. Failing is fine: the next call says why.
void make_writable(int dir) {
  struct stat info {};
  if (::fstat(dir, &info) != 0 || (info.st_mode & S_IRWXU) == S_IRWXU) return;
  const std::string self = "/proc/self/fd/" + std::to_string(dir);  // unlike fchmod, works on O_PATH
  static_cast<void>(::chmod(self.c_str(), S_IRWXU));
}

void make_writable_at(int dir, const std::string& name) {
  const UniqueFd fd(::openat(dir, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd) make_writable(fd.get());
}

Error mounted_on(const std::string& name) {
  return Error(Errc::failed_precondition, "directory", name, "something is mounted on it")
      .with_advice("unmount it");
}

// Opens a directory of the tree, unless something is mounted on it; none when it is gone.
Result<UniqueFd> open_on_same_mount(int dir, const std::string& name) {
  struct open_how how {};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  const auto open = [&] {
    return static_cast<int>(
        retry([&] { return ::syscall(SYS_openat2, dir, name.c_str(), &how, sizeof(how)); }));
  };
  UniqueFd fd(open());
  if (!fd && errno == EACCES) {
    make_writable_at(dir, name);
    fd.reset(open());
  }
  if (fd) make_writable(fd.get());
  if (fd || errno == ENOENT) return fd;
  if (errno == EXDEV) return mounted_on(name);
  return directory_error(name, "openat2");
}

// Removes one tree. The first levels are walked; a directory below them is lifted into the top, so that no
// path gets longer and few descriptors are open, however deep it goes. What cannot be renamed is walked
// further.
class Remover {
 public:
  Result<std::uint64_t> run(int parent, const std::string& name) {
    BAYPLAN_TRY(remove(parent, name, 0));
    return bytes_;
  }

 private:
  // The deepest level that is walked; the top is 0.
  static constexpr unsigned kDeepest = 3;
  // Where nothing can be lifted: a directory of a lower layer of an overlay, a subvolume.
  static constexpr unsigned kDeepestUnlifted = 200;
  // Passes over a directory that is not empty and in which nothing is found to remove: others may be at work
  // in it too, or it has what this file system does not show.
  static constexpr unsigned kMostFruitless = 100;

  Result<void> remove(int dir, const std::string& name, unsigned level) {
    struct stat info {};
    if (::fstatat(dir, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
      return errno == ENOENT ? Result<void>() : file_error(name, "fstatat");
    if (!S_ISDIR(info.st_mode)) return unlink(dir, name, info);
    // Somebody may add to it meanwhile, and what is added to a directory that is being read may not be seen.
    unsigned fruitless = 0;
    while (::unlinkat(dir, name.c_str(), AT_REMOVEDIR) != 0) {
      if (errno == ENOENT) return {};
      if (errno == EBUSY) return mounted_on(name);
      const bool filled = errno == ENOTEMPTY || errno == EEXIST;
      if (!filled || fruitless == kMostFruitless) return directory_error(name, "unlinkat");
      if (level > kDeepest) {
        auto lifted = lift(dir, name);
        if (lifted || lifted.error().os_errno() != EXDEV || level > kDeepestUnlifted) return lifted;
      }
      const std::uint64_t before = changes_;
      BAYPLAN_TRY(empty(dir, name, level));
      fruitless = changes_ == before ? fruitless + 1 : 0;
    }
    ++changes_;
    count(info);
    return {};
  }

  Result<void> unlink(int dir, const std::string& name, const struct stat& info) {
    if (::unlinkat(dir, name.c_str(), 0) != 0)
      return errno == ENOENT ? Result<void>() : file_error(name, "unlinkat");
    ++changes_;
    if (info.st_nlink == 1) count(info);
    return {};
  }

  Result<void> empty(int parent, const std::string& name, unsigned level) {
    BAYPLAN_ASSIGN(UniqueFd dir, open_on_same_mount(parent, name));
    if (!dir) return {};
    BAYPLAN_ASSIGN(Entries entries, Entries::of(std::move(dir), name));
    if (level == 0) top_ = entries.fd();
    while (true) {
      BAYPLAN_ASSIGN(const std::string entry, entries.next());
      if (entry.empty()) return {};
      BAYPLAN_TRY(remove(entries.fd(), entry, level + 1));
    }
  }

  Result<void> lift(int parent, const std::string& child) {
    if (lifted_prefix_.empty()) lifted_prefix_ = random_name(".rm-") + "-";
    const std::string lifted = lifted_prefix_ + std::to_string(lifted_++);
    const auto move = [&] { return ::renameat(parent, child.c_str(), top_, lifted.c_str()); };
    int moved = move();
    if (moved != 0 && errno == EACCES) {
      // Its ".." changes, so it must be writable too.
      make_writable_at(parent, child);
      moved = move();
    }
    if (moved == 0) ++changes_;
    if (moved == 0 || errno == ENOENT) return {};
    return directory_error(child, "renameat");
  }

  void count(const struct stat& info) { bytes_ += static_cast<std::uint64_t>(info.st_blocks) * kStatBlock; }

  int top_ = -1;
  std::string lifted_prefix_;  // few trees need it
  std::uint64_t lifted_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t changes_ = 0;  // names that were removed or moved
};

}  // namespace

Result<std::uint64_t> remove_tree(int dir, const std::string& name) {
  BAYPLAN_TRY(check_name(name));
  return Remover().run(dir, name).with_context("directory", name);
}

Result<std::vector<std::string>> list(int dir, std::string_view name) {
  BAYPLAN_ASSIGN(Entries entries, Entries::open(dir, name));
  std::vector<std::string> names;
  while (true) {
    BAYPLAN_ASSIGN(std::string entry, entries.next());
    if (entry.empty()) break;
    names.push_back(std::move(entry));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace bayplan::file
