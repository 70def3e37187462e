#include "bayplan/images/pull.h"

#include "bayplan/images/signature_policy.h"
#include "bayplan/metadata/namespaces.h"
#include "local_image.h"
#include "pull_files.h"
#include "pull_registry.h"

namespace bayplan::images {
namespace {

Error not_local(std::string_view name) {
  return Error(Errc::not_found, "image", name, "is not here, and no source was to be asked");
}

class Pull {
 public:
  Pull(Store& store, std::string_view ns, const RegistryProvider& registry, const RemoteContext& context,
       const PullOptions& options, const Control& control)
      : store_(store),
        ns_(ns),
        registry_(registry),
        context_(context),
        options_(options),
        control_(control) {}

  Result<PullReport> run(std::string_view text) {
    BAYPLAN_TRY(metadata::validate_namespace(ns_));
    BAYPLAN_ASSIGN(const ImageLocation location, parse_source(text, options_.default_transport));
    BAYPLAN_ASSIGN(const SignaturePolicy policy, SignaturePolicy::load(context_.dirs, context_.policy_file));
    if (const auto* at = std::get_if<RegistryLocation>(&location)) {
      BAYPLAN_ASSIGN(const Registries registries, Registries::load(context_.dirs));
      BAYPLAN_ASSIGN(const auto candidates, candidates_of(*at, text, registries));
      return first_of(candidates, policy, registries);
    }
    BAYPLAN_TRY(policy.check(location));
    BAYPLAN_ASSIGN(PullReport report, elsewhere(location, policy));
    report.source = to_string(location);
    return report;
  }

  Result<Descriptor> find(std::string_view text) const {
    BAYPLAN_ASSIGN(const ImageLocation location, parse_source(text, options_.default_transport));
    BAYPLAN_ASSIGN(const SignaturePolicy policy, SignaturePolicy::load(context_.dirs, context_.policy_file));
    if (const auto* at = std::get_if<RegistryLocation>(&location)) {
      BAYPLAN_ASSIGN(const Registries registries, Registries::load(context_.dirs));
      BAYPLAN_ASSIGN(const auto candidates, candidates_of(*at, text, registries));
      return ask_each(candidates,
                      [&](const RegistryReference& candidate, Registry& client) -> Result<Descriptor> {
                        BAYPLAN_TRY(policy.check(candidate));
                        return find_reference(candidate, client, registries, context_, control_);
                      });
    }
    BAYPLAN_TRY(policy.check(location));
    if (const auto* at = std::get_if<StorageLocation>(&location)) {
      BAYPLAN_ASSIGN(Image image, find_stored(store_, ns_, *at));
      return std::move(image.target);
    }
    return find_in_files(store_, location, control_);
  }

 private:
  bool asks_local_first() const noexcept {
    return options_.policy == PullPolicy::missing || options_.policy == PullPolicy::never;
  }

  Result<PullReport> first_of(const std::vector<RegistryReference>& candidates, const SignaturePolicy& policy,
                              const Registries& registries) {
    if (asks_local_first()) {
      BAYPLAN_ASSIGN(auto report, local_one(candidates, policy));
      if (report) return *std::move(report);
      if (options_.policy == PullPolicy::never) return not_local(candidates.front().to_string());
    }
    return ask_each(candidates, [&](const RegistryReference& candidate, Registry& client) {
      return pull_one(candidate, policy, registries, client);
    });
  }

  // What the first answers that does.
  template <class Ask>
  auto ask_each(const std::vector<RegistryReference>& candidates, const Ask& ask) const
      -> decltype(ask(candidates.front(), std::declval<Registry&>())) {
    if (!registry_) {
      return Error(Errc::failed_precondition, "registry", candidates.front().domain(),
                   "no client to ask it with was given");
    }
    BAYPLAN_ASSIGN(Registry * client, registry_());
    std::optional<Error> failed;
    for (const RegistryReference& candidate : candidates) {
      auto answer = ask(candidate, *client);
      if (answer || answer.error().code() == Errc::cancelled) return answer;
      if (!failed || failed->code() == Errc::not_found) failed = std::move(answer).error();
    }
    return *failed;
  }

