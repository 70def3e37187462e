// A registry in memory, as strict as a real one: what a manifest names has to be there. It writes down what
// it is asked.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bayplan/base/json.h"
#include "bayplan/images/registry.h"

namespace bayplan::images {

class FakeRegistry final : public Registry {
 public:
  struct Repository {
    std::map<std::string, std::string> blobs{};      ///< bytes by digest
    std::map<std::string, std::string> manifests{};  ///< bytes by digest
    std::map<std::string, std::string> tags{};       ///< digest by tag
  };

  /// Before it answers to a call ("push-blob sha256:..", "push-manifest latest"), by several threads; an
  /// error is the answer.
  std::function<Result<void>(const std::string& call, const RemoteRepository& repository)> before{};

  std::map<std::string, Repository> repositories{};  ///< by path
  std::vector<std::string> calls{};
  RemoteRepository last{};  ///< as it was asked the last time

  /// Those that begin with `verb`.
  std::vector<std::string> calls_of(const std::string& verb) const {
    std::vector<std::string> found;
    std::copy_if(calls.begin(), calls.end(), std::back_inserter(found),
                 [&](const std::string& call) { return call.starts_with(verb); });
    return found;
  }

  Result<void> ping(const RemoteRepository& repository, const Control&) override {
    return note("ping", repository);
  }
  Result<Descriptor> resolve(const RemoteRepository& repository, const ManifestName& name,
                             const Control&) override {
    BAYPLAN_TRY(note("resolve " + text_of(name), repository));
    const std::scoped_lock lock(mutex_);
    const Repository& here = repositories[repository.path];
    std::string digest = text_of(name);
    if (const auto tag = here.tags.find(digest); tag != here.tags.end()) digest = tag->second;
    const auto found = here.manifests.find(digest);
    if (found == here.manifests.end()) return Error(Errc::not_found, "manifest", digest);
    return Descriptor{"application/json", Digest::parse(digest).value(), found->second.size()};
  }
  Result<PushedBlob> push_blob(const RemoteRepository& repository, const Descriptor& descriptor,
                               const BodySource& body, const PushBlobOptions& options,
                               const Control&) override {
    const std::string digest = descriptor.digest.to_string();
    BAYPLAN_TRY(note("push-blob " + digest, repository));
    {
      const std::scoped_lock lock(mutex_);
      if (repositories[repository.path].blobs.contains(digest)) return PushedBlob::existed;
      const auto& from = repositories[options.mount_from].blobs;
      if (!options.mount_from.empty() && from.contains(digest)) {
        repositories[repository.path].blobs[digest] = from.at(digest);
        return PushedBlob::mounted;
      }
    }
    BAYPLAN_ASSIGN(const auto source, body(0));
    BAYPLAN_ASSIGN(const std::string bytes, read_all(*source, 1u << 30));
    if (Digest::of(bytes, descriptor.digest.algorithm()) != descriptor.digest) {
      return Error(Errc::digest_mismatch, "blob", digest);
    }
    const std::scoped_lock lock(mutex_);
    repositories[repository.path].blobs[digest] = bytes;
    return PushedBlob::uploaded;
  }
  Result<Digest> push_manifest(const RemoteRepository& repository, const ManifestName& name, std::string_view,
                               std::string_view bytes, const Control&) override {
    BAYPLAN_TRY(note("push-manifest " + text_of(name), repository));
    const std::scoped_lock lock(mutex_);
    Repository& here = repositories[repository.path];
    BAYPLAN_TRY(check_children(here, bytes));
    const Digest digest = Digest::of(bytes);
    here.manifests[digest.to_string()] = bytes;
    if (std::holds_alternative<std::string>(name))
      here.tags[std::get<std::string>(name)] = digest.to_string();
    return digest;
  }

  // A push asks none of these.
  Result<RemoteManifest> fetch_manifest(const RemoteRepository&, const ManifestName&,
                                        const Control&) override {
    return unasked();
  }
  Result<std::optional<std::uint64_t>> blob_size(const RemoteRepository&, const Digest&,
                                                 const Control&) override {
    return unasked();
  }
  Result<void> fetch_blob(const RemoteRepository&, const Descriptor&, std::uint64_t, ByteSink&,
                          const Control&) override {
    return unasked();
  }
  Result<std::vector<std::string>> tags(const RemoteRepository&, const Control&) override {
    return unasked();
  }
  Result<std::vector<Referrer>> referrers(const RemoteRepository&, const Digest&, std::string_view,
                                          const Control&) override {
    return unasked();
  }
  RegistryStatistics statistics() const override { return {}; }

 private:
  static Error unasked() { return {Errc::unsupported, "fake registry", {}}; }
  static std::string text_of(const ManifestName& name) {
    const auto* digest = std::get_if<Digest>(&name);
    return digest != nullptr ? digest->to_string() : std::get<std::string>(name);
  }
  Result<void> note(const std::string& call, const RemoteRepository& repository) {
    {
      const std::scoped_lock lock(mutex_);
      calls.push_back(call);
      last = repository;
    }
    return before ? before(call, repository) : Result<void>();
  }
  static Result<void> check_children(const Repository& here, std::string_view bytes) {
    BAYPLAN_ASSIGN(const json::Document document, json::Document::parse(bytes, "manifest"));
    const auto check = [&](const json::Value& child, const auto& holder) -> Result<void> {
      const std::string digest(child.string("digest").value());
      const bool foreign =
          child.find("urls") || child.string("mediaType")->find("nondistributable") != std::string_view::npos;
      if (foreign || holder.contains(digest)) return {};
      return Error(Errc::failed_precondition, "blob", digest, "is not there yet");
    };
    if (const auto config = document.root().find("config")) BAYPLAN_TRY(check(*config, here.blobs));
    if (const auto layers = document.root().array("layers")) {
      for (const json::Value& layer : *layers) BAYPLAN_TRY(check(layer, here.blobs));
    }
    if (const auto manifests = document.root().array("manifests")) {
      for (const json::Value& child : *manifests) BAYPLAN_TRY(check(child, here.manifests));
    }
    return {};
  }

  mutable std::mutex mutex_;
};

}  // namespace bayplan::images
