#include "pull_fixture.h"

#include "bayplan/content/ingests.h"
#include "bayplan/metadata/leases.h"

namespace bayplan::images {
namespace {

bool is_manifest(const Descriptor& descriptor) {
  const MediaKind kind = media_kind(descriptor.media_type);
  return kind == MediaKind::manifest || kind == MediaKind::index;
}

// Sends what a layout holds, children first.
class Sender {
 public:
  Sender(Registry& client, RemoteRepository repository, test::LayoutBuilder& layout)
      : client_(client), repository_(std::move(repository)), layout_(layout) {}

  void send(const Descriptor& descriptor, const ManifestName& name) {
    const auto found = layout_.files().find(test::LayoutBuilder::blob_name(descriptor.digest));
    if (found == layout_.files().end()) return;  // a sparse one
    const std::string& bytes = found->second;
    if (!is_manifest(descriptor)) return send_blob(descriptor, bytes);
    if (media_kind(descriptor.media_type) == MediaKind::index) {
      for (const auto& child : parse_index(bytes, descriptor.media_type, "index").value().manifests)
        send(child.descriptor, child.descriptor.digest);
    } else {
      const Manifest manifest = parse_manifest(bytes, descriptor.media_type, "manifest").value();
      send(manifest.config, manifest.config.digest);
      for (const Descriptor& layer : manifest.layers) send(layer, layer.digest);
    }
    const auto pushed = client_.push_manifest(repository_, name, descriptor.media_type, bytes, {});
    ASSERT_TRUE(pushed) << pushed.error().to_string();
  }

 private:
  void send_blob(const Descriptor& descriptor, const std::string& bytes) {
    const BodySource body = [&bytes](std::uint64_t offset) -> Result<std::unique_ptr<ByteSource>> {
      return std::make_unique<MemorySource>(std::string_view(bytes).substr(offset));
    };
    const auto pushed = client_.push_blob(repository_, descriptor, body, {}, {});
    ASSERT_TRUE(pushed) << pushed.error().to_string();
  }

  Registry& client_;
  RemoteRepository repository_;
  test::LayoutBuilder& layout_;
};

std::unique_ptr<Registry> make_client() {
  RegistryOptions options;
  options.first_wait = std::chrono::milliseconds(1);
  return registry::open_client(options).value();
}

}  // namespace

std::string noise(std::size_t size, std::uint64_t seed) {
  std::string bytes;
  std::uint64_t state = 88172645463325252ULL * (2 * seed + 1);
  while (bytes.size() < size) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    bytes.append(reinterpret_cast<const char*>(&state), sizeof state);
  }
  bytes.resize(size);
  return bytes;
}

Puller::Puller() : client_(make_client()) { reopen(); }

void Puller::reopen(const StoreOptions& options) {
  store_.reset();
  StoreOptions native = options;
  native.snapshotter = "native";
  store_.emplace(Store::open(dir_.path() / "store", native).value());
}

RegistryProvider Puller::provider() {
  return [this]() -> Result<Registry*> {
    ++asked;
    return client_.get();
  };
}

Result<PullReport> Puller::pull(std::string_view source, const PullOptions& options, const Control& control) {
  return images::pull(*store_, kNs, source, provider(), context, options, control);
}

Result<Image> Puller::image(const std::string& name) {
  return store_->db().view([&](const metadata::ReadTx& tx) { return find(tx, kNs, name); });
}

std::vector<std::string> Puller::names() {
  std::vector<std::string> found;
  EXPECT_TRUE(store_->db().view([&](const metadata::ReadTx& tx) {
    return walk(tx, kNs, [&](const ImageView& image) -> Result<void> {
      found.emplace_back(image.name);
      return {};
    });
  }));
  return found;
}

std::vector<std::string> Puller::blobs() {
  std::vector<std::string> found;
  EXPECT_TRUE(store_->db().view([&](const metadata::ReadTx& tx) {
    return content::walk(tx, kNs, [&](const content::Info& info) -> Result<void> {
      found.push_back(info.digest.to_string());
      return {};
    });
  }));
  return found;
}

std::vector<std::string> Puller::snapshots() {
  std::vector<std::string> found;
  EXPECT_TRUE(store_->db().view([&](const metadata::ReadTx& tx) {
    return store_->snapshotter().walk(tx, kNs, [&](const snapshots::Info& info) -> Result<void> {
      found.push_back(info.key);
      return {};
    });
  }));
  return found;
}

std::vector<std::string> Puller::leases() {
  std::vector<std::string> found;
  EXPECT_TRUE(store_->db().view([&](const metadata::ReadTx& tx) {
    return metadata::leases::walk(tx, kNs, [&](const metadata::leases::Lease& lease) -> Result<void> {
      found.push_back(lease.id);
      return {};
    });
  }));
  return found;
}

std::vector<std::string> Puller::ingests() {
  std::vector<std::string> found;
  EXPECT_TRUE(store_->db().view([&](const metadata::ReadTx& tx) {
    return content::ingests::walk(tx, kNs, [&](const content::ingests::IngestRecord& record) -> Result<void> {
      found.push_back(record.ref);
      return {};
    });
  }));
  return found;
}

metadata::GcReport Puller::collect() {
  return metadata::collect(store_->db(), store_->gc_kinds(), {}, {}).value();
}

std::vector<std::string> Puller::problems() {
  collect();
  std::vector<std::string> found;
  for (const metadata::GcKind* kind : store_->gc_kinds()) {
    EXPECT_TRUE(store_->db().view([&](const metadata::ReadTx& tx) {
      return kind->check(tx, kNs, [&](const metadata::Problem& problem) { found.push_back(problem.what); });
    }));
  }
  return found;
}

void PullTest::push(test::LayoutBuilder& layout, const Descriptor& target, const std::string& tag,
                    const std::string& repository) {
  Sender sender(puller.client(), registry.repository(repository), layout);
  sender.send(target, target.digest);
  sender.send(target, tag);
}

std::string PullTest::tar(const std::string& file, std::string_view content) {
  return test::TarBuilder().file(file, content).end();
}

}  // namespace bayplan::images
