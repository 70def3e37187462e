#include "read_argument.h"

#include <unistd.h>

#include "bayplan/base/file.h"

namespace bayplan::cli {

Result<std::string> read_argument(const std::filesystem::path& path, std::size_t most) {
  if (path == "-") {
    file::FdSource input(STDIN_FILENO, "standard input");
    return read_all(input, most);
  }
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  BAYPLAN_ASSIGN(const UniqueFd directory, file::open_dir(parent));
  return file::read_file(directory.get(), path.filename().string(), most);
}

}  // namespace bayplan::cli
