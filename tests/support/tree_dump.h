// Everything that can be seen of a tree of files, as text to be compared.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace bayplan::test {

/// Of a file itself, were it a symbolic link. Throws.
std::map<std::string, std::string> read_xattrs(const std::filesystem::path& path);

/// Path below `root` ("." is the root itself) to type, mode, owner, modification time, content, link target,
/// device number, extended attributes (but those that the overlay driver keeps for itself), and the first
/// name of its inode. Only what is on the root's file system. Throws.
std::map<std::string, std::string> dump_tree(const std::filesystem::path& root);

/// The first path at which two trees differ, with both sides; empty when there is none.
std::string first_difference(const std::map<std::string, std::string>& one,
                             const std::map<std::string, std::string>& other);

}  // namespace bayplan::test
