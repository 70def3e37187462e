// Data files made by hand out of good ones.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace bayplan::metadata {

inline std::string read_data(const std::filesystem::path& directory) {
  std::ifstream in(directory / "data.mdb", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A store directory whose data.mdb is `bytes`.
inline void write_data(const std::filesystem::path& directory, const std::string& bytes) {
  std::filesystem::create_directories(directory);
  std::ofstream out(directory / "data.mdb", std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace bayplan::metadata
