// One thread of the load on the collector, and what it does it to: collect_load.h.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bayplan/metadata/gc.h"

namespace bayplan::test {

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
        most_roots_(images) {}

  /// Makes `images` images, every other of them garbage, before there are others.
  void fill(std::size_t images) {
    constexpr std::size_t kBatch = 50;
    most_roots_ += images;
    for (std::size_t made = 0; made < images; made += kBatch) {
      std::vector<LoadObjects::Work> batch;
      for (std::size_t n = made; n < std::min(images, made + kBatch); ++n)
        batch.push_back(made_image(n % 2 == 0));
      objects_.db()
          .update([&](metadata::WriteTx& tx) -> Result<void> {
            for (const LoadObjects::Work& make : batch) BAYPLAN_TRY(make(tx));
            return {};
          })
          .value();
    }
  }

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
    if (roots_.size() >= most_roots_) return remove();
    if (!update(made_image(random_.one_in(2)))) throw std::runtime_error("an image could not be made");
  }
  LoadObjects::Work made_image(bool garbage) {
    const std::string name = fresh();
    if (garbage) {
      doomed_.push_back(name);
    } else {
      roots_[image_of(name)] = all_parts(name);
    }
    return objects_.make(name, !garbage);
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
  std::size_t most_roots_;
  std::size_t next_ = 0;
  Roots roots_{};                      // with the objects that each needs
  std::vector<std::string> doomed_{};  // images that were made
  std::vector<std::chrono::nanoseconds> waits_{};
};

}  // namespace bayplan::test
