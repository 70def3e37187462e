// <root>/ingest/<id>: a directory that is locked as long as somebody works in it, and then removed. For where
// no file can be without a name, and for the moment in which one takes the place of another.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "blob_dirs.h"

namespace bayplan::content {

/// Move-only. Removed, with what is in it, by the destructor, except in a forked child.
class StagingDir {
 public:
  /// Errors: closed (in a forked child), no_space, permission_denied, busy (sweeps removed every attempt),
  /// io.
  static Result<StagingDir> create(SharedDirs dirs);
  StagingDir(StagingDir&&) noexcept = default;
  StagingDir& operator=(StagingDir&&) = delete;
  ~StagingDir();

  int fd() const noexcept { return fd_.get(); }

 private:
  StagingDir(SharedDirs dirs, std::string name, UniqueFd fd);

  SharedDirs dirs_;  // empty once moved from
  std::string name_;
  UniqueFd fd_;
};

/// Opens and locks directory `name` of `ingest`; empty when a sweep, which saw it without a lock, was
/// quicker. Errors: io.
Result<std::optional<UniqueFd>> lock_if_still_there(int ingest, const std::string& name);

}  // namespace bayplan::content
