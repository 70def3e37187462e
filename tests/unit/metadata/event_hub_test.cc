// Who is told of which commits, when, and what handlers may do.
#include "event_hub.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "store_test_base.h"
#include "support/event_log.h"

namespace bayplan::metadata {
namespace {

using test::event_words;
using test::Words;
using testing::ElementsAre;
using testing::IsEmpty;

const WriteOptions kWeak{.durability = Durability::no_metasync};

class Events : public StoreTest {
 protected:
  /// Every call of the handler is one element.
  Subscription listen(std::vector<Words>& calls) {
    return subscribe(db(),
                     [&calls](std::span<const Event> commit) {
                       Words& words = calls.emplace_back();
                       for (const Event& event : commit) words.push_back(event.key);
                     })
        .value();
  }
  static std::function<Result<void>(WriteTx&)> make(const std::string& name) {
    return [name](WriteTx& tx) { return create_namespace(tx, name); };
  }
  Result<void> commit(const std::string& name, const WriteOptions& options = {}) {
    return db().update(make(name), options);
  }
  std::vector<Words> calls_;
};

TEST_F(Events, are_told_after_the_commit_and_carry_its_revision) {
  std::vector<Event> told;
  bool visible = false;
  const auto subscription =
      subscribe(db(), [&](std::span<const Event> commit) {
        told.assign(commit.begin(), commit.end());
        view([&](const ReadTx& tx) {
          visible = namespace_labels(tx, "a").has_value() && tx.revision() == commit[0].revision;
        });
      }).value();
  db().update([&](WriteTx& tx) -> Result<void> {
        BAYPLAN_TRY(create_namespace(tx, "a", {{"k", "v"}}));
        EXPECT_THAT(told, IsEmpty());
        return {};
      })
      .value();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(event_words(told[0]), "created namespace a/a");
  EXPECT_TRUE(visible);
}

TEST_F(Events, of_one_commit_are_one_call_in_the_order_of_the_functions) {
  const auto subscription = listen(calls_);
  update([](WriteTx& tx) {
    for (const char* name : {"c", "a", "b"}) create_namespace(tx, name).value();
    set_namespace_label(tx, "a", "k", "v").value();
  });
  commit("d").value();
  EXPECT_THAT(calls_, ElementsAre(Words{"c", "a", "b", "a"}, Words{"d"}));
}

TEST_F(Events, of_what_was_undone_are_not_told) {
  const auto subscription = listen(calls_);
  const Error undone(Errc::cancelled, "test", {});
  update([&](WriteTx& tx) {
    create_namespace(tx, "a").value();
    EXPECT_FALSE(tx.savepoint([&](WriteTx& inner) -> Result<void> {
      create_namespace(inner, "lost").value();
      inner.savepoint(make("lost-too")).value();
      return undone;
    }));
    EXPECT_FALSE(create_namespace(tx, "a"));
    tx.savepoint(make("kept")).value();
  });
  EXPECT_FALSE(db().update([&](WriteTx& tx) -> Result<void> {
    create_namespace(tx, "b").value();
    return undone;
  }));
  EXPECT_THROW(static_cast<void>(db().update([&](WriteTx& tx) -> Result<void> {
                 create_namespace(tx, "b").value();
                 throw std::runtime_error("test");
               })),
               std::runtime_error);
  EXPECT_THAT(calls_, ElementsAre(Words{"a", "kept"}));
}

TEST_F(Events, of_weak_commits_wait_for_sync) {
  const auto subscription = listen(calls_);
  commit("a", kWeak).value();
  commit("b", kWeak).value();
  EXPECT_THAT(calls_, IsEmpty());
  db().sync().value();
  EXPECT_THAT(calls_, ElementsAre(Words{"a"}, Words{"b"}));
}

TEST_F(Events, of_weak_commits_wait_for_the_next_full_one_and_come_before_it) {
  const auto subscription = listen(calls_);
  commit("a", kWeak).value();
  update([](WriteTx&) {});
  EXPECT_THAT(calls_, IsEmpty()) << "it changed nothing, so it flushed nothing";
  commit("b").value();
  EXPECT_THAT(calls_, ElementsAre(Words{"a"}, Words{"b"}));
}

TEST_F(Events, of_weak_commits_wait_for_the_closing_at_the_latest) {
  const auto subscription = listen(calls_);
  commit("a", kWeak).value();
  close();
  EXPECT_THAT(calls_, ElementsAre(Words{"a"}));
}

TEST_F(Events, of_a_group_are_one_call_in_the_order_of_its_members) {
  const auto subscription = listen(calls_);
  std::promise<void> inside;
  std::promise<void> go;
  auto first = db().submit([&](WriteTx& tx) -> Result<void> {
    inside.set_value();
    go.get_future().wait();
    return create_namespace(tx, "a");
  });
  inside.get_future().wait();
  auto second = db().submit(make("b"));
  auto failed = db().submit([](WriteTx& tx) -> Result<void> {
    create_namespace(tx, "lost").value();
    return Error(Errc::cancelled, "test", {});
  });
  auto last = db().submit(make("c"));
  go.set_value();
  first.get().value();
  second.get().value();
  EXPECT_FALSE(failed.get());
  last.get().value();
  EXPECT_THAT(calls_, ElementsAre(Words{"a", "b", "c"}));
}

TEST_F(Events, of_many_threads_come_in_the_order_of_their_commits) {
  constexpr int kThreads = 4;
  constexpr int kCommits = 25;
  std::vector<std::uint64_t> revisions;
  std::atomic<int> inside{0};
  {
    const auto subscription = subscribe(db(), [&](std::span<const Event> commit) {
                                EXPECT_EQ(inside.fetch_add(1), 0) << "one call at a time";
                                revisions.push_back(commit[0].revision);
                                inside.fetch_sub(1);
                              }).value();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; n < kCommits; ++n) {
          const std::string name = "n" + std::to_string(t) + "-" + std::to_string(n);
          if (n % 5 == 4) {
            db().submit(make(name)).get().value();
          } else {
            commit(name, n % 3 == 1 ? kWeak : WriteOptions{}).value();
          }
        }
      });
    }
    for (auto& thread : threads) thread.join();
    db().sync().value();
  }
  EXPECT_TRUE(std::is_sorted(revisions.begin(), revisions.end(), std::less_equal<>()));
  EXPECT_GE(revisions.size(), static_cast<std::size_t>(kThreads * kCommits / 5 * 4));
}

