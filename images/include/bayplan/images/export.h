// Export: images of the store as an OCI layout (a directory, or a tar of one) or as a docker archive.
//
// Documents and layers are sent as the bytes that are stored, hashed on the way: nothing is written anew, and
// damage is found before a target gets its name. The same images give the same archive, byte for byte: names
// in order, no times, no owners. index.json names an image as containerd and skopeo do
// (io.containerd.image.name: the whole name; org.opencontainers.image.ref.name: its tag, or the whole name
// where two images of the archive have the tag).
//
// Of an index that a platform was chosen from, the index goes along as it is, though it names manifests that
// do not: such a layout is legal, and readers take what is there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/progress.h"
#include "bayplan/images/platform.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

enum class ExportFormat : std::uint8_t {
  oci_archive,     ///< a tar of an OCI layout
  oci_directory,   ///< an OCI layout
  docker_archive,  ///< what docker load and podman load take; layers as they are stored, compressed ones too
};

struct ExportOptions {
  ExportFormat format = ExportFormat::oci_archive;
  std::vector<Platform> platforms{};  ///< out of indexes; none: this machine's
  bool all_platforms = false;  ///< all that indexes name, attestations too; `platforms` is not looked at
};

struct ExportedImage {
  std::string name;
  Digest target;
};

struct ExportReport {
  std::vector<ExportedImage> images{};  ///< one for each name, in the order of names
  std::uint64_t blobs = 0;              ///< each once
  std::uint64_t bytes = 0;              ///< of those
  std::vector<std::string> warnings{};
};

/// Writes the images `names` (each as find() takes it) to `archive`. After an error it holds a part that is
/// good for nothing. A blob that is removed meanwhile is not_found. Errors: not_found (an image; a platform;
/// a blob, by its digest), invalid_argument (no names; oci_directory; several platforms in a docker archive),
/// unsupported (an artifact in a docker archive), digest_mismatch, corrupt, cancelled, closed, io, those of
/// resolve() and of the archive.
Result<ExportReport> export_images(Store& store, std::string_view ns, const std::vector<std::string>& names,
                                   ByteSink& archive, const ExportOptions& options, const Control& control);

/// The same into a file or, for oci_directory, a directory `target`, which must not exist: made under another
/// name beside it, synced, renamed. After an error nothing is left; a killed process leaves what begins with
/// ".tmp-". Errors: the same, already_exists, permission_denied, no_space.
Result<ExportReport> export_images(Store& store, std::string_view ns, const std::vector<std::string>& names,
                                   const std::filesystem::path& target, const ExportOptions& options,
                                   const Control& control);

}  // namespace bayplan::images
