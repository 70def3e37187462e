// Records of all kinds as they are stored, field by field, read from any source: for whoever looks into a
// store that may be damaged, older, newer, or containerd's own. Nothing is left out because something beside
// it cannot be read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/metadata/bucket_source.h"
#include "bayplan/metadata/decoded_value.h"

namespace bayplan::metadata {

enum class RecordKind : unsigned char {
  namespaces,
  images,
  containers,
  content,
  ingests,
  snapshots,
  leases,
  sandboxes,
  tasks,
  mounts,
};

/// All kinds, in the order above.
const std::vector<RecordKind>& record_kinds();
/// "images".
std::string_view to_string(RecordKind kind);
/// The kind called "images", or "image". Errors: invalid_argument (naming those that there are).
Result<RecordKind> parse_record_kind(std::string_view word);

struct StoredField {
  std::vector<std::string> path;  ///< keys, from the record's bucket on
  DecodedValue value;
};

struct StoredRecord {
  RecordKind kind{};
  std::string ns;
  std::string key;                    ///< of snapshots and mounts "<snapshotter>/<key>"
  std::vector<StoredField> fields;    ///< in the order of their keys
  std::vector<std::string> problems;  ///< what cannot be read, or is not as the schema demands

  /// Null when it is absent.
  const DecodedValue* find(std::initializer_list<std::string_view> path) const noexcept;
  /// The text, or the number in decimal, or the time in RFC 3339, at `path`; empty when it is absent or
  /// something else.
  std::string text(std::initializer_list<std::string_view> path) const;
};

/// Something that keeps records from being found: which of the buckets above them, and what is wrong.
struct RecordDamage {
  std::vector<std::string> path;
  Error error;
};

/// A record's fields beyond this are left out, and that is a problem of the record.
inline constexpr std::size_t kMostRecordBytes = std::size_t{64} << 20;

class RecordReader {
 public:
  /// containerd's own file of a snapshotter; null where there is none.
  using SnapshotterFile = std::function<const BucketSource*(std::string_view snapshotter)>;
  using Visit = std::function<Result<void>(const StoredRecord&)>;
  using KeyVisit = std::function<Result<void>(const std::string& ns, const std::string& key)>;
  using Damaged = std::function<Result<void>(const RecordDamage&)>;

  /// `records`: its root is drawn in schema.h. It has to outlive this. What containerd keeps of a snapshot in
  /// a second file (kind, inodes, size, and its id, which names the directory) is among the record's fields
  /// when `files` knows that file.
  explicit RecordReader(const BucketSource& records, SnapshotterFile files = {})
      : records_(&records), files_(std::move(files)) {}

  /// Calls `visit` for each record of the kind, of namespace `ns` or, where that is empty, of all, and
  /// `damaged` for what keeps others from being found. Errors: those of both, closed, io.
  Result<void> for_each(RecordKind kind, std::string_view ns, const Visit& visit,
                        const Damaged& damaged) const;
  /// The same without reading the records.
  Result<void> for_each_key(RecordKind kind, std::string_view ns, const KeyVisit& visit,
                            const Damaged& damaged) const;
  /// Empty when it is absent. Errors: corrupt (it cannot be told), closed, io.
  Result<std::optional<StoredRecord>> find(RecordKind kind, std::string_view ns, std::string_view key) const;

 private:
  struct Place;
  Result<StoredRecord> read(RecordKind kind, const Place& place) const;
  Result<void> read_backend(StoredRecord& record) const;
  Result<void> for_each_place(RecordKind kind, std::string_view ns,
                              const std::function<Result<void>(const Place&)>& visit,
                              const Damaged& damaged) const;

  const BucketSource* records_;
  SnapshotterFile files_;
};

}  // namespace bayplan::metadata
