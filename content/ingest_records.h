// Ingest records as they are stored (metadata/schema.h), and the directories that they name.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "bayplan/content/ingests.h"

namespace bayplan::content::ingests {

inline constexpr std::string_view kIngestKind = "ingest";

/// The bucket of a namespace's ingests; empty when it has none. Errors: corrupt, closed, io.
Result<std::optional<metadata::Bucket>> ingest_bucket(const metadata::BucketSource& source,
                                                      std::string_view ns);
/// Errors: corrupt, naming the ingest; closed, io.
Result<IngestRecord> decode_record(std::string_view ref, const metadata::Bucket& record);
/// One entry of the bucket of all. Errors: as decode_record.
Result<IngestRecord> decode_record(const metadata::Bucket& ingests, const metadata::Entry& entry);

/// What start() answers as the backend of a reference that has no record.
std::string first_backend(std::string_view ns, std::string_view ref);
/// The backend of a reference; what start() would answer where it has no record. Errors: corrupt, closed, io.
Result<std::string> current_backend(const metadata::BucketSource& source, std::string_view ns,
                                    std::string_view ref);

/// Removes the record, for whoever has the lock of its directory and removes that when the transaction is
/// durable; absent is fine. `lease` lists it no longer, if there is one. To be undone with what the caller
/// did before. Errors: those of MutableBucket.
Result<void> end(metadata::WriteTx& tx, std::string_view ns, std::string_view ref, std::string_view lease);

/// Errors: invalid_argument.
Result<void> validate_ref(std::string_view ref);

/// Below <root>/ingest.
std::string directory_of(std::string_view backend);
/// The directories that records of any namespace name. Errors: corrupt, closed, io.
Result<std::set<std::string>> directories(const metadata::BucketSource& source);

}  // namespace bayplan::content::ingests
