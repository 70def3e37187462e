// An image as an OCI layout (image-spec image-layout.md).
#include <map>
#include <set>

#include "bayplan/base/json.h"
#include "bayplan/images/reference.h"
#include "export_plan.h"
#include "image_selection.h"
#include "media_type.h"

namespace bayplan::images {
namespace {

constexpr const char* kImageName = "io.containerd.image.name";
constexpr const char* kRefName = "org.opencontainers.image.ref.name";

std::string blob_path(const Digest& digest) {
  return "blobs/" + std::string(to_string(digest.algorithm())) + "/" + digest.hex();
}

std::optional<std::string> tag_of(const std::string& name) {
  const auto reference = Reference::parse(name);
  return reference ? reference->tag() : std::nullopt;
}

/// Tags that more than one of the images has.
std::set<std::string> shared_tags(const std::vector<Image>& images) {
  std::map<std::string, Digest> first;
  std::set<std::string> shared;
  for (const Image& image : images) {
    const auto tag = tag_of(image.name);
    if (tag && !first.try_emplace(*tag, image.target.digest).second) shared.insert(*tag);
  }
  return shared;
}

std::string index_of(const std::vector<Image>& images) {
  const std::set<std::string> shared = shared_tags(images);
  json::Writer json;
  json.begin_object().key("schemaVersion").unsigned_integer(2);
  json.member("mediaType", kOciIndex).key("manifests").begin_array();
  for (const Image& image : images) {
    auto annotations = image.target.annotations;
    annotations[kImageName] = image.name;
    annotations.erase(kRefName);
    if (const auto tag = tag_of(image.name))
      annotations[kRefName] = shared.contains(*tag) ? image.name : *tag;
    json.begin_object().member("mediaType", image.target.media_type);
    json.member("digest", image.target.digest.to_string());
    json.key("size").unsigned_integer(image.target.size);
    json.key("annotations").begin_object();
    for (const auto& [key, value] : annotations) json.member(key, value);
    json.end_object().end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

class LayoutPlanner {
 public:
  LayoutPlanner(Store& store, const metadata::BucketSource& source, std::string_view ns,
                const ExportOptions& options, ExportPlan& plan)
      : store_(store), source_(source), ns_(ns), options_(options), plan_(plan) {}

  Result<void> add(const Image& image) {
    BAYPLAN_ASSIGN(const auto chosen, choose(image.target));
    BAYPLAN_ASSIGN(const SelectedParts parts,
                   select_parts(store_, source_, ns_, image.target, chosen, Undistributable::if_present));
    for (const auto* blobs : {&parts.indexes, &parts.manifests, &parts.blobs}) {
      for (const Descriptor& blob : *blobs) add_part(blob);
    }
    for (const Descriptor& blob : parts.left_out) {
      plan_.report.warnings.push_back(image.name + ": " + blob.digest.to_string() +
                                      " may not be distributed and is not there, left out");
    }
    return {};
  }

  void finish(const std::vector<Image>& images) {
    plan_.directories.push_back("blobs/");
    for (const std::string& algorithm : algorithms_) plan_.directories.push_back("blobs/" + algorithm + "/");
    plan_.files["index.json"] = {.text = index_of(images)};
    plan_.files["oci-layout"] = {.text = R"({"imageLayoutVersion":"1.0.0"})", .read_only = true};
  }

 private:
  /// The manifests to take; empty: all there are.
  Result<std::optional<std::set<Digest>>> choose(const Descriptor& target) const {
    if (options_.all_platforms || media_kind(target.media_type) != MediaKind::index) {
      return std::optional<std::set<Digest>>();
    }
    std::vector<Platform> wanted = options_.platforms;
    if (wanted.empty()) wanted.push_back(host_platform());
    BAYPLAN_ASSIGN(const auto manifests, choose_manifests(store_, source_, ns_, target, wanted));
    std::set<Digest> chosen;
    for (const Descriptor& manifest : manifests) chosen.insert(manifest.digest);
    return std::optional(std::move(chosen));
  }

  void add_part(const Descriptor& blob) {
    add_blob(plan_, blob_path(blob.digest), blob);
    algorithms_.insert(std::string(to_string(blob.digest.algorithm())));
  }

  Store& store_;
  const metadata::BucketSource& source_;
  std::string_view ns_;
  const ExportOptions& options_;
  ExportPlan& plan_;
  std::set<std::string> algorithms_{};
};

}  // namespace

Result<void> plan_layout(Store& store, const metadata::BucketSource& source, std::string_view ns,
                         const std::vector<Image>& images, const ExportOptions& options, ExportPlan& plan) {
  LayoutPlanner planner(store, source, ns, options, plan);
  for (const Image& image : images) {
    BAYPLAN_TRY(planner.add(image).with_context("image", image.name));
  }
  planner.finish(images);
  return {};
}

}  // namespace bayplan::images
