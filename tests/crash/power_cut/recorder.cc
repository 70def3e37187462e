#undef _FILE_OFFSET_BITS
#include "crash/power_cut/recorder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace bayplan::test {
namespace {

// Past the hooks, which call us.
void raw_write(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = ::syscall(SYS_write, fd, bytes.data(), bytes.size());
    if (count <= 0) std::abort();  // a recording with holes proves nothing
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

Recorder& Recorder::instance() {
  static auto* const recorder = new Recorder;  // never destroyed: others' destructors write files
  return *recorder;
}

Recorder::Recorder() {
  const char* const root = std::getenv(kRecordRoot);
  const char* const log = std::getenv(kRecordLog);
  struct stat info {};
  if (root == nullptr || log == nullptr || ::stat(root, &info) != 0) return;
  device_ = info.st_dev;
  watched_.insert(info.st_ino);
  watch_all(root);
  log_ =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (log_ < 0) std::abort();
}

void Recorder::watch_all(const std::string& directory) {
  DIR* const stream = ::opendir(directory.c_str());
  if (stream == nullptr) return;
  while (const dirent* const entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    watched_.insert(entry->d_ino);
    if (entry->d_type == DT_DIR) watch_all(directory + "/" + name);
  }
  ::closedir(stream);
}

Recorder::Place::Kind Recorder::kind_of(const struct stat& info) const {
  if (overlays_.contains(info.st_dev)) return Place::Kind::overlay;
  return info.st_dev == device_ && watched_.contains(info.st_ino) ? Place::Kind::watched
                                                                  : Place::Kind::elsewhere;
}

Recorder::Place Recorder::locate(int dirfd, const char* path) const {
  std::string text(path);
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  const std::size_t slash = text.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : text.substr(0, slash + 1);
  struct stat info {};
  if (::fstatat(dirfd, directory.c_str(), &info, 0) != 0) return {};
  Place place{kind_of(info), info.st_ino, slash == std::string::npos ? text : text.substr(slash + 1)};
  if (place.kind == Place::Kind::overlay) place.directory = overlays_.at(info.st_dev);
  return place;
}

void Recorder::put(const RecordHead& head, std::string_view name, std::string_view data) const {
  RecordHead whole = head;
  whole.name_bytes = static_cast<std::uint32_t>(name.size());
  whole.data_bytes = data.size();
  raw_write(log_, bytes_of(whole));
  raw_write(log_, name);
  raw_write(log_, data);
}

void Recorder::tree_changed(std::uint64_t upper) {
  put({.op = DiskOp::tree_changed, .inode = upper}, {}, {});
}

void Recorder::created(const Place& place, const struct stat& made, std::string_view target) {
  if (place.kind == Place::Kind::overlay) return tree_changed(place.directory);
  if (place.kind != Place::Kind::watched) return;
  watched_.insert(made.st_ino);
  put({.op = DiskOp::create, .inode = place.directory, .other = made.st_ino, .value = made.st_mode},
      place.name, target);
}

void Recorder::created_unnamed(Place::Kind where, const struct stat& made) {
  if (where == Place::Kind::overlay) return not_understood("a file without a name on an overlay");
  if (where != Place::Kind::watched) return;
  watched_.insert(made.st_ino);
  put({.op = DiskOp::create_unnamed, .inode = made.st_ino, .value = made.st_mode}, {}, {});
}

void Recorder::linked(const Place& place, const struct stat& file) {
  if (place.kind == Place::Kind::overlay) return tree_changed(place.directory);
  if (place.kind != Place::Kind::watched) return;
  if (kind_of(file) != Place::Kind::watched) return not_understood("a link to a file from elsewhere");
  put({.op = DiskOp::link, .inode = place.directory, .other = file.st_ino}, place.name, {});
}

void Recorder::unlinked(const Place& place, const struct stat& gone) {
  if (place.kind == Place::Kind::overlay) return tree_changed(place.directory);
  if (place.kind != Place::Kind::watched) return;
  if (S_ISDIR(gone.st_mode) || gone.st_nlink == 1) watched_.erase(gone.st_ino);
  put({.op = DiskOp::unlink, .inode = place.directory}, place.name, {});
}

void Recorder::renamed(const Place& from, const Place& to, const struct stat* replaced) {
  if (from.kind != to.kind) return not_understood("a rename to or from elsewhere");
  if (from.kind == Place::Kind::overlay) return tree_changed(from.directory);
  if (from.kind != Place::Kind::watched) return;
  if (replaced != nullptr && replaced->st_nlink == 1) watched_.erase(replaced->st_ino);
  put({.op = DiskOp::rename, .inode = from.directory, .other = to.directory}, from.name, to.name);
}

void Recorder::wrote(const struct stat& file, std::uint64_t offset, std::string_view bytes, bool durable) {
  const Place::Kind kind = kind_of(file);
  if (kind == Place::Kind::overlay) return tree_changed(overlays_.at(file.st_dev));
  if (kind != Place::Kind::watched || !S_ISREG(file.st_mode)) return;
  put({.op = DiskOp::write, .inode = file.st_ino, .other = durable ? 1u : 0u, .value = offset}, {}, bytes);
}

void Recorder::truncated(const struct stat& file, std::uint64_t size) {
  const Place::Kind kind = kind_of(file);
  if (kind == Place::Kind::overlay) return tree_changed(overlays_.at(file.st_dev));
  if (kind != Place::Kind::watched) return;
  put({.op = DiskOp::truncate, .inode = file.st_ino, .value = size}, {}, {});
}

void Recorder::changed_attributes(const struct stat& file) {
  const Place::Kind kind = kind_of(file);
  if (kind == Place::Kind::overlay) return tree_changed(overlays_.at(file.st_dev));
  if (kind != Place::Kind::watched) return;
  const Attributes attributes{file.st_uid, file.st_gid, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
  put({.op = DiskOp::attributes, .inode = file.st_ino, .value = file.st_mode}, {}, bytes_of(attributes));
}

void Recorder::synced(DiskOp how, const struct stat& file) {
  const Place::Kind kind = kind_of(file);
  if (how == DiskOp::sync_fs) {
    if (kind == Place::Kind::overlay || file.st_dev == device_) put({.op = how}, {}, {});
  } else if (kind == Place::Kind::watched) {
    put({.op = how, .inode = file.st_ino}, {}, {});
  }
}

void Recorder::said(std::string_view bytes) { put({.op = DiskOp::output}, {}, bytes); }
void Recorder::not_understood(std::string_view what) { put({.op = DiskOp::unknown}, {}, what); }

std::uint64_t Recorder::upper_of(std::string_view options) const {
  constexpr std::string_view kUpper = "upperdir=";
  const std::size_t at = options.find(kUpper);
  if (at == std::string_view::npos) return 0;  // nothing can be written through it
  options.remove_prefix(at + kUpper.size());
  const std::string upper(options.substr(0, options.find(',')));
  struct stat info {};
  const bool ours = ::stat(upper.c_str(), &info) == 0 && kind_of(info) == Place::Kind::watched;
  return ours ? info.st_ino : 0;
}

void Recorder::mounted_overlay(const char* target, std::uint64_t upper) {
  struct stat mounted {};
  if (::stat(target, &mounted) != 0) return not_understood("an overlay mount");
  overlays_.erase(mounted.st_dev);
  if (upper != 0) overlays_[mounted.st_dev] = upper;
}

}  // namespace bayplan::test
