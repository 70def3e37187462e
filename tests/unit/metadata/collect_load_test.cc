// The collector beside writers, with objects that are nothing but records.
#include "support/collect_load.h"

#include "bayplan/metadata/namespaces.h"
#include "fake_kind.h"

namespace bayplan::metadata {
namespace {

std::string blob_name(std::string_view image, std::size_t depth) {
  return std::string(image) + "-" + std::to_string(depth);
}

/// An image over a chain of blobs of its own.
class FakeObjects final : public test::LoadObjects {
 public:
  explicit FakeObjects(const std::filesystem::path& path) : db_(Db::open(path).value()) {}

  const Db& db() const override { return db_; }
  std::vector<const GcKind*> kinds() const override { return {&image_, &blob_}; }

  std::vector<std::string> needs(const test::LoadPart& part) const override {
    std::vector<std::string> blobs;
    for (std::size_t n = part.number; n < test::kLoadParts; ++n)
      blobs.push_back("blob " + blob_name(part.image, n));
    return blobs;
  }
  Work make(const std::string& name, bool root) override {
    return [name, root](WriteTx& tx) -> Result<void> {
      for (std::size_t depth = test::kLoadParts; depth-- > 0;) {
        const std::string below = depth + 1 < test::kLoadParts ? "blob:" + blob_name(name, depth + 1) : "";
        BAYPLAN_TRY(put_object(tx, "blob", blob_name(name, depth), false, below));
      }
      return put_object(tx, "image", name, root, "blob:" + blob_name(name, 0));
    };
  }
  Result<void> keep(WriteTx& tx, const std::string& image) override {
    return put_object(tx, "image", image, true, "");
  }
  std::string referrer(const std::string& name, const test::LoadPart&, bool) const override {
    return "image " + name;
  }
  Result<void> refer(WriteTx& tx, const std::string& root, const test::LoadPart& part) override {
    return put_object(tx, "image", key_of(root), true, "blob:" + blob_name(part.image, part.number));
  }
  Result<void> remove(WriteTx& tx, const std::string& root) override {
    BAYPLAN_ASSIGN(auto images, open_namespace_bucket(tx, test::kLoadNs, {"objects", "image"}));
    return images->delete_bucket(key_of(root));
  }

 private:
  static std::string key_of(const std::string& root) { return root.substr(root.find(' ') + 1); }

  static Result<void> put_object(WriteTx& tx, const std::string& kind, const std::string& key, bool root,
                                 const std::string& edge) {
    BAYPLAN_ASSIGN(auto object, create_namespace_bucket(tx, test::kLoadNs, {"objects", kind, key}));
    if (root) BAYPLAN_TRY(object.put("root", ""));
    if (!edge.empty()) {
      BAYPLAN_ASSIGN(auto edges, object.create_bucket_if_not_exists("edges"));
      BAYPLAN_TRY(edges.put(edge, ""));
    }
    return note_change(tx, kind, test::kLoadNs, key, Change::updated);
  }

  Db db_;
  FakeKind image_{"image"};
  FakeKind blob_{"blob"};
};

class CollectLoad : public test::CollectLoad {
 protected:
  CollectLoad()
      : test::CollectLoad([](const auto& path) { return std::make_unique<FakeObjects>(path); }, 300) {}
};

TEST_F(CollectLoad, nothing_reachable_is_lost_and_all_garbage_goes) { one_process(); }
TEST_F(CollectLoad, two_processes) { two_processes(); }

}  // namespace
}  // namespace bayplan::metadata
