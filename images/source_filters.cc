#include "source_filters.h"

#include <limits>

namespace bayplan::images {
namespace {

constexpr std::uint64_t kReportEvery = 512u << 10;
constexpr std::uint64_t kFreeExpansion = 1ull << 30;
constexpr std::uint64_t kMaxExpansion = 1100;

}  // namespace

ProgressSource::ProgressSource(ByteSource& source, const Control& control, std::string_view stage,
                               std::string object, std::uint64_t total)
    : source_(source), control_(control), stage_(stage), object_(std::move(object)), total_(total) {}

Result<std::size_t> ProgressSource::read(std::span<std::byte> into) {
  BAYPLAN_TRY(control_.cancel.check());
  BAYPLAN_ASSIGN(const std::size_t count, source_.read(into));
  done_ += count;
  if (control_.progress && (count == 0 || done_ - reported_ >= kReportEvery)) {
    reported_ = done_;
    control_.progress({.stage = stage_, .object = object_, .done = done_, .total = total_});
  }
  return count;
}

ExpansionLimit::ExpansionLimit(ByteSource& source, std::uint64_t compressed) noexcept : source_(source) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  limit_ = compressed > (kMost - kFreeExpansion) / kMaxExpansion
               ? kMost
               : kFreeExpansion + compressed * kMaxExpansion;
}

Result<std::size_t> ExpansionLimit::read(std::span<std::byte> into) {
  BAYPLAN_ASSIGN(const std::size_t count, source_.read(into));
  if (count > limit_ - done_) {
    return Error(Errc::too_large, "stream", {}, "expands to more than " + std::to_string(limit_) + " bytes");
  }
  done_ += count;
  return count;
}

}  // namespace bayplan::images
