#include "bayplan/metadata/gc_record.h"

#include "inline_cursor.h"

namespace bayplan::metadata {

using codec::Part;

Result<void> find_parts(const Bucket& record, std::span<Part> parts) {
  BAYPLAN_ASSIGN(const auto bytes, record.inline_bytes());
  if (!bytes) return codec::read_parts(record, parts);
  InlineScan scan(*bytes);
  InlineEntry found;
  std::size_t missing = parts.size();
  while (missing > 0) {
    if (!scan.next(found)) return scan.damaged() ? inline_damage() : Result<void>{};
    for (Part& part : parts) {
      if (part.key != found.key || part.entry) continue;
      part.entry = inline_entry(found, record.handle().revision);
      --missing;
      break;
    }
  }
  return {};
}

std::uint64_t size_of(const Part& part) {
  if (!part.entry || part.entry->is_bucket) return 0;
  return codec::decode_size(part.entry->value).value_or(0);
}

}  // namespace bayplan::metadata
