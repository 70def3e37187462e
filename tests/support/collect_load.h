// Collections beside threads, of one process and of two, that make, delete and extend objects and refer to
// what the collector is about to remove. Each worker checks that all that its roots need is there; at the
// end, with everybody gone, one collection leaves exactly what they need. What the objects are, the test says
// (LoadObjects). BAYPLAN_COLLECT_ROUNDS (default 1), BAYPLAN_COLLECT_IMAGES, BAYPLAN_TEST_SEED.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bayplan/metadata/check.h"
#include "bayplan/metadata/gc.h"
#include "support/temp_dir.h"
#include "unit/metadata/child_process.h"

namespace bayplan::test {

inline std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* const text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::stoull(text);
}

class LoadRandom {
 public:
  explicit LoadRandom(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
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

/// Part `number` of the image `image`.
struct LoadPart {
  std::string image;
  std::size_t number = 0;
};

/// An open store, and images in it of kLoadParts parts each. An object is "<kind> <key>".
class LoadObjects {
 public:
  using Work = std::function<Result<void>(metadata::WriteTx&)>;

  virtual ~LoadObjects() = default;
  virtual const metadata::Db& db() const = 0;
  virtual std::vector<const metadata::GcKind*> kinds() const = 0;

  /// The part itself comes first, then all that it needs.
  virtual std::vector<std::string> needs(const LoadPart& part) const = 0;
  /// What makes the image "image <name>" over its parts, after what had to be made outside of a transaction;
  /// parts that are left of one of that name may be taken up. Error: cancelled where they do not fit.
  virtual Work make(const std::string& name, bool root) = 0;
  /// Makes an image that was none a root.
  virtual Result<void> keep(metadata::WriteTx& tx, const std::string& image) = 0;
  /// A new root's name, for one that refers to this part.
  virtual std::string referrer(const std::string& name, const LoadPart& part, bool other) const = 0;
  /// Makes the root refer to the part, which is there; where the root is not, makes it.
  virtual Result<void> refer(metadata::WriteTx& tx, const std::string& root, const LoadPart& part) = 0;
  virtual Result<void> remove(metadata::WriteTx& tx, const std::string& root) = 0;
  /// Beyond what the kinds check.
  virtual void expect_files_agree() const {}
};

inline constexpr std::size_t kLoadParts = 8;  // under each image: nine objects
inline constexpr std::string_view kLoadNs = "default";

class NameSink final : public metadata::GcSink {
 public:
  NameSink(std::string_view kind, std::set<std::string>& found)
      : prefix_(std::string(kind) + " "), found_(found) {}
  Result<void> object(const metadata::GcObject& object) override {
    found_.insert(prefix_ + std::string(object.key));
    return {};
  }
  Result<void> edge(const metadata::GcEdge&) override { return {}; }

 private:
  std::string prefix_;
  std::set<std::string>& found_;
};

/// One thread with roots of its own.
class LoadWorker {
 public:
  LoadWorker(LoadObjects& objects, std::size_t number, std::uint64_t seed, std::size_t images)
      : objects_(objects),
        kinds_(objects.kinds()),
        prefix_("w" + std::to_string(number) + "-"),
        random_(seed + number),
        images_(images) {}

  void step() {
    switch (random_.below(8)) {
      case 0:
      case 1:
        return create();
      case 2:
        return remove();
      case 3:
        return refer();
      case 4:
        return extend();
      case 5:
        return toggle();
      case 6:
        return make_again();
      default:
        return verify_some();
    }
  }

  // Everything that the worker's roots lead to is there.
  void verify() const { verify(roots_.begin(), roots_.size()); }

  const std::map<std::string, std::set<std::string>>& roots() const { return roots_; }
  const std::vector<std::chrono::nanoseconds>& waits() const { return waits_; }

 private:
  using Roots = std::map<std::string, std::set<std::string>>;

  void verify(Roots::const_iterator root, std::size_t most) const {
    objects_.db()
        .view([&](const metadata::ReadTx& tx) -> Result<void> {
          for (; root != roots_.end() && most > 0; ++root, --most) {
            if (!exists(tx, root->first)) throw std::runtime_error(root->first + " was lost");
            for (const std::string& object : root->second) {
              if (!exists(tx, object)) throw std::runtime_error(object + " was lost to " + root->first);
            }
          }
          return {};
        })
        .value();
  }
  void verify_some() {
    constexpr std::size_t kSome = 32;
    if (!roots_.empty()) verify(roots_.find(some_root()), kSome);
  }

  static std::string image_of(const std::string& name) { return "image " + name; }

  bool exists(const metadata::BucketSource& source, const std::string& object) const {
    const auto space = object.find(' ');
    const std::string_view word = std::string_view(object).substr(0, space);
    std::set<std::string> found;
    NameSink sink(word, found);
    for (const metadata::GcKind* kind : kinds_) {
      if (kind->kind() == word) kind->look(source, kLoadNs, object.substr(space + 1), sink).value();
    }
    return !found.empty();
  }

  std::set<std::string> all_parts(const std::string& image) const {
    std::set<std::string> all;
    for (std::size_t n = 0; n < kLoadParts; ++n) all.insert(objects_.needs({image, n}).front());
    return all;
  }

  template <class Body>
  bool update(Body body) {
    metadata::TxStats stats;
    metadata::WriteOptions options;
    options.stats = &stats;
    const auto done = objects_.db().update(body, options);
    waits_.push_back(stats.wait);
    if (!done && done.error().code() != Errc::cancelled) done.value();
    return done.has_value();
  }

  std::string fresh() { return prefix_ + std::to_string(next_++); }
  std::string some_root() {
    return std::next(roots_.begin(), static_cast<std::ptrdiff_t>(random_.below(roots_.size())))->first;
  }
  std::string some_doomed() { return doomed_[random_.below(doomed_.size())]; }

  void create() {
    if (roots_.size() >= images_) return remove();
    const std::string name = fresh();
    const bool garbage = random_.one_in(2);
    if (!update(objects_.make(name, !garbage))) throw std::runtime_error(name + " could not be made");
    if (garbage) {
      doomed_.push_back(name);
    } else {
      roots_[image_of(name)] = all_parts(name);
    }
  }

  // An image of the name, and with the parts, of one that is gone or on its way out.
  void make_again() {
    if (doomed_.empty() || !random_.one_in(4)) return;
    const std::string name = some_doomed();
    if (roots_.contains(image_of(name))) return;
    if (update(objects_.make(name, true))) roots_[image_of(name)] = all_parts(name);
  }

  void remove() {
    if (roots_.empty()) return;
    const std::string root = some_root();
    update([&](metadata::WriteTx& tx) { return objects_.remove(tx, root); });
    roots_.erase(root);
    if (root.starts_with(image_of(""))) doomed_.push_back(root.substr(image_of("").size()));
  }

  // A new root that refers to something which may be on its way out, if it is still there.
  void refer() {
    if (doomed_.empty()) return;
    const LoadPart part{some_doomed(), random_.below(kLoadParts)};
    refer_from(objects_.referrer(fresh(), part, random_.one_in(2)), part);
  }
  // The same of a root that is there.
  void extend() {
    if (doomed_.empty() || roots_.empty()) return;
    refer_from(some_root(), {some_doomed(), random_.below(kLoadParts)});
  }
  void refer_from(const std::string& root, const LoadPart& part) {
    const std::vector<std::string> needs = objects_.needs(part);
    if (update([&](metadata::WriteTx& tx) -> Result<void> {
          if (!exists(tx, needs.front())) return Error(Errc::cancelled, "test", {});
          return objects_.refer(tx, root, part);
        }))
      roots_[root].insert(needs.begin(), needs.end());
  }

  void toggle() {
    if (doomed_.empty()) return;
    const std::string name = some_doomed();
    if (roots_.contains(image_of(name))) return;
    if (update([&](metadata::WriteTx& tx) -> Result<void> {
          if (!exists(tx, image_of(name))) return Error(Errc::cancelled, "test", {});
          return objects_.keep(tx, name);
        }))
      roots_[image_of(name)] = all_parts(name);
  }

  LoadObjects& objects_;
  std::vector<const metadata::GcKind*> kinds_;
  std::string prefix_;
  LoadRandom random_;
  std::size_t images_;
  std::size_t next_ = 0;
  Roots roots_{};                      // with the objects that each needs
  std::vector<std::string> doomed_{};  // images that were made
  std::vector<std::chrono::nanoseconds> waits_{};
};

class CollectLoad : public testing::Test {
 protected:
  static constexpr std::size_t kWorkers = 8;
  using Open = std::function<std::unique_ptr<LoadObjects>(const std::filesystem::path&)>;

  /// `images` of each worker, unless BAYPLAN_COLLECT_IMAGES says otherwise.
  CollectLoad(Open open, std::size_t images)
      : open_(std::move(open)), images_(number_from("BAYPLAN_COLLECT_IMAGES", images)) {}

  void one_process() {
    const std::uint64_t seed = number_from("BAYPLAN_TEST_SEED", 20261121);
    for (std::size_t round = 0; round < rounds_ && !HasFailure(); ++round) {
      SCOPED_TRACE("seed " + std::to_string(seed + round * kWorkers));
      begin_round();
      reopen();
      EXPECT_NO_THROW(work(0, kWorkers, seed + round * kWorkers));
      expect_only_what_is_needed();
    }
    print();
  }

  // Each process has half of the workers, and both collect.
  void two_processes() {
    const std::uint64_t seed = number_from("BAYPLAN_TEST_SEED", 20261121) + 1000;
    for (std::size_t round = 0; round < rounds_ && !HasFailure(); ++round) {
      SCOPED_TRACE("seed " + std::to_string(seed + round * kWorkers));
      begin_round();
      const pid_t child = metadata::start_child([&] { return second_process(seed + round * kWorkers); });
      reopen();
      EXPECT_NO_THROW(work(0, kWorkers / 2, seed + round * kWorkers));
      ASSERT_EQ(metadata::wait_for(child), 0);
      take_up_needed();
      expect_only_what_is_needed();
    }
    print();
  }

 private:
  const metadata::Db& db() const { return objects_->db(); }
  void begin_round() {
    objects_.reset();
    std::filesystem::remove_all(path());
    expected_.clear();
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

  // Workers first..last work until each has made its steps; the caller's thread collects meanwhile.
  void work(std::size_t first, std::size_t last, std::uint64_t seed) {
    std::mutex guard;
    std::string failure;
    std::atomic<std::size_t> running = last - first;
    std::vector<LoadWorker> workers;
    for (std::size_t n = first; n < last; ++n) workers.emplace_back(*objects_, n, seed, images_);
    std::vector<std::thread> threads;
    for (LoadWorker& worker : workers) {
      threads.emplace_back([&] {
        try {
          for (std::size_t step = 0; step < images_; ++step) worker.step();
          worker.verify();
        } catch (const std::exception& error) {
          const std::lock_guard lock(guard);
          failure = error.what();
        }
        --running;
      });
    }
    const auto kinds = objects_->kinds();
    while (running > 0) {
      const auto report = metadata::collect(db(), kinds, {}, {});
      if (report) {
        removed_ += report->removed.size();
      } else if (report.error().code() != Errc::busy) {
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
      waits_.insert(waits_.end(), worker.waits().begin(), worker.waits().end());
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

  long long wait_at(std::size_t percent) {
    if (waits_.empty()) return 0;
    std::sort(waits_.begin(), waits_.end());
    return std::chrono::duration_cast<std::chrono::microseconds>(waits_[(waits_.size() - 1) * percent / 100])
        .count();
  }
  void print() {
    std::printf(
        "%zu rounds, %zu objects removed, %zu kept, %zu writes, their wait: p50 %lld us, p99 %lld us\n",
        rounds_, removed_, kept_, waits_.size(), wait_at(50), wait_at(99));
  }

  TempDir dir_;
  Open open_;
  std::size_t images_;
  std::size_t rounds_ = number_from("BAYPLAN_COLLECT_ROUNDS", 1);
  std::unique_ptr<LoadObjects> objects_{};
  std::set<std::string> expected_{};
  std::size_t removed_ = 0;
  std::size_t kept_ = 0;
  std::vector<std::chrono::nanoseconds> waits_{};
};

}  // namespace bayplan::test
