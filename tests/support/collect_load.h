// Collections beside threads, of one process and of two, that make, delete and extend objects and refer to
// what the collector is about to remove. Each worker checks that all that its roots need is there; at the
// end, with everybody gone, one collection leaves exactly what they need. Each round is run once more without
// collections beside it: how long writers wait for one another then is printed, too, because a slow disk
// makes both longer. What the objects are, the test says (LoadObjects). BAYPLAN_COLLECT_ROUNDS (default 1),
// BAYPLAN_COLLECT_IMAGES (of each worker), BAYPLAN_COLLECT_STORE (images that are there before, default 0;
// half are garbage), BAYPLAN_TEST_SEED.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bayplan/metadata/check.h"
#include "support/load_worker.h"
#include "support/process_barrier.h"
#include "support/temp_dir.h"
#include "unit/metadata/child_process.h"

namespace bayplan::test {

inline std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* const text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::stoull(text);
}

class CollectLoad : public testing::Test {
 protected:
  static constexpr std::size_t kWorkers = 8;
  using Open = std::function<std::unique_ptr<LoadObjects>(const std::filesystem::path&)>;

  /// `images` of each worker, unless BAYPLAN_COLLECT_IMAGES says otherwise.
  CollectLoad(Open open, std::size_t images)
      : open_(std::move(open)), images_(number_from("BAYPLAN_COLLECT_IMAGES", images)) {}

  void one_process() {
    all_rounds(0, [this](std::uint64_t seed) {
      reopen();
      EXPECT_NO_THROW(work(0, kWorkers, seed));
    });
  }

  // Each process has half of the workers, and both collect.
  void two_processes() {
    all_rounds(1000, [this](std::uint64_t seed) {
      const pid_t child = metadata::start_child([&] { return second_process(seed); });
      reopen();
      EXPECT_NO_THROW(work(0, kWorkers / 2, seed));
      ASSERT_EQ(metadata::wait_for(child), 0);
      take_up_needed();
    });
  }

 private:
  using Waits = std::vector<std::chrono::nanoseconds>;

  void all_rounds(std::uint64_t first_seed, const std::function<void(std::uint64_t)>& run) {
    first_seed += number_from("BAYPLAN_TEST_SEED", 20261121);
    for (std::size_t round = 0; round < rounds_ && !HasFailure(); ++round) {
      const std::uint64_t seed = first_seed + round * kWorkers;
      SCOPED_TRACE("seed " + std::to_string(seed));
      for (const bool collects : {true, false}) {
        collects_ = collects;
        begin_round();
        run(seed);
        expect_only_what_is_needed();
      }
    }
    print();
  }

  const metadata::Db& db() const { return objects_->db(); }
  void begin_round() {
    objects_.reset();
    std::filesystem::remove_all(path());
    expected_.clear();
    together_.emplace(kWorkers);
  }
  void reopen() { objects_ = open_(path()); }
  std::filesystem::path path() const { return dir_.path() / "store"; }

