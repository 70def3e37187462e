// Tasks (item S73): what runs, apart from the containers.
#include "bayplan/containers/tasks.h"

#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "bayplan/metadata/check.h"
#include "record_test.h"
#include "support/all_or_nothing.h"
#include "support/event_log.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using tasks::State;
using tasks::Task;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A process that lives until it is ended.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (true) ::pause();
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() { end(); }
  pid_t pid() const { return pid_; }
  void end() {
    if (ended_) return;
    ended_ = true;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
  bool ended_ = false;
};

class Tasks : public RecordTest {
 protected:
  Tasks() { EXPECT_TRUE(RecordTest::create(sample("c1"))); }

  template <class F>
  Result<void> write(F change) const {
    return db_.update([&](WriteTx& tx) -> Result<void> { return change(tx); });
  }
  Result<void> create(const Task& task) const {
    return write([&](WriteTx& tx) { return tasks::create(tx, kNs, task); });
  }
  Result<void> create(std::string_view id, pid_t pid) const {
    return create(tasks::of_process(id, pid).value());
  }
  Result<Task> task(std::string_view id) const {
    return db_.view([&](const ReadTx& tx) { return tasks::get(tx, kNs, id); });
  }
  Result<void> remove_task(std::string_view id) const {
    return write([&](WriteTx& tx) { return tasks::remove(tx, kNs, id); });
  }
  Result<void> clear(std::string_view id) const {
    return write([&](WriteTx& tx) { return tasks::clear_ended(tx, kNs, id); });
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> found;
    const auto walked = db_.view([&](const ReadTx& tx) {
      return tasks::walk(tx, kNs, [&](const Task& one) -> Result<void> {
        found.push_back(one.id);
        return {};
      });
    });
    EXPECT_TRUE(walked);
    return found;
  }
  std::vector<std::string> problems() const {
    const metadata::GcKind* const kinds[] = {&tasks::gc_kind()};
    std::vector<std::string> found;
    const metadata::CheckReport report = metadata::check(db_, kinds).value();
    for (const auto& problem : report.problems) found.push_back(problem.what);
    return found;
  }
  void put(std::string_view key, std::string_view value) const {
    ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record, metadata::create_namespace_bucket(tx, kNs, {"bayplan.tasks", "c1"}));
      return record.put(key, value);
    }));
  }

  Sleeper sleeper_;
};

TEST_F(Tasks, S73_ATaskIsAnObjectOfItsOwn) {
  const Container before = get("c1");
  ASSERT_TRUE(create("c1", sleeper_.pid()));
  const Task made = task("c1").value();
  EXPECT_EQ(made.pid, sleeper_.pid());
  EXPECT_GT(made.start_time, 0u);
  EXPECT_EQ(made.boot_id.size(), 36u);
  EXPECT_EQ(tasks::state(made), State::running);
  EXPECT_EQ(get("c1"), before) << "a container knows nothing of what runs it";
  ASSERT_TRUE(remove_task("c1"));
  EXPECT_EQ(task("c1").error().code(), Errc::not_found);
  EXPECT_EQ(get("c1"), before) << "deleting a task leaves the container";
  EXPECT_EQ(::kill(sleeper_.pid(), 0), 0) << "and the process";
}

