#include "rows.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

#include "arguments.h"
#include "measure.h"

namespace bayplan::bench {
namespace {

constexpr std::uint64_t kLoadBatch = 1000;
constexpr std::uint64_t kReadBatch = 64;
constexpr std::uint64_t kListPasses = 3;
constexpr std::uint64_t kGraphBatch = 100;
constexpr std::uint64_t kReaderRounds = 10;
constexpr std::uint64_t kMostWrittenBeside = 1'000'000;
constexpr std::uint64_t kMarkPasses = 5;
constexpr std::size_t kBlobBytes = 1024;
constexpr std::size_t kBigBlobBytes = 256u << 20;
constexpr std::uint64_t kBigBlobs = 3;
constexpr std::uint64_t kOpsOfBigBlobs = 200;  // a run of fewer only shows that it works: 1 MiB for each

/// Creates records, one durable transaction each, until its end.
class BackgroundWriter {
 public:
  BackgroundWriter(Peer& peer, std::uint64_t first)
      : thread_([this, &peer, number = first]() mutable {
          while (!ended_) {
            const Record record = make_record(number++);
            peer.create({&record, 1});
          }
        }) {}
  ~BackgroundWriter() {
    ended_ = true;
    thread_.join();
  }
  BackgroundWriter(const BackgroundWriter&) = delete;
  BackgroundWriter& operator=(const BackgroundWriter&) = delete;

 private:
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

class Run {
 public:
  Run(Peer& peer, Arguments arguments) : peer_(peer), arguments_(std::move(arguments)) {
    next_ = arguments_.first;
  }

  void all() {
    if (arguments_.rows == std::vector<std::string>{"open"}) return open();
    peer_.open(arguments_.directory);
    for (const std::string& row : arguments_.rows) {
      const auto known = kRows.find(row);
      if (known == kRows.end()) throw std::invalid_argument("no such row: " + row);
      known->second(*this);
    }
  }

 private:
  void print(std::string_view row, Measured measured, const Extra& extra = {}) const {
    print_row(row, arguments_.records, std::move(measured), extra);
  }

  // Made before the clock starts.
  std::vector<Record> fresh_records(std::uint64_t count) {
    std::vector<Record> records;
    records.reserve(count);
    for (std::uint64_t n = 0; n < count; ++n) records.push_back(make_record(next_ + n));
    next_ += count;
    return records;
  }

  std::vector<std::string> names(std::uint64_t count,
                                 const std::function<std::uint64_t(std::uint64_t)>& pick) {
    std::vector<std::string> names;
    names.reserve(count);
    for (std::uint64_t n = 0; n < count; ++n) names.push_back(make_record(pick(n)).name);
    return names;
  }
  std::uint64_t random_record(std::uint64_t n) const { return mixed(n) % arguments_.records; }

  void open() {
    const std::string name = make_record(0).name;
    Checksum seen;
    Measured measured = measure(1, 1, [&](std::uint64_t) {
      peer_.open(arguments_.directory);
      peer_.get(name, seen);
    });
    print("open", std::move(measured), {.checksum = seen.value()});
  }

  Measured create_all(const std::vector<Record>& records) {
    const std::span<const Record> all(records);
    Measured measured = measure((all.size() + kLoadBatch - 1) / kLoadBatch, 1, [&](std::uint64_t n) {
      const std::size_t first = n * kLoadBatch;
      peer_.create(all.subspan(first, std::min<std::size_t>(kLoadBatch, all.size() - first)));
    });
    measured.operations = all.size();
    return measured;
  }

  // What the file takes on the disk: a sparse or preallocated end counts as what it is.
  Extra file_size() const {
    struct stat status {};
    if (::stat(peer_.file().c_str(), &status) != 0)
      throw std::runtime_error("no file " + peer_.file().string());
    return {.checksum = {},
            .file_bytes = static_cast<std::uint64_t>(status.st_size),
            .allocated_bytes = static_cast<std::uint64_t>(status.st_blocks) * 512};
  }

  void load() {
    Measured measured = create_all(fresh_records(arguments_.records));
    print("load", std::move(measured), file_size());
  }

  // What a program without any code of its own would need for the bytes that bayplan writes.
  void load_wide() {
    if (!peer_.widen()) return;
    Measured measured = create_all(fresh_records(arguments_.records));
    print("wide", std::move(measured), file_size());
  }

  void load_sorted() {
    std::vector<Record> records = fresh_records(arguments_.records);
    std::sort(records.begin(), records.end(),
              [](const Record& left, const Record& right) { return left.name < right.name; });
    Measured measured = create_all(records);
    print("sorted", std::move(measured), file_size());
  }

  // The first touch of a mapped page is a fault, whoever reads it.
  void touch_all() {
    Checksum ignored;
    peer_.list(ignored);
  }

