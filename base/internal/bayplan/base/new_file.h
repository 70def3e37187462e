// Files that people ask for: made under another name beside the wanted one, which they get when complete.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bayplan/base/fd.h"
#include "bayplan/base/progress.h"
#include "bayplan/base/stream.h"

namespace bayplan::file {

/// Writes a descriptor at its current position, gathering small writes. Borrows `fd`. What was not flushed is
/// lost with it. Errors: io, no_space, cancelled.
class FdSink final : public ByteSink {
 public:
  /// Of a pipe, `cancel` is looked at while its reader takes nothing.
  FdSink(int fd, std::string name, std::optional<CancelToken> cancel = {})
      : fd_(fd), name_(std::move(name)), cancel_(std::move(cancel)) {}
  Result<void> write(std::span<const std::byte> bytes) override;
  Result<void> flush();

 private:
  Result<void> put(std::span<const std::byte> bytes) const;

  int fd_;
  std::string name_;
  std::optional<CancelToken> cancel_;
  std::string buffer_{};
};

/// A name that is to be. Not thread-safe.
class NewPath {
 public:
  /// Follows links in the directory of `path`: it comes from the operator. Errors: already_exists, not_found
  /// and others for the directory.
  static Result<NewPath> open(const std::filesystem::path& path);

  const std::string& name() const noexcept { return name_; }
  /// A new file, or a new directory, under the temporary name. Errors: permission_denied, no_space, io.
  Result<UniqueFd> create_file() const;
  Result<UniqueFd> create_directory() const;
  /// After success, which includes that the content is synced, gives it its name, durably; after an error
  /// removes it and answers that error. Errors: `written`'s, already_exists, no_space, io.
  Result<void> settle(Result<void> written) const;

 private:
  NewPath(UniqueFd parent, std::string name);

  UniqueFd parent_;
  std::string name_;
  std::string temporary_;
};

}  // namespace bayplan::file
