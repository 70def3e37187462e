// The graph of documents and blobs below the images of a source.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "image_source.h"

namespace bayplan::images {

struct GraphNode {
  Descriptor descriptor;
  bool present = false;  ///< in the source, with this size
  Labels labels{};       ///< what ties its children to it for the collector
};

/// Everything reachable, each blob once.
struct Graph {
  std::map<Digest, GraphNode> nodes;
  std::map<Digest, Index> indexes;                ///< those present
  std::map<Digest, Manifest> manifests;           ///< those present
  std::set<std::pair<Digest, std::string>> read;  ///< documents, and as which media type
};

/// Adds what is reachable from `target`, which must be present; children may be absent. Every document is
/// verified before it is parsed. Errors: not_found (the target), too_large (kMaxIndexDepth, kMaxGraphNodes,
/// kMaxGraphBytes), digest_mismatch (also for a size that lies), unsupported (docker schema 1), cancelled,
/// and those of the source and of parse_index and parse_manifest.
Result<void> walk_graph(Graph& graph, const ImageSource& source, const Descriptor& target,
                        const CancelToken& cancel);

/// The manifest of a container image that an import is about.
struct ChosenManifest {
  Descriptor descriptor;
  const Manifest* document = nullptr;   ///< in the graph; null when the source lacks it
  std::optional<ImageConfig> config{};  ///< empty when the source lacks it
};

/// What resolve() will choose for `platform` (the host's when empty) once the image below `target` is stored;
/// empty when that is nothing: an artifact, or no manifest for the platform. Errors: as
/// ManifestChooser::choose, ImageSource::document, parse_config.
Result<std::optional<ChosenManifest>> choose_manifest(const Graph& graph, const ImageSource& source,
                                                      const Descriptor& target,
                                                      const std::optional<Platform>& platform);

}  // namespace bayplan::images