TEST_F(Events, of_a_transaction_that_began_unheard_are_not_told_in_part) {
  Subscription subscription;
  update([&](WriteTx& tx) {
    create_namespace(tx, "before").value();
    subscription = listen(calls_);
    create_namespace(tx, "after").value();
  });
  EXPECT_THAT(calls_, IsEmpty());
  commit("next").value();
  EXPECT_THAT(calls_, ElementsAre(Words{"next"}));
}

TEST_F(Events, of_weak_commits_before_a_subscription_are_not_its_business) {
  std::vector<Words> others;
  const auto other = listen(others);
  commit("a", kWeak).value();
  const auto subscription = listen(calls_);
  commit("b").value();
  EXPECT_THAT(others, ElementsAre(Words{"a"}, Words{"b"}));
  EXPECT_THAT(calls_, ElementsAre(Words{"b"}));
}

TEST_F(Events, end_with_the_subscription) {
  auto subscription = listen(calls_);
  commit("a").value();
  Subscription moved = std::move(subscription);
  commit("b").value();
  moved.reset();
  commit("c").value();
  EXPECT_THAT(calls_, ElementsAre(Words{"a"}, Words{"b"}));
}

TEST_F(Events, a_subscription_may_outlive_the_store) {
  const auto subscription = listen(calls_);
  close();
  reopen();
  commit("a").value();
  EXPECT_THAT(calls_, IsEmpty()) << "it was of the environment that is closed";
}

TEST_F(Events, a_handler_that_throws_is_reported_and_the_others_are_told) {
  std::vector<std::string> reports;
  reopen({.diagnostics = [&](const Diagnostic& diagnostic) {
    reports.push_back(std::string(diagnostic.message) + ": " + diagnostic.fields[0].second);
  }});
  int calls = 0;
  const auto bad = subscribe(db(), [&](std::span<const Event>) {
                     if (++calls == 1) throw std::runtime_error("no");
                     throw 1;
                   }).value();
  const auto subscription = listen(calls_);
  commit("a").value();
  commit("b").value();
  EXPECT_THAT(calls_, ElementsAre(Words{"a"}, Words{"b"}));
  EXPECT_THAT(reports, ElementsAre("an event handler threw: no",
                                   "an event handler threw: something that is no std::exception"));
}

