// When to collect: containerd's scheduler (plugins/gc/scheduler) as a calculation without clock or threads,
// for programs with an event loop of their own. gc_scheduler.h is the one for Boost.Asio.
//
// As containerd's: after a collection that took t on average there is none for t / pause_threshold - t,
// unless it is asked for or deletion_threshold is reached. Beyond it:
// - a root that ends by itself (a lease, an image or an ingest with an expiry) is collected when it does, be
//   the process ever so idle.
// - what other processes commit, and updates that leave something unreferred, are collected at the next poll:
//   the only thing that wakes an idle process.
// Nothing else does: containerd wakes four times a second.
//
// t is how long the whole collection took. Nobody waits for one here, so the threshold limits not the time
// for which writers are locked out, but the collector's share of a processor and of the disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "bayplan/base/time.h"
#include "bayplan/metadata/gc.h"

namespace bayplan::metadata {

struct GcParameters {
  /// The share of time to be spent in collections, 0 to 0.5; what lies outside is taken for the nearest of
  /// the two. 0: a second between them, whatever they take.
  double pause_threshold = 0.02;
  /// Commits with deletions that make a collection due at once. 0: the first does, where none ran lately.
  std::uint64_t deletion_threshold = 0;
  /// Commits that make a collection due although they deleted nothing, where none ran lately. 0: none do.
  std::uint64_t mutation_threshold = 100;
  std::chrono::nanoseconds schedule_delay{0};                              ///< from the cause to the run
  std::chrono::nanoseconds startup_delay{std::chrono::milliseconds(100)};  ///< to the first one; 0: no first
  std::chrono::nanoseconds poll_interval{std::chrono::seconds(10)};        ///< 0: no polls
  std::chrono::nanoseconds leftovers_interval{std::chrono::hours(1)};      ///< GcOptions::leftovers at most
};

/// One moment on both clocks: intervals are steady, expiries are not.
struct GcMoment {
  std::chrono::steady_clock::time_point steady{};
  Time wall{};
  static GcMoment now() noexcept;
};

/// Moments that it is given never go back on the steady clock. One thread at a time.
class GcSchedule {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  enum class Due : unsigned char { nothing, poll, collection };

  GcSchedule(const GcParameters& parameters, GcMoment start);

  /// A commit; `deleted`: an object was removed in it, not by the collection that runs.
  void committed(bool deleted, GcMoment at);
  /// Somebody asks for a collection.
  void triggered(GcMoment at);
  /// A root ends by itself at `expiry`.
  void expires(Time expiry);
  /// A poll that found the store at this revision.
  void polled(std::uint64_t revision, GcMoment at);

  /// A collection begins, and sees at least this revision. What is told from here on is for the next.
  /// Answers the options for it.
  GcOptions began(std::uint64_t revision, GcMoment at);
  /// It ended. `next_expiry`: GcReport's.
  void ended(std::optional<Time> next_expiry, GcMoment at);
  /// It failed, or was busy: the next is due one interval and a second later, unless it is asked for.
  void failed(GcMoment at);

  Due due(GcMoment at) const;
  /// When to ask due() again if nothing is told before; empty: never.
  std::optional<Steady> next(GcMoment at) const;
  /// Between the end of a collection and the next one.
  std::chrono::nanoseconds interval() const noexcept { return interval_; }

 private:
  std::optional<Steady> next_collection(GcMoment at) const;
  void want(Steady at);
  void hurry(Steady at);
  void arm_poll(GcMoment at);

  GcParameters parameters_;
  std::chrono::nanoseconds interval_{std::chrono::seconds(1)};
  std::chrono::nanoseconds spent_{0};  // in all collections
  std::uint64_t collections_ = 0;
  std::uint64_t deletions_ = 0;  // since the last one began
  std::uint64_t mutations_ = 0;
  Steady began_{};
  Steady not_before_{};  // but for what hurries
  std::optional<Steady> wanted_{};
  std::optional<Steady> urgent_{};
  std::optional<Time> expiry_{};
  std::optional<Steady> poll_{};
  std::optional<Steady> leftovers_{};        // when they were looked for
  std::optional<std::uint64_t> revision_{};  // that the last one saw
};

/// When the first of these objects stops being a root by itself; those that do not exist, or are of no kind
/// among `kinds`, never do. Errors: corrupt, closed, io.
Result<std::optional<Time>> first_expiry(const BucketSource& source, GcKinds kinds,
                                         std::span<const GcNode> nodes);

}  // namespace bayplan::metadata
