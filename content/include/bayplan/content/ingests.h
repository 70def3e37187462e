// Ingest records: bytes on their way in, by a reference that their writer chose. In the caller's transaction;
// all-or-nothing each. Semantics and errors as containerd's (core/metadata/content.go).
//
// The bytes lie in <root>/ingest/<sha256 of IngestRecord::backend>, whose lock a writer holds: while it does,
// the record and what it expects are kept, expired or not.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/digest.h"
#include "bayplan/base/time.h"
#include "bayplan/metadata/gc.h"

namespace bayplan::content::ingests {

/// How long one lasts that no lease lists.
inline constexpr std::chrono::hours kDefaultExpiry{24};
inline constexpr std::size_t kMaxRefBytes = 4096;

struct IngestRecord {
  std::string ref;
  std::string backend{};             ///< "<namespace>/<number>/<ref>"
  std::optional<Time> expires{};     ///< none: as long as a lease lists it
  std::optional<Digest> expected{};  ///< what it is to become, and keeps, where that is there already

  friend bool operator==(const IngestRecord&, const IngestRecord&) = default;
};

/// The record of `ref`, made where there is none; one that is there keeps its backend reference. `lease`
/// lists it from now on; with an empty one it expires kDefaultExpiry from now. Errors: invalid_argument
/// (namespace; a reference that is empty or longer than kMaxRefBytes), not_found (the lease), corrupt (the
/// present record), and those of MutableBucket.
Result<IngestRecord> start(metadata::WriteTx& tx, std::string_view ns, std::string_view ref,
                           const std::optional<Digest>& expected, std::string_view lease);

/// Errors: not_found, corrupt, closed, io.
Result<IngestRecord> get(const metadata::BucketSource& source, std::string_view ns, std::string_view ref);

/// Removes the record and queues its directory. Leases may go on listing it. Errors: not_found, and those of
/// MutableBucket.
Result<void> remove(metadata::WriteTx& tx, std::string_view ns, std::string_view ref);

/// In the order of the references. A record that does not decode is an error naming it. Errors: visit's,
/// corrupt, closed, io.
Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const IngestRecord&)>& visit);

}  // namespace bayplan::content::ingests
