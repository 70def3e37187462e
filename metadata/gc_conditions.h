// Conditional references: labels containerd.io/gc.cond.* (core/metadata/gc.go).
#pragma once

#include <optional>
#include <string_view>

#include "bayplan/base/time.h"
#include "bayplan/metadata/bucket_source.h"

namespace bayplan::metadata {

/// "usedat<2h,usedat>90d|key": the object at `key` is kept while one of `conditions` holds of it.
struct ConditionalKey {
  std::string_view conditions;
  std::string_view key;
};
/// Empty when `value` has no such form.
std::optional<ConditionalKey> split_conditional(std::string_view value);

/// Whether one of `conditions` holds at `at` of the object with this record. Known is "usedat" with "<" and
/// ">", of how long ago the time in its label containerd.io/gc.cond.value-usedat was, a Go duration; what
/// else is there, or cannot be read, does not hold. Errors: corrupt, closed, io.
Result<bool> any_condition_holds(std::string_view conditions, const Bucket& record, Time at);

}  // namespace bayplan::metadata
