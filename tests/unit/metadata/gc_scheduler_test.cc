#include "bayplan/metadata/gc_scheduler.h"

#include <atomic>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>

#include "child_process.h"
#include "fake_kind.h"
#include "lease_store.h"

namespace bayplan::metadata {
namespace {

using namespace std::chrono_literals;
using Report = Result<GcReport>;

// Nothing runs by itself.
constexpr GcParameters kQuiet{.startup_delay = 0ns, .poll_interval = 0ns};

class Scheduler : public leases::LeaseTest {
 protected:
  void make(const GcParameters& parameters, std::function<void(const Report&)> on_report = {}) {
    scheduler_.emplace(
        context_.get_executor(), db(), kinds_,
        GcSchedulerOptions{.parameters = parameters, .worker = worker_, .on_report = std::move(on_report)});
    scheduler_->start().value();
  }
  /// Runs until a report is as `wanted` says; those before it are counted.
  int run_until(const GcParameters& parameters, const std::function<bool(const Report&)>& wanted) {
    int before = 0;
    make(parameters, [&, wanted](const Report& report) {
      if (!wanted(report)) ++before;
      if (wanted(report)) scheduler_->stop();
    });
    context_.run();
    return before;
  }
  static bool removed(const Report& report, std::string_view id) {
    if (!report) return false;
    for (const GcRemoval& removal : report->removed)
      if (removal.node.key == id) return true;
    return false;
  }
  auto bound(std::function<void(const Report&)> then) {
    return boost::asio::bind_executor(context_, [then = std::move(then)](const Report& r) { then(r); });
  }

