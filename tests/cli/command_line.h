// The shipped command on a store of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/image_builder.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace bayplan::test {

class CommandLine {
 public:
  const std::filesystem::path& directory() const noexcept { return directory_.path(); }
  std::filesystem::path root() const { return directory() / "store"; }

  /// Runs bayplan with this store's --root and --run-root.
  CommandResult run(std::vector<std::string> arguments) const;
  /// The same, beside the test. `input` as of BackgroundCommand.
  std::unique_ptr<BackgroundCommand> start(std::vector<std::string> arguments, int input = -1) const;
  /// As run, expected to succeed; answers what it printed.
  std::string ok(std::vector<std::string> arguments) const;

  /// A layout of two small layers below directory(), named `reference`.
  std::filesystem::path layout(const std::string& reference = "registry.test/small:1") const;

  /// Every file of the store with its bytes, but LMDB's lock file, whose reader table any reader touches.
  std::map<std::string, std::string> bytes() const;

 private:
  std::vector<std::string> whole(std::vector<std::string> arguments) const;

  TempDir directory_;
};

}  // namespace bayplan::test
