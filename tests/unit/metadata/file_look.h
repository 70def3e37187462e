// What a reader of damaged files finds.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bayplan/metadata/file_source.h"
#include "bayplan/metadata/walk.h"
#include "support/bucket_dump.h"

namespace bayplan::metadata {

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

struct Look {
  std::vector<std::string> lines{};   ///< "path/" and "path = value", sorted
  std::vector<std::string> shape{};   ///< the same in length only
  std::vector<std::string> damage{};  ///< words of each error
};

/// Everything that can be read.
inline Look look(const FileSource& source) {
  Look seen;
  std::string at;
  std::vector<std::size_t> lengths;
  walk(root_bucket(source),
       {.enter = [&](std::string_view key, const Bucket&, std::size_t depth) -> Result<void> {
          lengths.push_back(at.size());
          if (depth == 1) return {};
          at += test::path_part(key) + "/";
          seen.lines.push_back(at);
          seen.shape.push_back(std::to_string(key.size()) + "/");
          source.forget();
          return {};
        },
        .value = [&](const Entry& entry) -> Result<void> {
          seen.lines.push_back(at + test::path_part(entry.key) + " = " + test::shown(entry.value));
          seen.shape.push_back(std::to_string(entry.key.size()) + "=" + std::to_string(entry.value.size()));
          source.forget();
          return {};
        },
        .leave = [&]() -> Result<void> {
          at.resize(lengths.back());
          lengths.pop_back();
          return {};
        },
        .damage = [&](const Error& error) -> Result<void> {
          seen.damage.push_back(at + ": " + error.to_string());
          return {};
        }})
      .value();
  std::sort(seen.lines.begin(), seen.lines.end());
  return seen;
}

/// What its own check tells.
inline std::vector<std::string> problems_of(const FileSource& source) {
  std::vector<std::string> problems;
  source
      .check([&](const Damage& damage) -> Result<void> {
        std::string path;
        for (const std::string& key : damage.path) path += test::path_part(key) + "/";
        problems.push_back(path + ": " + damage.error.to_string());
        return {};
      })
      .value();
  return problems;
}

}  // namespace bayplan::metadata
