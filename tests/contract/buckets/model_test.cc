// Random operations on the store and on the model, by one process and by two. BAYPLAN_TEST_SEED replays a
// run, BAYPLAN_MODEL_OPERATIONS says how long it is (scripts/nightly: 1,000,000).
#include <cstdio>

#include "lockstep.h"
#include "unit/metadata/child_process.h"
#include "unit/metadata/store_test_base.h"

namespace bayplan::metadata {
namespace {

std::string log_key(std::uint64_t number) {
  std::string key(8, '\0');
  for (std::size_t i = 8; i-- > 0; number >>= 8) key[i] = static_cast<char>(number & 0xff);
  return key;
}

// One process's share: its own model, kept up to date from the operation log.
class Runner {
 public:
  Runner(std::filesystem::path path, std::size_t seed, bool logged)
      : path_(std::move(path)), random_(seed), logged_(logged) {
    reopen();
  }

  /// Random transactions until `operations` were done. Throws Mismatch.
  void run(std::size_t operations) {
    while (lockstep_.count() < operations) {
      transaction();
      verify();
      if (random_.one_in(100)) hold_reader();
      if (random_.one_in(200)) reopen();
      if (random_.one_in(2000)) expect_clean();
    }
  }

  /// Everything, by a model that starts from nothing where there is a log.
  void verify_all() {
    db_->view([&](const ReadTx& tx) -> Result<void> {
         catch_up(tx);
         expect_same(tx, model_.state());
         return {};
       })
        .value();
    expect_clean();
  }

  std::size_t count() const { return lockstep_.count(); }
  std::size_t commits() const { return commits_; }

 private:
  void reopen() {
    old_reader_.reset();
    db_.reset();
    db_.emplace(Db::open(path_).value());
  }

  void expect_clean() {
    const auto report = check(*db_, {}).value();
    if (!report.clean()) throw Mismatch("check: " + report.problems.front().what);
  }

  // An old snapshot stays what it was.
  void hold_reader() {
    if (old_reader_) expect_same(*old_reader_, old_state_);
    old_reader_ = db_->begin_read().value();
    catch_up(*old_reader_);
    old_state_ = model_.state();
  }

  void transaction() {
    before_ = model_.state();
    try {
      const auto result = db_->update([&](WriteTx& tx) -> Result<void> {
        catch_up(tx);
        BAYPLAN_TRY(
            model_.update([&](model::WriteTx& expected) { return lockstep_.transaction(tx, expected); }));
        return append_log(tx);
      });
      if (!result && result.error().code() != Errc::cancelled) throw Mismatch(result.error().to_string());
      if (result) ++commits_;
    } catch (const Lockstep::Undo&) {
    }
  }

  // What this transaction changed or undid; everything now and then, and what others did.
  void verify() {
    db_->view([&](const ReadTx& tx) -> Result<void> {
         catch_up(tx);
         if (random_.one_in(200)) {
           expect_same(tx, model_.state());
         } else {
           expect_same(tx, model_.state(), {&before_, &lockstep_.inside()});
         }
         return {};
       })
        .value();
  }

  // Does to the model what the log says that others did.
  void catch_up(const ReadTx& tx) {
    if (!logged_) return;
    const auto log = tx.bucket(kLogBucket).value();
    if (!log) return;
    const auto cursor = log->cursor().value();
    for (auto entry = cursor->seek(log_key(next_)).value(); entry; entry = cursor->next().value(), ++next_) {
      if (entry->key != log_key(next_)) throw Mismatch("the log lacks entry " + std::to_string(next_));
      replay(decode_operations(entry->value));
    }
  }

  void replay(const std::vector<Operation>& operations) {
    model_
        .update([&](model::WriteTx& tx) -> Result<void> {
          for (const Operation& operation : operations) {
            model::MutableBucket bucket(tx, {operation.bucket});
            model::MutableBucket target(tx, {operation.target});
            if (perform(operation, bucket, target).error) throw Mismatch("the log: " + operation.describe());
          }
          return {};
        })
        .value();
  }

  Result<void> append_log(WriteTx& tx) {
    if (!logged_) return {};
    BAYPLAN_ASSIGN(auto log, tx.create_bucket_if_not_exists(kLogBucket));
    return log.put(log_key(next_++), encode_operations(lockstep_.done()));
  }

  std::filesystem::path path_;
  Random random_;
  bool logged_;
  Lockstep lockstep_{random_};
  std::optional<Db> db_{};
  model::Db model_{};
  model::State before_{};
  std::unique_ptr<const ReadTx> old_reader_{};
  model::State old_state_{};
  std::uint64_t next_ = 0;
  std::size_t commits_ = 0;
};

void report(const char* name, const Runner& runner, std::size_t seed) {
  std::printf("%s: %zu operations, %zu commits, seed %zu\n", name, runner.count(), runner.commits(), seed);
  std::fflush(stdout);
}

TEST(Model, OneProcess) {
  const std::size_t seed = test_seed();
  SCOPED_TRACE(replay_with(seed));
  const test::TempDir dir;
  Runner runner(dir.path() / "metadata", seed, false);
  runner.run(number_from_environment("BAYPLAN_MODEL_OPERATIONS", 20000));
  runner.verify_all();
  report("one process", runner, seed);
}

// Each transaction writes what it did into the operation log; whoever reads it next does the same to its
// model. The interleaving is the scheduler's, so a seed repeats the choices, not the run: the log is what a
// failure leaves.
TEST(Model, TwoProcesses) {
  const std::size_t seed = test_seed();
  SCOPED_TRACE(replay_with(seed));
  const test::TempDir dir;
  const std::size_t operations = number_from_environment("BAYPLAN_MODEL_OPERATIONS", 10000) / 2;
  const auto work = [&](std::size_t own_seed) {
    try {
      Runner runner(dir.path() / "metadata", own_seed, true);
      runner.run(operations);
      report("one of two processes", runner, own_seed);
      return 0;
    } catch (const std::exception& failure) {
      std::printf("one of two processes, seed %zu: %s\n", own_seed, failure.what());
      std::fflush(stdout);
      return 1;
    }
  };
  const pid_t one = start_child([&] { return work(seed); });
  const pid_t two = start_child([&] { return work(seed + 1); });
  EXPECT_EQ(wait_for(one), 0);
  EXPECT_EQ(wait_for(two), 0);
  Runner(dir.path() / "metadata", seed, true).verify_all();
}

}  // namespace
}  // namespace bayplan::metadata
