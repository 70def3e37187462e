// The collector beside writers, with images, blobs, snapshots, containers and leases, and their files.
#include "support/collect_load.h"

#include "bayplan/containers/containers.h"
#include "bayplan/images/images.h"
#include "bayplan/images/store.h"

namespace bayplan::test {
namespace {

constexpr std::size_t kBlobs = 5;  // the manifest, the config, three layers; then as many snapshots
constexpr std::size_t kConfig = 1;
constexpr std::size_t kTop = 5;
const std::string kContentRef = "containerd.io/gc.ref.content.";
const std::string kSnapshotRef = "containerd.io/gc.ref.snapshot.native";
const std::string kExpire(metadata::kGcExpireLabel);

using metadata::WriteTx;

bool is_blob(const LoadPart& part) { return part.number < kBlobs; }
/// The bytes of a blob; the key of a snapshot.
std::string part_name(const LoadPart& part) { return part.image + "-" + std::to_string(part.number); }
std::string digest_of(const LoadPart& part) { return Digest::of(part_name(part)).to_string(); }
std::string key_of(const std::string& root) { return root.substr(root.find(' ') + 1); }

Result<void> or_cancelled(Result<void> done, Errc expected) {
  if (done || done.error().code() != expected) return done;
  return Error(Errc::cancelled, "test", {});
}

/// The image's record names the manifest, that the config and the layers, the config the top snapshot.
class RealObjects final : public LoadObjects {
 public:
  explicit RealObjects(const std::filesystem::path& path)
      : root_(path), store_(images::Store::open(path, {.snapshotter = "native"}).value()) {}

  const metadata::Db& db() const override { return store_.db(); }
  std::vector<const metadata::GcKind*> kinds() const override {
    auto kinds = store_.gc_kinds();
    kinds.push_back(&containers::container_gc_kind());
    return kinds;
  }

  std::vector<std::string> needs(const LoadPart& part) const override {
    std::vector<std::string> needed{object(part)};
    if (part.number == 0) {
      for (std::size_t n = kConfig; n < kBlobs; ++n) needed.push_back(object({part.image, n}));
    }
    if (part.number > kConfig && is_blob(part)) return needed;
    for (std::size_t n = std::max(part.number + 1, kTop); n < kLoadParts; ++n)
      needed.push_back(object({part.image, n}));
    return needed;
  }

  Work make(const std::string& name, bool root) override {
    auto made = std::make_shared<Made>(publish(name), stage());
    return [this, made, name, root](WriteTx& tx) -> Result<void> {
      BAYPLAN_TRY(or_cancelled(add_snapshots(tx, name, made->stages), Errc::conflict));
      for (std::size_t n = 0; n < kBlobs; ++n) {
        BAYPLAN_TRY(
            content::add(tx, kLoadNs, std::move(made->blobs[n]), labels_of({name, n}), metadata::referred()));
      }
      if (images::get(tx, kLoadNs, name)) return keep(tx, name);
      return images::create(tx, kLoadNs, image(name, {name, 0}, root));
    };
  }
  Result<void> keep(WriteTx& tx, const std::string& name) override {
    return set_image_label(tx, name, kExpire, "");
  }

  std::string referrer(const std::string& name, const LoadPart& part, bool other) const override {
    return (other ? "lease " : is_blob(part) ? "image " : "container ") + name;
  }
  Result<void> refer(WriteTx& tx, const std::string& root, const LoadPart& part) override {
    const std::string key = key_of(root);
    if (root.starts_with("lease ")) return extend_lease(tx, key, part);
    if (root.starts_with("container ")) return refer_from_container(tx, key, part);
    if (!images::get(tx, kLoadNs, key)) return images::create(tx, kLoadNs, image(key, part, true));
    return set_image_label(tx, key, label_to(part), is_blob(part) ? digest_of(part) : part_name(part));
  }
  Result<void> remove(WriteTx& tx, const std::string& root) override {
    const std::string key = key_of(root);
    if (root.starts_with("lease ")) return metadata::leases::remove(tx, kLoadNs, key);
    if (root.starts_with("container ")) return containers::remove(tx, kLoadNs, key);
    return images::remove(tx, kLoadNs, key);
  }

  // No record lacks its file, say the kinds' checks; here: no file lacks its record, and nothing is left of
  // collections.
  void expect_files_agree() const override {
    std::size_t blobs = 0;
    std::size_t snapshots = 0;
    bool left = false;
    db().view([&](const metadata::ReadTx& tx) -> Result<void> {
          BAYPLAN_TRY(content::walk(tx, kLoadNs, [&](const auto&) { return ++blobs, Result<void>(); }));
          BAYPLAN_TRY(store_.snapshotter().walk(tx, kLoadNs,
                                                [&](const auto&) { return ++snapshots, Result<void>(); }));
          left = root_bucket(tx).bucket("collection").value().has_value();
          return {};
        })
        .value();
    EXPECT_FALSE(left) << "there are notes";
    EXPECT_EQ(entries(root_ / "content/blobs/sha256"), blobs);
    EXPECT_EQ(entries(root_ / "snapshots/native"), snapshots);
    EXPECT_EQ(entries(root_ / "content/ingest"), 0u);
  }