TEST_F(Tasks, S73_NeedsAContainerAndAProcess) {
  const auto unknown = create("none", sleeper_.pid());
  EXPECT_EQ(unknown.error().code(), Errc::not_found);
  EXPECT_EQ(unknown.error().kind(), "container");
  const pid_t pid = sleeper_.pid();
  sleeper_.end();
  EXPECT_EQ(tasks::of_process("c1", pid).error().code(), Errc::not_found);
  EXPECT_EQ(create({.id = "c1", .pid = 0, .boot_id = "b"}).error().code(), Errc::invalid_argument);
  EXPECT_EQ(create({.id = "c1", .pid = 1, .boot_id = ""}).error().code(), Errc::invalid_argument);
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_F(Tasks, S73_AContainerHasOne) {
  ASSERT_TRUE(RecordTest::create(sample("c2")));
  ASSERT_TRUE(create("c1", sleeper_.pid()));
  const auto second = create("c1", ::getpid());
  EXPECT_EQ(second.error().code(), Errc::already_exists);
  EXPECT_EQ(second.error().kind(), "task");
  ASSERT_TRUE(create("c2", ::getpid()));
  EXPECT_THAT(ids(), ElementsAre("c1", "c2"));
}

TEST_F(Tasks, S73_WhatRunsIsNotCleared) {
  EXPECT_TRUE(clear("c1")) << "there is none";
  ASSERT_TRUE(create("c1", sleeper_.pid()));
  const auto refused = clear("c1");
  EXPECT_EQ(refused.error().code(), Errc::failed_precondition);
  EXPECT_THAT(refused.error().to_string(), HasSubstr(std::to_string(sleeper_.pid())));
  EXPECT_TRUE(task("c1"));
}

TEST_F(Tasks, S73_ADeadProcessIsClearedOrReplaced) {
  ASSERT_TRUE(create("c1", sleeper_.pid()));
  sleeper_.end();
  EXPECT_EQ(tasks::state(*task("c1")), State::ended);
  ASSERT_TRUE(create("c1", ::getpid())) << "the one that has ended is in nobody's way";
  EXPECT_EQ(task("c1")->pid, ::getpid());
  ASSERT_TRUE(remove_task("c1"));
  EXPECT_EQ(remove_task("c1").error().code(), Errc::not_found);
}

TEST_F(Tasks, S73_AnotherBootOrStartTimeIsAnEnd) {
  Task old = tasks::of_process("c1", ::getpid()).value();
  EXPECT_EQ(tasks::state(old), State::running);
  ++old.start_time;
  EXPECT_EQ(tasks::state(old), State::ended) << "the pid was given again";
  --old.start_time;
  old.boot_id = "00000000-0000-0000-0000-000000000000";
  EXPECT_EQ(tasks::state(old), State::ended);
  ASSERT_TRUE(create(old));
  EXPECT_TRUE(clear("c1"));
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_F(Tasks, S73_OfAnotherPidNamespaceNothingCanBeTold) {
  Task elsewhere = tasks::of_process("c1", ::getpid()).value();
  ++elsewhere.pid_namespace;
  EXPECT_EQ(tasks::state(elsewhere), State::unknown);
  ASSERT_TRUE(create(elsewhere));
  EXPECT_EQ(clear("c1").error().code(), Errc::failed_precondition);
}

TEST_F(Tasks, S73_ACollectionTakesWhatHasEnded) {
  const metadata::GcKind* const kinds[] = {&tasks::gc_kind(), &container_gc_kind()};
  ASSERT_TRUE(create("c1", sleeper_.pid()));
  ASSERT_TRUE(metadata::collect(db_, kinds, {}, {}));
  EXPECT_THAT(ids(), ElementsAre("c1"));
  sleeper_.end();
  const auto report = metadata::collect(db_, kinds, {}, {});
  ASSERT_EQ(report->removed.size(), 1u);
  EXPECT_EQ(report->removed.front().node, (metadata::GcNode{"task", "default", "c1"}));
  EXPECT_THAT(report->removed.front().why, HasSubstr("ended"));
  EXPECT_THAT(ids(), IsEmpty());
}

TEST_F(Tasks, GoesWithTheRecordOfItsContainer) {
  ASSERT_TRUE(create("c1", sleeper_.pid()));
  ASSERT_TRUE(remove("c1"));
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(Tasks, AreAllOrNothing) {
  const Task made = tasks::of_process("c1", ::getpid()).value();
  EXPECT_GE(metadata::expect_all_or_nothing(db_, [&](WriteTx& tx) { return tasks::create(tx, kNs, made); }),
            6);
  EXPECT_GE(metadata::expect_all_or_nothing(db_, [](WriteTx& tx) { return tasks::remove(tx, kNs, "c1"); }),
            1);
}

TEST_F(Tasks, SubscribersHearOfThem) {
  test::EventLog log(db_);
  ASSERT_TRUE(create("c1", ::getpid()));
  ASSERT_TRUE(remove_task("c1"));
  EXPECT_THAT(log.told(), ElementsAre("created task default/c1", "removed task default/c1"));
}

TEST_F(Tasks, DamageIsSaidAndKept) {
  ASSERT_TRUE(create("c1", sleeper_.pid()));
  put("pid", "\x01");  // -1
  EXPECT_EQ(task("c1").error().code(), Errc::corrupt);
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("pid")));
  const metadata::GcKind* const kinds[] = {&tasks::gc_kind(), &container_gc_kind()};
  ASSERT_TRUE(metadata::collect(db_, kinds, {}, {}));
  EXPECT_EQ(task("c1").error().code(), Errc::corrupt);
}

TEST_F(Tasks, ACheckTellsOfOneWithoutAContainer) {
  ASSERT_TRUE(create("c1", sleeper_.pid()));
  ASSERT_TRUE(write([](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto containers, metadata::create_namespace_bucket(tx, kNs, {"containers"}));
    return containers.delete_bucket("c1");
  }));
  EXPECT_THAT(problems(), ElementsAre("its container does not exist"));
}

}  // namespace
}  // namespace bayplan::containers
