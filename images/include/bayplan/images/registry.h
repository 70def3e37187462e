// Registry: the client's side of the OCI distribution protocol, free of the library that speaks HTTP.
// bayplan/registry/client.h opens one (target bayplan::registry, the only one that links libcurl).
//
// Every call blocks its thread until it is done; any number of threads may call at once and share
// connections, tokens and limits. Requests that fail in ways that pass (429, 5xx, cut connections) are
// repeated; redirects of reads are followed, without secrets once they leave the endpoint. Nothing is tried
// over plain HTTP or anonymously that was asked for otherwise.
//
// Errors of every call, beside its own: invalid_argument (endpoint, credentials or repository not
// well-formed), permission_denied (the registry or its token server refuses, or asks for credentials that are
// not given or that it must not get), failed_precondition (its certificate is not trusted, or a redirect or
// token server would weaken the connection, or lies closer to this host than the registry), busy (it wants
// fewer requests, or to be asked again after longer than RegistryOptions::longest_wait), corrupt (an answer
// that contradicts the protocol), too_large (one beyond the limits here), unsupported, cancelled, io (not
// reached, cut off, too slow, or an error of the registry's own, again and again). What a registry says in
// errors is cut and escaped.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bayplan/base/descriptor.h"
#include "bayplan/base/diagnostics.h"
#include "bayplan/base/progress.h"
#include "bayplan/base/stream.h"
#include "bayplan/images/registry_endpoint.h"

namespace bayplan::images {

struct RegistryOptions {
  unsigned connections_per_host = 6;  ///< for blobs, in both directions together; as many again for all else
  unsigned attempts = 5;              ///< per request; a blob that made progress begins to count anew
  std::chrono::milliseconds first_wait{500};       ///< before the second attempt; doubles, with jitter
  std::chrono::milliseconds longest_wait{60'000};  ///< between two attempts, whatever Retry-After asks for
  std::chrono::milliseconds connect_timeout{30'000};
  /// For manifests, tokens and pages of lists as a whole; for blobs, until the answer begins.
  std::chrono::milliseconds answer_timeout{60'000};
  /// A blob that brings less than stall_bytes while so long was waited for it is given up.
  std::chrono::milliseconds stall_window{60'000};
  std::uint64_t stall_bytes = 4096;
  std::string user_agent = "bayplan";
  DiagnosticSink diagnostics{};  ///< told of each repeated request and of registries' warnings
};

/// A tag by text, or a digest.
using ManifestName = std::variant<std::string, Digest>;

struct RemoteManifest {
  Descriptor descriptor;
  std::string bytes;  ///< as they came; they hash to the descriptor's digest
};

struct Referrer {
  Descriptor descriptor;
  std::string artifact_type;
};

/// Opens the bytes to be sent from an offset to the end. Called again when a request is repeated.
using BodySource = std::function<Result<std::unique_ptr<ByteSource>>(std::uint64_t offset)>;

struct PushBlobOptions {
  std::string mount_from{};       ///< a repository of the same registry that has the blob; empty: none known
  std::uint64_t chunk_bytes = 0;  ///< bytes per request; 0 = all in one
};

enum class PushedBlob : unsigned char { existed, mounted, uploaded };

struct RegistryStatistics {
  std::uint64_t requests = 0;
  std::uint64_t connections = 0;     ///< opened
  std::uint64_t http2_answers = 0;   ///< of requests
  std::uint64_t bytes_received = 0;  ///< of bodies
  std::uint64_t bytes_sent = 0;      ///< of bodies
};

class Registry {
 public:
  virtual ~Registry() = default;

  /// Asks whether the endpoint speaks the protocol, and takes the credentials if it asks for any;
  /// `repository.path` is not used.
  /// Errors: those of every call; not_found (something else answers there).
  virtual Result<void> ping(const RemoteRepository& repository, const Control& control) = 0;

  /// What `name` is, without its bytes where the registry tells. Errors: not_found, digest_mismatch (the
  /// registry says another digest than `name`), unsupported (docker schema 1, or neither manifest nor index).
  virtual Result<Descriptor> resolve(const RemoteRepository& repository, const ManifestName& name,
                                     const Control& control) = 0;

  /// A manifest or index of at most kMaxDocumentBytes. Its bytes are checked against `name` and against what
  /// the registry says of them, its type against the document's. Errors: as resolve; corrupt (types that
  /// contradict each other), invalid_argument (not JSON).
  virtual Result<RemoteManifest> fetch_manifest(const RemoteRepository& repository, const ManifestName& name,
                                                const Control& control) = 0;

  /// Size of a blob, empty if the repository has none of that digest.
  virtual Result<std::optional<std::uint64_t>> blob_size(const RemoteRepository& repository,
                                                         const Digest& digest, const Control& control) = 0;

  /// Writes the blob's bytes from `offset` on to `sink`, on the calling thread; goes on where it was when the
  /// connection is cut. Exactly `descriptor.size - offset` bytes on success, never more in any case. They are
  /// NOT hashed here: whoever stores them does (content::Ingest). Each byte is written once, so that the sink
  /// holds what came when this fails. A sink may block, also until a blob that was asked for earlier got on:
  /// first come, first served. `descriptor.annotations` and its type are not used. Errors: not_found,
  /// digest_mismatch (the registry has another size), invalid_argument (`offset` beyond the size), and the
  /// sink's own.
  virtual Result<void> fetch_blob(const RemoteRepository& repository, const Descriptor& descriptor,
                                  std::uint64_t offset, ByteSink& sink, const Control& control) = 0;

  /// All tags, in the registry's order. Errors: not_found (repository).
  virtual Result<std::vector<std::string>> tags(const RemoteRepository& repository,
                                                const Control& control) = 0;

  /// What refers to `subject`; from the tag that stands in for the protocol's call where the registry lacks
  /// it. Only those of `artifact_type`, if that is not empty. An unknown subject has none.
  virtual Result<std::vector<Referrer>> referrers(const RemoteRepository& repository, const Digest& subject,
                                                  std::string_view artifact_type, const Control& control) = 0;

  /// Makes the registry have the blob: asks for it, mounts it, or sends what `body` opens, which must be
  /// `descriptor.size` bytes of that digest. Goes on where the registry says it was when the connection is
  /// cut, where it says so; progress goes back then. Errors: digest_mismatch (the registry found another
  /// digest), io (`body` ended early), and those of `body`.
  virtual Result<PushedBlob> push_blob(const RemoteRepository& repository, const Descriptor& descriptor,
                                       const BodySource& body, const PushBlobOptions& options,
                                       const Control& control) = 0;

  /// Puts `bytes` as they are under `name`; what they refer to must be there. A manifest with a `subject`
  /// is also listed under the tag that stands in for the registry's list of referrers, where it keeps none
  /// itself. Errors: digest_mismatch (`bytes` are not `name`, or the registry made something else of them),
  /// failed_precondition (something that it refers to is missing), invalid_argument (refused by the
  /// registry).
  virtual Result<Digest> push_manifest(const RemoteRepository& repository, const ManifestName& name,
                                       std::string_view media_type, std::string_view bytes,
                                       const Control& control) = 0;

  /// Sums since it was opened.
  virtual RegistryStatistics statistics() const = 0;
};

}  // namespace bayplan::images
