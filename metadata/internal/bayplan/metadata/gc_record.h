// Records as the collector's kinds read them: what they need of each is looked up at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/gc.h"

namespace bayplan::metadata {

/// As codec::read_parts, and does not mind what is damaged behind the last of them. Errors: corrupt, closed,
/// io.
Result<void> find_parts(const Bucket& record, std::span<codec::Part> parts);

/// The size that is `part`, for reports: 0 where there is none that can be read.
std::uint64_t size_of(const codec::Part& part);

/// The labels of a record: most have none that the collector cares about.
class GcLabels {
 public:
  /// `part`: schema::kLabels of `record`. Errors: corrupt, closed, io.
  static Result<GcLabels> of(const Bucket& record, const codec::Part& part);

  /// As has_gc_root_label().
  bool root() const noexcept { return root_; }
  /// As label_edges().
  Result<void> edges(std::string_view ns, GcSink& sink) const;
  /// As metadata::stored_expiry().
  Result<std::optional<StoredExpiry>> stored_expiry() const;

 private:
  std::optional<Bucket> labels_{};  // if there are some for the collector
  bool root_ = false;
};

}  // namespace bayplan::metadata
