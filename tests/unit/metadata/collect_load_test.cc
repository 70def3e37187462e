// Collections beside threads, of one process and of two, that make, delete and extend objects and refer to
// what the collector is about to remove. Each worker checks that all that its roots need is there; at the
// end, with everybody gone, one collection leaves exactly what they need. BAYPLAN_COLLECT_ROUNDS (default 1),
// BAYPLAN_COLLECT_IMAGES (default 300), BAYPLAN_TEST_SEED.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "child_process.h"
#include "fake_kind.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

constexpr std::size_t kBlobs = 8;  // in a chain, under each image: nine objects
constexpr std::size_t kWorkers = 8;
constexpr std::string_view kNs = "default";

std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* const text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::stoull(text);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  std::size_t below(std::size_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(state_ % limit);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

std::string blob_name(std::string_view image, std::size_t depth) {
  return std::string(image) + "-" + std::to_string(depth);
}

Result<void> put_object(WriteTx& tx, const std::string& kind, const std::string& key, bool root,
                        const std::string& edge) {
  BAYPLAN_ASSIGN(auto object, create_namespace_bucket(tx, kNs, {"objects", kind, key}));
  if (root) BAYPLAN_TRY(object.put("root", ""));
  if (!edge.empty()) {
    BAYPLAN_ASSIGN(auto edges, object.create_bucket_if_not_exists("edges"));
    BAYPLAN_TRY(edges.put(edge, ""));
  }
  return note_change(tx, kind, kNs, key, Change::updated);
}

// An image over a chain of blobs of its own.
Result<void> put_image(WriteTx& tx, const std::string& name, bool root) {
  for (std::size_t depth = kBlobs; depth-- > 0;) {
    const std::string below = depth + 1 < kBlobs ? "blob:" + blob_name(name, depth + 1) : "";
    BAYPLAN_TRY(put_object(tx, "blob", blob_name(name, depth), false, below));
  }
  return put_object(tx, "image", name, root, "blob:" + blob_name(name, 0));
}

bool exists(const BucketSource& source, std::string_view kind, std::string_view key) {
  return namespace_bucket(source, kNs, {"objects", kind, key}).value().has_value();
}

/// One thread with roots of its own.
class Worker {
 public:
  Worker(const Db& db, std::size_t number, std::uint64_t seed, std::size_t images)
      : db_(db), prefix_("w" + std::to_string(number) + "-"), random_(seed + number), images_(images) {}

  void step() {
    switch (random_.below(6)) {
      case 0:
      case 1:
        return create();
      case 2:
        return remove();
      case 3:
        return refer();
      case 4:
        return toggle();
      default:
        return verify();
    }
  }

  // Everything that the worker's roots lead to is there.
  void verify() const {
    db_.view([&](const ReadTx& tx) -> Result<void> {
         for (const auto& [root, needs] : roots_) {
           if (!exists(tx, "image", root)) throw std::runtime_error("image " + root + " was lost");
           for (const std::string& blob : needs) {
             if (!exists(tx, "blob", blob)) throw std::runtime_error("blob " + blob + " was lost to " + root);
           }
         }
         return {};
       })
        .value();
  }

  const std::map<std::string, std::set<std::string>>& roots() const { return roots_; }
  const std::vector<std::chrono::nanoseconds>& waits() const { return waits_; }

 private:
  static std::set<std::string> chain(const std::string& image, std::size_t from) {
    std::set<std::string> blobs;
    for (; from < kBlobs; ++from) blobs.insert(blob_name(image, from));
    return blobs;
  }

  template <class Body>
  bool update(Body body) {
    TxStats stats;
    const auto done = db_.update(body, {.stats = &stats});
    waits_.push_back(stats.wait);
    if (!done && done.error().code() != Errc::cancelled) done.value();
    return done.has_value();
  }

  std::string fresh() { return prefix_ + std::to_string(next_++); }
  std::string some_root() {
    return std::next(roots_.begin(), static_cast<std::ptrdiff_t>(random_.below(roots_.size())))->first;
  }

  void create() {
    if (roots_.size() >= images_) return remove();
    const std::string name = fresh();
    const bool garbage = random_.one_in(2);
    update([&](WriteTx& tx) { return put_image(tx, name, !garbage); });
    if (garbage) {
      doomed_.push_back(name);
    } else {
      roots_[name] = chain(name, 0);
    }
  }

  void remove() {
    if (roots_.empty()) return;
    const std::string name = some_root();
    update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto images, open_namespace_bucket(tx, kNs, {"objects", "image"}));
      return images->delete_bucket(name);
    });
    roots_.erase(name);
    doomed_.push_back(name);
  }

  // A new image that refers into a chain which may be on its way out, if it is still there.
  void refer() {
    if (doomed_.empty()) return;
    const std::string old = doomed_[random_.below(doomed_.size())];
    const std::size_t depth = random_.below(kBlobs);
    const std::string name = fresh();
    const std::string target = blob_name(old, depth);
    if (!update([&](WriteTx& tx) -> Result<void> {
          if (!exists(tx, "blob", target)) return Error(Errc::cancelled, "test", {});
          return put_object(tx, "image", name, true, "blob:" + target);
        }))
      return;
    roots_[name] = chain(old, depth);
  }

  // As a lease that runs out and is extended: an object that is no root becomes one.
  void toggle() {
    if (doomed_.empty()) return;
    const std::string name = doomed_[random_.below(doomed_.size())];
    if (roots_.contains(name)) return;
    if (!update([&](WriteTx& tx) -> Result<void> {
          if (!exists(tx, "image", name)) return Error(Errc::cancelled, "test", {});
          return put_object(tx, "image", name, true, "");
        }))
      return;
    roots_[name] = chain(name, 0);
  }

  const Db& db_;
  std::string prefix_;
  Random random_;
  std::size_t images_;
  std::size_t next_ = 0;
  std::map<std::string, std::set<std::string>> roots_{};  // with the blobs that each needs
  std::vector<std::string> doomed_{};
  std::vector<std::chrono::nanoseconds> waits_{};
};

