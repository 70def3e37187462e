// Group commit.
#include "bayplan/metadata/submit.h"

#include <future>
#include <map>
#include <random>
#include <thread>

#include "bayplan/base/fault.h"
#include "child_process.h"
#include "own_thread.h"
#include "store_test_base.h"
#include "tx_state.h"

namespace bayplan::metadata {
namespace {

class Submit : public StoreTest {
 protected:
  void TearDown() override {
    fault::arm({});
    StoreTest::TearDown();
  }
  static Error failure() { return {Errc::cancelled, "test", {}}; }
  static Result<void> put(WriteTx& tx, const std::string& key, const std::string& value) {
    BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("widgets"));
    return bucket.put(key, value);
  }
  auto submit_put(const std::string& key, const std::string& value = "v") {
    return db().submit([=](WriteTx& tx) { return put(tx, key, value); });
  }
  std::size_t count() {
    std::size_t rows = 0;
    view([&](const ReadTx& tx) {
      if (const auto bucket = tx.bucket("widgets").value()) rows = keys_of(*bucket).size();
    });
    return rows;
  }

  // Keeps the thread that commits inside a closure, so that what is submitted meanwhile is one group with it.
  class Hold {
   public:
    explicit Hold(const Db& db)
        : running_(db.submit([this](WriteTx&) -> Result<void> {
            inside_.set_value();
            go_.get_future().wait();
            return {};
          })) {
      inside_.get_future().wait();
    }
    Result<void> release() {
      go_.set_value();
      return running_.get();
    }

   private:
    std::promise<void> inside_;
    std::promise<void> go_;
    Submitted<void> running_;
  };
};

TEST_F(Submit, answers_what_the_closure_answers) {
  EXPECT_EQ(db().submit([](WriteTx&) -> Result<int> { return 7; }).get().value(), 7);
  EXPECT_TRUE(submit_put("k", "blue").get());
  EXPECT_EQ(value("widgets", "k"), "blue");
}

TEST_F(Submit, closures_and_answers_may_be_move_only) {
  auto number = std::make_unique<int>(7);
  auto outcome = db().submit([number = std::move(number)](WriteTx&) -> Result<std::unique_ptr<int>> {
    return std::make_unique<int>(*number + 1);
  });
  EXPECT_EQ(*outcome.get().value(), 8);
}

TEST_F(Submit, an_error_loses_its_own_writes_only) {
  Hold hold(db());
  auto first = submit_put("first");
  auto second = db().submit([](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(put(tx, "second", "v"));
    return failure();
  });
  auto third = submit_put("third");
  ASSERT_TRUE(hold.release());
  EXPECT_TRUE(first.get());
  EXPECT_EQ(code(second.get()), Errc::cancelled);
  EXPECT_TRUE(third.get());
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(db().stats().value().submit_groups, 1u);
  EXPECT_EQ(db().stats().value().submit_members, 4u);
}

TEST_F(Submit, a_throw_is_the_submitters_and_loses_its_own_writes_only) {
  Hold hold(db());
  auto first = submit_put("first");
  auto second = db().submit([](WriteTx& tx) -> Result<void> {
    put(tx, "second", "v").value();
    throw std::runtime_error("oops");
  });
  auto third = submit_put("third");
  ASSERT_TRUE(hold.release());
  EXPECT_TRUE(first.get());
  EXPECT_THROW(static_cast<void>(second.get()), std::runtime_error);
  EXPECT_TRUE(third.get());
  EXPECT_EQ(count(), 2u);
}

TEST_F(Submit, a_swallowed_write_failure_harms_its_own_closure_only) {
  close();
  const test::TempDir dir;
  const auto small = Db::open(dir.path() / "small", {.map_bytes = 1 << 20}).value();
  Hold hold(small);
  auto greedy = small.submit([](WriteTx& tx) -> Result<void> {
    EXPECT_FALSE(put(tx, "huge", std::string(4 << 20, 'x')));
    return {};
  });
  auto modest = small.submit([](WriteTx& tx) { return put(tx, "small", "fits"); });
  ASSERT_TRUE(hold.release());
  EXPECT_EQ(code(greedy.get()), Errc::too_large);
  EXPECT_TRUE(modest.get());
  EXPECT_TRUE(check(small, {}).value().clean());
}

TEST_F(Submit, a_failed_commit_fails_every_member) {
  Hold hold(db());
  std::vector<Submitted<void>> outcomes;
  std::atomic<int> undone{0};
  for (int i = 0; i < 5; ++i) {
    outcomes.push_back(db().submit([&undone, i](WriteTx& tx) -> Result<void> {
      tx.on_abort([&undone] { ++undone; });
      if (i == 3) return failure();
      return put(tx, std::to_string(i), "v");
    }));
  }
  fault::arm([](fault::Point point) -> std::optional<Error> {
    if (point != fault::Point::commit_before) return {};
    return Error(Errc::io, "test", {}, "the disk is gone");
  });
  EXPECT_EQ(code(hold.release()), Errc::io);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(code(outcomes[i].get()), i == 3 ? Errc::cancelled : Errc::io);
  }
  fault::arm({});
  EXPECT_EQ(undone, 5);
  EXPECT_EQ(count(), 0u);
  EXPECT_TRUE(submit_put("k").get()) << "the store goes on";
}

