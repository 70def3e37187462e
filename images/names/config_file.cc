#include "names/config_file.h"

#include "bayplan/base/file.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;

bool says_absent(const std::error_code& error) noexcept {
  return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
}

Error failed(const std::error_code& error, const fs::path& path) {
  return Error::from_errno(error.value(), "file", path.native(), "realpath");
}

}  // namespace

Result<std::optional<std::string>> read_if_there(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error && says_absent(error)) {
    std::error_code ignored;
    if (!fs::is_symlink(fs::symlink_status(path, ignored))) return std::optional<std::string>();
    return Error(Errc::invalid_argument, "file", path.native(), "is a link to nothing");
  }
  if (error) return failed(error, path);
  BAYPLAN_ASSIGN(const UniqueFd dir, file::open_dir(real.parent_path()));
  auto text = file::read_file(dir.get(), real.filename(), kMaxConfigBytes);
  if (!text) return std::move(text).error().with_context("file", path.native());
  return std::optional<std::string>(*std::move(text));
}

Result<std::string> read_config(const fs::path& path) {
  BAYPLAN_ASSIGN(std::optional<std::string> text, read_if_there(path));
  if (!text) return Error(Errc::not_found, "file", path.native());
  return *std::move(text);
}

Result<std::vector<fs::path>> files_in(const fs::path& dir, std::string_view extension) {
  std::vector<fs::path> files;
  BAYPLAN_ASSIGN(const bool there, has_directory(dir));
  if (!there) return files;
  BAYPLAN_ASSIGN(const UniqueFd fd, file::open_dir(dir));
  BAYPLAN_ASSIGN(const std::vector<std::string> names, file::list(fd.get(), dir.native()));
  for (const std::string& name : names) {
    if (name.size() > extension.size() && name.ends_with(extension)) files.push_back(dir / name);
  }
  return files;
}

Result<bool> has_directory(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error && !says_absent(error)) return failed(error, path);
  return fs::is_directory(status);
}

}  // namespace bayplan::images
