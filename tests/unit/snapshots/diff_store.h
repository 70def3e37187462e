// Snapshots whose layers are written and applied again, and everything about their trees.
#pragma once

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bayplan/base/digest.h"
#include "snapshot_store.h"
#include "support/string_sink.h"

namespace bayplan::snapshots {

using test::StringSink;

using TreeDump = std::map<std::string, std::string>;

inline std::string xattrs_of(const std::filesystem::path& path) {
  std::array<char, 4096> names{};
  std::array<char, 4096> value{};
  const ssize_t size = ::llistxattr(path.c_str(), names.data(), names.size());
  std::map<std::string, std::string> sorted;
  for (const char* name = names.data(); name < names.data() + std::max<ssize_t>(size, 0);
       name += std::strlen(name) + 1) {
    const ssize_t length = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    if (std::string_view(name).starts_with("trusted.")) continue;
    const std::string_view stored(value.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    sorted[name] = Digest::of(stored).hex().substr(0, 8);
  }
  std::string text;
  for (const auto& [name, stored] : sorted) text += " " + name + "=" + stored;
  return text;
}

/// One line for a path: type and mode, owner, time, what it holds, which name its inode was first seen by.
inline std::string describe_path(const std::filesystem::path& path, const std::string& name,
                                 std::map<ino_t, std::string>& first_names) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  std::string text = std::to_string(info.st_mode) + " " + std::to_string(info.st_uid) + ":" +
                     std::to_string(info.st_gid) + " " + std::to_string(info.st_mtim.tv_sec) + "." +
                     std::to_string(info.st_mtim.tv_nsec) + xattrs_of(path);
  if (S_ISREG(info.st_mode)) {
    text += " " + std::to_string(info.st_size) + " " + Digest::of(read_file(path)).hex().substr(0, 12);
  }
  if (S_ISLNK(info.st_mode)) text += " -> " + std::filesystem::read_symlink(path).string();
  if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) text += " dev " + std::to_string(info.st_rdev);
  if (!S_ISDIR(info.st_mode)) text += " =" + first_names.emplace(info.st_ino, name).first->second;
  return text;
}

/// Every path below `root`, and the root itself by "".
inline TreeDump dump_tree(const std::filesystem::path& root) {
  std::vector<std::string> names{""};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    names.push_back(entry.path().lexically_relative(root).string());
  }
  std::sort(names.begin(), names.end());
  TreeDump dump;
  std::map<ino_t, std::string> first_names;
  for (const std::string& name : names) dump[name] = describe_path(root / name, name, first_names);
  return dump;
}

/// What differs, a line for each path of either.
inline std::vector<std::string> differences(const TreeDump& one, const TreeDump& other) {
  std::vector<std::string> found;
  const auto line_of = [](const TreeDump& dump, const std::string& name) {
    const auto at = dump.find(name);
    return at == dump.end() ? "absent" : at->second;
  };
  for (const auto* const dump : {&one, &other}) {
    for (const auto& [name, line] : *dump) {
      if (line_of(one, name) == line_of(other, name)) continue;
      if (dump == &other && one.contains(name)) continue;
      found.push_back(quoted(name) + ": " + line_of(one, name) + " | " + line_of(other, name));
    }
  }
  return found;
}

class DiffStore : public SnapshotStore {
 public:
  using SnapshotStore::SnapshotStore;

  Result<DiffReport> diff_to(const std::string& key, ByteSink& sink, const Control& control = {}) {
    BAYPLAN_ASSIGN(const LayerDiff diff,
                   db().view([&](const metadata::ReadTx& tx) { return snapshotter().diff(tx, kNs, key); }));
    return diff.write(sink, control);
  }
  /// The layer's tar.
  std::string diff(const std::string& key) {
    StringSink sink;
    const auto report = diff_to(key, sink);
    EXPECT_EQ(words(report), "");
    return sink.text;
  }
  /// A committed snapshot `name` of the tar over `parent`.
  void apply(const std::string& name, const std::string& parent, const std::string& tar) {
    auto made = stage(parent);
    ASSERT_EQ(words(made), "");
    MemorySource source(tar);
    const auto report = made->apply(source, {}, {});
    ASSERT_EQ(words(report), "");
    EXPECT_THAT(report->warnings, testing::IsEmpty());
    const auto usage = made->measure();
    ASSERT_EQ(words(usage), "");
    ASSERT_EQ(words(db().update([&](metadata::WriteTx& tx) {
                return snapshotter().add_committed(tx, kNs, name, parent, std::move(*made), *usage, {},
                                                   metadata::referred());
              })),
              "");
  }
  /// The tree of a committed snapshot.
  TreeDump tree(const std::string& name) {
    const std::string key = name + "-view" + std::to_string(++views_);
    EXPECT_EQ(words(view(key, name)), "");
    TreeDump dump;
    {
      const Mounted mounted(*this, key);
      dump = dump_tree(mounted.path());
    }
    EXPECT_EQ(words(remove(key)), "");
    return dump;
  }
  /// A committed snapshot `name` over `parent`, changed by `change(path of its tree)`.
  template <class F>
  void make(const std::string& name, const std::string& parent, F&& change) {
    ASSERT_EQ(words(prepare(name + "-active", parent)), "");
    {
      const Mounted mounted(*this, name + "-active");
      change(mounted.path());
    }
    ASSERT_EQ(words(commit(name, name + "-active")), "");
  }

 private:
  int views_ = 0;
};

}  // namespace bayplan::snapshots