TEST_F(Submit, hooks_and_outcomes_come_in_order_after_the_commit) {
  std::vector<std::string> happened;  // by the one thread that commits
  Hold hold(db());
  std::promise<void> last;
  for (int i = 0; i < 4; ++i) {
    db().submit_then(
        [&happened, i](WriteTx& tx) -> Result<void> {
          const std::string name = std::to_string(i);
          tx.on_commit([&happened, name] { happened.push_back("hook " + name); });
          BAYPLAN_TRY(put(tx, name, "v"));
          if (i == 1) return failure();
          return {};
        },
        [&, i](const Result<void>& outcome) {
          happened.push_back((outcome ? "outcome " : "error ") + std::to_string(i));
          if (i == 3) last.set_value();
        });
  }
  ASSERT_TRUE(hold.release());
  last.get_future().wait();
  EXPECT_EQ(happened, (std::vector<std::string>{"hook 0", "hook 2", "hook 3", "outcome 0", "error 1",
                                                "outcome 2", "outcome 3"}));
}

TEST_F(Submit, a_closure_sees_those_before_it_in_its_group) {
  Hold hold(db());
  auto writer = submit_put("k", "blue");
  auto reader = db().submit([](WriteTx& tx) -> Result<std::string> {
    return std::string(*tx.bucket("widgets").value()->get("k").value());
  });
  ASSERT_TRUE(hold.release());
  EXPECT_EQ(reader.get().value(), "blue");
  EXPECT_TRUE(writer.get());
}

TEST_F(Submit, waiting_or_updating_inside_a_write_transaction_is_refused) {
  // Submitting there is fine, waiting comes later.
  std::optional<Submitted<void>> later;
  update([&](WriteTx&) {
    later.emplace(submit_put("from update"));
    EXPECT_EQ(code(later->get()), Errc::failed_precondition);
    EXPECT_FALSE(later->wait_for(std::chrono::hours(1)));
  });
  EXPECT_TRUE(later->get());
  auto inside = db().submit([&](WriteTx&) -> Result<void> {
    later.emplace(submit_put("from submit"));
    EXPECT_EQ(code(later->get()), Errc::failed_precondition);
    EXPECT_EQ(code(db().update([](WriteTx&) -> Result<void> { return {}; })), Errc::failed_precondition);
    return {};
  });
  EXPECT_TRUE(inside.get());
  EXPECT_TRUE(later->get());
  EXPECT_EQ(count(), 2u);
}