class CollectLoad : public StoreTest {
 protected:
  static std::size_t images() { return number_from("BAYPLAN_COLLECT_IMAGES", 300); }

  // Workers first..last work until each has made its steps; the caller's thread collects meanwhile.
  void work(std::size_t first, std::size_t last, std::uint64_t seed, bool collecting) {
    std::mutex guard;
    std::string failure;
    std::atomic<std::size_t> running = last - first;
    std::vector<Worker> workers;
    for (std::size_t n = first; n < last; ++n) workers.emplace_back(db(), n, seed, images());
    std::vector<std::thread> threads;
    for (Worker& worker : workers) {
      threads.emplace_back([&] {
        try {
          for (std::size_t step = 0; step < images(); ++step) worker.step();
          worker.verify();
        } catch (const std::exception& error) {
          const std::lock_guard lock(guard);
          failure = error.what();
        }
        --running;
      });
    }
    while (collecting && running > 0) {
      const auto report = collect(db(), kinds_, {}, {});
      if (report) removed_ += report->removed.size();
      if (!report && report.error().code() != Errc::busy) failure = report.error().to_string();
    }
    for (std::thread& thread : threads) thread.join();
    for (const Worker& worker : workers) {
      for (const auto& [root, needs] : worker.roots()) {
        expected_.insert("image " + root);
        for (const std::string& blob : needs) expected_.insert("blob " + blob);
      }
      waits_.insert(waits_.end(), worker.waits().begin(), worker.waits().end());
    }
    if (!failure.empty()) throw std::runtime_error(failure);
  }

  std::set<std::string> all_objects() {
    std::set<std::string> found;
    view([&](const ReadTx& tx) {
      for (const std::string kind : {"image", "blob"}) {
        const auto objects = namespace_bucket(tx, kNs, {"objects", kind}).value();
        if (!objects) continue;
        for (const std::string& key : keys_of(*objects)) found.insert(kind + " " + key);
      }
    });
    return found;
  }

  void expect_only_what_is_needed() {
    removed_ += collect(db(), kinds_, {}, {}).value().removed.size();
    EXPECT_EQ(all_objects(), expected_);
  }

  std::chrono::nanoseconds wait_at(std::size_t percent) {
    std::sort(waits_.begin(), waits_.end());
    return waits_.empty() ? std::chrono::nanoseconds{} : waits_[(waits_.size() - 1) * percent / 100];
  }

  FakeKind image_{"image"};
  FakeKind blob_{"blob"};
  const std::vector<const GcKind*> kinds_{&image_, &blob_};
  std::set<std::string> expected_{};
  std::size_t removed_ = 0;
  std::vector<std::chrono::nanoseconds> waits_{};
};

TEST_F(CollectLoad, nothing_reachable_is_lost_and_all_garbage_goes) {
  const std::size_t rounds = number_from("BAYPLAN_COLLECT_ROUNDS", 1);
  const std::uint64_t seed = number_from("BAYPLAN_TEST_SEED", 20261121);
  for (std::size_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed + round * kWorkers));
    close();
    std::filesystem::remove_all(path());
    reopen();
    expected_.clear();
    ASSERT_NO_THROW(work(0, kWorkers, seed + round * kWorkers, true));
    expect_only_what_is_needed();
  }
  std::printf("%zu rounds, %zu objects removed, %zu writes, their wait: p50 %lld us, p99 %lld us\n", rounds,
              removed_, waits_.size(), static_cast<long long>(wait_at(50).count() / 1000),
              static_cast<long long>(wait_at(99).count() / 1000));
}

// Each process has half of the workers, and both collect.
TEST_F(CollectLoad, two_processes) {
  const std::size_t rounds = number_from("BAYPLAN_COLLECT_ROUNDS", 1);
  const std::uint64_t seed = number_from("BAYPLAN_TEST_SEED", 20261121) + 1000;
  for (std::size_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed + round * kWorkers));
    close();
    std::filesystem::remove_all(path());
    expected_.clear();
    // What the child's roots need, it says in the store itself, outside of what is collected.
    const pid_t child = start_child([&] {
      reopen();
      work(kWorkers / 2, kWorkers, seed + round * kWorkers, true);
      update([&](WriteTx& tx) {
        auto needed = tx.create_bucket("needed").value();
        for (const std::string& object : expected_) needed.put(object, "").value();
      });
      close();
      return 0;
    });
    reopen();
    EXPECT_NO_THROW(work(0, kWorkers / 2, seed + round * kWorkers, true));
    ASSERT_EQ(wait_for(child), 0);
    view([&](const ReadTx& tx) {
      for (const std::string& object : keys_of(*root_bucket(tx).bucket("needed").value()))
        expected_.insert(object);
    });
    expect_only_what_is_needed();
  }
}

}  // namespace
}  // namespace bayplan::metadata
