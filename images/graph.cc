#include "graph.h"

#include <deque>

#include "manifest_choice.h"
#include "media_type.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kContentRef = "containerd.io/gc.ref.content.";

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
    if (is_schema1(descriptor.media_type)) return schema1_error();
    const auto [at, fresh] = graph_.nodes.try_emplace(descriptor.digest, GraphNode{descriptor});
    GraphNode& node = at->second;
    if (fresh) {
      if (++nodes_ > kMaxGraphNodes) {
        return Error(Errc::too_large, "image", {}, "more than " + std::to_string(kMaxGraphNodes) + " blobs");
      }
      BAYPLAN_ASSIGN(const auto size, source_.size(descriptor));
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
    if (depth > kMaxIndexDepth) {
      return Error(Errc::too_large, "image", {},
                   "indexes nested more than " + std::to_string(kMaxIndexDepth) + " deep");
    }
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

class GraphDocuments final : public DocumentHolder {
 public:
  GraphDocuments(const Graph& graph, const ImageSource& source) : graph_(graph), source_(source) {}

  Result<std::optional<Index>> index(const Descriptor& descriptor) override {
    return lookup(graph_.indexes, descriptor.digest);
  }
  Result<std::optional<Manifest>> manifest(const Descriptor& descriptor) override {
    return lookup(graph_.manifests, descriptor.digest);
  }
  Result<std::optional<ImageConfig>> config(const Descriptor& descriptor) override {
    if (!graph_.nodes.at(descriptor.digest).present) return std::optional<ImageConfig>();
    BAYPLAN_ASSIGN(const std::string json, source_.document(descriptor));
    BAYPLAN_ASSIGN(ImageConfig config, parse_config(json, descriptor.digest.to_string()));
    return std::optional(std::move(config));
  }

 private:
  template <class T>
  static std::optional<T> lookup(const std::map<Digest, T>& documents, const Digest& digest) {
    const auto found = documents.find(digest);
    return found == documents.end() ? std::optional<T>() : std::optional(found->second);
  }

  const Graph& graph_;
  const ImageSource& source_;
};

}  // namespace

Result<void> walk_graph(Graph& graph, const ImageSource& source, const Descriptor& target,
                        const CancelToken& cancel) {
  return Walk(graph, source, cancel).run(target);
}

Result<std::optional<ChosenManifest>> choose_manifest(const Graph& graph, const ImageSource& source,
                                                      const Descriptor& target,
                                                      const std::optional<Platform>& platform) {
  const std::optional<ChosenManifest> none;
  GraphDocuments documents(graph, source);
  ChosenManifest chosen{.descriptor = target};
  const bool single = media_kind(target.media_type) == MediaKind::manifest;
  if (!single) {
    ManifestChooser chooser(documents, platform ? *platform : host_platform());
    BAYPLAN_ASSIGN(auto choice, chooser.choose({target}));
    if (!choice) return none;
    chosen.descriptor = std::move(choice->descriptor);
  }
  const auto document = graph.manifests.find(chosen.descriptor.digest);
  if (document == graph.manifests.end()) return std::optional(std::move(chosen));
  chosen.document = &document->second;
  if (media_kind(chosen.document->config.media_type) != MediaKind::config) return none;
  BAYPLAN_ASSIGN(chosen.config, documents.config(chosen.document->config));
  if (single && platform && chosen.config && !match_rank(*platform, chosen.config->platform)) return none;
  return std::optional(std::move(chosen));
}

}  // namespace bayplan::images
