// How every change of what we keep with a container is made.
#pragma once

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/namespaces.h"
#include "container_record.h"

namespace bayplan::containers::storage {

inline Error no_such_container(std::string_view id) { return {Errc::not_found, ContainerRecord::kWord, id}; }

/// Runs `body(WriteTx&, MutableBucket& record)` on the record of `id`, all-or-nothing, and says that it
/// changed. Errors: not_found, body's, and those of MutableBucket.
template <class F>
Result<void> change(metadata::WriteTx& tx, std::string_view ns, std::string_view id, F&& body) {
  return tx.savepoint([&](metadata::WriteTx& inner) -> Result<void> {
    BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(inner, ns, {ContainerRecord::kBucket, id}));
    if (!record) return no_such_container(id);
    BAYPLAN_TRY(body(inner, *record));
    BAYPLAN_TRY(record->put(metadata::schema::kUpdatedAt, metadata::codec::encode_time(now())));
    return metadata::note_change(inner, ContainerRecord::kWord, ns, id, metadata::Change::updated);
  });
}

/// The record of `id`. Errors: not_found, corrupt, closed, io.
inline Result<metadata::Bucket> record_of(const metadata::BucketSource& source, std::string_view ns,
                                          std::string_view id) {
  BAYPLAN_ASSIGN(const auto record, metadata::namespace_bucket(source, ns, {ContainerRecord::kBucket, id}));
  if (!record) return no_such_container(id);
  return *record;
}

}  // namespace bayplan::containers::storage
