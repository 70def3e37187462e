// Import: an OCI layout (directory or tar) or a docker-archive, whole or compressed with gzip or zstd, becomes image records.
//
// One transaction at the end records blobs, snapshots and images together; until then nothing is visible,
// and after any failure the store is as it was. Names: --name of the caller, else
// io.containerd.image.name, else org.opencontainers.image.ref.name (a bare tag becomes localhost/<archive>:<tag>), else the RepoTags of a
// docker-archive; validated as references and stored in canonical form. Labels and annotations of an image never become labels that mean something to the store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/resolve.h"

namespace bayplan::images {

struct ImportOptions {
  std::string name{};       ///< for the only image of the source; empty: the source's own names
  bool unpack = true;       ///< the manifest for `platform`, where there is one with layers
  bool replace = false;     ///< point names that exist at the new image; otherwise a name that exists with another target is already_exists
  std::optional<Platform> platform{};  ///< the host's when empty
};

struct ImportedImage {
  std::string name;
  Digest target;
  std::optional<Digest> previous{};  ///< what a replaced name pointed at
  std::optional<Digest> chain_id{};  ///< top snapshot, when unpacked
};

struct ImportReport {
  std::vector<ImportedImage> images;
  std::uint64_t blobs = 0;   ///< recorded
  std::uint64_t bytes = 0;
  std::vector<std::string> warnings{};
};

/// Errors: not_found (path; no image in the source), invalid_argument (neither layout nor archive, names, documents that
/// contradict themselves, --name with several images), already_exists, digest_mismatch, corrupt, unsupported, too_large, cancelled,
/// no_space, permission_denied, io.
Result<ImportReport> import(Store& store, std::string_view ns, const std::filesystem::path& source,
                            const ImportOptions& options, const Control& control);

}  // namespace bayplan::images
