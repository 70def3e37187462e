#include "graph.h"

#include <deque>
#include <set>

namespace bayplan::images {
namespace {

constexpr std::string_view kContentRef = "containerd.io/gc.ref.content.";

Result<void> check_depth(std::size_t indexes) {
  if (indexes <= kMaxIndexDepth) return {};
  return Error(Errc::too_large, "image", {},
               "indexes nested more than " + std::to_string(kMaxIndexDepth) + " deep");
}

// Breadth first, so that the depth of a document is that of the shortest way to it.
class Walk {
 public:
  Walk(Graph& graph, const ImageSource& source, const CancelToken& cancel)
      : graph_(graph), source_(source), cancel_(cancel) {}

  Result<void> run(const Descriptor& target) {
    BAYPLAN_TRY(visit(target, 0));
    if (!graph_.nodes.at(target.digest).present) {
      return Error(Errc::not_found, "blob", target.digest.to_string(), "is missing from the source");
    }
    while (!pending_.empty()) {
      BAYPLAN_TRY(cancel_.check());
      const Pending next = std::move(pending_.front());
      pending_.pop_front();
      BAYPLAN_TRY(expand(next).with_context("document", next.descriptor.digest.to_string()));
    }
    return {};
  }

 private:
  struct Pending {
    Descriptor descriptor;
    std::size_t depth;
  };

  Result<void> visit(const Descriptor& descriptor, std::size_t depth) {
    const auto [at, fresh] = graph_.nodes.try_emplace(descriptor.digest, GraphNode{descriptor});
    GraphNode& node = at->second;
    if (fresh) {
      if (++nodes_ > kMaxGraphNodes) {
        return Error(Errc::too_large, "image", {}, "more than " + std::to_string(kMaxGraphNodes) + " blobs");
      }
      BAYPLAN_ASSIGN(const auto size, source_.size(descriptor.digest));
      node.present = size.has_value();
      if (size) node.descriptor.size = *size;
    }
    if (node.present && node.descriptor.size != descriptor.size) {
      return Error(Errc::digest_mismatch, "blob", descriptor.digest.to_string(),
                   "has " + std::to_string(node.descriptor.size) + " bytes, its descriptor says " +
                       std::to_string(descriptor.size));
    }
    const MediaKind kind = media_kind(descriptor.media_type);
    const bool is_document = kind == MediaKind::index || kind == MediaKind::manifest;
    if (node.present && is_document && graph_.read.emplace(descriptor.digest, descriptor.media_type).second) {
      pending_.push_back({descriptor, depth});
    }
    return {};
  }

  Result<void> expand(const Pending& next) {
    bytes_ += next.descriptor.size;
    if (bytes_ > kMaxGraphBytes) {
      return Error(Errc::too_large, "image", {},
                   "documents of more than " + std::to_string(kMaxGraphBytes) + " bytes");
    }
    BAYPLAN_ASSIGN(const std::string json, source_.document(next.descriptor));
    if (media_kind(next.descriptor.media_type) == MediaKind::manifest) return add_manifest(next, json);
    return add_index(next, json);
  }

  Result<void> add_manifest(const Pending& next, std::string_view json) {
    const Digest& digest = next.descriptor.digest;
    BAYPLAN_ASSIGN(Manifest manifest, parse_manifest(json, next.descriptor.media_type, digest.to_string()));
    BAYPLAN_TRY(visit_child(digest, manifest.config, "config", next.depth));
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
      BAYPLAN_TRY(visit_child(digest, manifest.layers[i], "l." + std::to_string(i), next.depth));
    }
    graph_.manifests.emplace(digest, std::move(manifest));
    return {};
  }

  Result<void> add_index(const Pending& next, std::string_view json) {
    const std::size_t depth = next.depth + 1;
    BAYPLAN_TRY(check_depth(depth));
    const Digest& digest = next.descriptor.digest;
    BAYPLAN_ASSIGN(Index index, parse_index(json, next.descriptor.media_type, digest.to_string()));
    for (std::size_t i = 0; i < index.manifests.size(); ++i) {
      BAYPLAN_TRY(visit_child(digest, index.manifests[i].descriptor, "m." + std::to_string(i), depth));
    }
    graph_.indexes.emplace(digest, std::move(index));
    return {};
  }

