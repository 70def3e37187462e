// Where an image is, in the notation that the tools of the ecosystem share: TRANSPORT:WHAT.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bayplan/images/registry_reference.h"

namespace bayplan::images {

/// docker://NAME: in a registry.
struct RegistryLocation {
  RegistryReference reference;
};
/// oci:PATH[:NAME]: in an OCI layout, a directory.
struct OciLayoutLocation {
  std::string path;
  std::string name{};  ///< its org.opencontainers.image.ref.name; empty: the only image there
};
/// oci-archive:PATH[:NAME]: in an OCI layout, a tar file.
struct OciArchiveLocation {
  std::string path;
  std::string name{};
};
/// docker-archive:PATH[:REFERENCE|:@INDEX]: in a file as docker save makes it.
struct DockerArchiveLocation {
  std::string path;
  std::optional<RegistryReference> reference{};  ///< with a tag; neither: the only image there
  std::optional<std::uint32_t> index{};          ///< of the image in the archive's manifest.json
};
/// dir:PATH: a directory with manifest.json and blobs, nameless.
struct DirLocation {
  std::string path;
};
/// containers-storage:TEXT: in this store. StorageReference::parse takes the text.
struct StorageLocation {
  std::string text;
};

/// Paths are as the user gave them: not empty, without NUL.
using ImageLocation = std::variant<RegistryLocation, OciLayoutLocation, OciArchiveLocation,
                                   DockerArchiveLocation, DirLocation, StorageLocation>;

/// Errors: unsupported (docker-daemon, ostree, sif and other transports of the ecosystem that bayplan has
/// not), invalid_argument (no transport or an unknown one; what follows is not of its form), unsupported as
/// RegistryReference::parse.
Result<ImageLocation> parse_location(std::string_view text);

/// Whether the word of a transport, supported or not, and a colon begin `text`.
bool names_transport(std::string_view text) noexcept;

/// For a pull: where `text` does not parse, `default_transport` ("docker://") is put in front of it, unless
/// that is empty or `text` names a transport that is unsupported. Errors: those of parse_location, for `text`
/// alone where it names a transport, else for both.
Result<ImageLocation> parse_source(std::string_view text, std::string_view default_transport);

/// The transport's name, without colon: "docker", "oci".
std::string_view transport_of(const ImageLocation& location) noexcept;
/// TRANSPORT:WHAT, which parses back to the same.
std::string to_string(const ImageLocation& location);

/// What an image from there is called in a store: its reference where it has one in the form of registries
/// (docker, docker-archive), else nothing.
std::optional<RegistryReference> registry_name(const ImageLocation& location);

}  // namespace bayplan::images
