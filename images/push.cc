#include "bayplan/images/push.h"

#include <algorithm>
#include <map>
#include <span>

#include "bayplan/images/documents.h"
#include "bayplan/images/resolve.h"
#include "bayplan/images/transport.h"
#include "distribution_source.h"
#include "names/registry_host.h"
#include "push_blobs.h"
#include "push_lease.h"
#include "push_plan.h"
#include "remote_access.h"
#include "subject.h"

namespace bayplan::images {
namespace {

// Of blobs whose labels one transaction changes: nobody is to wait long for it.
constexpr std::size_t kNotedAtOnce = 256;
constexpr std::string_view kDocker = "docker://";

// HOST:PORT alone. As a reference it is a repository of docker.io and a tag, where nobody means to push.
bool is_registry_alone(std::string_view text) {
  if (text.starts_with(kDocker)) text.remove_prefix(kDocker.size());
  if (!is_registry_host(text)) return false;
  const HostAndPort at = split_host(text);
  return at.port != 0 && (at.host == "localhost" || at.host.find_first_of(".:") != std::string::npos);
}

Result<RegistryReference> parse_destination(std::string_view text) {
  if (is_registry_alone(text)) {
    return Error(Errc::invalid_argument, "destination", text, "is a registry without a repository")
        .with_advice("write " + std::string(text) + "/NAME:TAG");
  }
  BAYPLAN_ASSIGN(const ImageLocation location, parse_source(text, kDocker));
  if (const auto* registry = std::get_if<RegistryLocation>(&location)) return registry->reference;
  return Error(Errc::unsupported, "destination", text, "images are pushed to registries")
      .with_advice("export them to files");
}

class Push {
 public:
  Push(Store& store, std::string_view ns, const RemoteContext& context, const PushOptions& options,
       const Control& control)
      : store_(store), ns_(ns), context_(context), options_(options), control_(control) {}

  Result<PushReport> run(std::string_view name, std::string_view destination,
                         const RegistryProvider& provider) {
    BAYPLAN_ASSIGN(PushLease lease, PushLease::prepare(store_, ns_));
    BAYPLAN_ASSIGN(const Image image, keep_image(lease, name));
    BAYPLAN_ASSIGN(const RegistryReference to,
                   parse_destination(destination.empty() ? image.name : destination));
    BAYPLAN_ASSIGN(PushPlan plan, make_plan(image, to));
    BAYPLAN_TRY(keep_referrers(lease, plan));
    BAYPLAN_ASSIGN(Registry* const client, provider());
    registry_ = client;
    BAYPLAN_ASSIGN(PushReport report, send(to, plan).with_context("destination", to.to_string()));
    note_place(plan.blobs, to, report.warnings);
    return report;
  }

 private:
  Result<Image> keep_image(PushLease& lease, std::string_view name) {
    return store_.db().update([&](metadata::WriteTx& tx) -> Result<Image> {
      BAYPLAN_ASSIGN(Image image, find(tx, ns_, name));
      BAYPLAN_TRY(lease.keep(tx, image.target.digest));
      return image;
    });
  }

  Result<PushPlan> make_plan(const Image& image, const RegistryReference& to) {
    auto plan = store_.db().view([&](const metadata::ReadTx& tx) {
      return plan_push(store_, tx, ns_, image.target, to, context_.platform, options_);
    });
    if (!plan) return std::move(plan).error().with_context("image", image.name);
    const Digest& digest = plan->target.digest;
    if (!to.digest() || *to.digest() == digest) return plan;
    return Error(Errc::invalid_argument, "destination", to.to_string(),
                 "what is pushed is " + digest.to_string());
  }

  // They were found without a lease, and may be gone.
  Result<void> keep_referrers(PushLease& lease, const PushPlan& plan) {
    if (plan.roots.empty()) return {};
    return store_.db().update([&](metadata::WriteTx& tx) -> Result<void> {
      for (const Digest& digest : plan.roots) {
        BAYPLAN_TRY(content::stat(tx, ns_, digest));
        BAYPLAN_TRY(lease.keep(tx, digest));
      }
      return {};
    });
  }

