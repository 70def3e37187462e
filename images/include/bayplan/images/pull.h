// Pull: an image from wherever it is becomes an image record, with its blobs and snapshots.
//
//   images::RemoteContext context{.dirs = images::ConfigDirs::of_process()};
//   auto report = images::pull(store, "default", "alpine:3", registry, context, {}, {});
//
// The name is parsed before anything is read or asked; then the signature policy has its say. A name is
// resolved to a digest once, and all that follows goes by that digest. What the namespace has is not fetched
// again, nor what another one has, as the store's sharing policy allows (content::Sharing). Layers are
// fetched several at a time and unpacked while they arrive.
//
// One transaction at the end records manifests, snapshots and the image's name together; until then no image
// is seen, and after any failure there is none. Layers that arrived whole, and the parts of others, stay: a
// lease of kPullLeaseLife, called "pull-DIGEST", keeps them, and the next pull, in any process, goes on from
// there. So does whoever pulls the same image meanwhile: pulls of one digest into one namespace follow one
// another, and what the first one brought is there for the others; pulls of different images wait for one
// another's layers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/import.h"
#include "bayplan/images/remote_context.h"
#include "bayplan/images/store.h"

namespace bayplan::images {

/// How long what a failed pull fetched waits for the next one.
inline constexpr std::chrono::hours kPullLeaseLife{24};

/// When a source is asked. A local image is one of that name whose parts, and snapshots if asked for, are
/// there.
enum class PullPolicy : unsigned char {
  always,   ///< the source decides what the name means; what is there already is not fetched again
  missing,  ///< only where there is no local image
  never,    ///< not at all: a local image, or not_found
  newer,    ///< as always; but where the source cannot tell, the local image will do
};

struct PullOptions {
  PullPolicy policy = PullPolicy::always;
  bool all_platforms = false;  ///< fetch whatever the index names; else what RemoteContext::platform needs
  bool unpack = true;          ///< the manifest for RemoteContext::platform; artifacts never are
  UnpackLimits limits{};
  std::string default_transport = "docker://";  ///< parse_source()
  unsigned layers_at_once = 3;                  ///< fetched at the same time
  ReplacedImage replaced{};                     ///< may be empty
};

struct PullReport {
  std::string name;    ///< of the image record
  std::string source;  ///< where it was found, TRANSPORT:WHAT: of a short name, what it turned out to mean
  Descriptor target;
  std::optional<Digest> previous{};  ///< what the name meant before, if it meant something else
  std::optional<Digest> chain_id{};  ///< top snapshot, when unpacked
  bool asked = false;                ///< whether the source was asked, not only the store
  std::uint64_t blobs = 0;           ///< new in this namespace
  std::uint64_t bytes = 0;           ///< of those
  std::uint64_t fetched = 0;         ///< bytes of blobs and documents that this call got from registries
  std::vector<std::string> warnings{};
};

/// Pulls `source`, as parse_source() takes it: docker://NAME, a NAME alone (which may be short: the
/// candidates of Registries are tried in order), oci:, oci-archive:, docker-archive:, dir:, and
/// containers-storage:, which only looks for a local image. A name from a registry is what the record is
/// called; others are named as import() names them. A record of that name is replaced. `registry` is called
/// for docker:// only, and may be empty where that does not come. Progress has the stages "fetch", "wait"
/// (somebody else fetches it), "unpack" and "ingest", and objects that are digests; it is told by several
/// threads at once. Precondition: outside of write transactions. Thread-safe.
///
/// Errors: invalid_argument (the name; documents that contradict themselves; a configuration file that cannot
/// be understood), unsupported (a transport; docker schema 1; signatures are asked for; a layer's type),
/// not_found (the image; a manifest for the platform; for PullPolicy::never, a local one; a file of the
/// context), permission_denied (the signature policy; the registry), digest_mismatch (the source has other
/// bytes; nothing of those is kept), failed_precondition (the registry is blocked, or its certificate not
/// trusted; no `registry`), busy, corrupt, too_large, no_space (also: the blobs to be fetched are more than
/// the disk has room for, which is found before the first is asked for), conflict (snapshots came and went
/// meanwhile, again and again), cancelled, io, closed, and those of Registry, of `registry`, of import() and
/// of Stage::apply. Of several candidates or mirrors that fail, the error is the first that says more than
/// not_found.
Result<PullReport> pull(Store& store, std::string_view ns, std::string_view source,
                        const RegistryProvider& registry, const RemoteContext& context,
                        const PullOptions& options, const Control& control);

/// What a pull of `source` would find, without a local image having a say: its manifest or index is read and
/// understood. Writes nothing. Errors: those of pull(), but for what fetching and recording may answer.
Result<Descriptor> find_source(Store& store, std::string_view ns, std::string_view source,
                               const RegistryProvider& registry, const RemoteContext& context,
                               const PullOptions& options, const Control& control);

}  // namespace bayplan::images
