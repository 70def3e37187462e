#include "remote_access.h"

#include "bayplan/images/credentials.h"
#include "names/registry_host.h"
#include "names/text_pieces.h"

namespace bayplan::images {
namespace {

Result<RegistryCredentials> credentials_for(const RemoteContext& context, const RegistryRoute& route,
                                            const CancelToken& cancel) {
  const std::string& key = route.credential_key;
  const bool is_own = lower(key.substr(0, key.find('/'))) == lower(route.reference.domain());
  if (context.credentials && is_own) return *context.credentials;
  BAYPLAN_ASSIGN(auto found, find_credentials(context.dirs, key, cancel));
  return std::move(found).value_or(RegistryCredentials());
}

bool is_unreached(Errc code) noexcept { return code == Errc::io || code == Errc::failed_precondition; }

}  // namespace

Result<RemoteRepository> reach_for_push(const RemoteContext& context, const RegistryReference& reference,
                                        const CancelToken& cancel,
                                        const std::function<Result<void>(const RemoteRepository&)>& ask) {
  BAYPLAN_ASSIGN(const Registries registries, Registries::load(context.dirs));
  BAYPLAN_ASSIGN(const auto routes,
                 registries.routes(reference, RegistryOperation::push, context.connection));
  for (std::size_t i = 0;; ++i) {
    const RegistryRoute& route = routes[i];
    RemoteRepository repository{.endpoint = route.endpoint, .path = route.reference.path()};
    BAYPLAN_ASSIGN(repository.credentials, credentials_for(context, route, cancel));
    auto asked = ask(repository);
    if (asked) return repository;
    if (!is_unreached(asked.error().code()) || i + 1 == routes.size()) return std::move(asked).error();
  }
}

}  // namespace bayplan::images