  Result<PushReport> send(const RegistryReference& to, const PushPlan& plan) {
    const Descriptor& target = plan.target;
    const ManifestName name = to.tag() ? ManifestName(*to.tag()) : ManifestName(target.digest);
    // What it has under that name does not matter yet: the question is the cheapest one that shows whether it
    // can be reached, and by whom.
    BAYPLAN_ASSIGN(repository_, reach_for_push(context_, to, control_.cancel,
                                               [&](const RemoteRepository& repository) -> Result<void> {
                                                 BAYPLAN_TRY(has(repository, name, target));
                                                 return {};
                                               }));
    BAYPLAN_ASSIGN(const PushedCounts counts,
                   push_blobs(store_, *registry_, repository_, plan.blobs, options_.chunk_bytes, control_));
    for (const Descriptor& document : plan.documents) BAYPLAN_TRY(put(document.digest, document));
    if (!plan.referrers.empty()) BAYPLAN_TRY(put(target.digest, target));
    for (const Descriptor& document : plan.referrers) BAYPLAN_TRY(put(document.digest, document));
    BAYPLAN_TRY(put(name, target));
    return PushReport{.destination = to.to_string(),
                      .target = target,
                      .referrers = plan.roots,
                      .uploaded = counts.uploaded,
                      .mounted = counts.mounted,
                      .existed = counts.existed,
                      .bytes = counts.bytes,
                      .warnings = plan.warnings};
  }

  // Whether `name` is `document` there. What cannot be told is put again.
  Result<bool> has(const RemoteRepository& repository, const ManifestName& name,
                   const Descriptor& document) const {
    const auto found = registry_->resolve(repository, name, control_);
    if (found) return found->digest == document.digest;
    const Errc code = found.error().code();
    const bool other = code == Errc::not_found || code == Errc::unsupported || code == Errc::corrupt ||
                       code == Errc::digest_mismatch || code == Errc::invalid_argument;
    if (other) return false;
    return found.error();
  }

  Result<void> put(const ManifestName& name, const Descriptor& document) {
    BAYPLAN_TRY(control_.cancel.check());
    BAYPLAN_ASSIGN(const std::string bytes,
                   store_.blobs().read_blob(document.digest, document.size, kMaxDocumentBytes));
    BAYPLAN_ASSIGN(const auto subject, subject_of(bytes));
    // One with a subject may be there and not be listed yet.
    BAYPLAN_ASSIGN(const bool there, subject ? Result<bool>(false) : has(repository_, name, document));
    if (there) return {};
    BAYPLAN_ASSIGN(const Digest stored,
                   registry_->push_manifest(repository_, name, document.media_type, bytes, control_));
    if (stored == document.digest || stored.algorithm() != document.digest.algorithm()) return {};
    return Error(Errc::digest_mismatch, "manifest", document.digest.to_string(),
                 "was put as " + stored.to_string());
  }

  // For the next push to another repository there. The image is pushed, whatever becomes of this.
  void note_place(const std::vector<PushedPart>& blobs, const RegistryReference& to,
                  std::vector<std::string>& warnings) const {
    for (std::size_t begin = 0; begin < blobs.size(); begin += kNotedAtOnce) {
      const auto some = std::span(blobs).subspan(begin, std::min(kNotedAtOnce, blobs.size() - begin));
      if (const auto noted = note_some(some, to); !noted) {
        warnings.push_back("where the image is now was not noted: " + noted.error().to_string());
        return;
      }
    }
  }

  Result<void> note_some(std::span<const PushedPart> blobs, const RegistryReference& to) const {
    const auto news = [&](const metadata::BucketSource& source) { return place_labels(source, blobs, to); };
    BAYPLAN_ASSIGN(const auto missing,
                   store_.db().view([&](const metadata::ReadTx& tx) { return news(tx); }));
    if (missing.empty()) return {};
    return store_.db().update([&](metadata::WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(const auto labels, news(tx));
      for (const auto& [digest, gained] : labels) {
        BAYPLAN_TRY(content::merge_labels(tx, ns_, digest, gained));
      }
      return {};
    });
  }

  Result<std::map<Digest, Labels>> place_labels(const metadata::BucketSource& source,
                                                std::span<const PushedPart> blobs,
                                                const RegistryReference& to) const {
    std::map<Digest, Labels> news;
    for (const PushedPart& part : blobs) {
      BAYPLAN_ASSIGN(const content::Info info, content::stat(source, ns_, part.blob.digest));
      Labels labels = distribution_source_labels(info.labels, to);
      if (!labels.empty()) news.emplace(info.digest, std::move(labels));
    }
    return news;
  }

  Store& store_;
  std::string_view ns_;
  const RemoteContext& context_;
  const PushOptions& options_;
  const Control& control_;
  Registry* registry_ = nullptr;
  RemoteRepository repository_{};
};

}  // namespace

Result<PushReport> push(Store& store, std::string_view ns, std::string_view name,
                        std::string_view destination, const RegistryProvider& registry,
                        const RemoteContext& context, const PushOptions& options, const Control& control) {
  return Push(store, ns, context, options, control).run(name, destination, registry);
}

}  // namespace bayplan::images
