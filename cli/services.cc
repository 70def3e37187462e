#include "services.h"

#include <cstdio>

#include "bayplan/containers/storage_record.h"

namespace bayplan::cli {

namespace storage = containers::storage;
using metadata::ReadTx;

Services services_over(const Session& session, std::shared_ptr<images::Store> store,
                       containers::RuntimeServiceOptions options) {
  options.common.ns = session.ns;
  options.unknown = containers::Unknown::is_error;
  containers::StorageService libpod(store, options.common);
  containers::RuntimeService runtime(store, std::move(options));
  return {std::move(store), std::move(runtime), std::move(libpod)};
}

Result<Services> open_services(const Session& session, Result<images::Store> (Session::*open)() const) {
  BAYPLAN_ASSIGN(images::Store store, (session.*open)());
  return services_over(session, std::make_shared<images::Store>(std::move(store)));
}

Result<std::string> find_container(const Session& session, const images::Store& store,
                                   std::string_view text) {
  return store.db().view([&](const ReadTx& tx) { return storage::find(tx, session.ns, text); });
}

Result<std::vector<std::string>> find_containers(const Session& session, const images::Store& store,
                                                 const std::vector<std::string>& texts) {
  std::vector<std::string> ids;
  for (const auto& text : texts) {
    BAYPLAN_ASSIGN(std::string id, find_container(session, store, text));
    ids.push_back(std::move(id));
  }
  return ids;
}

Result<std::optional<containers::tasks::Task>> find_task(const Session& session, const images::Store& store,
                                                         std::string_view id) {
  auto task = store.db().view([&](const ReadTx& tx) { return containers::tasks::get(tx, session.ns, id); });
  if (task) return std::optional(*std::move(task));
  if (task.error().code() == Errc::not_found) return std::optional<containers::tasks::Task>();
  return std::move(task).error();
}

Result<PodName> name_pod(const Session& session, const Services& services, std::string_view text) {
  const auto container = find_container(session, *services.store, text);
  if (!container && container.error().code() != Errc::not_found) return container.error();
  if (container) {
    const auto metadata = services.runtime.container_metadata(*container);
    if (metadata && metadata->pod) return PodName{metadata->pod_id, metadata->pod_name};
  }
  // Its infrastructure container may be gone.
  BAYPLAN_ASSIGN(const auto pods, services.runtime.pods(tell_problem));
  for (const auto& [id, members] : pods) {
    const std::string& name = members.front().metadata.pod_name;
    if (id == text || name == text) return PodName{id, name};
  }
  return Error(Errc::not_found, "pod", text);
}

Result<Pod> find_pod(const Session& session, const Services& services, std::string_view text) {
  BAYPLAN_ASSIGN(PodName name, name_pod(session, services, text));
  BAYPLAN_ASSIGN(auto members, services.runtime.members(name.id, tell_problem));
  if (members.empty()) return Error(Errc::not_found, "pod", text);
  return Pod{std::move(name.id), std::move(members)};
}

void tell_problem(std::string_view, const Error& error) {
  std::fprintf(stderr, "bayplan: %s\n", error.to_string().c_str());
}

}  // namespace bayplan::cli
