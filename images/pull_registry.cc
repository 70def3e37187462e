#include "pull_registry.h"

#include "image_intake.h"
#include "local_image.h"
#include "pull_intake.h"
#include "pull_report.h"
#include "remote_image.h"

namespace bayplan::images {
namespace {

class RegistryPull {
 public:
  RegistryPull(Store& store, std::string_view ns, const RemoteImage& remote,
               const RegistryReference& reference, const RemoteContext& context, const PullOptions& options,
               const Control& control)
      : store_(store),
        ns_(ns),
        remote_(remote),
        reference_(reference),
        name_(reference.to_string()),
        context_(context),
        options_(options),
        control_(control) {}

  Result<PullReport> run() {
    for (;;) {
      BAYPLAN_TRY(control_.cancel.check());
      BAYPLAN_ASSIGN(const auto known, local());
      if (known) return use_local(store_, ns_, *known, context_, options_, control_);
      BAYPLAN_ASSIGN(auto hold, PullHold::take(store_, ns_, remote_.target().digest));
      if (hold) return fetch_or_begin_anew(*hold);
      BAYPLAN_TRY(await_other());
    }
  }

 private:
  // The image as it is meant, if nothing of it has to be fetched.
  Result<std::optional<Image>> local() const {
    BAYPLAN_ASSIGN(auto known, whole_image(store_, ns_, name_, context_.platform, options_.all_platforms));
    if (known && known->target.digest != remote_.target().digest) known.reset();
    return known;
  }

  Result<void> await_other() const {
    const Descriptor& target = remote_.target();
    const std::string digest = target.digest.to_string();
    if (control_.progress) control_.progress({.stage = "wait", .object = digest});
    return PullHold::await(store_, ns_, target.digest, control_.cancel);
  }

  // What did not turn out to be its digest is gone; if it came from several places, none of them is proven
  // wrong, and the registry itself is asked for all of it, once.
  Result<PullReport> fetch_or_begin_anew(PullHold& hold) {
    bool mixed = remote_.has_mirrors();
    auto first = fetch(hold, remote_, mixed);
    if (first || first.error().code() != Errc::digest_mismatch || !mixed) return first;
    return fetch(hold, remote_.at_its_registry(), mixed);
  }

  Result<PullReport> fetch(PullHold& hold, const RemoteImage& remote, bool& mixed) {
    const Descriptor& target = remote.target();
    RegistrySource source(store_, ns_, remote, control_);
    if (!options_.all_platforms) BAYPLAN_TRY(source.choose(context_.platform));
    const ImportOptions import_options{.unpack = options_.unpack,
                                       .replace = true,
                                       .platform = context_.platform,
                                       .limits = options_.limits,
                                       .replaced = options_.replaced};
    ImageIntake images(store_, ns_, import_options, control_);
    images.came_from(reference_);
    BAYPLAN_TRY(images.read(source, {{name_, target}}));
    BlobDownloads downloads({.store = &store_, .ns = ns_, .lease = hold.lease()}, remote,
                            options_.layers_at_once, control_);
    PullIntake blobs(source, downloads, hold, target, store_, control_);
    auto recorded = images.record(blobs, [&](metadata::WriteTx& tx) { return hold.end(tx); });
    mixed = mixed || downloads.resumed();
    if (!recorded) return std::move(recorded).error();
    PullReport report = report_of(*std::move(recorded), target);
    report.fetched = source.fetched() + downloads.fetched();
    return report;
  }

  Store& store_;
  const std::string ns_;
  const RemoteImage& remote_;
  const RegistryReference& reference_;
  const std::string name_;
  const RemoteContext& context_;
  const PullOptions& options_;
  const Control& control_;
};

}  // namespace

Result<PullReport> pull_reference(Store& store, std::string_view ns, const RegistryReference& reference,
                                  Registry& registry, const Registries& registries,
                                  const RemoteContext& context, const PullOptions& options,
                                  const Control& control) {
  const std::string name = reference.to_string();
  auto remote = RemoteImage::find(registry, registries, reference, context, control);
  if (!remote && options.policy == PullPolicy::newer && remote.error().code() != Errc::cancelled) {
    BAYPLAN_ASSIGN(const auto known, whole_image(store, ns, name, context.platform, options.all_platforms));
    if (!known) return std::move(remote).error();
    BAYPLAN_ASSIGN(PullReport report, use_local(store, ns, *known, context, options, control));
    report.warnings.push_back(remote.error().to_string());
    return report;
  }
  if (!remote) return std::move(remote).error();
  BAYPLAN_ASSIGN(PullReport report,
                 RegistryPull(store, ns, *remote, reference, context, options, control).run());
  report.asked = true;
  return report;
}

Result<Descriptor> find_reference(const RegistryReference& reference, Registry& registry,
                                  const Registries& registries, const RemoteContext& context,
                                  const Control& control) {
  BAYPLAN_ASSIGN(const RemoteImage remote,
                 RemoteImage::find(registry, registries, reference, context, control));
  BAYPLAN_ASSIGN(const std::string json, remote.fetch_manifest(remote.target(), control));
  BAYPLAN_TRY(check_image_document(remote.target(), json));
  return remote.target();
}

}  // namespace bayplan::images