  // What the roots of the second process need, it says in the store itself, outside of what is collected.
  int second_process(std::uint64_t seed) {
    try {
      reopen();
      work(kWorkers / 2, kWorkers, seed);
      db().update([&](metadata::WriteTx& tx) -> Result<void> {
            BAYPLAN_ASSIGN(auto needed, tx.create_bucket("needed"));
            for (const std::string& object : expected_) BAYPLAN_TRY(needed.put(object, ""));
            return {};
          })
          .value();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "the second process: %s\n", error.what());
      return 1;
    }
    objects_.reset();
    return 0;
  }
  void take_up_needed() {
    db().update([&](metadata::WriteTx& tx) -> Result<void> {
          BAYPLAN_ASSIGN(const auto needed, tx.bucket("needed"));
          BAYPLAN_TRY(needed->for_each([&](const metadata::Entry& entry) -> Result<void> {
            expected_.emplace(entry.key);
            return {};
          }));
          return tx.delete_bucket("needed");
        })
        .value();
  }

  // Workers first..last work until each has made its steps; the caller's thread collects meanwhile, if it is
  // to.
  void work(std::size_t first, std::size_t last, std::uint64_t seed) {
    std::mutex guard;
    std::string failure;
    std::atomic<std::size_t> running = last - first;
    std::atomic<std::size_t> steps = 0;
    std::vector<LoadWorker> workers;
    for (std::size_t n = first; n < last; ++n) workers.emplace_back(*objects_, n, seed, images_);
    for (LoadWorker& worker : workers) worker.fill(store_ / kWorkers);
    std::vector<std::thread> threads;
    for (LoadWorker& worker : workers) {
      threads.emplace_back([&] {
        const auto attempt = [&](const std::function<void()>& part) {
          try {
            part();
          } catch (const std::exception& error) {
            const std::lock_guard lock(guard);
            failure = error.what();
          }
        };
        // Of what others do to begin and to verify, no writer's wait tells.
        together_->wait();
        attempt([&] {
          for (std::size_t step = 0; step < images_; ++step) {
            worker.step();
            ++steps;
            steps.notify_one();
          }
        });
        together_->wait();
        attempt([&] { worker.verify(); });
        --running;
        ++steps;
        steps.notify_one();
      });
    }
    const auto kinds = objects_->kinds();
    for (std::size_t before = steps; running > 0; before = steps) {
      if (!collects_) {
        steps.wait(before);
        continue;
      }
      const auto report = metadata::collect(db(), kinds, {}, {});
      if (report) {
        removed_ += report->removed.size();
      } else if (report.error().code() == Errc::busy) {
        steps.wait(before);  // the other process collects
      } else {
        const std::lock_guard lock(guard);
        failure = report.error().to_string();
      }
    }
    for (std::thread& thread : threads) thread.join();
    for (const LoadWorker& worker : workers) {
      for (const auto& [root, needs] : worker.roots()) {
        expected_.insert(root);
        expected_.insert(needs.begin(), needs.end());
      }
      Waits& waits = collects_ ? waits_ : waits_alone_;
      waits.insert(waits.end(), worker.waits().begin(), worker.waits().end());
    }
    if (!failure.empty()) throw std::runtime_error(failure);
  }

  std::set<std::string> all_objects() const {
    std::set<std::string> found;
    db().view([&](const metadata::ReadTx& tx) -> Result<void> {
          for (const metadata::GcKind* kind : objects_->kinds()) {
            NameSink sink(kind->kind(), found);
            BAYPLAN_TRY(kind->scan(tx, kLoadNs, sink));
          }
          return {};
        })
        .value();
    return found;
  }

  static std::vector<std::string> missing(const std::set<std::string>& all,
                                          const std::set<std::string>& from) {
    std::vector<std::string> found;
    std::set_difference(all.begin(), all.end(), from.begin(), from.end(), std::back_inserter(found));
    return found;
  }

  void expect_only_what_is_needed() {
    const auto kinds = objects_->kinds();
    removed_ += metadata::collect(db(), kinds, {}, {}).value().removed.size();
    const auto found = all_objects();
    EXPECT_EQ(missing(expected_, found), std::vector<std::string>{}) << "these were lost";
    EXPECT_EQ(missing(found, expected_), std::vector<std::string>{}) << "these are garbage";
    for (const auto& problem : metadata::check(db(), kinds).value().problems)
      ADD_FAILURE() << problem.object.key << ": " << problem.what;
    objects_->expect_files_agree();
    kept_ += expected_.size();
  }

  static std::string wait_at(const Waits& sorted, std::size_t percent) {
    if (sorted.empty()) return "-";
    const auto wait = sorted[(sorted.size() - 1) * percent / 100];
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(wait).count()) + " us";
  }
  static std::string words_for(Waits& waits) {
    std::sort(waits.begin(), waits.end());
    return "p50 " + wait_at(waits, 50) + ", p99 " + wait_at(waits, 99);
  }
  void print() {
    const std::size_t writes = waits_.size();
    std::printf(
        "%zu rounds, %zu objects removed, %zu kept, %zu writes, their wait: %s; without collections: %s\n",
        rounds_, removed_, kept_, writes, words_for(waits_).c_str(), words_for(waits_alone_).c_str());
  }

  TempDir dir_;
  Open open_;
  std::size_t images_;
  std::size_t store_ = number_from("BAYPLAN_COLLECT_STORE", 0);
  std::size_t rounds_ = number_from("BAYPLAN_COLLECT_ROUNDS", 1);
  std::unique_ptr<LoadObjects> objects_{};
  std::optional<ProcessBarrier> together_{};  // all workers, of both processes
  std::set<std::string> expected_{};
  std::size_t removed_ = 0;
  std::size_t kept_ = 0;
  bool collects_ = true;
  Waits waits_{};
  Waits waits_alone_{};  // without collections
};

}  // namespace bayplan::test
