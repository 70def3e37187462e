// A fresh directory that is removed with everything in it.
#pragma once

#include <filesystem>

#include "bayplan/base/fd.h"

namespace bayplan::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  /// A descriptor of it, valid as long as this object.
  int fd() const noexcept { return fd_.get(); }

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
};

}  // namespace bayplan::test
