#include "source_filters.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "bayplan/base/file.h"

namespace bayplan::images {
namespace {

constexpr std::uint64_t kReportEvery = 512u << 10;

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

Result<std::uint64_t> ProgressSource::skip(std::uint64_t bytes) {
  BAYPLAN_TRY(control_.cancel.check());
  return source_.skip(bytes);
}

Result<std::string_view> PeekedSource::peek() {
  while (have_ < first_.size()) {
    BAYPLAN_ASSIGN(const std::size_t count, source_.read(std::span(first_).subspan(have_)));
    if (count == 0) break;
    have_ += count;
  }
  return as_text(std::span(first_).first(have_));
}

Result<std::size_t> PeekedSource::read(std::span<std::byte> into) {
  if (given_ == have_) return source_.read(into);
  const std::size_t count = std::min(into.size(), have_ - given_);
  std::copy_n(first_.begin() + static_cast<std::ptrdiff_t>(given_), count, into.begin());
  given_ += count;
  return count;
}

Result<std::size_t> PipeSource::read(std::span<std::byte> into) {
  constexpr int kLookAgainMilliseconds = 200;
  pollfd waits{.fd = fd_, .events = POLLIN, .revents = 0};
  while (true) {
    BAYPLAN_TRY(cancel_.check());
    const int ready = ::poll(&waits, 1, kLookAgainMilliseconds);
    if (ready > 0) return file::FdSource(fd_, std::string(name_)).read(into);
    if (ready < 0 && errno != EINTR) return Error::from_errno(errno, "file", name_, "poll");
  }
}

ExpansionLimit::ExpansionLimit(ByteSource& source, std::uint64_t compressed,
                               const UnpackLimits& limits) noexcept
    : source_(source) {
  const bool overflow = __builtin_mul_overflow(compressed, limits.max_expansion, &limit_) ||
                        __builtin_add_overflow(limit_, limits.free_expansion, &limit_);
  if (overflow) limit_ = std::numeric_limits<std::uint64_t>::max();
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
