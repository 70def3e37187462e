// Filters: which records a list is to show. containerd's language (pkg/filters), and comparisons beyond it.
//
//   const std::vector<std::string> texts{"name==busybox", "labels.tier~=/^web/"};
//   BAYPLAN_ASSIGN(auto filter, Filter::parse(texts));
//   BAYPLAN_ASSIGN(auto bound, filter.bind(images::image_fields()));
//   BAYPLAN_ASSIGN(bool shown, bound.matches(name, record));
//
//   filter   := [selector ("," selector)*]           all have to match; none: everything does
//   selector := path [operator value]                without operator: the field is there
//   path     := field ("." field)*                   "labels" and "annotations" join the rest to one key
//   field    := quoted | [A-Za-z0-9_]+               labels."containerd.io/gc.root"
//   operator := "==" | "!=" | "~=" | "<" | "<=" | ">" | ">="
//   value    := quoted | [^\s,]+
//   quoted   := between double quotes, with Go's escapes; a value of ~= also between / or |
//
// "~=" looks for a pattern of RE2's anywhere in the text. A field that the table does not know is absent. An
// absent field is "" to "!=" and "~=", so that "labels.tier!=web" holds without that label; it equals
// nothing. Of several alternatives one has to match.
//
// Fields that are numbers or times compare as such. Numbers take a suffix: K M G T P E are powers of 1000, Ki
// Mi Gi Ti Pi Ei of 1024, each with or without a B ("size>=10MiB"). Times are RFC 3339, or one of Go's
// durations, which says how long ago: "createdat<24h" is what was created more than 24 hours ago. "~=" sees
// them as decimal digits and as RFC 3339.
//
// What containerd does otherwise: a pattern that does not compile is an error here, where it logs and matches
// nothing; a path that goes on behind a field's end ("name.x") is absent, where it is the field; the
// character marked in an error is a whole one, where it is a byte.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "bayplan/base/time.h"
#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata {

inline constexpr std::size_t kMaxFilterBytes = std::size_t{64} << 10;  ///< of one alternative
inline constexpr std::size_t kMaxSelectors = 4096;                     ///< of all alternatives together
inline constexpr std::size_t kMaxPatterns = 64;
inline constexpr std::int64_t kMaxPatternMemory = std::int64_t{1} << 20;  ///< bytes of a compiled pattern

enum class FieldType : unsigned char {
  key,     ///< the record's own key
  text,    ///< a string; an empty one is absent
  map,     ///< a bucket of strings, whose key is the rest of the path
  word,    ///< one byte n, for the nth word of the field
  number,  ///< varint
  time,    ///< btime
};

/// Where a field lies in a record's bucket. What it refers to has to outlive what is bound to it.
struct Field {
  std::string_view name;      ///< its path in a filter, "target.digest"; of a map the first piece, "labels"
  std::string_view key{};     ///< of the value; unused for key and map
  std::string_view bucket{};  ///< that holds the key; empty: the record itself
  std::span<const std::string_view> words{};  ///< of a word; the first stands for 1
  FieldType type = FieldType::key;
  bool always_present = false;  ///< a text that is there, and empty, where nothing is stored
};
using FieldTable = std::span<const Field>;

/// A filter bound to the fields of one kind of record. Cheap to copy. Immutable, thread-safe.
class BoundFilter {
 public:
  /// Reads the fields that it asks for, in their encoding, and nothing else of the record.
  /// Errors: corrupt (one of them does not decode), closed, io.
  Result<bool> matches(std::string_view key, const Bucket& record) const;
  /// The same of a record that lies in `inline_bytes` (BucketHandle). Errors: corrupt.
  Result<bool> matches(std::string_view key, std::string_view inline_bytes) const;
  /// Whether it matches whatever there is.
  bool matches_all() const noexcept;

  /// What the key of a record has to be one of, if every alternative demands a key ("name==x"); empty when a
  /// record of any key could match. Lives as long as this or a copy.
  const std::optional<std::set<std::string, std::less<>>>& keys() const noexcept;

 private:
  friend class Filter;
  struct Plan;
  explicit BoundFilter(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  std::shared_ptr<const Plan> plan_;
};

/// A field that the table does not know: absent in every record, as containerd has it, or an error, for who
/// removes what a filter matches ("nmae!=x" matches everything).
enum class UnknownField : bool { absent, refused };

struct BindOptions {
  Time now = bayplan::now();  ///< what durations count back from
  UnknownField unknown = UnknownField::absent;
};

/// Cheap to copy. Immutable, thread-safe.
class Filter {
 public:
  /// `alternatives` are filters of which one has to match; with none, and with an empty one, everything does.
  /// Errors: invalid_argument (syntax, a bad pattern; its place is marked, "[na >|?|< me]: .."), too_large
  /// (kMaxFilterBytes, kMaxSelectors, kMaxPatterns, kMaxPatternMemory).
  static Result<Filter> parse(std::span<const std::string> alternatives);

  /// Errors: invalid_argument (its place is marked): an ordering of a field that is neither number nor time,
  /// or unknown; a value that is no such number or time; a field that is unknown, if that is refused.
  Result<BoundFilter> bind(FieldTable table, const BindOptions& options = {}) const;

 private:
  friend class BoundFilter;
  struct Parsed;
  explicit Filter(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace bayplan::metadata