  void get() {
    const auto wanted = names(arguments_.reads, [&](std::uint64_t n) { return random_record(n); });
    Checksum seen;
    Measured measured =
        measure(wanted.size(), kReadBatch, [&](std::uint64_t n) { peer_.get(wanted[n], seen); });
    print("get", std::move(measured), {.checksum = seen.value()});
  }

  void passes(std::string_view row, const std::function<void(Checksum&)>& pass) {
    touch_all();
    Checksum seen;
    Measured measured = measure(kListPasses, 1, [&](std::uint64_t) { pass(seen); });
    measured.operations *= arguments_.records;
    print(row, std::move(measured), {.checksum = seen.value()});
  }
  void list() {
    passes("list", [&](Checksum& seen) { peer_.list(seen); });
  }
  void list_names() {
    Checksum ignored;
    if (peer_.list_names(ignored))
      passes("names", [&](Checksum& seen) { static_cast<void>(peer_.list_names(seen)); });
  }

  // The checksum is that of the first alone: how many follow depends on the peer.
  void matching(std::string_view row, const std::string& filter) {
    Checksum seen;
    if (!peer_.list_matching(filter, seen)) return;
    Checksum ignored;
    Measured measured =
        measure_slow(arguments_.reads, 1, [&](std::uint64_t) { peer_.list_matching(filter, ignored); });
    print(row, std::move(measured), {.checksum = seen.value()});
  }
  void list_named() { matching("named", "name==" + make_record(random_record(0)).name); }
  void list_labelled() { matching("labelled", kRareLabelFilter); }
  // What the same costs whoever verifies each record that it looks at.
  void list_checked() {
    if (peer_.widen()) matching("checked", kRareLabelFilter);
  }

  // Two threads, and one that creates records, each durable, for as long as they read.
  void readers() {
    const auto wanted = names(arguments_.reads, [&](std::uint64_t n) { return random_record(n); });
    touch_all();
    const BackgroundWriter writer(peer_, std::exchange(next_, next_ + kMostWrittenBeside));
    print("readers2", measure_threads(2, kReaderRounds * wanted.size(), kReadBatch, [&](std::uint64_t n) {
            Checksum ignored;
            peer_.get(wanted[n % wanted.size()], ignored);
          }));
  }

  void create() {
    const auto records = fresh_records(arguments_.ops);
    print("create", measure_slow(records.size(), 1,
                                 [&](std::uint64_t n) { peer_.create(std::span(records).subspan(n, 1)); }));
  }

  void update() {
    const auto wanted = names(arguments_.ops, [&](std::uint64_t n) { return random_record(n); });
    const std::string time = changed_time(1);
    print("update",
          measure_slow(wanted.size(), 1, [&](std::uint64_t n) { peer_.update(wanted[n], time, "pinnes"); }));
  }

  void remove() {
    const auto wanted =
        names(std::min(arguments_.ops, arguments_.records), [](std::uint64_t n) { return n; });
    print("delete", measure_slow(wanted.size(), 1, [&](std::uint64_t n) { peer_.remove(wanted[n]); }));
  }

  void writers(std::uint64_t threads, std::uint64_t factor) {
    const auto records = fresh_records(std::max(threads, arguments_.ops * factor));
    print("writers" + std::to_string(threads),
          measure_threads(threads, records.size(), 1,
                          [&](std::uint64_t n) { peer_.create(std::span(records).subspan(n, 1)); }));
  }

  void submitters(std::uint64_t threads, std::uint64_t factor) {
    const auto records = fresh_records(std::max(threads, arguments_.ops * factor));
    std::atomic<bool> able = true;
    Measured measured = measure_threads(threads, records.size(), 1, [&](std::uint64_t n) {
      if (able && !peer_.submit(records[n])) able = false;
    });
    if (able) print("submit" + std::to_string(threads), std::move(measured));
  }

  // Every other image is there: what the others consist of is garbage.
  void load_graph(Collector& collector) {
    for (std::uint64_t first = 0; first < arguments_.records; first += kGraphBatch) {
      std::vector<Record> images;
      std::vector<Blob> blobs;
      for (std::uint64_t n = first; n < std::min(arguments_.records, first + kGraphBatch); ++n) {
        if (n % 2 == 0) images.push_back(make_record(n));
        for (Blob& blob : make_blobs(n)) blobs.push_back(std::move(blob));
      }
      peer_.create(images);
      collector.add(blobs);
    }
  }

  void mark() {
    Collector* collector = peer_.collector();
    if (collector == nullptr) return;
    load_graph(*collector);
    collector->mark();
    print("mark", measure(kMarkPasses, 1, [&](std::uint64_t) { collector->mark(); }));
  }

