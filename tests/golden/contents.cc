#include "contents.h"

#include <string>

namespace bayplan::test {
namespace {

using metadata::MutableBucket;
using metadata::WriteTx;

void put_record(MutableBucket& records, const std::string& name, std::size_t extra) {
  auto record = records.create_bucket(name).value();
  record.put("createdat", std::string("\1\0\0\0\16\xdc\x12\x34\x56\0\0\0\0\xff\xff", 15)).value();
  record.put("empty", "").value();
  auto target = record.create_bucket("target").value();
  target.put("digest", "sha256:" + std::string(64, 'a')).value();
  target.put("size", "\x94\x0a").value();
  auto labels = record.create_bucket("labels").value();
  labels.put("key", "value").value();
  if (extra > 0) labels.put("large", std::string(extra, 'x')).value();
}

}  // namespace

void fill_format_1(const metadata::Db& db) {
  db.update([](WriteTx& tx) -> Result<void> {
      auto records = tx.create_bucket("records").value();
      for (int n = 0; n < 40; ++n) put_record(records, "record " + std::to_string(n), 0);
      put_record(records, "spilled", 900);
      put_record(records, std::string(600, 'n'), 0);
      records.put("value", std::string(20000, 'v')).value();
      for (const std::size_t size : {502u, 503u, 504u, 1005u, 3000u})
        records.put(std::string(size, 'k'), "long").value();
      records.set_sequence(7).value();
      auto deep = tx.create_bucket("deep").value();
      for (int level = 0; level < 12; ++level) {
        deep.put("level", std::to_string(level)).value();
        deep.set_sequence(static_cast<std::uint64_t>(level)).value();
        deep = deep.create_bucket("deeper").value();
      }
      tx.create_bucket("empty").value();
      return {};
    }).value();
  db.update([](WriteTx& tx) -> Result<void> {
      auto records = *tx.bucket("records").value();
      records.delete_bucket("record 7").value();
      records.bucket("record 8").value()->put("updated", "later").value();
      records.move_bucket("record 9", records, "moved").value();
      return {};
    }).value();
}

void fill_schema_0(const metadata::Db& db) {
  db.update([](WriteTx& tx) -> Result<void> {
      auto images = tx.create_bucket("v1").value().create_bucket("images").value();
      for (const char* name :
           {"docker.io/library/alpine:3", "docker.io/library/redis:7", "localhost/own:latest"}) {
        auto image = images.create_bucket(name).value();
        image.put("digest", "sha256:" + std::string(64, 'b')).value();
        image.put("mediatype", "application/vnd.oci.image.manifest.v1+json").value();
        image.put("size", "\x94\x0a").value();
      }
      return {};
    }).value();
}

}  // namespace bayplan::test