 private:
  struct Made {
    Made(std::vector<content::ReadyBlob> ready, std::vector<snapshots::Stage> staged)
        : blobs(std::move(ready)), stages(std::move(staged)) {}
    std::vector<content::ReadyBlob> blobs;
    std::vector<snapshots::Stage> stages;  // the lowest first
  };

  static std::string object(const LoadPart& part) {
    return is_blob(part) ? "content " + digest_of(part) : "snapshot native/" + part_name(part);
  }
  static std::string label_to(const LoadPart& part) {
    return is_blob(part) ? kContentRef + part_name(part) : kSnapshotRef + "/" + part_name(part);
  }
  static Labels labels_of(const LoadPart& part) {
    Labels labels;
    if (part.number == kConfig) labels[kSnapshotRef] = part_name({part.image, kTop});
    for (std::size_t n = kConfig; part.number == 0 && n < kBlobs; ++n)
      labels[kContentRef + std::to_string(n)] = digest_of({part.image, n});
    return labels;
  }
  static images::Image image(const std::string& name, const LoadPart& target, bool root) {
    const std::string bytes = part_name(target);
    images::Image image{
        name, {"application/vnd.oci.image.manifest.v1+json", Digest::of(bytes), bytes.size()}, {}};
    if (!root) image.labels[kExpire] = "2001-01-01T00:00:00Z";
    return image;
  }

  std::vector<content::ReadyBlob> publish(const std::string& image) {
    std::vector<content::Ingest> ingests;
    for (std::size_t n = 0; n < kBlobs; ++n) {
      const std::string bytes = part_name({image, n});
      ingests.push_back(store_.blobs().ingest().value());
      ingests.back().write(std::as_bytes(std::span(bytes))).value();
    }
    return store_.blobs().publish(std::move(ingests)).value();
  }
  std::vector<snapshots::Stage> stage() {
    std::vector<snapshots::Stage> stages;
    for (std::size_t n = kTop; n < kLoadParts; ++n) {
      auto staged = stages.empty() ? db().view([&](const metadata::ReadTx& tx) {
        return store_.snapshotter().stage(tx, kLoadNs, "");
      })
                                   : store_.snapshotter().stage_on(stages.back());
      stages.push_back(std::move(staged).value());
    }
    store_.snapshotter().sync().value();
    return stages;
  }
  Result<void> add_snapshots(WriteTx& tx, const std::string& image, std::vector<snapshots::Stage>& stages) {
    std::string parent;
    for (std::size_t n = kLoadParts; n-- > kTop;) {
      const std::string key = part_name({image, n});
      if (!store_.snapshotter().stat(tx, kLoadNs, key)) {
        BAYPLAN_TRY(store_.snapshotter().add_committed(
            tx, kLoadNs, key, parent, std::move(stages[kLoadParts - 1 - n]), {}, {}, metadata::referred()));
      }
      parent = key;
    }
    return {};
  }

  static Result<void> set_image_label(WriteTx& tx, const std::string& name, const std::string& label,
                                      const std::string& value) {
    BAYPLAN_ASSIGN(images::Image image, images::get(tx, kLoadNs, name));
    image.labels[label] = value;
    BAYPLAN_TRY(images::update(tx, kLoadNs, image, {"labels." + label}));
    return {};
  }
  static Result<void> extend_lease(WriteTx& tx, const std::string& id, const LoadPart& part) {
    if (!metadata::leases::get(tx, kLoadNs, id)) {
      metadata::leases::CreateOptions options;
      options.id = id;
      options.expires = now() + std::chrono::hours(1);
      BAYPLAN_TRY(metadata::leases::create(tx, kLoadNs, options));
    }
    if (is_blob(part)) return metadata::leases::add_resource(tx, kLoadNs, id, {"content", digest_of(part)});
    return metadata::leases::add_resource(tx, kLoadNs, id, {"snapshots/native", part_name(part)});
  }
  static Result<void> refer_from_container(WriteTx& tx, const std::string& id, const LoadPart& part) {
    auto there = containers::get(tx, kLoadNs, id);
    if (there) {
      there->labels[label_to(part)] = is_blob(part) ? digest_of(part) : part_name(part);
      return containers::set_labels(tx, kLoadNs, id, there->labels);
    }
    containers::Container record;
    record.id = id;
    record.spec = "{}";
    record.snapshotter = "native";
    record.snapshot_key = part_name(part);
    return containers::create(tx, kLoadNs, record);
  }

  static std::size_t entries(const std::filesystem::path& directory) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      const std::string name = entry.path().filename();
      count += name == "next" || name == ".probe" ? 0 : 1;
    }
    return count;
  }

  std::filesystem::path root_;
  mutable images::Store store_;
};

class RealCollectLoad : public CollectLoad {
 protected:
  RealCollectLoad() : CollectLoad([](const auto& path) { return std::make_unique<RealObjects>(path); }, 40) {}
};

TEST_F(RealCollectLoad, nothing_reachable_is_lost_and_all_garbage_goes) { one_process(); }
TEST_F(RealCollectLoad, two_processes) { two_processes(); }

}  // namespace
}  // namespace bayplan::test