  void collect() {
    Collector* collector = peer_.collector();
    if (collector == nullptr) return;
    collector->collect();
    Measured measured = measure(kMarkPasses, 1, [&](std::uint64_t) { collector->collect(); });
    print("collect", std::move(measured), {.checksum = collector->blobs_left()});
  }

  // No two blobs are alike; they are made before the clock starts.
  void ingest(std::string_view row, std::uint64_t threads, std::uint64_t factor) {
    Ingester* ingester = peer_.ingester();
    if (ingester == nullptr) return;
    const auto blobs = fresh_blobs(std::max(threads, arguments_.ops * factor), kBlobBytes);
    print(row, measure_threads(threads, blobs.size(), 1, [&](std::uint64_t n) {
            threads == 1 ? ingester->ingest(blobs[n]) : ingester->ingest_beside_others(blobs[n]);
          }));
  }

  void ingest_big() {
    Ingester* ingester = peer_.ingester();
    if (ingester == nullptr) return;
    const std::size_t bytes = arguments_.ops < kOpsOfBigBlobs ? arguments_.ops << 20 : kBigBlobBytes;
    const auto blobs = fresh_blobs(kBigBlobs, bytes);
    print("ingest256", measure(blobs.size(), 1, [&](std::uint64_t n) { ingester->ingest(blobs[n]); }));
  }

  std::vector<std::string> fresh_blobs(std::uint64_t count, std::size_t bytes) {
    std::vector<std::string> blobs;
    for (const Record& record : fresh_records(count)) {
      blobs.push_back(record.name);
      blobs.back().resize(bytes, '.');
    }
    return blobs;
  }

  void savepoints(std::string_view row, const Peer::Savepoints& what) {
    Measured measured{.latencies = peer_.savepoints(what)};
    measured.operations = measured.latencies.size();
    for (const std::uint64_t ns : measured.latencies) measured.total_ns += ns;
    if (measured.operations != 0) print(row, std::move(measured));
  }

  Peer& peer_;
  Arguments arguments_;
  std::uint64_t next_ = 0;  // number of the next record that nobody has made

  const std::string kRareLabelFilter =
      "labels.\"" + std::string(kLabelKeys[1]) + "\"==" + std::string(kRareLabel);
  static const std::map<std::string, std::function<void(Run&)>, std::less<>> kRows;
};

const std::map<std::string, std::function<void(Run&)>, std::less<>> Run::kRows{
    {"load", &Run::load},
    {"wide", &Run::load_wide},
    {"sorted", &Run::load_sorted},
    {"get", &Run::get},
    {"list", &Run::list},
    {"names", &Run::list_names},
    {"named", &Run::list_named},
    {"labelled", &Run::list_labelled},
    {"checked", &Run::list_checked},
    {"readers2", &Run::readers},
    {"mark", &Run::mark},
    {"collect", &Run::collect},
    {"create", &Run::create},
    {"update", &Run::update},
    {"delete", &Run::remove},
    {"ingest1", [](Run& run) { run.ingest("ingest1", 1, 1); }},
    {"ingest8", [](Run& run) { run.ingest("ingest8", 8, 4); }},
    {"ingest256", &Run::ingest_big},
    {"writers8", [](Run& run) { run.writers(8, 2); }},
    {"writers64", [](Run& run) { run.writers(64, 4); }},
    {"submit8", [](Run& run) { run.submitters(8, 2); }},
    {"submit64", [](Run& run) { run.submitters(64, 4); }},
    {"savepoint1",
     [](Run& run) {
       run.savepoints("savepoint1", {1, false, 1, run.arguments_.ops});
     }},
    {"savepoint2",
     [](Run& run) {
       run.savepoints("savepoint2", {2, false, 1, run.arguments_.ops});
     }},
    {"savepoint4",
     [](Run& run) {
       run.savepoints("savepoint4", {4, false, 1, run.arguments_.ops});
     }},
    {"savepoint8",
     [](Run& run) {
       run.savepoints("savepoint8", {8, false, 1, run.arguments_.ops});
     }},
    {"levels8",
     [](Run& run) {
       run.savepoints("levels8", {8, true, 1, run.arguments_.ops});
     }},
    {"pending1",
     [](Run& run) {
       run.savepoints("pending1", {1, false, 50'000, run.arguments_.ops / 10 + 1});
     }},
    {"pending8",
     [](Run& run) {
       run.savepoints("pending8", {8, true, 50'000, run.arguments_.ops / 10 + 1});
     }},
};

}  // namespace

int run_rows(Peer& peer, int argc, char** argv) {
  try {
    Run(peer, parse(argc, argv)).all();
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
  }
}

}  // namespace bayplan::bench
