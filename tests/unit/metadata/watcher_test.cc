// Events of other processes.
#include "bayplan/metadata/watcher.h"

#include <gmock/gmock.h>

#include <thread>

#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "child_process.h"
#include "store_test_base.h"
#include "support/event_log.h"

namespace bayplan::metadata {
namespace {

using test::Words;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::steady_clock::time_point kNow{};
constexpr int kCommits = 40;

std::string name_of(int n) { return "n" + std::to_string(100 + n); }

class Watching : public StoreTest {
 protected:
  Words look(Watcher& watcher) {
    Words words;
    for (const Event& event : watcher.next({}, kNow).value()) words.push_back(test::event_words(event));
    return words;
  }
  void create(const std::string& name) {
    update([&](WriteTx& tx) { create_namespace(tx, name).value(); });
  }
};

TEST_F(Watching, begins_at_the_last_commit_and_coalesces_what_comes) {
  create("before");
  auto watcher = Watcher::begin(db()).value();
  EXPECT_THAT(look(watcher), IsEmpty());
  create("b");
  create("a");
  create("gone");
  update([](WriteTx& tx) { remove_namespace(tx, "gone").value(); });
  update([](WriteTx& tx) { set_namespace_label(tx, "before", "k", "v").value(); });
  EXPECT_THAT(look(watcher), ElementsAre("created namespace a/a", "created namespace b/b",
                                         "updated namespace before/before"));
  EXPECT_THAT(look(watcher), IsEmpty());
}

TEST_F(Watching, stands_where_its_events_lead) {
  auto watcher = Watcher::begin(db()).value();
  create("a");
  const auto events = watcher.next({}, kNow).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].revision, watcher.snapshot().revision());
  EXPECT_TRUE(namespace_labels(watcher.snapshot(), "a"));
}

TEST_F(Watching, goes_on_waiting_after_a_commit_that_changes_no_record) {
  auto watcher = Watcher::begin(db()).value();
  update([](WriteTx& tx) { tx.create_bucket("elsewhere").value(); });
  EXPECT_THAT(look(watcher), IsEmpty());
  EXPECT_EQ(watcher.snapshot().revision(), db().stats().value().revision) << "nothing old is kept";
}

TEST_F(Watching, keeps_no_old_pages_once_it_was_asked) {
  auto watcher = Watcher::begin(db()).value();
  for (int n = 0; n < 5; ++n) create(name_of(n));
  EXPECT_EQ(db().stats().value().oldest_reader_commits, 5u);
  look(watcher);
  EXPECT_EQ(db().stats().value().oldest_reader_commits, 0u);
}

TEST_F(Watching, ends_when_cancelled) {
  auto watcher = Watcher::begin(db()).value();
  create("a");
  const Control control;
  control.cancel.cancel();
  EXPECT_EQ(code(watcher.next(control)), Errc::cancelled);
  EXPECT_THAT(look(watcher), ElementsAre("created namespace a/a")) << "nothing was lost";
}

TEST_F(Watching, ends_when_cancelled_while_it_waits) {
  auto watcher = Watcher::begin(db()).value();
  const Control control;
  std::thread cancels([&] { control.cancel.cancel(); });
  EXPECT_EQ(code(watcher.next(control)), Errc::cancelled);
  cancels.join();
}

TEST_F(Watching, works_on_a_store_that_is_opened_for_reading) {
  create("before");
  close();
  reopen({.read_only = true});
  auto watcher = Watcher::begin(db()).value();
  EXPECT_EQ(run_in_child([&] {
              auto other = Db::open(path()).value();
              other.update([](WriteTx& tx) { return create_namespace(tx, "a"); }).value();
              return 0;
            }),
            0);
  EXPECT_THAT(look(watcher), ElementsAre("created namespace a/a"));
}

TEST(WatcherOfNothing, is_an_error) { EXPECT_EQ(code(Watcher::begin(Db())), Errc::closed); }

// The child commits one namespace after the other; whatever is coalesced, each is told once, in order.
TEST_F(Watching, another_process_is_seen_while_it_writes_and_never_reordered) {
  close();
  Signal ready;
  const pid_t child = start_child([&] {
    auto other = Db::open(path()).value();
    ready.wait();
    for (int n = 0; n < kCommits; ++n)
      other.update([&](WriteTx& tx) { return create_namespace(tx, name_of(n)); }).value();
    return 0;
  });
  reopen();
  auto watcher = Watcher::begin(db()).value();
  ready.send();
  std::vector<std::string> told;
  std::uint64_t revision = watcher.snapshot().revision();
  while (told.size() < kCommits) {
    const auto events = watcher.next({}).value();
    ASSERT_FALSE(events.empty());
    EXPECT_GT(events.front().revision, revision);
    revision = events.front().revision;
    for (const Event& event : events) told.push_back(event.key);
  }
  EXPECT_EQ(wait_for(child), 0);
  std::vector<std::string> expected;
  for (int n = 0; n < kCommits; ++n) expected.push_back(name_of(n));
  EXPECT_EQ(told, expected);
}

/// Waits until namespace `name` is told of.
bool hears(Watcher& watcher, const std::string& name) {
  while (true) {
    for (const Event& event : watcher.next({}).value()) {
      if (event.key == name) return true;
    }
  }
}

// Each waits for what the other does: the test would not end if a change were never told.
TEST_F(Watching, two_processes_answer_each_other) {
  constexpr int kRounds = 20;
  const auto say = [](const Db& store, const std::string& name, int round) {
    store.update([&](WriteTx& tx) { return set_namespace_label(tx, name, "n", std::to_string(round)); })
        .value();
  };
  create("ping");
  create("pong");
  close();
  Signal begun;
  const pid_t child = start_child([&] {
    auto store = Db::open(path()).value();
    auto watcher = Watcher::begin(store).value();
    begun.send();
    for (int round = 0; round < kRounds; ++round) {
      if (!hears(watcher, "ping")) return 1;
      say(store, "pong", round);
    }
    return 0;
  });
  begun.wait();
  reopen();
  auto watcher = Watcher::begin(db()).value();
  for (int round = 0; round < kRounds; ++round) {
    say(db(), "ping", round);
    EXPECT_TRUE(hears(watcher, "pong"));
  }
  EXPECT_EQ(wait_for(child), 0);
}

}  // namespace
}  // namespace bayplan::metadata
