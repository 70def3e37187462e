#include "pages/open_regular.h"

#include <fcntl.h>

#include "bayplan/base/file.h"

namespace bayplan::metadata {

Result<UniqueFd> open_regular(const std::filesystem::path& path) {
  std::error_code failed;
  const auto place = std::filesystem::canonical(path, failed);
  if (failed) return Error::from_errno(failed.value(), "file", path.native(), "realpath");
  BAYPLAN_ASSIGN(const UniqueFd directory, file::open_dir(place.parent_path()));
  BAYPLAN_ASSIGN(const struct stat info, file::stat_at(directory.get(), place.filename()));
  if (!S_ISREG(info.st_mode))
    return Error(Errc::invalid_argument, "file", path.native(), "is no regular file");
  return file::open_regular(directory.get(), place.filename());
}

}  // namespace bayplan::metadata