  Result<std::vector<RegistryReference>> candidates_of(const RegistryLocation& at, std::string_view text,
                                                       const Registries& registries) const {
    if (parse_location(text)) return std::vector<RegistryReference>{at.reference};
    BAYPLAN_ASSIGN(auto candidates, registries.candidates(text));  // a name alone, which may be short
    if (context_.credentials && candidates.size() > 1) {
      return Error(Errc::invalid_argument, "credentials", text,
                   "are given for a name that several registries may have, and each would see them")
          .with_advice("say which registry is meant");
    }
    return candidates;
  }

  // What no registry is asked for.
  Result<PullReport> elsewhere(const ImageLocation& location, const SignaturePolicy& policy) {
    if (const auto* at = std::get_if<StorageLocation>(&location)) {
      BAYPLAN_ASSIGN(const Image image, find_stored(store_, ns_, *at));
      return use_local(store_, ns_, image, context_, options_, control_);
    }
    if (asks_local_first()) {
      const auto name = registry_name(location);
      std::optional<Image> image;
      if (name) {
        BAYPLAN_ASSIGN(
            image, whole_image(store_, ns_, name->to_string(), context_.platform, options_.all_platforms));
      }
      if (image) BAYPLAN_TRY(policy.check(*name));  // it need not have come from this place
      if (image) return use_local(store_, ns_, *image, context_, options_, control_);
      if (options_.policy == PullPolicy::never) return not_local(to_string(location));
    }
    return pull_files(store_, ns_, location, context_, options_, control_);
  }

  // The first that may be used and is here.
  Result<std::optional<PullReport>> local_one(const std::vector<RegistryReference>& candidates,
                                              const SignaturePolicy& policy) {
    std::optional<Error> rejected;
    for (const RegistryReference& candidate : candidates) {
      BAYPLAN_ASSIGN(const auto image, whole_image(store_, ns_, candidate.to_string(), context_.platform,
                                                   options_.all_platforms));
      if (!image) continue;
      auto allowed = policy.check(candidate);
      if (!allowed) {
        rejected = std::move(allowed).error();
        continue;
      }
      BAYPLAN_ASSIGN(PullReport report, use_local(store_, ns_, *image, context_, options_, control_));
      report.source = to_string(ImageLocation(RegistryLocation{candidate}));
      return std::optional(std::move(report));
    }
    if (rejected) return *std::move(rejected);
    return std::optional<PullReport>();
  }

  Result<PullReport> pull_one(const RegistryReference& candidate, const SignaturePolicy& policy,
                              const Registries& registries, Registry& client) {
    BAYPLAN_TRY(policy.check(candidate));
    BAYPLAN_ASSIGN(PullReport report,
                   pull_reference(store_, ns_, candidate, client, registries, context_, options_, control_));
    report.source = to_string(ImageLocation(RegistryLocation{candidate}));
    return report;
  }

  Store& store_;
  const std::string ns_;
  const RegistryProvider& registry_;
  const RemoteContext& context_;
  const PullOptions& options_;
  const Control& control_;
};

}  // namespace

Result<PullReport> pull(Store& store, std::string_view ns, std::string_view source,
                        const RegistryProvider& registry, const RemoteContext& context,
                        const PullOptions& options, const Control& control) {
  return Pull(store, ns, registry, context, options, control).run(source).with_context("pull", source);
}

Result<Descriptor> find_source(Store& store, std::string_view ns, std::string_view source,
                               const RegistryProvider& registry, const RemoteContext& context,
                               const PullOptions& options, const Control& control) {
  return Pull(store, ns, registry, context, options, control).find(source).with_context("pull", source);
}

}  // namespace bayplan::images
