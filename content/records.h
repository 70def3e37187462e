// Where content records are, for the files of this folder.
#pragma once

#include <string_view>

#include "bayplan/content/store.h"
#include "bayplan/metadata/bucket_source.h"

namespace bayplan::content {

inline constexpr std::string_view kContentKind = "content";

/// The bucket of a namespace's blob records; empty when it has none. Errors: corrupt, closed, io.
Result<std::optional<metadata::Bucket>> blob_bucket(const metadata::BucketSource& source,
                                                    std::string_view ns);

/// The record of one blob. Errors: corrupt, naming it; closed, io.
Result<Info> decode_record(std::string_view key, const metadata::Bucket& record);
/// One entry of a blob bucket. Errors: corrupt, naming it; closed, io.
Result<Info> decode_record(const metadata::Bucket& blobs, const metadata::Entry& entry);

/// As add(), but a record that is there is only kept as `keeper` says. Whether it made one. `blob` is
/// consumed, and its ingest ended, either way.
Result<bool> add_new(metadata::WriteTx& tx, std::string_view ns, ReadyBlob&& blob, const Labels& labels,
                     const metadata::Keeper& keeper);

/// Removes the record at `key`, which need not be a digest. Errors: not_found, and those of MutableBucket.
Result<void> remove_record(metadata::WriteTx& tx, std::string_view ns, std::string_view key);

}  // namespace bayplan::content
