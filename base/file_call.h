// What the file_*.cc files share: retrying interrupted calls, checking names, naming errors.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::file {

/// `call()` until it is not interrupted by a signal.
template <class F>
auto retry(F call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

/// The failure in errno.
inline Error file_error(std::string_view name, std::string_view call) {
  return Error::from_errno(errno, "file", name, call);
}
inline Error directory_error(std::string_view name, std::string_view call) {
  return Error::from_errno(errno, "directory", name, call);
}

/// Errors: invalid_argument for anything but one component of a path.
inline Result<void> check_name(const std::string& name) {
  const bool special = name.empty() || name == "." || name == "..";
  if (!special && name.find('/') == std::string::npos && name.find('\0') == std::string::npos) return {};
  return Error(Errc::invalid_argument, "file", name, "not a single path component");
}

/// Errors: invalid_argument for a path that the system would read as a shorter one.
inline Result<void> check_path(const std::string& path) {
  if (path.find('\0') == std::string::npos) return {};
  return Error(Errc::invalid_argument, "file", path, "the path holds NUL");
}

}  // namespace bayplan::file
