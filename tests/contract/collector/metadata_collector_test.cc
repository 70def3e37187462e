// A collection from end to end: core/metadata/db_test.go, TestMetadataCollector, by name.
#include "real_store.h"

namespace bayplan::test {
namespace {

const std::string kContent = "containerd.io/gc.ref.content";
const std::string kRoot(metadata::kGcRootLabel);
const std::string kFlat(metadata::leases::kFlatLabel);

class MetadataCollector : public RealStore {
 protected:
  std::size_t blob_files() const { return files(path() / "content/blobs/sha256"); }
  std::size_t layer_directories() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path() / "snapshots/native"))
      count += entry.is_directory() && entry.path().filename() != ".probe" ? 1 : 0;
    return count;
  }
  static std::size_t files(const std::filesystem::path& directory) {
    const std::filesystem::directory_iterator begin(directory);
    return static_cast<std::size_t>(std::distance(begin, {}));
  }
  std::size_t count(std::string_view kind) const {
    std::size_t found = 0;
    for (const std::string& object : told().objects) found += object.find(kind) != std::string::npos ? 1 : 0;
    return found;
  }
};

TEST_F(MetadataCollector, TestMetadataCollector) {
  blob("test", "unreferenced");
  blob("test", "rooted", {{kRoot, "always"}, {kContent + ".0", digest("referred")}});
  blob("test", "referred");
  blob("test", "manifest", {{kContent + ".config", digest("config")}});
  blob("test", "config");
  image("test", "image", "manifest");

  layer("test", "free-1");
  layer("test", "free-2", "free-1");
  active("test", "free-3", "free-2");
  layer("test", "kept-1", "", {{kRoot, "always"}});
  layer("test", "loose", "kept-1");
  layer("test", "base");
  active("test", "leaf", "base");
  container("test", "container", "leaf");
  layer("test", "in-use");
  active("test", "pinned", "in-use", {{kRoot, "always"}});

  blob("test", "leased", {{kContent, digest("behind the lease")}});
  blob("test", "behind the lease");
  layer("test", "leased-1");
  layer("test", "leased-2", "leased-1");
  lease("test", "lease", {}, {{"content", digest("leased")}, {"snapshots/native", "leased-2"}});
  blob("test", "flat", {{kContent, digest("behind the flat lease")}});
  blob("test", "behind the flat lease");
  lease("test", "flat", {{kFlat, "yes"}}, {{"content", digest("flat")}});

  // Nobody has used this namespace before; the same names as in the other one.
  blob("unknown", "manifest");
  blob("unknown", "rooted", {{kRoot, "always"}});
  layer("unknown", "leaf");

  EXPECT_EQ(collected(),
            (std::set<std::string>{"test content behind the flat lease", "test content unreferenced",
                                   "test snapshot native/free-1", "test snapshot native/free-2",
                                   "test snapshot native/free-3", "test snapshot native/loose",
                                   "unknown content manifest", "unknown snapshot native/leaf"}));
  // One blob is in both namespaces.
  EXPECT_EQ(blob_files() + 1, count(" content "));
  EXPECT_EQ(layer_directories(), count(" snapshot "));
  EXPECT_EQ(collected(), std::set<std::string>{});
}

// containerd's sweep leaves the child's name with its parent, which can then never be removed.
TEST_F(MetadataCollector, after_a_leaf_is_collected_its_parent_can_be_removed) {
  layer("test", "parent", "", {{kRoot, "always"}});
  active("test", "leaf", "parent");
  EXPECT_EQ(db().update([&](auto& tx) { return store().snapshotter().remove(tx, "test", "parent"); })
                .error()
                .code(),
            Errc::in_use);
  EXPECT_EQ(collected(), (std::set<std::string>{"test snapshot native/leaf"}));
  update([&](auto& tx) { return store().snapshotter().remove(tx, "test", "parent"); });
  collect();
  EXPECT_EQ(layer_directories(), 0u);
}

}  // namespace
}  // namespace bayplan::test
