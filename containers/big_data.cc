#include "bayplan/containers/big_data.h"

#include "bayplan/containers/storage_record.h"
#include "big_data_record.h"
#include "storage_change.h"

namespace bayplan::containers::big_data {
namespace {

namespace schema = metadata::schema;
using metadata::Bucket;
using metadata::BucketSource;
using metadata::MutableBucket;
using metadata::WriteTx;

constexpr std::string_view kWord = "big data item";

Result<void> check_key(std::string_view key) {
  if (key.empty()) return Error(Errc::invalid_argument, kWord, key, "not a valid name for a big data item");
  if (key.size() <= storage::kMaxNameBytes) return {};
  return Error(Errc::too_large, kWord, key,
               "the key is longer than " + std::to_string(storage::kMaxNameBytes) + " bytes");
}

Error no_such_item(std::string_view id, std::string_view key) {
  return Error(Errc::not_found, kWord, key)
      .with_context(ContainerRecord::kWord, id)
      .with_advice("remove the container if it cannot be used without");
}

Result<StoredItem> decode(std::string_view key, const Bucket& stored) {
  BAYPLAN_ASSIGN(const auto data, stored.get(schema::kData));
  if (data) return StoredItem{.key = key, .data = data, .blob = {}, .size = data->size()};
  BAYPLAN_ASSIGN(const std::string_view digest_text, stored.require(schema::kDigest));
  auto digest = Digest::parse(digest_text);
  if (!digest) return Error(Errc::corrupt, kWord, key, digest.error().to_string());
  BAYPLAN_ASSIGN(const std::string_view size_bytes, stored.require(schema::kSize));
  BAYPLAN_ASSIGN(const std::uint64_t size, metadata::codec::decode_size(size_bytes));
  return StoredItem{.key = key, .data = {}, .blob = *digest, .size = size};
}

Result<StoredItem> look_up(const Bucket& record, std::string_view id, std::string_view key) {
  BAYPLAN_TRY(check_key(key));
  BAYPLAN_ASSIGN(const auto stored, record.descend({schema::kStorage, schema::kBigData, key}));
  if (!stored) return no_such_item(id, key);
  return decode(key, *stored).with_context(ContainerRecord::kWord, id);
}

Result<bool> is_stored(const BucketSource& source, std::string_view ns, std::string_view id,
                       std::string_view key, const Digest& digest) {
  BAYPLAN_ASSIGN(const Bucket record, storage::record_of(source, ns, id));
  const auto there = look_up(record, id, key);
  if (there) return there->digest() == digest;
  if (there.error().code() == Errc::not_found) return false;
  return there.error();
}

// An empty bucket at `key`, whatever was there.
Result<MutableBucket> renew(MutableBucket& record, std::string_view key) {
  BAYPLAN_ASSIGN(MutableBucket items, record.create_path({schema::kStorage, schema::kBigData}));
  BAYPLAN_ASSIGN(const auto before, items.bucket(key));
  if (before) BAYPLAN_TRY(items.delete_bucket(key));
  return items.create_bucket(key);
}

}  // namespace

Result<void> walk_record(const Bucket& record, const std::function<Result<void>(const StoredItem&)>& visit) {
  BAYPLAN_ASSIGN(const auto items, record.descend({schema::kStorage, schema::kBigData}));
  if (!items) return {};
  return items->for_each_bucket([&](std::string_view key, const Bucket& stored) -> Result<void> {
    BAYPLAN_ASSIGN(const StoredItem item, decode(key, stored));
    return visit(item);
  });
}

Result<std::vector<Item>> list(const BucketSource& source, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const Bucket record, storage::record_of(source, ns, id));
  std::vector<Item> items;
  BAYPLAN_TRY(walk_record(record, [&](const StoredItem& item) -> Result<void> {
                items.push_back({std::string(item.key), item.digest(), item.size});
                return {};
              }).with_context(ContainerRecord::kWord, id));
  return items;
}

