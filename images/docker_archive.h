// The manifest.json of docker save.
#pragma once

#include "archive_source.h"
#include "graph.h"

namespace bayplan::images {

/// The images of a docker archive, each with a docker schema 2 manifest made for it, as containerd makes
/// them. `source` serves what they need. Errors: invalid_argument (a path that names no file of the archive,
/// counts that differ, and those of parse_config), digest_mismatch (a layer that is not its diffID),
/// too_large.
Result<std::vector<SourceImage>> read_docker_archive(ArchiveSource& source, std::string_view manifest_json);

/// For an archive that is an OCI layout as well: whoever looked at manifest.json must have seen nothing but
/// files of the layout's images. Errors: invalid_argument, too_large.
Result<void> check_same_images(ArchiveSource& source, const Graph& graph, std::string_view manifest_json);

}  // namespace bayplan::images
