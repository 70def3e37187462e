// Files for tests of what operators write.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace bayplan::test {

/// Writes `text` to `path`, making missing directories; answers `path`.
inline std::filesystem::path write_text(const std::filesystem::path& path, std::string_view text,
                                        std::filesystem::perms mode = std::filesystem::perms(0600)) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  std::filesystem::permissions(path, mode);
  return path;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace bayplan::test
