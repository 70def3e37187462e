#include "push_plan.h"

#include <algorithm>
#include <set>

#include "bayplan/images/documents.h"
#include "distribution_source.h"
#include "image_selection.h"
#include "media_type.h"
#include "stored_documents.h"
#include "stored_referrers.h"

namespace bayplan::images {
namespace {

class Planner {
 public:
  Planner(Store& store, const metadata::BucketSource& source, std::string_view ns, const Descriptor& target,
          const RegistryReference& destination, const PushOptions& options)
      : store_(store),
        source_(source),
        ns_(ns),
        destination_(destination),
        options_(options),
        plan_{.target = target} {}

  Result<PushPlan> run() {
    BAYPLAN_TRY(add_image(plan_.target, plan_.documents));
    std::erase_if(plan_.documents,
                  [&](const Descriptor& document) { return document.digest == plan_.target.digest; });
    if (options_.referrers) BAYPLAN_TRY(add_referrers());
    return std::move(plan_);
  }

 private:
  // All below `target`, and it; what is in the plan already is not added again.
  Result<void> add_image(const Descriptor& target, std::vector<Descriptor>& documents) {
    const auto undistributable =
        options_.undistributable ? Undistributable::if_present : Undistributable::never;
    BAYPLAN_ASSIGN(const SelectedParts parts,
                   select_parts(store_, source_, ns_, target, {}, undistributable));
    for (const Descriptor& blob : parts.blobs) BAYPLAN_TRY(add_blob(blob));
    for (const auto* list : {&parts.manifests, &parts.indexes}) {
      for (const Descriptor& document : *list) {
        if (seen_.insert(document.digest).second) documents.push_back(document);
      }
    }
    for (const Descriptor& blob : parts.left_out) {
      plan_.warnings.push_back(blob.digest.to_string() + " may not be distributed, left out");
    }
    return {};
  }

  Result<void> add_blob(const Descriptor& blob) {
    if (!seen_.insert(blob.digest).second) return {};
    BAYPLAN_TRY(store_.blobs().open_blob(blob.digest, blob.size, content::Verify::no));
    BAYPLAN_ASSIGN(const content::Info info, content::stat(source_, ns_, blob.digest));
    plan_.blobs.push_back({blob, mount_source(info.labels, destination_)});
    return {};
  }

  // Of the image's documents, then of what was found, and so on.
  Result<void> add_referrers() {
    BAYPLAN_ASSIGN(const StoredReferrers stored, StoredReferrers::find(store_, source_, ns_));
    std::vector<Digest> subjects{plan_.target.digest};
    for (const Descriptor& document : plan_.documents) subjects.push_back(document.digest);
    for (std::size_t next = 0; next < subjects.size(); ++next) {
      BAYPLAN_ASSIGN(const auto found, stored.of(subjects[next]));
      for (const auto& [digest, descriptor] : found) {
        if (seen_.contains(digest)) continue;
        const std::size_t before = plan_.referrers.size();
        BAYPLAN_TRY(add_image(descriptor, plan_.referrers));
        plan_.roots.push_back(digest);
        for (std::size_t i = before; i < plan_.referrers.size(); ++i) {
          subjects.push_back(plan_.referrers[i].digest);
        }
      }
      if (seen_.size() > kMaxGraphNodes) {
        return Error(Errc::too_large, "push", {},
                     "more than " + std::to_string(kMaxGraphNodes) + " parts with what refers to them");
      }
    }
    return {};
  }

  Store& store_;
  const metadata::BucketSource& source_;
  std::string_view ns_;
  const RegistryReference& destination_;
  const PushOptions& options_;
  std::set<Digest> seen_{};
  PushPlan plan_;
};

Result<Descriptor> choose_target(Store& store, const metadata::BucketSource& source, std::string_view ns,
                                 const Descriptor& target, const std::optional<Platform>& platform,
                                 const PushOptions& options) {
  if (is_schema1(target.media_type)) return schema1_error();
  switch (media_kind(target.media_type)) {
    case MediaKind::manifest:
      if (platform && !options.all_platforms) {
        StoredDocuments documents(store, source, ns);
        BAYPLAN_TRY(require_platform(documents, target, *platform));
      }
      return target;
    case MediaKind::index:
      break;
    default:
      return Error(Errc::unsupported, "blob", target.digest.to_string(),
                   "of type " + quoted(target.media_type) + ", no manifest and no index");
  }
  if (options.all_platforms) return target;
  BAYPLAN_ASSIGN(auto chosen,
                 choose_manifests(store, source, ns, target, {platform ? *platform : host_platform()}));
  return std::move(chosen.front());
}

}  // namespace

Result<PushPlan> plan_push(Store& store, const metadata::BucketSource& source, std::string_view ns,
                           const Descriptor& target, const RegistryReference& destination,
                           const std::optional<Platform>& platform, const PushOptions& options) {
  BAYPLAN_ASSIGN(const Descriptor chosen, choose_target(store, source, ns, target, platform, options));
  return Planner(store, source, ns, chosen, destination, options).run();
}

}  // namespace bayplan::images
