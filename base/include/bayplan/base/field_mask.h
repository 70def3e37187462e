// What an update of a record changes: containerd's field masks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/error.h"
#include "bayplan/base/labels.h"
#include "bayplan/base/result.h"

namespace bayplan {

/// Paths, applied in order: a field ("target"), or one key of a map ("labels.K", where K is everything behind
/// the first dot). Empty: every field that can change.
using FieldMask = std::vector<std::string>;

/// A path taken apart. Views of it.
struct FieldPath {
  std::string_view field;
  std::optional<std::string_view> key{};

  /// The field as a whole.
  bool is(std::string_view name) const noexcept { return field == name && !key; }
};
FieldPath split_field_path(std::string_view path) noexcept;

/// Replaces `into` by `from`, or only path.key of it; a key that `from` lacks, or has empty, goes.
void apply_field(Labels& into, const Labels& from, const FieldPath& path);

/// Whose fields they are, for errors.
struct FieldOwner {
  std::string_view kind;
  std::string_view name;
};
/// The labels of a record of which nothing else changes: `given` where `mask` is empty, else `stored` with
/// what `mask` names taken from `given`. Errors: invalid_argument (a path other than "labels" and
/// "labels.K").
Result<Labels> masked_labels(Labels stored, const Labels& given, const FieldMask& mask,
                             const FieldOwner& owner);

/// invalid_argument: `path` is no field of a `kind`, or none that can change.
Error bad_field_path(std::string_view kind, std::string_view name, std::string_view path);

}  // namespace bayplan
