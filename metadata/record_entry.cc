#include "bayplan/metadata/record_entry.h"

namespace bayplan::metadata {

Result<Bucket> record_at(const Bucket& records, const Entry& entry, std::string_view kind) {
  if (entry.bucket) return Bucket(records.source(), *entry.bucket);
  BAYPLAN_ASSIGN(const auto record, records.bucket(entry.key));
  if (!record) return Error(Errc::corrupt, kind, entry.key, "the record is a plain value");
  return *record;
}

}  // namespace bayplan::metadata
