// Containers in the hands of a real runtime while nobody waits for them.
#include "bayplan/containers/background.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "bayplan/base/fault.h"
#include "bayplan/containers/runtime_service.h"
#include "container_store.h"
#include "runtime_state.h"

namespace bayplan::containers {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Background : public ::testing::Test {
 protected:
  void SetUp() override {
    runtime_ = find_runtime();
    ASSERT_EQ(words(runtime_), "") << "install runc or crun";
    test::TarBuilder tar;
    tar.dir("bin")
        .file("bin/busybox", read_file("/bin/busybox"), {.mode = 0755})
        .symlink("bin/sh", "busybox");
    store_.add_image("a", {tar.end()});
    make("c1");
  }
  void TearDown() override { EXPECT_EQ(words(end("c1", milliseconds(0))), ""); }

  void make(const std::string& id) {
    SpecOptions spec{.args = {"/bin/sh", "-c", "while :; do busybox sleep 1000; done"}};
    ASSERT_EQ(words(store_.create(id, "a", {.spec = std::move(spec)})), "");
    const RuntimeService service(store_.shared(), {.common = {.ns = std::string(kNs)}});
    ASSERT_EQ(words(service.start_container(id)), "");
    bundle_ = service.run_dir(id).value();
  }
  Result<tasks::Task> start(const std::string& id) {
    return run_in_background(*store_.shared(), *runtime_, kNs, id, bundle_);
  }
  Result<Ended> end(const std::string& id, milliseconds patience, const CancelToken& cancel = {}) {
    return end_in_background(*store_.shared(), *runtime_, kNs, id, patience, cancel);
  }
  bool has_task(const std::string& id) {
    return store_.shared()
        ->db()
        .view([&](const metadata::ReadTx& tx) { return tasks::get(tx, kNs, id); })
        .has_value();
  }
  bool runtime_has_something() {
    const fs::path state = runtime_state_root(store_.run_root());
    return fs::exists(state) && !fs::is_empty(state);
  }

  ContainerStore store_{"overlay"};
  Result<fs::path> runtime_ = fs::path();
  fs::path bundle_;
};

TEST_F(Background, RunsWithATaskUntilItIsEnded) {
  const auto task = start("c1");
  ASSERT_EQ(words(task), "");
  EXPECT_EQ(tasks::state(*task), tasks::State::running);
  EXPECT_TRUE(has_task("c1"));
  EXPECT_THAT(read_file("/proc/" + std::to_string(task->pid) + "/cgroup"), HasSubstr("bayplan-"))
      << "a cgroup of the store's own";
  EXPECT_EQ(end("c1", milliseconds(1)).value(), Ended::here)
      << "the first process of a container is deaf to TERM";
  EXPECT_EQ(tasks::state(*task), tasks::State::ended);
  EXPECT_FALSE(has_task("c1"));
  EXPECT_FALSE(runtime_has_something());
  EXPECT_EQ(end("c1", milliseconds(0)).value(), Ended::here) << "it does not run";
}

TEST_F(Background, OneThatRunsIsNotStartedAgain) {
  const auto task = start("c1");
  ASSERT_EQ(words(task), "");
  const auto again = start("c1");
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code(), Errc::failed_precondition);
  EXPECT_EQ(tasks::state(*task), tasks::State::running) << "the refused start did not touch it";
}

TEST_F(Background, WithoutItsTaskNothingRuns) {
  fault::arm([](fault::Point point) -> std::optional<Error> {
    if (point == fault::Point::key_write) return Error(Errc::no_space, "fault", {}, "injected");
    return {};
  });
  const auto started = start("c1");
  fault::arm({});
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code(), Errc::no_space);
  EXPECT_FALSE(has_task("c1"));
  EXPECT_FALSE(runtime_has_something());
}

TEST_F(Background, WhatTheRuntimeRefusesLeavesNothing) {
  std::ofstream(bundle_ / "config.json") << "{}";
  const auto started = start("c1");
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code(), Errc::failed_precondition);
  EXPECT_FALSE(has_task("c1"));
  EXPECT_FALSE(runtime_has_something());
}

TEST_F(Background, AWaitThatIsCancelledLeavesItRunning) {
  const auto task = start("c1");
  ASSERT_EQ(words(task), "");
  const CancelToken cancel;
  cancel.cancel();
  const auto ended = end("c1", std::chrono::hours(1), cancel);
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code(), Errc::cancelled);
  EXPECT_EQ(tasks::state(*task), tasks::State::running);
  EXPECT_TRUE(has_task("c1"));
}

TEST_F(Background, WhatRunsElsewhereIsNotTouched) {
  tasks::Task task = start("c1").value();
  const auto replace = [&] {
    store_.shared()
        ->db()
        .update([&](metadata::WriteTx& tx) -> Result<void> {
          BAYPLAN_TRY(tasks::remove(tx, kNs, "c1"));
          return tasks::create(tx, kNs, task);
        })
        .value();
  };
  const std::uint64_t ours = std::exchange(task.pid_namespace, 1);
  replace();
  const auto ended = end("c1", milliseconds(0));
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().code(), Errc::failed_precondition);
  task.pid_namespace = ours;
  EXPECT_EQ(tasks::state(task), tasks::State::running);
  replace();
}

}  // namespace
}  // namespace bayplan::containers