Result<Item> stat(const BucketSource& source, std::string_view ns, std::string_view id,
                  std::string_view key) {
  BAYPLAN_ASSIGN(const Bucket record, storage::record_of(source, ns, id));
  BAYPLAN_ASSIGN(const StoredItem item, look_up(record, id, key));
  return Item{std::string(key), item.digest(), item.size};
}

Result<std::string> read(const content::Store& blobs, const BucketSource& source, std::string_view ns,
                         std::string_view id, std::string_view key, std::size_t limit) {
  BAYPLAN_ASSIGN(const Bucket record, storage::record_of(source, ns, id));
  BAYPLAN_ASSIGN(const StoredItem item, look_up(record, id, key));
  if (item.size > limit) {
    return Error(Errc::too_large, kWord, key, "longer than " + std::to_string(limit) + " bytes");
  }
  if (item.data) return std::string(*item.data);
  return blobs.read_blob(*item.blob, item.size, limit).with_context(kWord, key);
}

Result<void> put(WriteTx& tx, std::string_view ns, std::string_view id, std::string_view key,
                 std::string_view bytes) {
  BAYPLAN_TRY(check_key(key));
  if (bytes.size() > kMaxInlineBytes) {
    return Error(Errc::too_large, kWord, key,
                 "longer than " + std::to_string(kMaxInlineBytes) + " bytes, which only blobs can be");
  }
  BAYPLAN_ASSIGN(const bool stored, is_stored(tx, ns, id, key, Digest::of(bytes)));
  if (stored) return {};
  return storage::change(tx, ns, id, [&](WriteTx&, MutableBucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(MutableBucket item, renew(record, key));
    return item.put(schema::kData, bytes);
  });
}

Result<void> put(WriteTx& tx, std::string_view ns, std::string_view id, std::string_view key,
                 content::ReadyBlob&& blob) {
  BAYPLAN_TRY(check_key(key));
  const auto refer = [&](WriteTx&, MutableBucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(MutableBucket item, renew(record, key));
    BAYPLAN_TRY(item.put(schema::kDigest, blob.digest().to_string()));
    return item.put(schema::kSize, metadata::codec::encode_varint(static_cast<std::int64_t>(blob.size())));
  };
  return tx.savepoint([&](WriteTx& inner) -> Result<void> {
    BAYPLAN_TRY(storage::change(inner, ns, id, refer));
    return content::add(inner, ns, std::move(blob), {}, metadata::referred());  // last: it takes the blob
  });
}

Result<void> remove(WriteTx& tx, std::string_view ns, std::string_view id, std::string_view key) {
  BAYPLAN_TRY(check_key(key));
  return storage::change(tx, ns, id, [&](WriteTx&, MutableBucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(auto items, record.descend({schema::kStorage, schema::kBigData}));
    if (!items) return no_such_item(id, key);
    auto removed = items->delete_bucket(key);
    if (!removed && removed.error().code() == Errc::not_found) return no_such_item(id, key);
    return removed;
  });
}

Result<void> store(images::Store& store, std::string_view ns, std::string_view id, std::string_view key,
                   std::string_view bytes) {
  if (bytes.size() <= kMaxInlineBytes) {
    return store.db().update([&](WriteTx& tx) { return put(tx, ns, id, key, bytes); });
  }
  BAYPLAN_ASSIGN(const bool stored, store.db().view([&](const metadata::ReadTx& tx) {
    return is_stored(tx, ns, id, key, Digest::of(bytes));
  }));
  if (stored) return {};
  BAYPLAN_ASSIGN(content::Ingest ingest, store.blobs().ingest());
  BAYPLAN_TRY(ingest.write(as_bytes(bytes)));
  BAYPLAN_ASSIGN(content::ReadyBlob blob, std::move(ingest).finish());
  return store.db().update([&](WriteTx& tx) { return put(tx, ns, id, key, std::move(blob)); });
}

}  // namespace bayplan::containers::big_data
