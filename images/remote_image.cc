#include "remote_image.h"

#include <map>

#include "bayplan/images/credentials.h"
#include "media_type.h"

namespace bayplan::images {
namespace {

std::string host_of(std::string_view credential_key) {
  return std::string(credential_key.substr(0, credential_key.find('/')));
}

bool was_reached(const Error& error) noexcept {
  return error.code() != Errc::io && error.code() != Errc::failed_precondition;
}

// Plain HTTP to where TLS was answered would only give secrets away.
bool weakens(const RemoteRepository& next, const RemoteRepository& answered) {
  const RegistryEndpoint& from = answered.endpoint;
  const RegistryEndpoint& to = next.endpoint;
  return to.plain_http && !from.plain_http && to.host == from.host && to.port == from.port;
}

// What the first repository answers that does.
template <class Ask>
auto first_answer(const std::vector<RemoteRepository>& repositories, const Ask& ask)
    -> decltype(ask(repositories.front())) {
  std::optional<Error> failed;
  const RemoteRepository* answered = nullptr;
  for (const RemoteRepository& repository : repositories) {
    if (answered != nullptr && weakens(repository, *answered)) continue;
    auto answer = ask(repository);
    if (answer || answer.error().code() == Errc::cancelled) return answer;
    const bool reached = was_reached(answer.error());
    if (reached) answered = &repository;
    if (!failed || reached || !was_reached(*failed)) failed = std::move(answer).error();
  }
  return *failed;
}

ManifestName name_of(const RegistryReference& reference) {
  if (reference.digest()) return *reference.digest();
  return *reference.tag();
}

// Remembers whether it was the sink that failed.
class Guarded final : public ByteSink {
 public:
  Guarded(ByteSink& sink, std::uint64_t offset) : sink_(sink), offset_(offset) {}
  Result<void> write(std::span<const std::byte> bytes) override {
    const auto written = sink_.write(bytes);
    failed_ = !written;
    if (written) offset_ += bytes.size();
    return written;
  }
  bool failed() const noexcept { return failed_; }
  std::uint64_t offset() const noexcept { return offset_; }

 private:
  ByteSink& sink_;
  std::uint64_t offset_;
  bool failed_ = false;
};

}  // namespace

Result<std::vector<RemoteRepository>> remote_repositories(const Registries& registries,
                                                          const RegistryReference& reference,
                                                          RegistryOperation operation,
                                                          const RemoteContext& context,
                                                          const CancelToken& cancel) {
  BAYPLAN_ASSIGN(const auto routes, registries.routes(reference, operation, context.connection));
  std::map<std::string, RegistryCredentials> known;  // a helper is not asked twice
  std::vector<RemoteRepository> repositories;
  bool used = false;
  for (const RegistryRoute& route : routes) {
    auto credentials = known.find(route.credential_key);
    if (credentials == known.end()) {
      std::optional<RegistryCredentials> found;
      if (context.credentials && host_of(route.credential_key) == reference.domain()) {
        found = context.credentials;
        used = true;
      } else {
        BAYPLAN_ASSIGN(found, find_credentials(context.dirs, route.credential_key, cancel));
      }
      credentials =
          known.emplace(route.credential_key, found ? *std::move(found) : RegistryCredentials()).first;
    }
    repositories.push_back({route.endpoint, credentials->second, route.reference.path()});
  }
  if (context.credentials && !used) {
    return Error(Errc::failed_precondition, "registry", reference.domain(),
                 "the given credentials are for it, and all routes lead to other hosts")
        .with_advice("log in to the host that registries.conf or hosts.toml names");
  }
  return repositories;
}

Result<RemoteImage> RemoteImage::find(Registry& registry, const Registries& registries,
                                      const RegistryReference& reference, const RemoteContext& context,
                                      const Control& control) {
  BAYPLAN_ASSIGN(const auto resolvers, remote_repositories(registries, reference, RegistryOperation::resolve,
                                                           context, control.cancel));
  BAYPLAN_ASSIGN(Descriptor target, first_answer(resolvers, [&](const RemoteRepository& repository) {
                   return registry.resolve(repository, name_of(reference), control);
                 }));
  BAYPLAN_ASSIGN(auto repositories, remote_repositories(registries, reference.pinned(target.digest),
                                                        RegistryOperation::pull, context, control.cancel));
  return RemoteImage(registry, std::move(target), std::move(repositories));
}

Result<std::string> RemoteImage::fetch_manifest(const Descriptor& manifest, const Control& control) const {
  BAYPLAN_ASSIGN(RemoteManifest fetched, first_answer(repositories_, [&](const RemoteRepository& repository) {
                   return registry_->fetch_manifest(repository, manifest.digest, control);
                 }));
  return std::move(fetched.bytes);
}

Result<std::optional<std::uint64_t>> RemoteImage::blob_size(const Digest& blob,
                                                            const Control& control) const {
  return first_answer(repositories_,
                      [&](const RemoteRepository& repository) -> Result<std::optional<std::uint64_t>> {
                        return registry_->blob_size(repository, blob, control);
                      });
}

Result<void> RemoteImage::fetch_blob(const Descriptor& blob, std::uint64_t offset, ByteSink& sink,
                                     const Control& control) const {
  Guarded guarded(sink, offset);
  std::optional<Error> of_sink;
  BAYPLAN_TRY(first_answer(repositories_, [&](const RemoteRepository& repository) -> Result<void> {
    auto fetched = registry_->fetch_blob(repository, blob, guarded.offset(), guarded, control);
    if (!fetched && guarded.failed()) {
      of_sink = std::move(fetched).error();
      return {};
    }
    return fetched;
  }));
  if (of_sink) return *of_sink;
  return {};
}

}  // namespace bayplan::images
