#include "layer_entry.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "bayplan/base/file.h"
#include "layer_context.h"
#include "layer_xattr.h"
#include "overlay_mount.h"
#include "tree_prune.h"

namespace bayplan::snapshots {
namespace {

constexpr std::size_t kBufferBytes = 256u << 10;

struct Target {
  std::shared_ptr<const TreeRoot::Directory> parent;
  std::string name;
  TreeRoot::Node node = TreeRoot::kRoot;

  int dir() const noexcept { return parent->fd.get(); }
};

Error call_failed(const std::string& name, std::string_view call) {
  return Error::from_errno(errno, "file", name, call);
}

/// Where a clean path that is not the root leads; its last component is not followed. Without `parent` when
/// that is missing.
Result<Target> locate(TreeRoot& tree, const std::string& path, TreeRoot::Missing missing) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? std::string() : path.substr(0, slash);
  Target target;
  target.name = slash == std::string::npos ? path : path.substr(slash + 1);
  BAYPLAN_ASSIGN(target.parent, tree.directory(directory, missing));
  if (target.parent) target.node = tree.child(target.parent->node, target.name);
  return target;
}

Result<void> remove_existing(TreeRoot& tree, const Target& target) {
  struct stat info {};
  if (::fstatat(target.dir(), target.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return call_failed(target.name, "fstatat");
  }
  const bool directory = S_ISDIR(info.st_mode);
  if (directory) {
    const UniqueFd fd(open_directory_below(target.dir(), target.name));
    if (!fd) return call_failed(target.name, "openat2");
    BAYPLAN_TRY(empty_directory(tree, fd, target.node, Keep::nothing));
  }
  if (directory || S_ISLNK(info.st_mode)) tree.forget_paths();
  if (::unlinkat(target.dir(), target.name.c_str(), directory ? AT_REMOVEDIR : 0) == 0) return {};
  return call_failed(target.name, "unlinkat");
}

/// Runs `make`, a call that answers EEXIST when the name is taken, after removing what takes it. Answers what
/// it did.
template <class Make>
Result<int> make_anew(TreeRoot& tree, const Target& target, std::string_view call, Make make) {
  BAYPLAN_TRY(tree.touch(target.parent->node, target.dir()));
  int made = make();
  if (made < 0 && errno == EEXIST) {
    BAYPLAN_TRY(remove_existing(tree, target));
    made = make();
  }
  if (made < 0) return call_failed(target.name, call);
  return made;
}

/// Of a file or directory that is open.
Result<void> set_metadata(LayerContext& context, const TarEntry& entry, int fd) {
  if (::fchown(fd, entry.uid, entry.gid) != 0) return owner_refused(entry.name, entry.uid, entry.gid);
  BAYPLAN_TRY(set_xattrs(context, entry, {fd, false}));
  if (::fchmod(fd, entry.mode) != 0) return call_failed(entry.name, "fchmod");
  if (entry.type == TarType::directory) return {};  // at the end of the layer
  if (::futimens(fd, both_times(entry.mtime).data()) != 0) return call_failed(entry.name, "futimens");
  return {};
}

/// Of a link or a special file, which cannot be opened without consequences.
Result<void> set_special_metadata(LayerContext& context, const TarEntry& entry, const Target& target) {
  const char* const name = target.name.c_str();
  if (::fchownat(target.dir(), name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return owner_refused(entry.name, entry.uid, entry.gid);
  }
  if (!entry.xattrs.empty()) {
    const UniqueFd fd(::openat(target.dir(), name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return call_failed(target.name, "openat");
    BAYPLAN_TRY(set_xattrs(context, entry, {fd.get(), true}));
  }
  if (entry.type != TarType::symlink &&
      ::fchmodat(target.dir(), name, entry.mode, AT_SYMLINK_NOFOLLOW) != 0) {
    return call_failed(target.name, "fchmodat");
  }
  if (::utimensat(target.dir(), name, both_times(entry.mtime).data(), AT_SYMLINK_NOFOLLOW) != 0) {
    return call_failed(target.name, "utimensat");
  }
  return {};
}

/// Copies `length` bytes of the reader's entry to where `fd` stands.
Result<void> write_piece(LayerContext& context, const std::string& name, int fd, std::uint64_t length,
                         std::vector<std::byte>& buffer) {
  while (length != 0) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(length, buffer.size()));
    BAYPLAN_ASSIGN(const std::size_t count, context.reader().read(std::span(buffer).first(want)));
    if (count == 0) return Error(Errc::corrupt, "tar", {}, "ends in the middle of an entry");
    BAYPLAN_TRY(file::write_all(fd, std::span(buffer).first(count), name));
    context.add_bytes(count, name);
    length -= count;
  }
  return {};
}

Result<void> write_content(LayerContext& context, const TarEntry& entry, int fd) {
  if (entry.size == 0) return {};
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(entry.size, kBufferBytes)));
  if (!entry.sparse) return write_piece(context, entry.name, fd, entry.size, buffer);
  for (const TarEntry::Piece& piece : entry.pieces) {
    if (::lseek(fd, static_cast<off_t>(piece.offset), SEEK_SET) < 0) return call_failed(entry.name, "lseek");
    BAYPLAN_TRY(write_piece(context, entry.name, fd, piece.length, buffer));
  }
  if (::ftruncate(fd, static_cast<off_t>(entry.size)) != 0) return call_failed(entry.name, "ftruncate");
  return {};
}

/// What the reader stands at, counted as it is read.
class EntryContent final : public ByteSource {
 public:
  EntryContent(LayerContext& context, const std::string& name) : context_(context), name_(name) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    BAYPLAN_ASSIGN(const std::size_t count, context_.reader().read(into));
    context_.add_bytes(count, name_);
    return count;
  }

