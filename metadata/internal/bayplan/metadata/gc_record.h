// Labels as the collector's kinds read them: gone through once for all that they can say.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/gc.h"

namespace bayplan::metadata {

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
