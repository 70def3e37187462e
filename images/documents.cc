#include "bayplan/images/documents.h"

#include <algorithm>
#include <array>

#include "bayplan/base/json.h"
#include "descriptor_json.h"
#include "media_type.h"
#include "platform_json.h"

namespace bayplan::images {
namespace {

static_assert(kMaxDocumentBytes == json::kMaxJsonBytes, "the JSON reader enforces the size of documents");

Error contradiction(std::string_view message) {
  return Error(Errc::invalid_argument, "document", {}, message);
}

bool has_any(const json::Value& root, std::initializer_list<std::string_view> members) {
  return std::any_of(members.begin(), members.end(),
                     [&](std::string_view member) { return root.find(member).has_value(); });
}

Result<void> refuse_schema1(const json::Value& root, std::string_view media_type) {
  const auto version = root.find("schemaVersion");
  const auto number = version ? version->as_int() : Result<std::int64_t>(0);
  const bool only_fs_layers =
      has_any(root, {"fsLayers"}) && !has_any(root, {"config", "layers", "manifests"});
  const bool version1 = number.has_value() && *number == 1;
  if (!version1 && !only_fs_layers && !is_schema1(media_type)) return {};
  return schema1_error();
}

// What an index and a manifest have in common, and what only the other one may hold.
Result<void> check_envelope(const json::Value& root, std::string_view media_type, MediaKind expected,
                            std::initializer_list<std::string_view> foreign) {
  if (!root.is_object()) return contradiction("not a JSON object");
  BAYPLAN_TRY(refuse_schema1(root, media_type));
  if (media_kind(media_type) != expected) {
    return contradiction("found by the media type " + quoted(media_type) +
                         ", which is another kind of document");
  }
  BAYPLAN_ASSIGN(const std::int64_t version, root.integer("schemaVersion"));
  if (version != 2) return contradiction("schemaVersion is " + std::to_string(version) + ", not 2");
  BAYPLAN_ASSIGN(const auto own_type, root.optional_string("mediaType"));
  if (own_type && *own_type != media_type) {
    return contradiction("found as " + quoted(media_type) + " but calls itself " + quoted(*own_type));
  }
  for (const std::string_view member : foreign) {
    if (root.find(member)) return contradiction("ambiguous: it also has " + quoted(member));
  }
  return {};
}

Result<std::vector<json::Value>> children_of(const json::Value& root, std::string_view member) {
  BAYPLAN_ASSIGN(auto children, root.array(member));
  if (children.size() > kMaxChildren) {
    return Error(Errc::too_large, "JSON member", member,
                 "more than " + std::to_string(kMaxChildren) + " entries");
  }
  return children;
}

Result<ChildDescriptor> read_child(const json::Value& value) {
  BAYPLAN_ASSIGN(Descriptor descriptor, read_descriptor(value));
  BAYPLAN_ASSIGN(auto platform, read_optional_platform(value));
  return ChildDescriptor{std::move(descriptor), std::move(platform)};
}

Result<Index> read_index(const json::Value& root, std::string_view media_type) {
  BAYPLAN_TRY(check_envelope(root, media_type, MediaKind::index, {"config", "layers", "fsLayers"}));
  BAYPLAN_ASSIGN(const auto children, children_of(root, "manifests"));
  Index index;
  index.manifests.reserve(children.size());
  for (const json::Value& value : children) {
    BAYPLAN_ASSIGN(ChildDescriptor child,
                   read_child(value).with_context("entry", std::to_string(index.manifests.size())));
    index.manifests.push_back(std::move(child));
  }
  return index;
}

Result<Manifest> read_manifest(const json::Value& root, std::string_view media_type) {
  BAYPLAN_TRY(check_envelope(root, media_type, MediaKind::manifest, {"manifests", "fsLayers"}));
  BAYPLAN_ASSIGN(const json::Value config_value, root.object("config"));
  BAYPLAN_ASSIGN(Descriptor config, read_descriptor(config_value).with_context("config", {}));
  BAYPLAN_ASSIGN(const auto layers, children_of(root, "layers"));
  Manifest manifest{std::move(config), {}};
  manifest.layers.reserve(layers.size());
  for (const json::Value& value : layers) {
    BAYPLAN_ASSIGN(Descriptor layer,
                   read_descriptor(value).with_context("layer", std::to_string(manifest.layers.size())));
    manifest.layers.push_back(std::move(layer));
  }
  return manifest;
}

}  // namespace

Result<Index> parse_index(std::string_view json, std::string_view media_type, std::string_view name) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(json, name));
  return read_index(document.root(), media_type).with_context("index", name);
}

Result<Manifest> parse_manifest(std::string_view json, std::string_view media_type, std::string_view name) {
  BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(json, name));
  return read_manifest(document.root(), media_type).with_context("manifest", name);
}

}  // namespace bayplan::images