 private:
  LayerContext& context_;
  const std::string& name_;
};

Result<void> place_file(LayerContext& context, const TarEntry& entry, const Target& target) {
  const auto create = [&] {
    return ::openat(target.dir(), target.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600 | (entry.mode & 0777u));
  };
  BAYPLAN_ASSIGN(const int made, make_anew(context.tree(), target, "openat", create));
  UniqueFd fd(made);
  if (target.parent->inherits_acl) strip_inherited_acl({made, false});
  if (!entry.sparse && entry.xattrs.empty()) {
    EntryContent content(context, entry.name);
    return context.files().write(std::move(fd), {entry.name, entry.mode, entry.uid, entry.gid, entry.mtime},
                                 entry.size, content);
  }
  BAYPLAN_TRY(write_content(context, entry, made));
  return set_metadata(context, entry, made);
}

/// What a directory entry says about a directory that is there.
Result<void> describe_directory(LayerContext& context, const TarEntry& entry, int fd, TreeRoot::Node node) {
  BAYPLAN_TRY(remove_other_xattrs(fd, entry.xattrs, entry.name));
  BAYPLAN_TRY(set_metadata(context, entry, fd));
  context.tree().set_mtime(node, entry.mtime);
  if (entry.xattrs.contains("system.posix_acl_default")) context.tree().forget_paths();
  return {};
}

