// The command line of every program of this folder (rows.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bayplan::bench {

struct Arguments {
  std::filesystem::path directory{};
  std::uint64_t records = 1000;
  std::uint64_t ops = 100;
  std::uint64_t reads = 1000;
  std::uint64_t first = 0;
  std::vector<std::string> rows{};
};

/// Throws std::invalid_argument.
Arguments parse(int argc, char** argv);

}  // namespace bayplan::bench
