#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <stdexcept>
#include <system_error>

#include "bayplan/base/digest.h"
#include "crash/power_cut/disk_history.h"
#include "support/run_command.h"
#include "support/tree_dump.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

void require(bool done, const fs::path& path) {
  if (!done) throw std::system_error(errno, std::generic_category(), path.string());
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct stat stat_of(const fs::path& path) {
  struct stat info {};
  require(::lstat(path.c_str(), &info) == 0, path);
  return info;
}

/// LMDB's table of readers, which lives in memory: whoever opens it first after a boot makes it anew.
bool lives_in_memory(const fs::path& path) { return path.filename() == "lock.mdb"; }

class Writer {
 public:
  Writer(const DiskState& state, fs::path finished) : state_(state), finished_(std::move(finished)) {}

  void write(std::size_t index, const fs::path& path, const fs::path& relative) {
    const DiskNode& node = state_.nodes[index];
    if (S_ISDIR(node.mode)) {
      write_directory(node, path, relative);
      if (node.upper == UpperTree::whole) return;  // with its attributes
    } else if (const auto [first, fresh] = first_names_.emplace(index, path); !fresh) {
      fs::create_hard_link(first->second, path);
      return;
    } else if (S_ISREG(node.mode)) {
      std::ofstream(path, std::ios::binary) << node.data;
      fs::resize_file(path, node.size);
    } else if (S_ISLNK(node.mode)) {
      fs::create_symlink(node.target, path);
    } else {
      require(::mknod(path.c_str(), node.mode, node.device) == 0, path);
    }
    for (const auto& [name, value] : node.xattrs) {
      require(::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0, path);
    }
    if (!S_ISLNK(node.mode)) require(::chmod(path.c_str(), node.mode & 07777u) == 0, path);
    if (node.attributes) set_attributes(*node.attributes, node.mode, path);
  }

 private:
  void write_directory(const DiskNode& node, const fs::path& path, const fs::path& relative) {
    fs::create_directory(path);
    if (node.upper != UpperTree::none) {
      write_upper(node.upper, path, relative);
      return;
    }
    for (const auto& [name, child] : node.entries) write(child, path / name, relative / name);
  }

  void write_upper(UpperTree upper, const fs::path& path, const fs::path& relative) const {
    if (upper == UpperTree::empty || !fs::exists(finished_ / relative)) return;
    const auto copied = run_command({"cp", "-aT", (finished_ / relative).string(), path.string()});
    if (copied.exit_code != 0) throw std::runtime_error(copied.err);
    if (upper == UpperTree::whole) return;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && !entry.is_symlink()) fs::resize_file(entry.path(), 0);
    }
  }

  static void set_attributes(const Attributes& attributes, mode_t mode, const fs::path& path) {
    require(::lchown(path.c_str(), attributes.uid, attributes.gid) == 0, path);
    if (!S_ISLNK(mode)) require(::chmod(path.c_str(), mode & 07777u) == 0, path);
    const timespec time{attributes.mtime_seconds, static_cast<long>(attributes.mtime_nanoseconds)};
    const std::array<timespec, 2> times{time, time};
    require(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) == 0, path);
  }

  const DiskState& state_;
  fs::path finished_;
  std::map<std::size_t, fs::path> first_names_;
};

std::string compare(const DiskState& state, std::size_t index, const fs::path& path) {
  const DiskNode& node = state.nodes[index];
  const struct stat info = stat_of(path);
  if (info.st_mode != node.mode && node.upper == UpperTree::none) return path.string() + ": another mode";
  if (S_ISREG(node.mode) && !lives_in_memory(path)) {
    std::string data = node.data;
    data.resize(node.size);
    if (content_of(path) != data) return path.string() + ": another content";
  }
  if (S_ISLNK(node.mode) && fs::read_symlink(path) != node.target) return path.string() + ": another target";
  if (!S_ISDIR(node.mode) || node.upper != UpperTree::none) return {};
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(path)) names.insert(entry.path().filename());
  for (const auto& [name, child] : node.entries) {
    if (names.erase(name) == 0) return (path / name).string() + ": not there";
    std::string found = compare(state, child, path / name);
    if (!found.empty()) return found;
  }
  // The kernel makes it below the work directory of an overlay.
  if (path.filename() == "work") names.erase("work");
  return names.empty() ? std::string() : (path / *names.begin()).string() + ": not recorded";
}

std::size_t scan(DiskScan& into, const fs::path& path) {
  const struct stat info = stat_of(path);
  if (const auto known = into.node_of_inode.find(info.st_ino); known != into.node_of_inode.end()) {
    return known->second;
  }
  const std::size_t index = into.state.nodes.size();
  into.node_of_inode[info.st_ino] = index;
  DiskNode node{
      .mode = info.st_mode,
      .attributes = Attributes{info.st_uid, info.st_gid, info.st_mtim.tv_sec, info.st_mtim.tv_nsec}};
  node.xattrs = read_xattrs(path);
  into.state.nodes.emplace_back();
  if (S_ISREG(info.st_mode)) {
    node.size = static_cast<std::uint64_t>(info.st_size);
    node.data = content_of(path);
  } else if (S_ISLNK(info.st_mode)) {
    node.target = fs::read_symlink(path);
  } else if (S_ISDIR(info.st_mode)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      node.entries[entry.path().filename()] = scan(into, entry.path());
    }
  }
  into.state.nodes[index] = std::move(node);
  return index;
}

}  // namespace

void DiskState::write_to(const fs::path& directory, const fs::path& finished) const {
  Writer(*this, finished).write(0, directory, {});
}

std::string DiskState::difference_to(const fs::path& directory) const { return compare(*this, 0, directory); }

std::string DiskState::fingerprint() const {
  Hasher hasher;
  const auto add = [&hasher](std::string_view text) {
    const std::uint64_t length = text.size();
    hasher.update(std::as_bytes(std::span(&length, 1)));
    hasher.update(std::as_bytes(std::span(text)));
  };
  const auto add_node = [&](auto&& self, std::size_t index) -> void {
    const DiskNode& node = nodes[index];
    add(std::to_string(index) + " " + std::to_string(node.mode) + " " + std::to_string(node.size) + " " +
        std::to_string(static_cast<int>(node.upper)));
    if (node.attributes) add({reinterpret_cast<const char*>(&*node.attributes), sizeof *node.attributes});
    add(node.data);
    for (const auto& [name, child] : node.entries) {
      add(name);
      self(self, child);
    }
    add({});
  };
  add_node(add_node, 0);
  return hasher.digest().to_string();
}

DiskScan scan_disk(const fs::path& directory) {
  DiskScan found;
  scan(found, directory);
  return found;
}

}  // namespace bayplan::test