  Result<void> visit_child(const Digest& parent, const Descriptor& child, const std::string& role,
                           std::size_t depth) {
    BAYPLAN_TRY(visit(child, depth));
    graph_.nodes.at(parent).labels.insert_or_assign(std::string(kContentRef) + role,
                                                    child.digest.to_string());
    return {};
  }

  Graph& graph_;
  const ImageSource& source_;
  const CancelToken& cancel_;
  std::deque<Pending> pending_{};
  std::size_t nodes_ = 0;
  std::uint64_t bytes_ = 0;
};

bool is_attestation(const Platform& platform) {
  return platform.os == "unknown" || platform.architecture == "unknown";
}

class Choice {
 public:
  Choice(const Graph& graph, const ImageSource& source, const Platform& wanted)
      : graph_(graph), source_(source), wanted_(wanted) {}

  Result<void> consider(const ChildDescriptor& child, std::size_t depth = 0) {
    switch (media_kind(child.descriptor.media_type)) {
      case MediaKind::index:
        return consider_index(child.descriptor.digest, depth + 1);
      case MediaKind::manifest:
        return consider_manifest(child);
      default:
        return {};
    }
  }

  std::optional<ChosenManifest> take() && { return std::move(best_); }

 private:
  Result<void> consider_index(const Digest& digest, std::size_t depth) {
    BAYPLAN_TRY(
        check_depth(depth));  // also of the stack: a walk may have met a part of this image in another one
    const auto index = graph_.indexes.find(digest);
    if (index == graph_.indexes.end() || !seen_.insert(digest).second) return {};
    for (const ChildDescriptor& child : index->second.manifests) BAYPLAN_TRY(consider(child, depth));
    return {};
  }

  Result<void> consider_manifest(const ChildDescriptor& child) {
    ChosenManifest candidate{.descriptor = child.descriptor};
    const auto manifest = graph_.manifests.find(child.descriptor.digest);
    if (manifest != graph_.manifests.end()) {
      candidate.document = &manifest->second;
      if (media_kind(manifest->second.config.media_type) != MediaKind::config) return {};
    }
    std::optional<Platform> platform = child.platform;
    if (!platform) {
      BAYPLAN_TRY(read_config(candidate));
      if (candidate.config) platform = candidate.config->platform;
    }
    if (!platform || is_attestation(*platform)) return {};
    const auto rank = match_rank(wanted_, *platform);
    if (!rank || (best_ && *rank >= best_rank_)) return {};
    BAYPLAN_TRY(read_config(candidate));
    best_rank_ = *rank;
    best_ = std::move(candidate);
    return {};
  }

  Result<void> read_config(ChosenManifest& candidate) const {
    if (candidate.config || candidate.document == nullptr) return {};
    const Descriptor& config = candidate.document->config;
    if (!graph_.nodes.at(config.digest).present) return {};
    BAYPLAN_ASSIGN(const std::string json, source_.document(config));
    BAYPLAN_ASSIGN(candidate.config, parse_config(json, config.digest.to_string()));
    return {};
  }

  const Graph& graph_;
  const ImageSource& source_;
  const Platform& wanted_;
  std::set<Digest> seen_{};
  std::size_t best_rank_ = 0;
  std::optional<ChosenManifest> best_{};
};

}  // namespace

Result<void> check_document_size(const Descriptor& descriptor) {
  if (descriptor.size <= kMaxDocumentBytes) return {};
  return Error(Errc::too_large, "document", descriptor.digest.to_string(),
               std::to_string(descriptor.size) + " bytes, more than " + std::to_string(kMaxDocumentBytes));
}

Result<void> check_document(const Descriptor& descriptor, std::string_view bytes) {
  BAYPLAN_TRY(check_document_size(descriptor));
  const Digest actual = Digest::of(bytes, descriptor.digest.algorithm());
  if (bytes.size() == descriptor.size && actual == descriptor.digest) return {};
  return Error(Errc::digest_mismatch, "document", descriptor.digest.to_string(), "got " + actual.to_string());
}

Result<void> walk_graph(Graph& graph, const ImageSource& source, const Descriptor& target,
                        const CancelToken& cancel) {
  return Walk(graph, source, cancel).run(target);
}

Result<std::optional<ChosenManifest>> choose_manifest(const Graph& graph, const ImageSource& source,
                                                      const ChildDescriptor& target, const Platform& wanted) {
  Choice choice(graph, source, wanted);
  BAYPLAN_TRY(choice.consider(target));
  return std::move(choice).take();
}

}  // namespace bayplan::images