Result<void> place_directory(LayerContext& context, const TarEntry& entry, const Target& target) {
  const auto is_directory = [&] {
    struct stat info {};
    return ::fstatat(target.dir(), target.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(info.st_mode);
  };
  const auto make = [&] {
    const int made = ::mkdirat(target.dir(), target.name.c_str(), 0700);
    return made != 0 && errno == EEXIST && is_directory() ? 0 : made;
  };
  BAYPLAN_TRY(make_anew(context.tree(), target, "mkdirat", make));
  const UniqueFd fd(open_directory_below(target.dir(), target.name));
  if (!fd) return call_failed(target.name, "openat2");
  return describe_directory(context, entry, fd.get(), target.node);
}

Result<void> place_symlink(LayerContext& context, const TarEntry& entry, const Target& target) {
  if (entry.link.empty()) return Error(Errc::invalid_argument, "symbolic link", entry.name, "leads nowhere");
  const auto make = [&] { return ::symlinkat(entry.link.c_str(), target.dir(), target.name.c_str()); };
  BAYPLAN_TRY(make_anew(context.tree(), target, "symlinkat", make));
  return set_special_metadata(context, entry, target);
}

/// No user namespace may make devices: an empty file that nobody may use keeps the name, for links to it and
/// for whiteouts of it.
Result<void> place_stand_in(LayerContext& context, TarEntry entry, const Target& target) {
  context.warn("made an empty file in place of device " + quoted(entry.name) +
               ": user namespaces cannot make devices");
  entry.type = TarType::file;
  entry.mode = 0;
  return place_file(context, entry, target);
}

Result<void> place_special(LayerContext& context, const TarEntry& entry, const Target& target) {
  const mode_t type = entry.type == TarType::fifo          ? S_IFIFO
                      : entry.type == TarType::char_device ? S_IFCHR
                                                           : S_IFBLK;
  const auto make = [&] {
    return ::mknodat(target.dir(), target.name.c_str(), type | 0600,
                     makedev(entry.dev_major, entry.dev_minor));
  };
  auto made = make_anew(context.tree(), target, "mknodat", make);
  if (!made && made.error().code() == Errc::permission_denied && in_user_namespace()) {
    return place_stand_in(context, entry, target);
  }
  if (!made) return std::move(made).error();
  if (target.parent->inherits_acl) {
    const UniqueFd fd(::openat(target.dir(), target.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return call_failed(target.name, "openat");
    strip_inherited_acl({fd.get(), true});
  }
  return set_special_metadata(context, entry, target);
}

Error bad_link(const TarEntry& entry, std::string_view why) {
  return Error(Errc::invalid_argument, "hard link", entry.name,
               "to " + quoted(entry.link) + ": " + std::string(why));
}

/// The inode's metadata is left alone: it came with the entry that made it, and a link entry cannot carry all
/// of it.
Result<void> place_hard_link(LayerContext& context, const TarEntry& entry, const Target& target) {
  const std::string path = clean_path(entry.link);
  if (path.empty()) return bad_link(entry, "a directory");
  BAYPLAN_ASSIGN(const Target source, locate(context.tree(), path, TreeRoot::Missing::report));
  struct stat info {};
  if (!source.parent || ::fstatat(source.dir(), source.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return bad_link(entry, "no such file");
  }
  if (S_ISDIR(info.st_mode)) return bad_link(entry, "a directory");
  if (source.node == target.node) return bad_link(entry, "the link itself");
  const auto make = [&] {
    return ::linkat(source.dir(), source.name.c_str(), target.dir(), target.name.c_str(), 0);
  };
  auto made = make_anew(context.tree(), target, "linkat", make);
  if (made) return {};
  // It stood in the directory that the link replaces.
  if (made.error().os_errno() == ENOENT) return bad_link(entry, "no such file");
  return std::move(made).error();
}

Result<void> place_at(LayerContext& context, const TarEntry& entry, const Target& target) {
  switch (entry.type) {
    case TarType::file:
      return place_file(context, entry, target);
    case TarType::hard_link:
      return place_hard_link(context, entry, target);
    case TarType::symlink:
      return place_symlink(context, entry, target);
    case TarType::directory:
      return place_directory(context, entry, target);
    case TarType::char_device:
    case TarType::block_device:
    case TarType::fifo:
      return place_special(context, entry, target);
  }
  return Error(Errc::unsupported, "tar entry", entry.name, "unknown type");
}

Result<void> describe_root(LayerContext& context, const TarEntry& entry) {
  if (entry.type != TarType::directory) {
    return Error(Errc::invalid_argument, "tar entry", entry.name, "the root can only be a directory");
  }
  BAYPLAN_ASSIGN(const UniqueFd fd, context.tree().open(TreeRoot::kRoot));
  return describe_directory(context, entry, fd.get(), TreeRoot::kRoot);
}

}  // namespace

Result<bool> place_entry(LayerContext& context, const TarEntry& entry, const std::string& path) {
  TreeRoot& tree = context.tree();
  TreeRoot::Node node = TreeRoot::kRoot;
  if (path.empty()) {
    BAYPLAN_TRY(describe_root(context, entry));
  } else {
    BAYPLAN_ASSIGN(const Target target, locate(tree, path, TreeRoot::Missing::create));
    BAYPLAN_TRY(place_at(context, entry, target));
    node = target.node;
  }
  const bool again = tree.written(node);
  tree.mark_written(node);
  return again;
}

}  // namespace bayplan::snapshots
