// The record functions of images, doing what go/containerd.go does with containerd's image store.
#include <algorithm>

#include "bayplan/content/store.h"
#include "bayplan/images/images.h"
#include "bayplan/images/store.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/filter.h"
#include "bayplan/metadata/namespaces.h"
#include "rows.h"

namespace bayplan::bench {
namespace {

using images::Image;
using images::ImageView;
using metadata::MutableBucket;
using metadata::ReadTx;
using metadata::WriteTx;

constexpr std::string_view kNamespace = metadata::kDefaultNamespace;

constexpr std::size_t kPieceBytes = 1u << 20;  // as containerd copies

// Leaves the times out: images takes its own.
Image image_of(const Record& record) {
  Image image{.name = record.name,
              .target = {.media_type = record.media_type,
                         .digest = Digest::parse(record.digest).value(),
                         .size = metadata::codec::decode_size(record.size).value()},
              .labels = {}};
  for (std::size_t n = 0; n < kLabelKeys.size(); ++n) image.labels.emplace(kLabelKeys[n], record.labels[n]);
  return image;
}

// Of a time the checksum takes length, first and last byte, which all times have in common.
void see_time(Time time, Checksum& seen) {
  static const std::string kAny = metadata::codec::encode_time({});
  if (time != Time{}) seen.add(kAny);
}

void see_image(const ImageView& image, Checksum& seen) {
  see_time(image.created, seen);
  see_time(image.updated, seen);
  seen.add(image.digest);
  seen.add(image.media_type);
  seen.add(metadata::codec::encode_varint(static_cast<std::int64_t>(image.size)));
  for (const auto& [key, value] : image.labels) {
    seen.add(key);
    seen.add(value);
  }
}

Result<void> put_blob(MutableBucket& blobs, const Blob& blob) {
  BAYPLAN_ASSIGN(auto record, blobs.create_bucket(blob.digest));
  BAYPLAN_TRY(record.put("createdat", blob.created_at));
  BAYPLAN_TRY(record.put("updatedat", blob.created_at));
  BAYPLAN_TRY(record.put("size", blob.size));
  BAYPLAN_ASSIGN(auto labels, record.create_bucket("labels"));
  for (const auto& [key, value] : blob.labels) BAYPLAN_TRY(labels.put(key, value));
  return {};
}

class RecordsPeer : public Peer, public Collector, public Ingester {
 public:
  void open(const std::filesystem::path& directory) override {
    store_ = images::Store::open(directory, {.metadata = {}, .snapshotter = "native"}).value();
  }
  std::filesystem::path file() const override { return store_->root().path / "metadata" / "data.mdb"; }

  void create(std::span<const Record> records) override {
    db().update([&](WriteTx& tx) -> Result<void> {
          for (const Record& record : records) BAYPLAN_TRY(images::create(tx, kNamespace, image_of(record)));
          return {};
        })
        .value();
  }

  void update(std::string_view name, std::string_view, std::string_view label) override {
    static const Digest kUnused = Digest::of({});  // the mask names the label alone
    const std::string key(kLabelKeys.back());
    const Image changed{.name = std::string(name),
                        .target = {.media_type = {}, .digest = kUnused},
                        .labels = {{key, std::string(label)}}};
    db().update([&](WriteTx& tx) { return images::update(tx, kNamespace, changed, {"labels." + key}); })
        .value();
  }

  void remove(std::string_view name) override {
    db().update([&](WriteTx& tx) { return images::remove(tx, kNamespace, name); }).value();
  }

  void get(std::string_view name, Checksum& seen) override {
    const auto look = [&](const ReadTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(const ImageView image, images::view(tx, kNamespace, name));
      see_image(image, seen);
      return {};
    };
    db().view(look).value();
  }

  void list(Checksum& seen) override {
    db().view([&](const ReadTx& tx) {
          return images::walk(tx, kNamespace,
                              [&](const ImageView& image) { return see_listed(image, seen); });
        })
        .value();
  }
  bool list_names(Checksum&) override { return false; }

  bool list_matching(const std::string& filter, Checksum& seen) override {
    const auto lists = [&](const ReadTx& tx) -> Result<metadata::ListEnd> {
      BAYPLAN_ASSIGN(const auto parsed, metadata::Filter::parse({&filter, 1}));
      BAYPLAN_ASSIGN(const auto bound, parsed.bind(images::image_fields()));
      return images::list(tx, kNamespace, bound, {},
                          [&](const ImageView& image) { return see_listed(image, seen); });
    };
    db().view(lists).value();
    return true;
  }

  bool submit(const Record& record) override {
    db().submit([&](WriteTx& tx) { return images::create(tx, kNamespace, image_of(record)); }).get().value();
    return true;
  }

  Collector* collector() override { return this; }
  Ingester* ingester() override { return this; }

  void ingest(std::string_view bytes) override {
    content::ReadyBlob blob = publish(bytes);
    db().update([&](WriteTx& tx) { return record(tx, std::move(blob)); }).value();
  }
  void ingest_beside_others(std::string_view bytes) override {
    content::ReadyBlob blob = publish(bytes);
    db().submit([&](WriteTx& tx) { return record(tx, std::move(blob)); }).get().value();
  }

  void add(std::span<const Blob> blobs) override {
    db().update([&](WriteTx& tx) -> Result<void> {
          BAYPLAN_ASSIGN(auto bucket, metadata::create_namespace_bucket(tx, kNamespace, {"content", "blob"}));
          for (const Blob& blob : blobs) BAYPLAN_TRY(put_blob(bucket, blob));
          return {};
        })
        .value();
  }
  void mark() override { collect({.dry_run = true}); }
  void collect() override { collect({}); }

  std::uint64_t blobs_left() override {
    std::uint64_t count = 0;
    db().view([&](const ReadTx& tx) {
          return content::walk(tx, kNamespace, [&](const content::Info&) -> Result<void> {
            ++count;
            return {};
          });
        })
        .value();
    return count;
  }

 private:
  static Result<void> see_listed(const ImageView& image, Checksum& seen) {
    seen.add(image.name);
    see_image(image, seen);
    return {};
  }

  void collect(const metadata::GcOptions& options) {
    metadata::collect(db(), store_->gc_kinds(), options, {}).value();
  }

  content::ReadyBlob publish(std::string_view bytes) {
    content::Ingest ingest = store_->blobs().ingest({.digest = {}, .size = bytes.size()}).value();
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kPieceBytes))) {
      ingest.write(as_bytes(bytes.substr(0, kPieceBytes))).value();
    }
    return std::move(ingest).finish().value();
  }
  static Result<void> record(WriteTx& tx, content::ReadyBlob blob) {
    return content::add(tx, kNamespace, std::move(blob), {}, metadata::referred());
  }

  const metadata::Db& db() const { return store_->db(); }

  std::optional<images::Store> store_;
};

}  // namespace
}  // namespace bayplan::bench

int main(int argc, char** argv) {
  bayplan::bench::RecordsPeer peer;
  return bayplan::bench::run_rows(peer, argc, argv);
}
