// Push: an image of the store goes to a registry, as the bytes that are stored.
//
//   images::RemoteContext context{.dirs = images::ConfigDirs::of_process()};
//   auto report = images::push(store, "default", "alpine:3", "h.example/a:3", registry, context, {}, {});
//
// All that the image consists of is looked for before anything is sent. Blobs come first, several at a time:
// the registry is asked for each, mounts it from another of its repositories where the content record says
// that it is there (label containerd.io/distribution.source.HOST, as containerd writes it), or gets it. Then
// manifests, then indexes, each after what it names; the tag is the last, so that it never means something
// that is not whole. What was sent stays there after a failure, and the next push does not send it again.
//
// A lease of kPushLeaseLife keeps all of it from the collector; it ends with the call, or with the process.
// Where the image is now is noted in those labels.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/remote_context.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

/// The longest that a lease of a push lasts where nothing proves the end of its process.
inline constexpr std::chrono::hours kPushLeaseLife{7 * 24};

struct PushOptions {
  /// An index with all that it names, attestations too. Otherwise, of an index, the manifest for
  /// RemoteContext::platform alone, which is what the destination means then. An image that is one manifest
  /// has to be for that platform, where the context names one.
  bool all_platforms = false;
  /// Also what the namespace has that names one of those as its subject (signatures, SBOMs), and what names
  /// that: images, and what the content record of the subject refers to as containerd has it.
  bool referrers = false;
  bool undistributable = false;   ///< also layers whose type says that they may not be distributed
  std::uint64_t chunk_bytes = 0;  ///< per request of an upload; 0 = each blob in one
};

struct PushReport {
  std::string destination;          ///< canonical: HOST/PATH:TAG or HOST/PATH@DIGEST
  Descriptor target;                ///< what it means now
  std::vector<Digest> referrers{};  ///< that went along
  std::uint64_t uploaded = 0;       ///< blobs
  std::uint64_t mounted = 0;        ///< blobs
  std::uint64_t existed = 0;        ///< blobs
  std::uint64_t bytes = 0;          ///< of the uploaded ones
  std::vector<std::string> warnings{};
};

/// Pushes the image `name` (as find() takes it) to `destination`, a reference with or without docker://;
/// empty: what the image is called. A reference with a digest has to be the digest of what is pushed. Only
/// routes that serve RegistryOperation::push are used, the first one that is reached. `registry` is called
/// when all was found in the store. Progress has the stages "push", "mount" and "exists", and objects that
/// are digests; it is told by several threads at once. Precondition: outside of write transactions.
/// Thread-safe.
///
/// Errors: invalid_argument (destination, also a registry without a repository; its digest is another one; a
/// configuration file that cannot be understood), not_found (the image; a manifest for the platform; a blob,
/// by its digest; a file of the context), unsupported (another transport; no manifest and no index; docker
/// schema 1), digest_mismatch (what the store has is damaged; the registry made something else of it),
/// permission_denied (the registry), failed_precondition (the registry is blocked, or its certificate not
/// trusted, or it misses a part), busy, corrupt, too_large, cancelled, no_space, io, closed, read_only (the
/// store: a lease is needed), and those of Registry, of `registry`, of find_credentials and of
/// metadata::LeaseOwner::acquire.
Result<PushReport> push(Store& store, std::string_view ns, std::string_view name,
                        std::string_view destination, const RegistryProvider& registry,
                        const RemoteContext& context, const PushOptions& options, const Control& control);

}  // namespace bayplan::images
