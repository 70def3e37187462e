// The calls of images::Registry, each over a session of its own. Results and errors are documented there.
#pragma once

#include "session.h"

namespace bayplan::registry {

Result<void> ping(Shared& shared, const images::RemoteRepository& repository, const Control& control);

Result<Descriptor> resolve(Shared& shared, const images::RemoteRepository& repository,
                           const images::ManifestName& name, const Control& control);

Result<images::RemoteManifest> fetch_manifest(Shared& shared, const images::RemoteRepository& repository,
                                              const images::ManifestName& name, const Control& control);

Result<std::optional<std::uint64_t>> blob_size(Shared& shared, const images::RemoteRepository& repository,
                                               const Digest& digest, const Control& control);

Result<void> fetch_blob(Shared& shared, const images::RemoteRepository& repository,
                        const Descriptor& descriptor, std::uint64_t offset, ByteSink& sink,
                        const Control& control);

Result<std::vector<std::string>> tags(Shared& shared, const images::RemoteRepository& repository,
                                      const Control& control);

Result<std::vector<images::Referrer>> referrers(Shared& shared, const images::RemoteRepository& repository,
                                                const Digest& subject, std::string_view artifact_type,
                                                const Control& control);

Result<images::PushedBlob> push_blob(Shared& shared, const images::RemoteRepository& repository,
                                     const Descriptor& descriptor, const images::BodySource& body,
                                     const images::PushBlobOptions& options, const Control& control);

Result<Digest> push_manifest(Shared& shared, const images::RemoteRepository& repository,
                             const images::ManifestName& name, std::string_view media_type,
                             std::string_view bytes, const Control& control);

}  // namespace bayplan::registry
