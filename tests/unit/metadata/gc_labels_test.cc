#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/gc.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class GcLabels : public StoreTest {
 protected:
  std::vector<GcNode> edges(const Labels& labels) {
    std::vector<GcNode> found;
    update([&](WriteTx& tx) {
      auto record = tx.create_bucket_if_not_exists("record").value();
      codec::write_map(record, "labels", labels).value();
      label_edges(record, "ns", [&](GcNode node) -> Result<void> {
        found.push_back(std::move(node));
        return {};
      }).value();
    });
    return found;
  }
  bool is_root(const Labels& labels) {
    bool root = false;
    update([&](WriteTx& tx) {
      auto record = tx.create_bucket_if_not_exists("record").value();
      codec::write_map(record, "labels", labels).value();
      root = has_gc_root_label(record).value();
    });
    return root;
  }
};
using Nodes = std::vector<GcNode>;

TEST_F(GcLabels, content) {
  EXPECT_EQ(edges({{"containerd.io/gc.ref.content", "d0"},
                   {"containerd.io/gc.ref.content.config", "d1"},
                   {"containerd.io/gc.ref.content/m.0", "d2"},
                   {"containerd.io/gc.ref.contentbad", "d3"},
                   {"containerd.io/gc.ref.conten", "d4"},
                   {"other", "d5"}}),
            (Nodes{{"content", "ns", "d0"}, {"content", "ns", "d1"}, {"content", "ns", "d2"}}));
}

TEST_F(GcLabels, images) {
  EXPECT_EQ(edges({{"containerd.io/gc.ref.image", "i0"},
                   {"containerd.io/gc.ref.image.x", "i1"},
                   {"containerd.io/gc.ref.images", "i2"}}),
            (Nodes{{"image", "ns", "i0"}, {"image", "ns", "i1"}}));
}

TEST_F(GcLabels, snapshots_name_their_snapshotter) {
  EXPECT_EQ(edges({{"containerd.io/gc.ref.snapshot.overlayfs", "k0"},
                   {"containerd.io/gc.ref.snapshot.native/0", "k1"},
                   {"containerd.io/gc.ref.snapshot", "k2"}}),
            (Nodes{{"snapshot", "ns", "native/k1"}, {"snapshot", "ns", "overlayfs/k0"}}));
}

TEST_F(GcLabels, none_without_labels) { EXPECT_EQ(edges({}), Nodes{}); }

TEST_F(GcLabels, a_root_is_told_by_its_prefix) {
  EXPECT_TRUE(is_root({{"containerd.io/gc.root", "2026-01-01"}}));
  EXPECT_TRUE(is_root({{"containerd.io/gc.rootX", "anything"}}));
  EXPECT_FALSE(is_root({{"containerd.io/gc.roo", "t"}, {"zzz", "1"}}));
  EXPECT_FALSE(is_root({}));
}

}  // namespace
}  // namespace bayplan::metadata
