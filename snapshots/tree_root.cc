#include "tree_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>

#include "layer_xattr.h"
#include "tar_header.h"

namespace bayplan::snapshots {
namespace {

constexpr std::size_t kRecentDirectories = 64;
constexpr int kMaxLinks = 40;               // the kernel's own limit
constexpr int kMaxAttempts = 32;            // of openat2, which gives up when a rename runs beside it
constexpr std::size_t kMaxOpenPath = 4000;  // below the kernel's 4096

Error directory_error(std::string_view name, std::string_view call) {
  if (errno == EXDEV)
    return Error(Errc::failed_precondition, "directory", name, "something is mounted on it");
  return Error::from_errno(errno, "directory", name, call);
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.push_back(part);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

}  // namespace

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view part : components(path)) {
    if (part != "..") {
      kept.push_back(part);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string clean;
  for (const std::string_view part : kept) {
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

int open_directory_below(int dir, const std::string& path) noexcept {
  struct open_how how {};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  int fd = -1;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    fd = static_cast<int>(::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof(how)));
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return fd;
}

std::array<timespec, 2> both_times(Time mtime) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(mtime);
  timespec time{};
  time.tv_sec = static_cast<time_t>(seconds.time_since_epoch().count());
  time.tv_nsec = static_cast<long>((mtime - seconds).count());
  return {time, time};
}

Result<void> make_plain_directory(int fd, std::string_view name) {
  if (::fchown(fd, 0, 0) != 0) return directory_error(name, "fchown");
  BAYPLAN_TRY(remove_other_xattrs(fd, {}, name));
  if (::fchmod(fd, 0755) != 0) return directory_error(name, "fchmod");
  return {};
}

std::size_t TreeRoot::KeyHash::operator()(const KeyView& key) const noexcept {
  return std::hash<std::string_view>()(key.name) ^ (std::size_t{key.parent} * 0x9E37'79B9'7F4A'7C15u);
}

TreeRoot::TreeRoot(int root_fd) : root_fd_(root_fd) { nodes_.push_back({kRoot, nullptr, 0}); }

TreeRoot::Node TreeRoot::child(Node parent, std::string_view name) {
  if (const auto known = find(parent, name)) return *known;
  const auto node = static_cast<Node>(nodes_.size());
  const auto [added, fresh] = children_.emplace(Key{parent, std::string(name)}, node);
  static_cast<void>(fresh);
  nodes_.push_back({parent, &added->first.name, nodes_[parent].depth + 1});
  return node;
}

std::optional<TreeRoot::Node> TreeRoot::find(Node parent, std::string_view name) const {
  const auto found = children_.find(KeyView{parent, name});
  if (found == children_.end()) return std::nullopt;
  return found->second;
}

TreeRoot::Node TreeRoot::node_of(std::string_view path) {
  Node node = kRoot;
  for (const std::string_view part : components(path)) node = child(node, part);
  return node;
}

void TreeRoot::mark_written(Node node) {
  nodes_[node].written = true;
  while (!nodes_[node].holds_written) {
    nodes_[node].holds_written = true;
    node = nodes_[node].parent;
  }
}

// Paths may be longer than one call takes: links can lead deeper than any single name.
Result<UniqueFd> TreeRoot::open(Node node) const {
  std::vector<const std::string*> names;
  for (; node != kRoot; node = nodes_[node].parent) names.push_back(nodes_[node].name);
  UniqueFd at;
  std::string path(1, '.');
  do {
    while (!names.empty() && path.size() + names.back()->size() < kMaxOpenPath) {
      path.append("/").append(*names.back());
      names.pop_back();
    }
    at.reset(open_directory_below(at ? at.get() : root_fd_, path));
    if (!at && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return UniqueFd();
    if (!at) return directory_error(path, "openat2");
    path.assign(1, '.');
  } while (!names.empty());
  return at;
}

// A path on its way through links, from the root.
struct TreeRoot::Walk {
  Node node = kRoot;
  UniqueFd fd;
  std::deque<std::string> rest;
  int links = 0;
  bool own_link = false;
};

std::shared_ptr<const TreeRoot::Directory> TreeRoot::find_recent(const std::string& path) {
  const auto found =
      std::find_if(recent_.begin(), recent_.end(), [&](const auto& each) { return each.first == path; });
  if (found == recent_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found);
  return recent_.front().second;
}

std::shared_ptr<const TreeRoot::Directory> TreeRoot::remember(const std::string& path, UniqueFd fd, Node node,
                                                              bool own_link) {
  const bool inherits = has_default_acl(fd.get());
  recent_.emplace_front(
      path, std::make_shared<const Directory>(Directory{std::move(fd), node, inherits, own_link}));
  if (recent_.size() > kRecentDirectories) recent_.pop_back();
  return recent_.front().second;
}

Result<std::shared_ptr<const TreeRoot::Directory>> TreeRoot::directory(const std::string& path,
                                                                       Missing missing) {
  if (auto known = find_recent(path)) return known;
  UniqueFd direct(open_directory_below(root_fd_, path.empty() ? "." : path));
  if (direct) return remember(path, std::move(direct), node_of(path), false);
  if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) return directory_error(path, "openat2");
  Walk walk;
  BAYPLAN_ASSIGN(walk.fd, open(kRoot));
  for (const std::string_view part : components(path)) walk.rest.emplace_back(part);
  while (!walk.rest.empty()) {
    const std::string name = std::move(walk.rest.front());
    walk.rest.pop_front();
    BAYPLAN_ASSIGN(const bool there, step(walk, name, missing));
    if (!there) return std::shared_ptr<const Directory>();
  }
  return remember(path, std::move(walk.fd), walk.node, walk.own_link);
}

// One component further; false when it is missing and only to be reported.
Result<bool> TreeRoot::step(Walk& walk, const std::string& name, Missing missing) {
  if (name == "..") {
    walk.node = nodes_[walk.node].parent;
    BAYPLAN_ASSIGN(walk.fd, open(walk.node));
    return static_cast<bool>(walk.fd);
  }
  UniqueFd next(open_directory_below(walk.fd.get(), name));
  if (next) {
    walk.node = child(walk.node, name);
    walk.fd = std::move(next);
    return true;
  }
  if (errno == ELOOP || errno == ENOTDIR) return follow(walk, name, missing);
  if (errno != ENOENT) return directory_error(name, "openat2");
  if (missing == Missing::report) return false;
  BAYPLAN_TRY(create(walk, name));
  return true;
}

// `name` is no directory: a link to go on with, or the end of the way.
Result<bool> TreeRoot::follow(Walk& walk, const std::string& name, Missing missing) {
  std::array<char, 4096> target{};
  const ssize_t length = ::readlinkat(walk.fd.get(), name.c_str(), target.data(), target.size());
  if (length < 0 && errno == EINVAL && missing == Missing::report) return false;
  if (length < 0 && errno == EINVAL) {
    return Error(Errc::invalid_argument, "directory", name, "on the way, and not a directory");
  }
  if (length < 0) return directory_error(name, "readlinkat");
  if (++walk.links > kMaxLinks) {
    return Error(Errc::invalid_argument, "directory", name, "more than 40 symbolic links on the way");
  }
  const auto known = find(walk.node, name);
  walk.own_link = walk.own_link || (known && written(*known));
  const std::string_view text(target.data(), static_cast<std::size_t>(length));
  if (text.starts_with('/')) {
    walk.node = kRoot;
    BAYPLAN_ASSIGN(walk.fd, open(kRoot));
  }
  const std::vector<std::string_view> parts = components(text);
  walk.rest.insert(walk.rest.begin(), parts.begin(), parts.end());
  return true;
}

Result<void> TreeRoot::create(Walk& walk, const std::string& name) {
  const bool inherits = has_default_acl(walk.fd.get());
  BAYPLAN_TRY(touch(walk.node, walk.fd.get()));
  if (::mkdirat(walk.fd.get(), name.c_str(), 0700) != 0) return directory_error(name, "mkdirat");
  UniqueFd made(open_directory_below(walk.fd.get(), name));
  if (!made) return directory_error(name, "openat2");
  if (inherits) strip_inherited_acl({made.get(), false});
  BAYPLAN_TRY(make_plain_directory(made.get(), name));
  walk.node = child(walk.node, name);
  walk.fd = std::move(made);
  set_mtime(walk.node, Time());  // no entry says one, and the same layer must always give the same tree
  ++created_directories_;
  return {};
}

Result<void> TreeRoot::touch(Node node, int fd) {
  if (mtimes_.contains(node)) return {};
  struct stat info {};
  if (::fstat(fd, &info) != 0) return directory_error(node == kRoot ? "." : *nodes_[node].name, "fstat");
  mtimes_.emplace(node, tar_time(info.st_mtim.tv_sec, info.st_mtim.tv_nsec));
  return {};
}

Result<void> TreeRoot::restore_times(const CancelToken& cancel) const {
  std::vector<std::pair<Node, Time>> order(mtimes_.begin(), mtimes_.end());
  std::sort(order.begin(), order.end(), [this](const auto& a, const auto& b) {
    return std::pair(nodes_[b.first].depth, b.first) < std::pair(nodes_[a.first].depth, a.first);
  });
  for (const auto& [node, mtime] : order) {
    BAYPLAN_TRY(cancel.check());
    BAYPLAN_ASSIGN(const UniqueFd fd, open(node));
    if (!fd) continue;  // removed or replaced since
    if (::futimens(fd.get(), both_times(mtime).data()) != 0) {
      return directory_error(node == kRoot ? "." : *nodes_[node].name, "futimens");
    }
  }
  return {};
}

}  // namespace bayplan::snapshots
