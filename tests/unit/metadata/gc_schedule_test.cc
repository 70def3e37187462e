// No clock runs here: the tests say what time it is.
#include "bayplan/metadata/gc_schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lease_store.h"

namespace bayplan::metadata {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using Due = GcSchedule::Due;

constexpr GcParameters kNoPolls{.startup_delay = 0ns, .poll_interval = 0ns};

class Scheduling : public ::testing::Test {
 protected:
  void begin(const GcParameters& parameters) { schedule_.emplace(parameters, at_); }
  GcSchedule& schedule() { return *schedule_; }
  GcMoment at() const { return at_; }
  void pass(nanoseconds time) {
    at_.steady += time;
    at_.wall += time;
  }
  Due due() { return schedule_->due(at_); }
  /// From now to the next look; empty: never.
  std::optional<nanoseconds> wait() {
    const auto next = schedule_->next(at_);
    return next ? std::optional<nanoseconds>(*next - at_.steady) : std::nullopt;
  }
  GcOptions collect(nanoseconds pause, std::optional<Time> next_expiry = {}) {
    const GcOptions options = schedule_->began(++revision_, at_);
    pass(pause);
    schedule_->ended(next_expiry, at_);
    return options;
  }
  void commit(bool deleted = false) { schedule_->committed(deleted, at_); }

  std::uint64_t revision_ = 0;

