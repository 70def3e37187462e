// An image in registries, over all routes that lead to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bayplan/images/remote_context.h"

namespace bayplan::images {

/// Repositories by the routes to `reference`, in the order in which to ask them, with the credentials for
/// each: those of the context for the registry that the reference names, else those of the files. Errors:
/// failed_precondition (no route leads to the registry that the context has credentials for), those of
/// Registries::routes and find_credentials.
Result<std::vector<RemoteRepository>> remote_repositories(const Registries& registries,
                                                          const RegistryReference& reference,
                                                          RegistryOperation operation,
                                                          const RemoteContext& context,
                                                          const CancelToken& cancel);

/// Asks one route after the other until one answers. Errors of its functions: those of Registry; of routes
/// that all fail, what the last one says that was reached. Thread-safe after find().
class RemoteImage {
 public:
  /// Borrows `registry`. Asks what `reference` is, once: everything later goes by that digest. Errors: also
  /// those of remote_repositories.
  static Result<RemoteImage> find(Registry& registry, const Registries& registries,
                                  const RegistryReference& reference, const RemoteContext& context,
                                  const Control& control);

  const Descriptor& target() const noexcept { return target_; }

  /// The same without mirrors: over its last route alone.
  RemoteImage at_its_registry() const { return {*registry_, target_, {repositories_.back()}}; }
  bool has_mirrors() const noexcept { return repositories_.size() > 1; }

  /// A manifest or index.
  Result<std::string> fetch_manifest(const Descriptor& manifest, const Control& control) const;
  /// Empty: the first route that answers leads to none.
  Result<std::optional<std::uint64_t>> blob_size(const Digest& blob, const Control& control) const;
  /// Writes the rest of a blob from `offset` on; the next route goes on where the last one failed. Errors
  /// that come from `sink` end it.
  Result<void> fetch_blob(const Descriptor& blob, std::uint64_t offset, ByteSink& sink,
                          const Control& control) const;

 private:
  using Repositories = std::vector<RemoteRepository>;
  RemoteImage(Registry& registry, Descriptor target, Repositories repositories)
      : registry_(&registry), target_(std::move(target)), repositories_(std::move(repositories)) {}

  Registry* registry_;
  Descriptor target_;
  Repositories repositories_;
};

}  // namespace bayplan::images
