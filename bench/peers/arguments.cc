#include "arguments.h"

#include <sstream>
#include <stdexcept>
#include <string_view>

namespace bayplan::bench {

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int at = 1; at + 1 < argc; at += 2) {
    const std::string_view name = argv[at];
    const std::string value = argv[at + 1];
    if (name == "--dir") {
      arguments.directory = value;
    } else if (name == "--records") {
      arguments.records = std::stoull(value);
    } else if (name == "--ops") {
      arguments.ops = std::stoull(value);
    } else if (name == "--reads") {
      arguments.reads = std::stoull(value);
    } else if (name == "--first") {
      arguments.first = std::stoull(value);
    } else if (name == "--rows") {
      std::istringstream list(value);
      for (std::string row; std::getline(list, row, ',');) arguments.rows.push_back(row);
    } else {
      throw std::invalid_argument("unknown argument " + std::string(name));
    }
  }
  if (argc % 2 == 0 || arguments.directory.empty() || arguments.records == 0)
    throw std::invalid_argument(
        "usage: --dir DIR --records N [--rows a,b] [--ops N] [--reads N] [--first N]");
  return arguments;
}

}  // namespace bayplan::bench
