#include "lists.h"

#include <set>

#include "bayplan/base/json.h"
#include "endpoint_address.h"
#include "operations.h"
#include "transfer_error.h"

namespace bayplan::registry {
namespace {

// The next page's address, empty after the last one.
Result<std::optional<Url>> next_page(const Session& session, const Response& response) {
  for (const std::string_view field : response.fields().all("link")) {
    const auto link = next_link(field);
    if (!link) continue;
    BAYPLAN_ASSIGN(Url next, session.next_address(response.url(), *link));
    if (next.origin() == session.root().origin()) return std::optional<Url>(std::move(next));
    return Error(Errc::corrupt, "registry", response.url().shown(),
                 "goes on with its list at another registry");
  }
  return std::optional<Url>();
}

Result<std::string> get_page(Session& session, Response& response) {
  auto body = response.read_all(kMaxPageBytes, session.control().cancel);
  if (auto* failure = std::get_if<Failure>(&body)) return std::move(failure->error);
  return std::move(std::get<std::string>(body));
}

}  // namespace

Result<PagesEnd> walk_pages(Session& session, Call call, std::string_view kind, std::string_view name,
                            const std::function<Result<void>(std::string_view body)>& take) {
  std::set<std::string> seen;
  std::size_t bytes = 0;
  while (true) {
    if (!seen.insert(call.url.text()).second) {
      return Error(Errc::corrupt, kind, name, "the registry's list goes in a circle");
    }
    if (seen.size() > kMaxPages) {
      return Error(Errc::too_large, kind, name,
                   "a list of more than " + std::to_string(kMaxPages) + " pages");
    }
    BAYPLAN_ASSIGN(Response response, session.send_patiently(call));
    if (response.status() == 404 && seen.size() == 1) return PagesEnd::not_found;
    if (response.status() != 200) return session.failure_of(response, kind, name).error;
    BAYPLAN_ASSIGN(const std::string body, get_page(session, response));
    bytes += body.size();
    if (bytes > kMaxListBytes) return Error(Errc::too_large, kind, name, "a list of more than 32 MiB");
    BAYPLAN_TRY(take(body));
    BAYPLAN_ASSIGN(auto next, next_page(session, response));
    if (!next) return PagesEnd::all;
    call.url = std::move(*next);
  }
}

Result<void> check_list_entries(std::size_t count, std::string_view kind, std::string_view name) {
  if (count <= kMaxListEntries) return {};
  return Error(Errc::too_large, kind, name,
               "a list of more than " + std::to_string(kMaxListEntries) + " entries");
}

Result<std::vector<std::string>> tags(Shared& shared, const images::RemoteRepository& repository,
                                      const Control& control) {
  BAYPLAN_ASSIGN(Session session, Session::open(shared, repository, "pull", control));
  std::vector<std::string> all;
  const auto take = [&](std::string_view body) -> Result<void> {
    BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(body, "list of tags"));
    BAYPLAN_ASSIGN(const auto names, document.root().optional_strings("tags"));
    BAYPLAN_TRY(check_list_entries(all.size() + names.size(), "repository", session.path()));
    for (const std::string_view tag : names) {
      if (!check_tag(tag)) return Error(Errc::corrupt, "tag", tag, "in the registry's list, and not a tag");
      all.emplace_back(tag);
    }
    return {};
  };
  Call call{.url = session.address("tags/list").with_query({{"n", "1000"}})};
  call.redirects = Redirects::follow;
  BAYPLAN_ASSIGN(const PagesEnd end,
                 walk_pages(session, std::move(call), "repository", session.path(), take));
  if (end == PagesEnd::all) return all;
  return Error(Errc::not_found, "repository", session.path(), "the registry has none of that name");
}

}  // namespace bayplan::registry
