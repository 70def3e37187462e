#include "client.h"

#include <algorithm>
#include <mutex>

#include "operations.h"

namespace bayplan::registry {
namespace {

class Client final : public images::Registry {
 public:
  Client(const images::RegistryOptions& options, std::unique_ptr<Engine> engine, Waiter waiter)
      : shared_{options, std::move(waiter), Transport(std::move(engine), shared_.options),
                Authorizer(shared_.transport, shared_.options), Slots(options.connections_per_host)} {}

  Result<void> ping(const images::RemoteRepository& repository, const Control& control) override {
    return registry::ping(shared_, repository, control);
  }
  Result<Descriptor> resolve(const images::RemoteRepository& repository, const images::ManifestName& name,
                             const Control& control) override {
    return registry::resolve(shared_, repository, name, control);
  }
  Result<images::RemoteManifest> fetch_manifest(const images::RemoteRepository& repository,
                                                const images::ManifestName& name,
                                                const Control& control) override {
    return registry::fetch_manifest(shared_, repository, name, control);
  }
  Result<std::optional<std::uint64_t>> blob_size(const images::RemoteRepository& repository,
                                                 const Digest& digest, const Control& control) override {
    return registry::blob_size(shared_, repository, digest, control);
  }
  Result<void> fetch_blob(const images::RemoteRepository& repository, const Descriptor& descriptor,
                          std::uint64_t offset, ByteSink& sink, const Control& control) override {
    return registry::fetch_blob(shared_, repository, descriptor, offset, sink, control);
  }
  Result<std::vector<std::string>> tags(const images::RemoteRepository& repository,
                                        const Control& control) override {
    return registry::tags(shared_, repository, control);
  }
  Result<std::vector<images::Referrer>> referrers(const images::RemoteRepository& repository,
                                                  const Digest& subject, std::string_view artifact_type,
                                                  const Control& control) override {
    return registry::referrers(shared_, repository, subject, artifact_type, control);
  }
  Result<images::PushedBlob> push_blob(const images::RemoteRepository& repository,
                                       const Descriptor& descriptor, const images::BodySource& body,
                                       const images::PushBlobOptions& options,
                                       const Control& control) override {
    return registry::push_blob(shared_, repository, descriptor, body, options, control);
  }
  Result<Digest> push_manifest(const images::RemoteRepository& repository, const images::ManifestName& name,
                               std::string_view media_type, std::string_view bytes,
                               const Control& control) override {
    return registry::push_manifest(shared_, repository, name, media_type, bytes, control);
  }
  images::RegistryStatistics statistics() const override {
    const Counters& counters = shared_.transport.counters();
    return {counters.requests, counters.connections, counters.http2_answers, counters.bytes_received,
            counters.bytes_sent};
  }

 private:
  Shared shared_;
};

// libcurl's own start is not thread-safe in every build of it.
Result<void> start_libcurl() {
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kStarted != CURLE_OK) return Error(Errc::io, "libcurl", {}, curl_easy_strerror(kStarted));
  const curl_version_info_data* version = curl_version_info(CURLVERSION_NOW);
  if ((version->features & CURL_VERSION_SSL) == 0)
    return Error(Errc::unsupported, "libcurl", version->version, "has no TLS");
  return {};
}

}  // namespace

Result<std::unique_ptr<images::Registry>> open_client_with(
    const images::RegistryOptions& options, std::optional<boost::asio::any_io_executor> executor,
    Waiter waiter) {
  if (options.connections_per_host == 0) {
    return Error(Errc::invalid_argument, "registry client", {}, "no connection per host");
  }
  BAYPLAN_TRY(start_libcurl());
  // Bodies have slots of their own; what is small finds a connection beside them.
  const auto longest_call = std::min<std::chrono::milliseconds>(Engine::kLongestCall, options.answer_timeout);
  BAYPLAN_ASSIGN(auto engine,
                 Engine::open(std::move(executor), 2 * options.connections_per_host, longest_call));
  return std::unique_ptr<images::Registry>(
      std::make_unique<Client>(options, std::move(engine), std::move(waiter)));
}

Result<std::unique_ptr<images::Registry>> open_client(const images::RegistryOptions& options,
                                                      std::optional<boost::asio::any_io_executor> executor) {
  return open_client_with(options, std::move(executor), wait_for);
}

}  // namespace bayplan::registry
