// The public bucket interface, doing what go/bbolt.go does, bucket by bucket.
#include <chrono>

#include "bayplan/metadata/db.h"
#include "rows.h"

namespace bayplan::bench {
namespace {

using metadata::Bucket;
using metadata::Db;
using metadata::Entry;
using metadata::MutableBucket;
using metadata::ReadTx;
using metadata::WriteTx;

Result<MutableBucket> images_of(WriteTx& tx) {
  BAYPLAN_ASSIGN(auto version, tx.create_bucket_if_not_exists("v1"));
  BAYPLAN_ASSIGN(auto space, version.create_bucket_if_not_exists("default"));
  return space.create_bucket_if_not_exists("images");
}

Result<Bucket> images_of(const ReadTx& tx) {
  BAYPLAN_ASSIGN(auto images, root_bucket(tx).descend({"v1", "default", "images"}));
  if (!images) return Error(Errc::not_found, "bucket", "images", "the store is not loaded");
  return *images;
}

Result<void> put_record(MutableBucket& images, const Record& record) {
  BAYPLAN_ASSIGN(auto bucket, images.create_bucket(record.name));
  BAYPLAN_TRY(bucket.put("createdat", record.created_at));
  BAYPLAN_TRY(bucket.put("updatedat", record.updated_at));
  BAYPLAN_ASSIGN(auto labels, bucket.create_bucket("labels"));
  for (std::size_t n = 0; n < kLabelKeys.size(); ++n)
    BAYPLAN_TRY(labels.put(kLabelKeys[n], record.labels[n]));
  BAYPLAN_ASSIGN(auto target, bucket.create_bucket("target"));
  BAYPLAN_TRY(target.put("digest", record.digest));
  BAYPLAN_TRY(target.put("mediatype", record.media_type));
  return target.put("size", record.size);
}

Result<void> see(const Bucket& bucket, std::initializer_list<std::string_view> keys, Checksum& seen) {
  for (const std::string_view key : keys) {
    BAYPLAN_ASSIGN(const std::string_view value, bucket.require(key));
    seen.add(value);
  }
  return {};
}

Result<void> see_record(const Bucket& record, Checksum& seen) {
  BAYPLAN_TRY(see(record, {"createdat", "updatedat"}, seen));
  BAYPLAN_ASSIGN(const auto target, record.bucket("target"));
  BAYPLAN_ASSIGN(const auto labels, record.bucket("labels"));
  if (!target || !labels) return Error(Errc::corrupt, "record", "", "a bucket is absent");
  BAYPLAN_TRY(see(*target, {"digest", "mediatype", "size"}, seen));
  return labels->for_each([&](const Entry& entry) -> Result<void> {
    seen.add(entry.key);
    seen.add(entry.value);
    return {};
  });
}

class BayplanPeer : public Peer {
 public:
  void open(const std::filesystem::path& directory) override {
    directory_ = directory;
    db_ = Db::open(directory).value();
  }
  std::filesystem::path file() const override { return directory_ / "data.mdb"; }

  void create(std::span<const Record> records) override {
    db_->update([&](WriteTx& tx) { return put_records(tx, records); }).value();
  }

  void update(std::string_view name, std::string_view updated_at, std::string_view label) override {
    db_->update([&](WriteTx& tx) -> Result<void> {
         BAYPLAN_ASSIGN(auto images, images_of(tx));
         BAYPLAN_ASSIGN(auto record, images.create_bucket_if_not_exists(name));
         BAYPLAN_TRY(record.put("updatedat", updated_at));
         BAYPLAN_ASSIGN(auto labels, record.create_bucket_if_not_exists("labels"));
         return labels.put(kLabelKeys.back(), label);
       })
        .value();
  }

  void remove(std::string_view name) override {
    db_->update([&](WriteTx& tx) -> Result<void> {
         BAYPLAN_ASSIGN(auto images, images_of(tx));
         return images.delete_bucket(name);
       })
        .value();
  }

  void get(std::string_view name, Checksum& seen) override {
    db_->view([&](const ReadTx& tx) -> Result<void> {
         BAYPLAN_ASSIGN(const auto record, root_bucket(tx).descend({"v1", "default", "images", name}));
         if (!record) return Error(Errc::not_found, "record", std::string(name), "absent");
         return see_record(*record, seen);
       })
        .value();
  }

  void list(Checksum& seen) override {
    db_->view([&](const ReadTx& tx) -> Result<void> {
         BAYPLAN_ASSIGN(const auto images, images_of(tx));
         return images.for_each_bucket([&](std::string_view name, const Bucket& record) {
           seen.add(name);
           return see_record(record, seen);
         });
       })
        .value();
  }

  bool list_names(Checksum& seen) override {
    db_->view([&](const ReadTx& tx) -> Result<void> {
         BAYPLAN_ASSIGN(const auto images, images_of(tx));
         return images.for_each([&](const Entry& entry) -> Result<void> {
           seen.add(entry.key);
           return {};
         });
       })
        .value();
    return true;
  }

  bool submit(const Record& record) override {
    db_->submit([&](WriteTx& tx) { return put_records(tx, {&record, 1}); }).get().value();
    return true;
  }

  std::vector<std::uint64_t> savepoints(const Savepoints& what) override {
    std::vector<std::uint64_t> latencies;
    const auto body = [&](WriteTx& tx) -> Result<void> {
      BAYPLAN_TRY(put_pending(tx, what.pending));
      for (std::uint64_t n = 0; n < what.repeats; ++n) {
        const auto start = std::chrono::steady_clock::now();
        BAYPLAN_TRY(nested(tx, what.depth, what.every_level, n));
        const auto spent = std::chrono::steady_clock::now() - start;
        latencies.push_back(static_cast<std::uint64_t>(std::chrono::nanoseconds(spent).count()));
      }
      return Error(Errc::cancelled, "benchmark", "savepoints", "measured; nothing is to stay");
    };
    const Result<void> undone = db_->update(body);
    if (undone || undone.error().code() != Errc::cancelled) undone.value();
    return latencies;
  }

 private:
  static Result<void> put_records(WriteTx& tx, std::span<const Record> records) {
    BAYPLAN_ASSIGN(auto images, images_of(tx));
    for (const Record& record : records) BAYPLAN_TRY(put_record(images, record));
    return {};
  }

  static Result<void> put_small(WriteTx& tx, std::uint64_t number) {
    BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("savepoints"));
    return bucket.put(std::to_string(number), std::string(100, 'v'));
  }

  static Result<void> put_pending(WriteTx& tx, std::uint64_t count) {
    BAYPLAN_ASSIGN(auto bucket, tx.create_bucket_if_not_exists("savepoints"));
    for (std::uint64_t n = 0; n < count; ++n)
      BAYPLAN_TRY(bucket.put(std::to_string(mixed(n)), std::string(100, 'v')));
    return {};
  }

  static Result<void> nested(WriteTx& tx, std::uint64_t depth, bool every_level, std::uint64_t number) {
    return tx.savepoint([&](WriteTx& inner) -> Result<void> {
      if (every_level || depth == 1) BAYPLAN_TRY(put_small(inner, number % 16));
      return depth == 1 ? Result<void>{} : nested(inner, depth - 1, every_level, number + 1);
    });
  }

  std::filesystem::path directory_;
  std::optional<Db> db_;
};

}  // namespace
}  // namespace bayplan::bench

int main(int argc, char** argv) {
  bayplan::bench::BayplanPeer peer;
  return bayplan::bench::run_rows(peer, argc, argv);
}
