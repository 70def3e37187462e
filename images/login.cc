#include "bayplan/images/login.h"

#include "names/text_pieces.h"
#include "remote_access.h"

namespace bayplan::images {
namespace {

// A repository that `key` speaks for.
Result<RegistryReference> reference_of(const std::string& key) {
  const bool is_host = key.find('/') == std::string::npos;
  BAYPLAN_ASSIGN(RegistryReference reference, RegistryReference::parse(is_host ? key + "/x" : key));
  if (lower(reference.domain()) == key.substr(0, key.find('/'))) return reference;
  return Error(Errc::invalid_argument, "registry", key, "no image can be named there")
      .with_advice("give the host with its domain, or its port");
}

}  // namespace

Result<void> login(std::string_view key, const RegistryCredentials& credentials,
                   const std::filesystem::path& file, const RegistryProvider& registry,
                   const RemoteContext& context, const Control& control) {
  BAYPLAN_ASSIGN(const std::string clean, credential_key(key));
  BAYPLAN_ASSIGN(const RegistryReference reference, reference_of(clean));
  RemoteContext as_this = context;
  as_this.credentials = credentials;
  BAYPLAN_ASSIGN(Registry * client, registry());
  BAYPLAN_TRY(reach_for_push(as_this, reference, control.cancel, [&](const RemoteRepository& repository) {
    return client->ping(repository, control);
  }));
  return store_credentials(file, clean, credentials, control.cancel);
}

}  // namespace bayplan::images
