// A directory as skopeo's transport "dir" writes it: manifest.json, DIGITS.manifest.json for the manifests of
// an index, and blobs, named by the digits of their digests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "directory_source.h"

namespace bayplan::images {

class DirSource final : public DirectorySource {
 public:
  /// Errors: not_found, invalid_argument (no manifest.json, or none that says what it is), unsupported
  /// (docker schema 1), too_large, permission_denied, io.
  static Result<std::unique_ptr<DirSource>> open(const std::filesystem::path& directory);

  /// The one image there, nameless.
  const Descriptor& target() const noexcept { return target_; }

 private:
  DirSource(UniqueFd directory, Descriptor target)
      : DirectorySource(std::move(directory)), target_(std::move(target)) {}
  std::string path_of(const Descriptor& descriptor) const override;

  Descriptor target_;
};

}  // namespace bayplan::images