  const std::unique_ptr<GcKind> lease_kind_ = leases::gc_kind({});
  FakeKind fake_{"fake"};
  const std::vector<const GcKind*> kinds_{lease_kind_.get(), &fake_};
  boost::asio::io_context context_;
  boost::asio::any_io_executor worker_{};
  std::optional<GcScheduler> scheduler_;
};
const auto kAny = [](const Report&) { return true; };

TEST_F(Scheduler, TestStartupDelay) {
  create({.id = "past", .expires = Time{}}).value();
  GcParameters parameters = kQuiet;
  parameters.startup_delay = 1ns;
  EXPECT_EQ(run_until(parameters, [](const Report& report) { return removed(report, "past"); }), 0);
  EXPECT_TRUE(ids().empty());
}

TEST_F(Scheduler, TestTrigger) {
  create({.id = "past", .expires = Time{}}).value();
  make(kQuiet);
  std::optional<Report> outcome;
  scheduler_->async_collect(bound([&](const Report& report) {
    outcome.emplace(report);
    scheduler_->stop();
  }));
  EXPECT_FALSE(outcome) << "never inside the call";
  context_.run();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(removed(*outcome, "past"));
}

TEST_F(Scheduler, an_idle_process_collects_a_lease_when_it_expires) {
  GcParameters parameters = kQuiet;
  parameters.startup_delay = 1ns;
  create({.id = "brief", .expires = now() + 50ms}).value();
  const int before = run_until(parameters, [](const Report& report) { return removed(report, "brief"); });
  EXPECT_LE(before, 1) << "that at the start, which told when the next is due";
}

TEST_F(Scheduler, the_expiry_of_a_lease_made_meanwhile_is_noticed_without_a_collection) {
  make(kQuiet, [&](const Report& report) {
    EXPECT_TRUE(removed(report, "brief")) << "this is the first one";
    scheduler_->stop();
  });
  create({.id = "brief", .expires = now() + 50ms}).value();
  context_.run();
  EXPECT_TRUE(ids().empty());
}

TEST_F(Scheduler, a_deletion_in_this_process_is_noticed_at_once) {
  create({.id = "a"}).value();
  make(kQuiet, [&](const Report&) { scheduler_->stop(); });
  remove("a").value();
  context_.run();  // would not return
}

TEST_F(Scheduler, what_it_removes_itself_is_no_reason_for_another) {
  create({.id = "past", .expires = Time{}}).value();
  int reports = 0;
  make(kQuiet, [&](const Report&) { ++reports; });
  scheduler_->async_collect(bound([&](const Report& report) {
    EXPECT_TRUE(removed(report, "past"));
    // With nothing due, the timer is not armed, and the context has nothing to do.
  }));
  context_.run();
  EXPECT_EQ(reports, 1);
}

TEST_F(Scheduler, a_failure_is_reported_to_all_who_wait_and_the_next_succeeds) {
  std::vector<std::optional<Errc>> codes;
  const auto note = [&](const Report& report) { codes.push_back(code(report)); };
  make(kQuiet, note);
  update([](WriteTx& tx) { create_namespace_bucket(tx, kNs, {"objects", "fake"}).value(); });
  scheduler_->async_collect(bound(note));
  scheduler_->async_collect(bound(note));
  bool inside = false;
  fake_.on_scan = [&] {  // inside another collection the scheduler's own finds the store busy
    if (std::exchange(inside, true)) return;
    while (codes.size() < 3) context_.run_one();
  };
  collect(db(), kinds_, {}, {}).value();
  EXPECT_EQ(codes, (std::vector<std::optional<Errc>>(3, Errc::busy)));
  scheduler_->async_collect(bound([&](const Report& report) {
    EXPECT_EQ(code(report), std::nullopt);
    scheduler_->stop();
  }));
  context_.run();
  EXPECT_EQ(codes.size(), 4u);
}

TEST_F(Scheduler, stop_cancels_the_collection_that_runs) {
  for (const std::string_view ns : {"first", "second"})  // between them it looks whether to go on
    update([&](WriteTx& tx) { create_namespace_bucket(tx, ns, {"objects", "fake"}).value(); });
  std::vector<std::optional<Errc>> codes;
  make(kQuiet, [&](const Report& report) { codes.push_back(code(report)); });
  fake_.on_scan = [&] { scheduler_->stop(); };
  scheduler_->async_collect(bound([&](const Report& report) { codes.push_back(code(report)); }));
  context_.run();
  EXPECT_EQ(codes, (std::vector<std::optional<Errc>>{Errc::cancelled, Errc::cancelled}));
}

TEST_F(Scheduler, stop_waits_for_the_collection_that_runs) {
  boost::asio::thread_pool pool(1);
  worker_ = pool.get_executor();
  update([](WriteTx& tx) { create_namespace_bucket(tx, kNs, {"objects", "fake"}).value(); });
  std::promise<void> begun;
  std::promise<void> release;
  std::atomic<bool> reported = false;
  fake_.on_scan = [&] {
    begun.set_value();
    release.get_future().wait();
  };
  make(kQuiet, [&](const Report&) { reported = true; });
  scheduler_->async_collect(bound([](const Report&) {}));
  begun.get_future().wait();
  std::thread stopper([&] {
    scheduler_->stop();
    EXPECT_TRUE(reported);
  });
  release.set_value();
  stopper.join();
  pool.join();
}

TEST_F(Scheduler, its_end_cancels_those_who_wait_and_lets_the_store_close) {
  make(kQuiet);
  auto outcome = scheduler_->async_collect(boost::asio::use_future);
  scheduler_.reset();
  close();
  {
    const Db reader = Db::open(path(), {.read_only = true}).value();
    EXPECT_EQ(code(Db::open(path())), Errc::busy) << "it was still open, and to be written";
  }
  context_.run();
  EXPECT_EQ(code(outcome.get()), Errc::cancelled);
  reopen();
}

TEST_F(Scheduler, runs_once_between_start_and_stop) {
  GcScheduler scheduler(context_.get_executor(), db(), kinds_);
  std::vector<std::optional<Errc>> codes;
  const auto note = [&](const Report& report) { codes.push_back(code(report)); };
  scheduler.async_collect(bound(note));
  EXPECT_EQ(code(scheduler.start()), std::nullopt);
  EXPECT_EQ(code(scheduler.start()), Errc::failed_precondition);
  scheduler.stop();
  scheduler.stop();
  EXPECT_EQ(code(scheduler.start()), Errc::failed_precondition);
  scheduler.async_collect(bound(note));
  context_.run();
  EXPECT_EQ(codes, (std::vector<std::optional<Errc>>(2, Errc::failed_precondition)));
  EXPECT_EQ(code(GcScheduler(context_.get_executor(), Db(), kinds_).start()), Errc::closed);
}

// Each of the two removes what the other made unreferred, and says nothing of what others removed.
TEST_F(Scheduler, two_processes_notice_what_the_other_commits) {
  Signal collected;
  create({.id = "alive"}).value();
  const std::filesystem::path store = path();
  close();
  const pid_t child = start_child([&] {
    const Db db = Db::open(store).value();
    boost::asio::io_context context;
    const auto kind = leases::gc_kind({});
    const GcKind* const kinds[] = {kind.get()};
    std::optional<GcScheduler> scheduler;
    bool first = true;
    const auto on_report = [&](const Report& report) {
      if (std::exchange(first, false)) collected.send();
      if (removed(report, "past")) scheduler->stop();
    };
    GcParameters parameters;
    parameters.startup_delay = parameters.poll_interval = 1ms;
    scheduler.emplace(context.get_executor(), db, kinds,
                      GcSchedulerOptions{.parameters = parameters, .on_report = on_report});
    scheduler->start().value();
    context.run();
    return 0;
  });
  collected.wait();
  reopen();
  create({.id = "past", .expires = Time{}}).value();
  EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(ids(), std::vector<std::string>{"alive"});
  GcParameters parameters;
  parameters.startup_delay = 1ms;
  run_until(parameters, kAny);
}

}  // namespace
}  // namespace bayplan::metadata
