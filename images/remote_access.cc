#include "remote_access.h"

#include "remote_image.h"

namespace bayplan::images {
namespace {

bool is_unreached(Errc code) noexcept { return code == Errc::io || code == Errc::failed_precondition; }

}  // namespace

Result<RemoteRepository> reach_for_push(const RemoteContext& context, const RegistryReference& reference,
                                        const CancelToken& cancel,
                                        const std::function<Result<void>(const RemoteRepository&)>& ask) {
  BAYPLAN_ASSIGN(const Registries registries, Registries::load(context.dirs));
  BAYPLAN_ASSIGN(auto repositories,
                 remote_repositories(registries, reference, RegistryOperation::push, context, cancel));
  for (std::size_t i = 0;; ++i) {
    auto asked = ask(repositories[i]);
    if (asked) return std::move(repositories[i]);
    const bool is_last = i + 1 == repositories.size();
    if (is_last || !is_unreached(asked.error().code())) return std::move(asked).error();
  }
}

}  // namespace bayplan::images
