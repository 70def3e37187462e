// From the target of a stored image to the one manifest that is meant, and to the config.
#pragma once

#include <optional>

#include "bayplan/images/resolve.h"
#include "manifest_choice.h"
#include "stored_documents.h"

namespace bayplan::images {

/// The manifest of a container image, its document included: `target` itself, or, of an index, what serves
/// `platform` best (the host's when empty). Errors: not_found (nothing for it; a document), unsupported (an
/// artifact, docker schema 1), and those of StoredDocuments.
Result<ManifestChoice> choose_stored(StoredDocuments& documents, const Descriptor& target,
                                     const std::optional<Platform>& platform);

/// The chosen manifest of `image` with its config. Precondition: `choice` is of choose_stored. Errors:
/// invalid_argument (another number of layers), and those of StoredDocuments.
Result<ResolvedImage> with_config(StoredDocuments& documents, Image image, ManifestChoice choice);

}  // namespace bayplan::images
