// How many anonymous ingests are under way in a content store.
#pragma once

#include <cstddef>
#include <filesystem>

namespace bayplan::test {

/// The directories below <store>/ingest, and the files without a name that this process has open there.
inline std::size_t ingests_in(const std::filesystem::path& store) {
  namespace fs = std::filesystem;
  const fs::path ingest = fs::canonical(store) / "ingest";
  auto count = static_cast<std::size_t>(std::distance(fs::directory_iterator(ingest), {}));
  for (const fs::path& descriptor : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (fs::read_symlink(descriptor, gone).native().starts_with(ingest.native() + "/#")) ++count;
  }
  return count;
}

}  // namespace bayplan::test