TEST_F(Submit, a_hook_may_update_and_submit_but_not_wait) {
  std::optional<Submitted<void>> later;
  auto outcome = db().submit([&](WriteTx& tx) -> Result<void> {
    tx.on_commit([&] {
      EXPECT_TRUE(db().update([](WriteTx& own) { return put(own, "from hook", "v"); }));
      later.emplace(submit_put("later"));
      EXPECT_EQ(code(later->get()), Errc::failed_precondition);
    });
    return put(tx, "k", "v");
  });
  EXPECT_TRUE(outcome.get());
  EXPECT_TRUE(later->get());
  EXPECT_EQ(count(), 3u);
}

TEST_F(Submit, an_outcome_is_taken_once) {
  auto outcome = submit_put("k");
  EXPECT_TRUE(outcome.wait_for(std::chrono::hours(1)));
  EXPECT_TRUE(outcome.ready());
  EXPECT_TRUE(outcome.get());
  EXPECT_FALSE(outcome.ready());
  EXPECT_EQ(code(outcome.get()), Errc::failed_precondition);
}

TEST_F(Submit, not_in_a_read_only_handle) {
  const auto reader = Db::open(path(), {.read_only = true}).value();
  EXPECT_EQ(code(reader.submit([](WriteTx&) -> Result<int> { return 1; }).get()), Errc::read_only);
}

TEST_F(Submit, is_closed_in_a_forked_child) {
  ASSERT_TRUE(submit_put("k").get());
  Hold hold(db());
  auto pending = submit_put("pending");
  const int status = run_in_child([&] {
    if (code(submit_put("child").get()) != Errc::closed) return 1;
    if (code(pending.get()) != Errc::closed || pending.ready()) return 2;
    if (pending.wait_for(std::chrono::hours(1))) return 3;
    const auto own = Db::open(path());
    if (!own) return 4;
    close();  // the parent's, whose thread does not exist here
    return 0;
  });
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(hold.release());
  EXPECT_TRUE(pending.get());
}

TEST_F(Submit, closing_runs_what_is_queued) {
  std::vector<Submitted<void>> outcomes;
  for (int i = 0; i < 100; ++i) outcomes.push_back(submit_put(std::to_string(i)));
  close();
  for (auto& outcome : outcomes) {
    EXPECT_TRUE(outcome.ready());
    EXPECT_TRUE(outcome.get());
  }
  reopen();
  EXPECT_EQ(count(), 100u);
}

// The thread that commits cannot wait for its own end.
TEST_F(Submit, the_last_handle_may_be_dropped_by_a_closure) {
  auto own = std::make_unique<Db>(db());
  close();
  std::promise<void> go;
  auto outcome = [&] {
    Db& borrowed = *own;
    return borrowed.submit([own = std::move(own), &go](WriteTx& tx) -> Result<void> {
      go.get_future().wait();
      return put(tx, "k", "v");
    });
  }();
  go.set_value();
  EXPECT_TRUE(outcome.get());
  reopen();  // waits for the other to close
  EXPECT_EQ(count(), 1u);
}

// Waiting for the environment to close would be waiting for itself.
TEST_F(Submit, a_closure_cannot_open_what_waits_for_it_to_close) {
  std::promise<void> closing;
  std::optional<Errc> opened;
  auto outcome = db().submit([&](WriteTx&) -> Result<void> {
    closing.get_future().wait();
    // The last handle goes at some time from now on; before that, opening answers the same environment.
    while (!opened) opened = code(Db::open(path()));
    return {};
  });
  closing.set_value();
  close();
  EXPECT_TRUE(outcome.get());
  EXPECT_EQ(opened, Errc::failed_precondition);
}

// A child that leaves its parent's transaction behind is not inside one.
TEST_F(Submit, a_child_forked_inside_a_transaction_is_free_again) {
  pid_t child = -1;
  const void* environment = nullptr;
  const auto updated = db().update([&](WriteTx& tx) -> Result<void> {
    environment = state_of(tx).environment;
    child = ::fork();
    return {};
  });
  // What opens next may lie at the same address.
  if (child == 0) ::_exit(code(updated) == Errc::closed && !OwnThread::is_writing(environment) ? 0 : 1);
  EXPECT_TRUE(updated);
  EXPECT_EQ(wait_for(child), 0);
}

