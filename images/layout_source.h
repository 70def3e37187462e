// An OCI layout in a directory.
#pragma once

#include <filesystem>
#include <memory>

#include "bayplan/base/fd.h"
#include "directory_source.h"

namespace bayplan::images {

/// Errors: invalid_argument (not what the specification says), unsupported (a version other than 1.0.0).
Result<void> check_layout_version(std::string_view oci_layout_json);
/// The entries of an index.json, with the names they give themselves. Errors: as parse_index.
Result<std::vector<SourceImage>> read_index_json(std::string_view json, std::string_view base);

inline constexpr std::size_t kMaxLayoutFileBytes = 4096;

class LayoutSource final : public DirectorySource {
 public:
  /// Errors: not_found, invalid_argument (no layout), unsupported (its version), too_large,
  /// permission_denied, io.
  static Result<std::unique_ptr<LayoutSource>> open(const std::filesystem::path& directory);

  const std::string& index_json() const noexcept { return index_json_; }

 private:
  LayoutSource(UniqueFd directory, std::string index_json)
      : DirectorySource(std::move(directory)), index_json_(std::move(index_json)) {}
  std::string path_of(const Descriptor& descriptor) const override;

  std::string index_json_;
};

}  // namespace bayplan::images
