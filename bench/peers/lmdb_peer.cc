// LMDB itself: one database, one encoded value per record. The ceiling of whatever stands on LMDB.
#include <isa-l/crc.h>
#include <lmdb.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "bayplan/base/digest.h"
#include "blob_files.h"
#include "rows.h"

namespace bayplan::bench {
namespace {

constexpr std::size_t kMapBytes = std::size_t{1} << 40;
constexpr std::size_t kFirstLabel = 5;
constexpr std::size_t kFields = kFirstLabel + std::tuple_size_v<decltype(Record::labels)> * 2;

void check(int rc) {
  if (rc != 0) throw std::runtime_error(::mdb_strerror(rc));
}

MDB_val to_val(std::string_view bytes) {
  // LMDB takes what it only reads without const.
  return {bytes.size(), const_cast<char*>(bytes.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}
std::string_view to_view(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

using Fields = std::array<std::string_view, kFields>;

Fields fields_of(const Record& record) {
  Fields fields{record.created_at, record.updated_at, record.digest, record.media_type, record.size};
  for (std::size_t n = 0; n < kLabelKeys.size(); ++n) {
    fields[kFirstLabel + 2 * n] = kLabelKeys[n];
    fields[kFirstLabel + 2 * n + 1] = record.labels[n];
  }
  return fields;
}

// A row of bayplan's has 8 bytes before the key and 13 before the value, 10 entries with 3 bytes each before
// them, and the names of 7 of those; what is encoded here has 11 bytes of lengths.
constexpr std::size_t kWider =
    8 + 13 + 10 * 3 + std::string_view("createdatupdatedatlabelstargetdigestmediatypesize").size() - 11;

/// Bytes that bayplan's record of a blob without labels takes: its times, its size, what is around them.
constexpr std::size_t kBlobRow = 100;

std::string encode(const Fields& fields) {
  std::string bytes;
  for (const std::string_view field : fields) {
    bytes += static_cast<char>(field.size());
    bytes += field;
  }
  return bytes;
}

Fields decode(std::string_view bytes) {
  Fields fields;
  for (std::string_view& field : fields) {
    const auto size = static_cast<unsigned char>(bytes.at(0));
    field = bytes.substr(1, size);
    bytes.remove_prefix(1u + size);
  }
  return fields;
}

std::uint32_t checksum(std::string_view name, std::string_view bytes) {
  const auto go_on = [](std::uint32_t before, std::string_view more) {
    // ISA-L takes what it only reads without const.
    auto* at = reinterpret_cast<unsigned char*>(
        const_cast<char*>(more.data()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    return ::crc32_iscsi(at, static_cast<int>(more.size()), before);
  };
  return go_on(go_on(~std::uint32_t{0}, name), bytes);
}

// Ends without a commit unless told otherwise.
class Txn {
 public:
  Txn(MDB_env* env, unsigned flags, MDB_txn* parent = nullptr) {
    check(::mdb_txn_begin(env, parent, flags, &txn_));
  }
  ~Txn() {
    if (txn_ != nullptr) ::mdb_txn_abort(txn_);
  }
  Txn(const Txn&) = delete;
  Txn& operator=(const Txn&) = delete;
  void commit() { check(::mdb_txn_commit(std::exchange(txn_, nullptr))); }
  MDB_txn* get() const noexcept { return txn_; }

 private:
  MDB_txn* txn_ = nullptr;
};

class LmdbPeer : public Peer, public Ingester {
 public:
  ~LmdbPeer() override {
    if (env_ != nullptr) ::mdb_env_close(env_);
  }
  LmdbPeer() = default;
  LmdbPeer(const LmdbPeer&) = delete;
  LmdbPeer& operator=(const LmdbPeer&) = delete;

  void open(const std::filesystem::path& directory) override {
    directory_ = directory;
    std::filesystem::create_directories(directory);
    check(::mdb_env_create(&env_));
    check(::mdb_env_set_mapsize(env_, kMapBytes));
    check(::mdb_env_set_maxdbs(env_, 1));
    check(::mdb_env_set_maxreaders(env_, 1024));
    check(::mdb_env_open(env_, directory.c_str(), MDB_NOTLS, 0600));
    Txn txn(env_, 0);
    check(::mdb_dbi_open(txn.get(), "images", MDB_CREATE, &dbi_));
    txn.commit();
    blobs_.emplace(directory / "blobs");
  }
  std::filesystem::path file() const override { return directory_ / "data.mdb"; }

  void create(std::span<const Record> records) override {
    Txn txn(env_, 0);
    for (const Record& record : records) put(txn.get(), record.name, stored(record));
    txn.commit();
  }
  bool widen() override {
    wide_ = true;
    return true;
  }

  void update(std::string_view name, std::string_view updated_at, std::string_view label) override {
    Txn txn(env_, 0);
    Fields fields = decode(find(txn.get(), name));
    fields[1] = updated_at;
    fields.back() = label;
    put(txn.get(), name, encode(fields));
    txn.commit();
  }

  void remove(std::string_view name) override {
    Txn txn(env_, 0);
    MDB_val key = to_val(name);
    check(::mdb_del(txn.get(), dbi_, &key, nullptr));
    txn.commit();
  }

  void get(std::string_view name, Checksum& seen) override {
    const Txn txn(env_, MDB_RDONLY);
    see(find(txn.get(), name), seen);
  }

  void list(Checksum& seen) override {
    walk([&](std::string_view name, std::string_view value) {
      seen.add(name);
      see(value, seen);
    });
  }
  bool list_names(Checksum& seen) override {
    walk([&](std::string_view name, std::string_view) { seen.add(name); });
    return true;
  }

  // Of a filter "name==.." a lookup, and of one of the form "labels.\"..\"==.." a look at that label in
  // place.
  bool list_matching(const std::string& filter, Checksum& seen) override {
    const std::size_t equals = filter.rfind("==");
    const std::string_view value = std::string_view(filter).substr(equals + 2);
    if (filter.starts_with("name")) {
      seen.add(value);
      get(value, seen);
      return true;
    }
    const std::size_t quote = filter.find('"') + 1;
    const std::string_view key = std::string_view(filter).substr(quote, equals - 1 - quote);
    walk([&](std::string_view name, std::string_view bytes) {
      if (wide_) verify(name, bytes);
      if (label(bytes, key) != value) return;
      seen.add(name);
      see(bytes, seen);
    });
    return true;
  }

  bool submit(const Record& record) override {
    put_beside_others(record.name, encode(fields_of(record)));
    return true;
  }

  Ingester* ingester() override { return this; }
  void ingest(std::string_view bytes) override {
    const std::string name = write_blob(bytes);
    Txn txn(env_, 0);
    put(txn.get(), name, std::string(kBlobRow, 'v'));
    txn.commit();
  }
  void ingest_beside_others(std::string_view bytes) override {
    put_beside_others(write_blob(bytes), std::string(kBlobRow, 'v'));
  }

  std::vector<std::uint64_t> savepoints(const Savepoints& what) override {
    std::vector<std::uint64_t> latencies;
    const Txn txn(env_, 0);
    for (std::uint64_t n = 0; n < what.pending; ++n) put_small(txn.get(), std::to_string(mixed(n)));
    for (std::uint64_t n = 0; n < what.repeats; ++n) {
      const auto start = std::chrono::steady_clock::now();
      nested(txn.get(), what.depth, what.every_level, n);
      const auto spent = std::chrono::steady_clock::now() - start;
      latencies.push_back(static_cast<std::uint64_t>(std::chrono::nanoseconds(spent).count()));
    }
    return latencies;
  }

 private:
  struct Waiting {
    std::string name;
    std::string bytes;
    bool done = false;
  };

  // The smallest group commit there is: whoever finds no leader takes what has queued up, again and again
  // until its own row is durable.
  void put_beside_others(std::string name, std::string bytes) {
    Waiting mine{std::move(name), std::move(bytes)};
    std::unique_lock lock(guard_);
    queue_.push_back(&mine);
    while (!mine.done) {
      if (leading_) {
        changed_.wait(lock);
        continue;
      }
      leading_ = true;
      const std::vector<Waiting*> group = std::exchange(queue_, {});
      lock.unlock();
      commit_group(group);
      lock.lock();
      for (Waiting* member : group) member->done = true;
      leading_ = false;
      changed_.notify_all();
    }
  }

  std::string write_blob(std::string_view bytes) const {
    const Digest digest = Digest::of(bytes);
    blobs_->write(digest.hex(), bytes);
    return digest.to_string();
  }

  void put(MDB_txn* txn, std::string_view name, std::string_view bytes) const {
    MDB_val key = to_val(name);
    MDB_val value = to_val(bytes);
    check(::mdb_put(txn, dbi_, &key, &value, 0));
  }
  void put_small(MDB_txn* txn, const std::string& name) const { put(txn, name, std::string(100, 'v')); }

  std::string stored(const Record& record) const {
    std::string bytes = encode(fields_of(record));
    if (!wide_) return bytes;
    bytes.append(kWider - sizeof(std::uint32_t), 'w');
    const std::uint32_t sum = checksum(record.name, bytes);
    char last[sizeof sum];
    std::memcpy(last, &sum, sizeof sum);
    return bytes.append(last, sizeof last);
  }

  static void verify(std::string_view name, std::string_view bytes) {
    std::uint32_t sum = 0;
    std::memcpy(&sum, bytes.data() + bytes.size() - sizeof sum, sizeof sum);
    if (sum != checksum(name, bytes.substr(0, bytes.size() - sizeof sum)))
      throw std::runtime_error("damaged: " + std::string(name));
  }

  std::string_view find(MDB_txn* txn, std::string_view name) const {
    MDB_val key = to_val(name);
    MDB_val value{};
    check(::mdb_get(txn, dbi_, &key, &value));
    return to_view(value);
  }

  static std::string_view label(std::string_view bytes, std::string_view key) {
    std::size_t at = 0;
    const auto next = [&] {
      const auto size = static_cast<unsigned char>(bytes[at]);
      at += 1u + size;
      return bytes.substr(at - size, size);
    };
    for (std::size_t field = 0; field < kFirstLabel; ++field) next();
    for (std::size_t n = 0; n < kLabelKeys.size(); ++n) {
      const std::string_view found = next();
      const std::string_view value = next();
      if (found == key) return value;
    }
    return {};
  }

  static void see(std::string_view bytes, Checksum& seen) {
    for (const std::string_view field : decode(bytes)) seen.add(field);
  }

  template <class F>
  void walk(F&& visit) const {
    const Txn txn(env_, MDB_RDONLY);
    MDB_cursor* cursor = nullptr;
    check(::mdb_cursor_open(txn.get(), dbi_, &cursor));
    MDB_val key{};
    MDB_val value{};
    while (::mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) visit(to_view(key), to_view(value));
    ::mdb_cursor_close(cursor);
  }

  void commit_group(const std::vector<Waiting*>& group) const {
    Txn txn(env_, 0);
    for (const Waiting* member : group) put(txn.get(), member->name, member->bytes);
    txn.commit();
  }

  void nested(MDB_txn* parent, std::uint64_t depth, bool every_level, std::uint64_t number) const {
    Txn child(env_, 0, parent);
    if (every_level || depth == 1) put_small(child.get(), std::to_string(number % 16));
    if (depth != 1) nested(child.get(), depth - 1, every_level, number + 1);
    child.commit();
  }

  std::filesystem::path directory_;
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
  bool wide_ = false;
  std::optional<BlobFiles> blobs_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::vector<Waiting*> queue_;
  bool leading_ = false;
};

}  // namespace
}  // namespace bayplan::bench

int main(int argc, char** argv) {
  bayplan::bench::LmdbPeer peer;
  return bayplan::bench::run_rows(peer, argc, argv);
}