TEST_F(Events, a_handler_may_end_its_own_subscription_and_others) {
  Subscription second;
  Subscription first;
  first = subscribe(db(), [&](std::span<const Event>) {
            first.reset();
            second.reset();
          }).value();
  second = listen(calls_);
  commit("a").value();
  commit("b").value();
  EXPECT_THAT(calls_, IsEmpty()) << "ended before its turn";
}

TEST_F(Events, what_a_handler_held_may_end_a_subscription) {
  auto inner = std::make_shared<Subscription>(listen(calls_));
  Subscription outer =
      subscribe(db(), [held = inner, &outer](std::span<const Event>) { outer.reset(); }).value();
  inner.reset();
  commit("a").value();
  commit("b").value();
  EXPECT_THAT(calls_, ElementsAre(Words{"a"}));
}

TEST_F(Events, what_a_handler_commits_is_told_after_it_has_returned) {
  Words order;
  const auto subscription = subscribe(db(), [&](std::span<const Event> commit) {
                              const std::string key = commit[0].key;
                              order.push_back("in " + key);
                              if (key == "a") {
                                this->commit("b").value();
                                db().submit(make("c")).get().value();
                              }
                              order.push_back("out " + key);
                            }).value();
  commit("a").value();
  db().sync().value();
  EXPECT_THAT(order, ElementsAre("in a", "out a", "in b", "out b", "in c", "out c"));
}

TEST_F(Events, a_handler_that_blocks_holds_up_no_writer) {
  std::promise<void> inside;
  std::promise<void> go;
  std::vector<std::string> told;
  const auto subscription = subscribe(db(), [&](std::span<const Event> commit) {
                              told.push_back(commit[0].key);
                              if (told.size() != 1) return;
                              inside.set_value();
                              go.get_future().wait();
                            }).value();
  std::thread blocked([&] { commit("a").value(); });
  inside.get_future().wait();
  commit("b").value();
  commit("c").value();
  EXPECT_EQ(told.size(), 1u);
  go.set_value();
  blocked.join();
  EXPECT_THAT(told, ElementsAre("a", "b", "c")) << "by the thread that was blocked";
}

TEST_F(Events, ending_a_subscription_waits_for_the_call_on_another_thread) {
  std::promise<void> inside;
  std::promise<void> go;
  std::promise<void> ending;
  bool returned = false;
  auto subscription = subscribe(db(), [&](std::span<const Event>) {
                        inside.set_value();
                        go.get_future().wait();
                        returned = true;
                      }).value();
  std::thread committing([&] { commit("a").value(); });
  inside.get_future().wait();
  std::thread ends([&] {
    ending.set_value();
    subscription.reset();
    EXPECT_TRUE(returned);
  });
  ending.get_future().wait();
  std::this_thread::yield();
  go.set_value();
  ends.join();
  committing.join();
}

TEST_F(Events, need_a_handler_and_an_open_store) {
  EXPECT_EQ(code(subscribe(db(), {})), Errc::invalid_argument);
  EXPECT_EQ(code(subscribe(Db(), [](std::span<const Event>) {})), Errc::closed);
}

TEST_F(Events, of_the_collector_are_its_removals) {
  update([](WriteTx& tx) {
    leases::create(tx, "default", {.id = "old", .expires = now() - std::chrono::hours(1)}).value();
    leases::create(tx, "default", {.id = "new"}).value();
  });
  test::EventLog log(db());
  const auto kind = leases::gc_kind({});
  const GcKind* kinds[] = {kind.get()};
  collect(db(), kinds, {}, {}).value();
  EXPECT_THAT(log.told(), ElementsAre("removed lease default/old"));
  EXPECT_THAT(log.seen(), ElementsAre("removed lease default/old"));
}

TEST(EventHub, tells_no_commit_that_is_not_durable) {
  const auto hub = std::make_shared<EventHub>(DiagnosticSink());
  std::vector<std::uint64_t> told;
  const auto subscription =
      hub->subscribe([&](std::span<const Event> commit) { told.push_back(commit[0].revision); });
  for (const std::uint64_t revision : {3u, 5u, 8u}) hub->push({Event{.revision = revision}}, revision);
  hub->release(5);
  hub->deliver();
  EXPECT_THAT(told, ElementsAre(3, 5));
  hub->release(8);
  hub->deliver();
  EXPECT_THAT(told, ElementsAre(3, 5, 8));
}

}  // namespace
}  // namespace bayplan::metadata
