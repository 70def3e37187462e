#include "support/tree_dump.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "bayplan/base/digest.h"
#include "bayplan/base/error.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

std::string file_content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(file), {});
  constexpr std::size_t kShown = 40;
  if (content.size() <= kShown) return quoted(content);
  return std::to_string(content.size()) + " " + Digest::of(content).to_string();
}

/// What the kernel notes in the layers of an overlay for itself; the others say what the merged tree is.
bool is_note(std::string_view xattr) {
  for (const std::string_view prefix : {"trusted.overlay.", "user.overlay."}) {
    if (!xattr.starts_with(prefix)) continue;
    const std::string_view name = xattr.substr(prefix.size());
    return name == "uuid" || name == "origin" || name == "impure" || name == "nlink";
  }
  return false;
}

std::string describe(const fs::path& path, const struct stat& info) {
  std::array<char, 16> mode{};
  std::snprintf(mode.data(), mode.size(), "%06o", info.st_mode);
  // A whiteout in a layer of an overlay: when it was made means nothing.
  if (S_ISCHR(info.st_mode) && info.st_rdev == 0) return "whiteout";
  std::string text = std::string(mode.data()) + " " + std::to_string(info.st_uid) + ":" +
                     std::to_string(info.st_gid) + " " + std::to_string(info.st_mtim.tv_sec) + "." +
                     std::to_string(info.st_mtim.tv_nsec);
  if (S_ISREG(info.st_mode)) text += " " + file_content(path);
  if (S_ISLNK(info.st_mode)) text += " -> " + quoted(fs::read_symlink(path).native());
  if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) {
    text += " " + std::to_string(major(info.st_rdev)) + "," + std::to_string(minor(info.st_rdev));
  }
  for (const auto& [name, value] : read_xattrs(path)) {
    if (!is_note(name)) text += " " + name + "=" + quoted(value);
  }
  return text;
}

struct stat stat_of(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    throw std::system_error(errno, std::generic_category(), path.string());
  }
  return info;
}

}  // namespace

std::map<std::string, std::string> read_xattrs(const fs::path& path) {
  constexpr std::size_t kMostBytes = 65536;  // the kernel's limit for both
  std::string names(kMostBytes, '\0');
  std::string value(kMostBytes, '\0');
  const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
  if (length < 0) throw std::system_error(errno, std::generic_category(), path.string());
  std::map<std::string, std::string> found;
  for (const char* name = names.data(); name < names.data() + length; name += std::strlen(name) + 1) {
    const ssize_t size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    if (size >= 0) found[name] = value.substr(0, static_cast<std::size_t>(size));
  }
  return found;
}

std::map<std::string, std::string> dump_tree(const fs::path& root) {
  std::map<std::string, std::string> out{{".", describe(root / ".", stat_of(root / "."))}};
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    paths.push_back(entry.path().lexically_relative(root).native());
  }
  std::sort(paths.begin(), paths.end());
  std::map<ino_t, std::string> first_names;
  for (const std::string& path : paths) {
    const struct stat info = stat_of(root / path);
    std::string text = describe(root / path, info);
    if (!S_ISDIR(info.st_mode) && text != "whiteout")
      text += " = " + first_names.emplace(info.st_ino, path).first->second;
    out.emplace(path, std::move(text));
  }
  return out;
}

std::string first_difference(const std::map<std::string, std::string>& one,
                             const std::map<std::string, std::string>& other) {
  const auto text = [](const auto& tree, const std::string& path) {
    const auto found = tree.find(path);
    return found == tree.end() ? std::string("absent") : found->second;
  };
  for (const auto* tree : {&one, &other}) {
    for (const auto& [path, unused] : *tree) {
      if (text(one, path) == text(other, path)) continue;
      return quoted(path) + ": " + text(one, path) + "  |  " + text(other, path);
    }
  }
  return {};
}

}  // namespace bayplan::test
