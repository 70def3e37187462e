// Snapshots on overlay, with --records of them present: what go/containerd_snapshots.go does with
// containerd's overlay snapshotter behind its metadata. One file of 4 KiB is in each that is committed.
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>

#include "arguments.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/snapshots/snapshotter.h"
#include "measure.h"

namespace bayplan::bench {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using snapshots::Sealed;
using snapshots::Snapshotter;
using snapshots::Stage;
using snapshots::Synced;

constexpr std::string_view kNamespace = metadata::kDefaultNamespace;
const Labels kRoot{{std::string(metadata::kGcRootLabel), "1"}};

class Run {
 public:
  explicit Run(Arguments arguments)
      : arguments_(std::move(arguments)),
        db_(metadata::Db::open(arguments_.directory / "metadata").value()),
        snapshotter_(Snapshotter::open(arguments_.directory / "snapshots", "overlay").value()) {}

  void all() {
    fill();
    for (const std::string& row : arguments_.rows) {
      const auto known = kRows.find(row);
      if (known == kRows.end()) throw std::invalid_argument("no such row: " + row);
      known->second(*this);
    }
  }

 private:
  void prepare(const std::string& key) {
    Stage stage =
        db_.view([&](const ReadTx& tx) { return snapshotter_.stage(tx, kNamespace, present_ ? "base" : ""); })
            .value();
    db_.update([&](WriteTx& tx) {
         return snapshotter_.prepare(tx, kNamespace, key, std::move(stage), kRoot, metadata::referred());
       })
        .value();
  }

  void commit(const std::string& name, const std::string& key, Synced synced) {
    const Sealed sealed =
        db_.view([&](const ReadTx& tx) { return snapshotter_.seal(tx, kNamespace, key, synced); }).value();
    db_.update([&](WriteTx& tx) {
         return snapshotter_.commit(tx, kNamespace, name, key, sealed, kRoot, metadata::referred());
       })
        .value();
  }

  // What lies in the layer when it is committed, in the page cache alone.
  void write_into(const std::string& key) {
    const auto info =
        db_.view([&](const ReadTx& tx) { return snapshotter_.stat(tx, kNamespace, key); }).value();
    std::ofstream file(arguments_.directory / "snapshots" / "overlay" / info.directory / "fs" / "file");
    file << std::string(4096, 'x');
    if (!file.flush()) throw std::runtime_error("the file of a layer cannot be written");
  }

  void fill() {
    prepare("base-active");
    commit("base", "base-active", Synced::no);
    present_ = true;
    for (std::uint64_t n = 0; n < arguments_.records; ++n) prepare("present-" + std::to_string(n));
  }

  std::string fresh() { return "new-" + std::to_string(arguments_.first + next_++); }

  void print(std::string_view row, Measured measured) const {
    print_row(row, arguments_.records, std::move(measured));
  }

  void prepares() {
    print("prepare", measure_slow(arguments_.ops, 1, [&](std::uint64_t) { prepare(fresh()); }));
  }

  // Times the commit alone.
  void commits(std::string_view row, Synced synced) {
    Measured measured{.latencies = {}};
    for (std::uint64_t n = 0; n < arguments_.ops; ++n) {
      const std::string key = fresh();
      prepare(key);
      write_into(key);
      if (synced == Synced::yes) snapshotter_.sync().value();
      const auto start = std::chrono::steady_clock::now();
      commit(key + "-committed", key, synced);
      const auto spent = std::chrono::steady_clock::now() - start;
      measured.latencies.push_back(
          static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count()));
      measured.total_ns += measured.latencies.back();
      ++measured.operations;
    }
    print(row, std::move(measured));
  }

  // The removals of records are not timed: they are what a collection finds.
  void collect_removed() {
    const std::uint64_t count = std::min(arguments_.ops, arguments_.records);
    for (std::uint64_t n = 0; n < count; ++n) {
      const std::string key = "present-" + std::to_string(n);
      db_.update([&](WriteTx& tx) { return snapshotter_.remove(tx, kNamespace, key); }).value();
    }
    Measured measured = measure(1, 1, [&](std::uint64_t) {
      const std::vector<const metadata::GcKind*> kinds{&snapshotter_.gc_kind()};
      const auto report = metadata::collect(db_, kinds, {}, {}).value();
      if (report.files.files != count) throw std::runtime_error("the collection left directories");
    });
    measured.operations = count;
    print("removed", std::move(measured));
  }

  Arguments arguments_;
  metadata::Db db_;
  Snapshotter snapshotter_;
  bool present_ = false;
  std::uint64_t next_ = 0;

  static const std::map<std::string, std::function<void(Run&)>, std::less<>> kRows;
};

const std::map<std::string, std::function<void(Run&)>, std::less<>> Run::kRows{
    {"prepare", &Run::prepares},
    {"commit", [](Run& run) { run.commits("commit", Synced::yes); }},
    {"commit_sync", [](Run& run) { run.commits("commit_sync", Synced::no); }},
    {"removed", &Run::collect_removed},
};

}  // namespace
}  // namespace bayplan::bench

int main(int argc, char** argv) {
  try {
    bayplan::bench::Run(bayplan::bench::parse(argc, argv)).all();
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
  }
}
