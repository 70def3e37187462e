#include "gc_conditions.h"

#include <algorithm>

#include "bayplan/metadata/schema.h"
#include "filter_literal.h"

namespace bayplan::metadata {
namespace {

constexpr std::string_view kUsedAt = "usedat";
constexpr std::string_view kUsedAtLabel = "containerd.io/gc.cond.value-usedat";

Result<std::optional<Time>> used_at(const Bucket& record) {
  BAYPLAN_ASSIGN(const auto labels, record.bucket(schema::kLabels));
  if (!labels) return std::optional<Time>();
  BAYPLAN_ASSIGN(const auto text, labels->get(kUsedAtLabel));
  const auto time = text ? parse_rfc3339(*text) : Result<Time>(Time{});
  return text && time ? std::optional(*time) : std::nullopt;
}

bool holds(std::string_view condition, Time used, Time at) {
  if (!condition.starts_with(kUsedAt)) return false;
  condition.remove_prefix(kUsedAt.size());
  const auto limit = parse_duration(condition.substr(std::min<std::size_t>(condition.size(), 1)));
  if (!limit) return false;
  const double age = seconds_between(used, at);
  const double wanted = std::chrono::duration<double>(*limit).count();
  return (condition.front() == '<' && age < wanted) || (condition.front() == '>' && age > wanted);
}

}  // namespace

std::optional<ConditionalKey> split_conditional(std::string_view value) {
  const auto bar = value.find('|');
  if (bar == std::string_view::npos) return std::nullopt;
  return ConditionalKey{value.substr(0, bar), value.substr(bar + 1)};
}

Result<bool> any_condition_holds(std::string_view conditions, const Bucket& record, Time at) {
  BAYPLAN_ASSIGN(const auto used, used_at(record));
  if (!used) return false;
  for (;;) {
    const auto comma = conditions.find(',');
    if (holds(conditions.substr(0, comma), *used, at)) return true;
    if (comma == std::string_view::npos) return false;
    conditions.remove_prefix(comma + 1);
  }
}

}  // namespace bayplan::metadata
