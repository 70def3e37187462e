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

// Reads the names in a directory, with a position of its own.
class Entries {
 public:
  static Result<Entries> open(int dir, std::string_view name) {
    const int fd = retry([&] { return ::openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return directory_error(name, "openat");
    DIR* const stream = ::fdopendir(fd);
    if (stream != nullptr) return Entries(stream, name);
    Error error = directory_error(name, "fdopendir");
    ::close(fd);
    return error;
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

 private:
  struct Close {
    void operator()(DIR* stream) const noexcept { ::closedir(stream); }
  };
  Entries(DIR* stream, std::string_view name) : stream_(stream), name_(name) {}

  std::unique_ptr<DIR, Close> stream_;
  std::string name_;
};

// True when the entry is a directory; anything else is gone afterwards.
Result<bool> unlink_unless_directory(int dir, const std::string& name) {
  if (::unlinkat(dir, name.c_str(), 0) == 0 || errno == ENOENT) return false;
  if (errno == EISDIR) return true;
  return file_error(name, "unlinkat");
}

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

// Empties one tree by lifting every directory below `top` into `top` itself, so that no path gets longer and
// no descriptor stays open on the way down.
class Remover {
 public:
  Remover(int top, std::string_view name)
      : top_(top), name_(name), lifted_prefix_(random_name(".rm-") + "-") {}

  Result<void> run() {
    bool found = true;
    // A directory that is changed while it is read may hide entries from one pass, not from the pass after
    // the last change.
    while (found) {
      found = false;
      BAYPLAN_ASSIGN(Entries entries, Entries::open(top_, name_));
      while (true) {
        BAYPLAN_ASSIGN(const std::string entry, entries.next());
        if (entry.empty()) break;
        found = true;
        BAYPLAN_TRY(remove_entry(entry));
      }
    }
    return {};
  }

 private:
  Result<void> remove_entry(const std::string& entry) {
    BAYPLAN_ASSIGN(const bool is_directory, unlink_unless_directory(top_, entry));
    if (!is_directory) return {};
    BAYPLAN_TRY(lift_children(entry));
    if (::unlinkat(top_, entry.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    // Somebody added to it meanwhile: the next pass sees it again.
    if (errno == ENOTEMPTY) return {};
    return directory_error(entry, "unlinkat");
  }

  Result<void> lift_children(const std::string& entry);
  Result<void> lift(int parent, const std::string& child);

  int top_;
  std::string_view name_;
  std::string lifted_prefix_;
  std::uint64_t lifted_ = 0;
};

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
  if (errno == EXDEV) {
    return Error(Errc::failed_precondition, "directory", name, "something is mounted on it")
        .with_advice("unmount it");
  }
  return directory_error(name, "openat2");
}

Result<void> Remover::lift_children(const std::string& entry) {
  BAYPLAN_ASSIGN(const UniqueFd parent, open_on_same_mount(top_, entry));
  if (!parent) return {};
  BAYPLAN_ASSIGN(Entries entries, Entries::open(parent.get(), entry));
  while (true) {
    BAYPLAN_ASSIGN(const std::string child, entries.next());
    if (child.empty()) return {};
    BAYPLAN_ASSIGN(const bool is_directory, unlink_unless_directory(parent.get(), child));
    if (is_directory) BAYPLAN_TRY(lift(parent.get(), child));
  }
}

Result<void> Remover::lift(int parent, const std::string& child) {
  const std::string lifted = lifted_prefix_ + std::to_string(lifted_++);
  const auto move = [&] { return ::renameat(parent, child.c_str(), top_, lifted.c_str()); };
  int moved = move();
  if (moved != 0 && errno == EACCES) {
    // Its ".." changes, so it must be writable too.
    make_writable_at(parent, child);
    moved = move();
  }
  if (moved == 0 || errno == ENOENT) return {};
  return directory_error(child, "renameat");
}

}  // namespace

Result<void> remove_tree(int dir, const std::string& name) {
  BAYPLAN_TRY(check_name(name));
  BAYPLAN_ASSIGN(const bool is_directory, unlink_unless_directory(dir, name));
  if (!is_directory) return {};
  BAYPLAN_ASSIGN(const UniqueFd top, open_on_same_mount(dir, name));
  if (!top) return {};
  BAYPLAN_TRY(Remover(top.get(), name).run().with_context("directory", name));
  if (::unlinkat(dir, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return directory_error(name, "unlinkat");
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