TEST_F(Submit, many_threads_lose_nothing) {
  constexpr int kThreads = 64;
  constexpr int kEach = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(submit_put(std::to_string(t) + "/" + std::to_string(i)).get());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  reopen();
  EXPECT_EQ(count(), std::size_t{kThreads} * kEach);
}

TEST_F(Submit, one_threads_closures_run_in_its_order) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string key = std::to_string(t);
      std::vector<Submitted<void>> outcomes;
      for (int i = 0; i < 100; ++i) {
        outcomes.push_back(db().submit([key, i](WriteTx& tx) -> Result<void> {
          BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("widgets"));
          BAYPLAN_ASSIGN(const auto before, bucket.get(key));
          EXPECT_EQ(before.value_or("0"), std::to_string(i));
          return bucket.put(key, std::to_string(i + 1));
        }));
      }
      for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(Submit, groups_and_single_writers_take_turns) {
  std::atomic<bool> done{false};
  std::thread flood([&] {
    std::vector<Submitted<void>> outcomes;
    for (int i = 0; !done; ++i) {
      outcomes.push_back(submit_put("flood " + std::to_string(i % 10)));
      if (outcomes.size() < 200) continue;
      for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
      outcomes.clear();
    }
    for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
  });
  for (int i = 0; i < 20; ++i)
    update([&](WriteTx& tx) { put(tx, "single " + std::to_string(i), "v").value(); });
  done = true;
  flood.join();
  EXPECT_GE(count(), 20u);
}

TEST_F(Submit, a_group_is_bounded) {
  Hold hold(db());
  std::vector<Submitted<void>> outcomes;
  for (int i = 0; i < 2100; ++i) outcomes.push_back(submit_put(std::to_string(i)));
  ASSERT_TRUE(hold.release());
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
  EXPECT_GE(db().stats().value().submit_groups, 3u) << "1024 closures at most";
  const auto before = db().stats().value().submit_groups;
  Hold again(db());
  outcomes.clear();
  for (int i = 0; i < 3; ++i) outcomes.push_back(submit_put("big", std::string(70 << 20, 'x')));
  ASSERT_TRUE(again.release());
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
  EXPECT_GE(db().stats().value().submit_groups, before + 2) << "16k pages at most";
}

// Every fourth closure fails, in groups of changing size; the model applies the others only.
TEST_F(Submit, agrees_with_a_model) {
  std::mt19937 random(20261121);
  std::map<std::string, std::string> model;
  for (int round = 0; round < 60; ++round) {
    Hold hold(db());
    std::vector<Submitted<void>> outcomes;
    const int size = static_cast<int>(random() % 40);
    for (int i = 0; i < size; ++i) {
      const std::string key = std::to_string(random() % 50);
      const std::string bytes(random() % 600, static_cast<char>('a' + random() % 26));
      const bool erases = random() % 3 == 0;
      const bool fails = i % 4 == 3;
      outcomes.push_back(db().submit([=](WriteTx& tx) -> Result<void> {
        BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("widgets"));
        BAYPLAN_TRY(erases ? bucket.erase(key) : bucket.put(key, bytes));
        if (fails) return failure();
        return {};
      }));
      if (fails) continue;
      if (erases) {
        model.erase(key);
      } else {
        model[key] = bytes;
      }
    }
    ASSERT_TRUE(hold.release());
    for (std::size_t i = 0; i < outcomes.size(); ++i) EXPECT_EQ(outcomes[i].get().has_value(), i % 4 != 3);
    std::map<std::string, std::string> stored;
    view([&](const ReadTx& tx) {
      const auto bucket = tx.bucket("widgets").value();
      if (!bucket) return;
      bucket
          ->for_each([&](const Entry& entry) -> Result<void> {
            stored.emplace(entry.key, entry.value);
            return {};
          })
          .value();
    });
    ASSERT_EQ(stored, model) << "seed 20261121, round " << round;
  }
}

}  // namespace
}  // namespace bayplan::metadata