 private:
  GcMoment at_{GcSchedule::Steady(1000s), Time(1'700'000'000s)};
  std::optional<GcSchedule> schedule_;
};

// containerd's: five mutations with deletions in a row, 15 ms, a threshold of a half of the time: four runs
// at most, of 5 ms each at least.
TEST_F(Scheduling, TestPauseThreshold) {
  GcParameters parameters = kNoPolls;
  parameters.pause_threshold = 0.5;
  parameters.deletion_threshold = 0;
  begin(parameters);
  int runs = 0;
  for (int step = 0; step < 150; ++step) {
    commit(true);
    if (due() == Due::collection) {
      collect(100us);
      ++runs;
    }
    pass(100us);
  }
  EXPECT_GE(runs, 2);
  EXPECT_LE(runs, 4);
}

TEST_F(Scheduling, TestDeletionThreshold) {
  GcParameters parameters = kNoPolls;
  parameters.pause_threshold = 0.001;
  parameters.deletion_threshold = 5;
  begin(parameters);
  for (int deletion = 0; deletion < 5; ++deletion) {
    EXPECT_EQ(due(), Due::nothing) << "after " << deletion;
    pass(1ms);
    commit(true);
  }
  EXPECT_EQ(due(), Due::collection);
  collect(1s);
  EXPECT_EQ(due(), Due::nothing);
  for (int deletion = 0; deletion < 5; ++deletion) commit(true);
  EXPECT_EQ(due(), Due::collection) << "however short ago the last one was";
}

TEST_F(Scheduling, TestTrigger) {
  begin(kNoPolls);
  EXPECT_EQ(wait(), std::nullopt);
  schedule().triggered(at());
  EXPECT_EQ(due(), Due::collection);
  collect(1s);
  EXPECT_EQ(due(), Due::nothing);
  schedule().triggered(at());
  EXPECT_EQ(due(), Due::collection) << "the interval is not waited for";
}

TEST_F(Scheduling, TestStartupDelay) {
  GcParameters parameters = kNoPolls;
  parameters.startup_delay = 100ms;
  begin(parameters);
  EXPECT_EQ(wait(), 100ms);
  pass(99ms);
  EXPECT_EQ(due(), Due::nothing);
  pass(1ms);
  EXPECT_EQ(due(), Due::collection);
}

TEST_F(Scheduling, the_interval_follows_from_the_average_of_the_pauses) {
  begin(kNoPolls);
  EXPECT_EQ(schedule().interval(), 1s);
  collect(1ms);
  EXPECT_EQ(schedule().interval(), 245ms) << "5 ms at least";
  collect(99ms);
  EXPECT_EQ(schedule().interval(), 2450ms) << "50 ms on average";
}

TEST_F(Scheduling, a_pause_threshold_outside_its_range_is_taken_for_its_end) {
  const auto interval_with = [&](double threshold) {
    GcParameters parameters = kNoPolls;
    parameters.pause_threshold = threshold;
    begin(parameters);
    collect(10ms);
    return schedule().interval();
  };
  EXPECT_EQ(interval_with(0.9), 10ms);
  EXPECT_EQ(interval_with(0), 1s);
  EXPECT_EQ(interval_with(-1), 1s);
  EXPECT_EQ(interval_with(std::nan("")), 1s);
  EXPECT_EQ(interval_with(std::numeric_limits<double>::min()), 24h) << "no overflow";
}

TEST_F(Scheduling, a_deletion_waits_for_the_interval) {
  begin(kNoPolls);
  collect(5ms);
  commit(true);
  EXPECT_EQ(wait(), 245ms);
  collect(5ms);
  EXPECT_EQ(wait(), std::nullopt) << "nothing to do, nothing that wakes";
  pass(1h);
  commit(true);
  EXPECT_EQ(due(), Due::collection) << "the interval is long over";
}

TEST_F(Scheduling, a_deletion_below_the_threshold_is_collected_after_an_interval) {
  GcParameters parameters = kNoPolls;
  parameters.deletion_threshold = 5;
  begin(parameters);
  commit(true);
  EXPECT_EQ(wait(), 1s);
}

TEST_F(Scheduling, mutations_count_when_they_are_many) {
  GcParameters parameters = kNoPolls;
  parameters.mutation_threshold = 3;
  begin(parameters);
  commit();
  commit();
  EXPECT_EQ(wait(), std::nullopt);
  commit();
  EXPECT_EQ(due(), Due::collection);
  collect(1ms);
  commit();
  EXPECT_EQ(wait(), std::nullopt) << "counted anew";
  parameters.mutation_threshold = 0;
  begin(parameters);
  for (int n = 0; n < 1000; ++n) commit();
  EXPECT_EQ(wait(), std::nullopt);
}

TEST_F(Scheduling, the_schedule_delay_is_between_cause_and_run) {
  GcParameters parameters = kNoPolls;
  parameters.schedule_delay = 7ms;
  begin(parameters);
  commit(true);
  EXPECT_EQ(wait(), 7ms);
  pass(1ms);
  schedule().triggered(at());
  EXPECT_EQ(wait(), 6ms) << "the first cause counts";
}

TEST_F(Scheduling, what_comes_during_a_collection_is_for_the_next) {
  begin(kNoPolls);
  schedule().began(1, at());
  schedule().triggered(at());
  schedule().ended({}, at());
  EXPECT_EQ(due(), Due::collection);
}

TEST_F(Scheduling, an_expiry_wakes_an_idle_process) {
  begin(kNoPolls);
  schedule().expires(at().wall + 1h);
  schedule().expires(at().wall + 2h);
  EXPECT_EQ(wait(), 1h);
  pass(1h);
  EXPECT_EQ(due(), Due::collection);
  collect(5ms, at().wall + 1h);
  EXPECT_EQ(wait(), 1h - 5ms) << "what the collection saw";
  collect(5ms, at().wall);
  EXPECT_EQ(wait(), 245ms) << "it ended meanwhile: the interval is kept";
}

TEST_F(Scheduling, an_expiry_far_ahead_or_long_past_does_not_overflow) {
  begin(kNoPolls);
  schedule().expires(Time::max());
  EXPECT_EQ(wait(), 24h);
  schedule().expires(Time::min());
  EXPECT_EQ(due(), Due::collection);
}

TEST_F(Scheduling, endless_delays_do_not_overflow) {
  begin({.schedule_delay = nanoseconds::max(),
         .startup_delay = nanoseconds::max(),
         .poll_interval = nanoseconds::max()});
  EXPECT_EQ(wait(), 24h);
  schedule().triggered(at());
  EXPECT_EQ(wait(), 24h);
}

TEST_F(Scheduling, a_poll_finds_what_others_committed) {
  GcParameters parameters = kNoPolls;
  parameters.poll_interval = 10s;
  begin(parameters);
  collect(1ms);
  EXPECT_EQ(wait(), 10s);
  pass(10s);
  EXPECT_EQ(due(), Due::poll);
  schedule().polled(revision_, at());
  EXPECT_EQ(wait(), 10s) << "nothing was committed";
  pass(10s);
  schedule().polled(revision_ + 1, at());
  EXPECT_EQ(due(), Due::collection);
}

TEST_F(Scheduling, a_failure_is_tried_again_an_interval_and_a_second_later) {
  begin(kNoPolls);
  collect(5ms);
  schedule().triggered(at());
  EXPECT_TRUE(schedule().began(2, at()).leftovers == false);
  schedule().failed(at());
  EXPECT_EQ(wait(), 1245ms);
  schedule().triggered(at());
  EXPECT_EQ(due(), Due::collection) << "unless somebody asks";
}

TEST_F(Scheduling, leftovers_are_looked_for_now_and_then) {
  begin(kNoPolls);
  EXPECT_TRUE(collect(1ms).leftovers);
  EXPECT_FALSE(collect(1ms).leftovers);
  pass(1h);
  EXPECT_TRUE(collect(1ms).leftovers);
}

using FirstExpiry = leases::LeaseTest;

TEST_F(FirstExpiry, is_the_earliest_of_the_roots_that_are_named) {
  const auto kind = leases::gc_kind({});
  const GcKind* const kinds[] = {kind.get()};
  const Time soon = now() + 1h;
  create({.id = "soon", .expires = soon}).value();
  create({.id = "sooner", .expires = soon - 1min}).value();
  create({.id = "later", .expires = soon + 1h}).value();
  create({.id = "past", .expires = Time{}}).value();
  create({.id = "never"}).value();
  const auto first = [&](std::initializer_list<std::string> ids) {
    std::vector<GcNode> nodes;
    for (const std::string& id : ids) nodes.push_back({"lease", std::string(kNs), id});
    nodes.push_back({"image", std::string(kNs), "soon"});
    return db().view([&](const ReadTx& tx) { return first_expiry(tx, kinds, nodes); }).value();
  };
  EXPECT_EQ(first({"later", "soon", "past", "never", "absent"}), soon);
  EXPECT_EQ(first({"past", "never", "absent"}), std::nullopt);
  EXPECT_EQ(collect(db(), kinds, {}, {}).value().next_expiry, soon - 1min);
}

}  // namespace
}  // namespace bayplan::metadata
