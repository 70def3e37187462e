// Import: an OCI layout (directory or tar) or a docker-archive, whole or compressed with gzip or zstd,
// becomes image records. The source "-" is an archive on standard input.
//
// One transaction at the end records blobs, snapshots and images together; until then nothing is visible, and
// after any failure the store is as it was. Names: ImportOptions::name, else io.containerd.image.name, else
// org.opencontainers.image.ref.name (a bare tag becomes localhost/<source>:<tag>), else the RepoTags of a
// docker-archive, else, for the only image of a source, localhost/<source>:latest; validated as references
// and stored in canonical form. Where an archive holds both formats the layout counts, and a manifest.json
// that names anything but parts of its images is refused. Labels and annotations of an image never become
// labels that mean something to the store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/unpack.h"

namespace bayplan::images {

/// Called by the transaction that makes a name mean another image, afterwards, with the record as it was. Its
/// error undoes all of it.
using ReplacedImage = std::function<Result<void>(metadata::WriteTx& tx, const Image& before)>;

struct ImportOptions {
  std::string name{};    ///< for the only image of the source; empty: the source's own names
  bool unpack = true;    ///< the manifest for `platform`, where there is one with layers; it must be complete
  bool replace = false;  ///< let names that exist point at the new images; otherwise that is already_exists
  std::optional<Platform> platform{};  ///< the host's when empty
  UnpackLimits limits{};               ///< for all images of the source together
  ReplacedImage replaced{};            ///< may be empty
};

struct ImportedImage {
  std::string name;
  Digest target;
  std::optional<Digest> previous{};  ///< what a replaced name pointed at
  std::optional<Digest> chain_id{};  ///< top snapshot, when unpacked
};

struct ImportReport {
  std::vector<ImportedImage> images{};  ///< one for each name
  std::uint64_t blobs = 0;              ///< newly recorded
  std::uint64_t bytes = 0;              ///< of those
  std::vector<std::string> warnings{};
};

/// Errors: not_found (path; no image in the source, or a part of one that unpacking needs), invalid_argument
/// (neither layout nor archive, names, documents that contradict themselves, a name given for several
/// images), already_exists, digest_mismatch, corrupt, unsupported, too_large, conflict (snapshots came and
/// went meanwhile, again and again), cancelled, no_space, permission_denied, io, closed, and those of
/// Stage::apply.
Result<ImportReport> import(Store& store, std::string_view ns, const std::filesystem::path& source,
                            const ImportOptions& options, const Control& control);

}  // namespace bayplan::images
