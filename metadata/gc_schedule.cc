#include "bayplan/metadata/gc_schedule.h"

#include <algorithm>

namespace bayplan::metadata {
namespace {

using std::chrono::nanoseconds;
using Steady = GcSchedule::Steady;

// What collections are taken to last at least, and what is added after a failure: containerd's.
constexpr nanoseconds kShortest = std::chrono::milliseconds(5);
constexpr nanoseconds kAfterFailure = std::chrono::seconds(1);
// Keeps sums of times far from overflow: nobody waits that long in one go.
constexpr nanoseconds kFarthest = std::chrono::hours(24);
constexpr auto kLongestWait = static_cast<double>(kFarthest.count());

void take_earlier(std::optional<Steady>& one, Steady other) { one = std::min(one.value_or(other), other); }

Steady steady_at(Time wall, GcMoment at) {
  if (wall <= at.wall) return at.steady;
  const bool far = wall.time_since_epoch() / 2 - at.wall.time_since_epoch() / 2 > kFarthest / 2;
  return at.steady + (far ? kFarthest : wall - at.wall);
}

// Takes the expiry of one object, and ends the telling before its edges.
class ExpirySink final : public GcSink {
 public:
  Result<void> object(const GcObject& object) override {
    if (object.root) until = object.until;
    told = true;
    return Error(Errc::cancelled, "object", object.key, "all is known");
  }
  Result<void> edge(const GcEdge&) override { return {}; }

  bool told = false;
  std::optional<Time> until{};
};

Result<std::optional<Time>> expiry_of(const BucketSource& source, const GcKind& kind, const GcNode& node) {
  ExpirySink sink;
  auto looked = kind.look(source, node.ns, node.key, sink);
  if (!looked && !sink.told) return std::move(looked).error();
  return sink.until;
}

}  // namespace

GcMoment GcMoment::now() noexcept { return {std::chrono::steady_clock::now(), bayplan::now()}; }

GcSchedule::GcSchedule(const GcParameters& parameters, GcMoment start) : parameters_(parameters) {
  parameters_.pause_threshold = std::clamp(parameters_.pause_threshold, 0.0, 0.5);
  for (nanoseconds* const delay :
       {&parameters_.schedule_delay, &parameters_.startup_delay, &parameters_.poll_interval})
    *delay = std::min(*delay, kFarthest);
  not_before_ = start.steady;
  if (parameters_.startup_delay > nanoseconds::zero()) hurry(start.steady + parameters_.startup_delay);
  arm_poll(start);
}

void GcSchedule::want(Steady at) { take_earlier(wanted_, at); }
void GcSchedule::hurry(Steady at) { take_earlier(urgent_, at); }

void GcSchedule::arm_poll(GcMoment at) {
  if (parameters_.poll_interval > nanoseconds::zero()) poll_ = at.steady + parameters_.poll_interval;
}

void GcSchedule::committed(bool deleted, GcMoment at) {
  const Steady soon = at.steady + parameters_.schedule_delay;
  ++mutations_;
  if (deleted) ++deletions_;
  const std::uint64_t threshold = parameters_.deletion_threshold;
  if (threshold != 0 && deletions_ >= threshold) hurry(soon);
  if (deleted) want(threshold == 0 ? soon : at.steady + interval_);
  if (parameters_.mutation_threshold != 0 && mutations_ >= parameters_.mutation_threshold) want(soon);
}

void GcSchedule::triggered(GcMoment at) { hurry(at.steady + parameters_.schedule_delay); }

void GcSchedule::expires(Time expiry) { expiry_ = std::min(expiry_.value_or(expiry), expiry); }

void GcSchedule::polled(std::uint64_t revision, GcMoment at) {
  if (revision != revision_) want(at.steady);
  arm_poll(at);
}

GcOptions GcSchedule::began(std::uint64_t revision, GcMoment at) {
  deletions_ = 0;
  mutations_ = 0;
  wanted_.reset();
  urgent_.reset();
  expiry_.reset();
  began_ = at.steady;
  revision_ = revision;
  GcOptions options;
  options.leftovers = !leftovers_ || at.steady - *leftovers_ >= parameters_.leftovers_interval;
  if (options.leftovers) leftovers_ = at.steady;
  return options;
}

void GcSchedule::ended(std::optional<Time> next_expiry, GcMoment at) {
  spent_ += at.steady - began_;
  ++collections_;
  if (parameters_.pause_threshold > 0) {
    const nanoseconds average = std::max(spent_ / static_cast<std::int64_t>(collections_), kShortest);
    const auto ticks = static_cast<double>(average.count());
    const double apart = ticks / parameters_.pause_threshold - ticks;
    interval_ = nanoseconds(static_cast<std::int64_t>(std::min(apart, kLongestWait)));
  }
  not_before_ = at.steady + interval_;
  if (next_expiry) expires(*next_expiry);
  arm_poll(at);
}

void GcSchedule::failed(GcMoment at) {
  not_before_ = at.steady + interval_ + kAfterFailure;
  leftovers_.reset();
  want(at.steady);
  arm_poll(at);
}

std::optional<Steady> GcSchedule::next_collection(GcMoment at) const {
  std::optional<Steady> found = urgent_;
  if (wanted_) take_earlier(found, std::max(*wanted_, not_before_));
  if (expiry_) take_earlier(found, std::max(steady_at(*expiry_, at), not_before_));
  return found;
}

std::optional<Steady> GcSchedule::next(GcMoment at) const {
  std::optional<Steady> found = next_collection(at);
  if (poll_) take_earlier(found, *poll_);
  return found;
}

GcSchedule::Due GcSchedule::due(GcMoment at) const {
  const auto collection = next_collection(at);
  if (collection && *collection <= at.steady) return Due::collection;
  return poll_ && *poll_ <= at.steady ? Due::poll : Due::nothing;
}

Result<std::optional<Time>> first_expiry(const BucketSource& source, GcKinds kinds,
                                         std::span<const GcNode> nodes) {
  std::optional<Time> first;
  for (const GcNode& node : nodes) {
    for (const GcKind* kind : kinds) {
      if (kind->kind() != node.kind) continue;
      BAYPLAN_ASSIGN(const auto until, expiry_of(source, *kind, node));
      if (until) first = std::min(*until, first.value_or(*until));
    }
  }
  return first;
}

}  // namespace bayplan::metadata
