#include <algorithm>

#include "lists.h"
#include "media_type.h"
#include "operations.h"
#include "referrers_tag.h"

namespace bayplan::registry {
namespace {

Result<std::vector<images::Referrer>> by_tag(Shared& shared, const images::RemoteRepository& repository,
                                             const Digest& subject, const Control& control) {
  auto index = fetch_manifest(shared, repository, referrers_tag(subject), control);
  if (index) return read_referrers(index->bytes);
  if (index.error().code() == Errc::not_found) return std::vector<images::Referrer>();
  return std::move(index).error();
}

}  // namespace

Result<std::vector<images::Referrer>> referrers(Shared& shared, const images::RemoteRepository& repository,
                                                const Digest& subject, std::string_view artifact_type,
                                                const Control& control) {
  BAYPLAN_ASSIGN(Session session, Session::open(shared, repository, "pull", control));
  Call call{.url = session.address("referrers/" + subject.to_string())};
  if (!artifact_type.empty()) call.url = call.url.with_query({{"artifactType", artifact_type}});
  call.headers.push_back("Accept: " + std::string(images::kOciIndex));
  call.redirects = Redirects::follow;
  std::vector<images::Referrer> found;
  std::size_t entries = 0;
  const auto take = [&](std::string_view body) -> Result<void> {
    BAYPLAN_ASSIGN(auto page, read_referrers(body));
    for (const images::Referrer& entry : page) entries += 4 + entry.descriptor.annotations.size();
    BAYPLAN_TRY(check_list_entries(entries, "referrers", subject.to_string()));
    std::move(page.begin(), page.end(), std::back_inserter(found));
    return {};
  };
  BAYPLAN_ASSIGN(const PagesEnd end,
                 walk_pages(session, std::move(call), "referrers", subject.to_string(), take));
  if (end == PagesEnd::not_found) {
    BAYPLAN_ASSIGN(found, by_tag(shared, repository, subject, control));
  }
  // Whether the registry filtered or not.
  if (!artifact_type.empty()) {
    std::erase_if(found, [&](const images::Referrer& entry) { return entry.artifact_type != artifact_type; });
  }
  return found;
}

}  // namespace bayplan::registry
