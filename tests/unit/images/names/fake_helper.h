// A credential helper that the test writes, on a PATH of its own.
#pragma once

#include <cstdlib>
#include <string>

#include "support/temp_dir.h"
#include "unit/images/names/text_files.h"

namespace bayplan::test {

/// While it lives, programs are found in its directory before all others.
class FakeHelpers {
 public:
  FakeHelpers() : before_(std::getenv("PATH")) {
    ::setenv("PATH", (dir_.path().native() + ":" + before_).c_str(), 1);
  }
  ~FakeHelpers() { ::setenv("PATH", before_.c_str(), 1); }
  FakeHelpers(const FakeHelpers&) = delete;
  FakeHelpers& operator=(const FakeHelpers&) = delete;

  /// docker-credential-`name` runs `script` in a shell, with the verb as $1.
  void add(const std::string& name, const std::string& script) const {
    write_text(dir_.path() / ("docker-credential-" + name), "#!/bin/sh\n" + script + "\n",
               std::filesystem::perms(0700));
  }
  const std::filesystem::path& path() const noexcept { return dir_.path(); }

 private:
  TempDir dir_;
  std::string before_;
};

}  // namespace bayplan::test
