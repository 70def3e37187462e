#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/gc.h"
#include "bayplan/metadata/namespaces.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class GcLabels : public StoreTest {
 protected:
  struct Sink final : GcSink {
    Result<void> object(const GcObject&) override { return {}; }
    Result<void> edge(const GcEdge& edge) override {
      (edge.type == EdgeType::back ? back : forward)
          .push_back({std::string(edge.kind), "ns", std::string(edge.key)});
      whys.emplace_back(edge.why);
      return {};
    }
    std::vector<GcNode> forward{};
    std::vector<GcNode> back{};
    std::vector<std::string> whys{};
  };
  Sink told(const Labels& labels) {
    Sink sink;
    update([&](WriteTx& tx) {
      auto record = tx.create_bucket_if_not_exists("record").value();
      codec::write_map(record, "labels", labels).value();
      label_edges("ns", record, sink).value();
    });
    return sink;
  }
  std::vector<GcNode> edges(const Labels& labels) { return told(labels).forward; }
  bool is_root(const Labels& labels) {
    bool root = false;
    update([&](WriteTx& tx) {
      auto record = tx.create_bucket_if_not_exists("record").value();
      codec::write_map(record, "labels", labels).value();
      root = has_gc_root_label(record).value();
    });
    return root;
  }
  bool has_expired(const Labels& labels, Time at) {
    bool expired = false;
    update([&](WriteTx& tx) {
      auto record = tx.create_bucket_if_not_exists("record").value();
      codec::write_map(record, "labels", labels).value();
      const auto expiry = stored_expiry(record).value();
      expired = expiry && expiry->at <= at;
    });
    return expired;
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

TEST_F(GcLabels, back_references) {
  const auto sink = told({{"containerd.io/gc.bref.container", "c"},
                          {"containerd.io/gc.bref.container.x", "d"},
                          {"containerd.io/gc.bref.content/x", "e"},
                          {"containerd.io/gc.bref.image", "i"},
                          {"containerd.io/gc.bref.snapshot.native/x", "k"},
                          {"containerd.io/gc.ref.container", "not from here"}});
  EXPECT_EQ(sink.back, (Nodes{{"container", "ns", "c"},
                              {"container", "ns", "d"},
                              {"content", "ns", "e"},
                              {"image", "ns", "i"},
                              {"snapshot", "ns", "native/k"}}));
  EXPECT_EQ(sink.forward, Nodes{});
  EXPECT_EQ(sink.whys.front(), "containerd.io/gc.bref.container");
}

TEST_F(GcLabels, none_without_labels) { EXPECT_EQ(edges({}), Nodes{}); }

// What is last used an hour ago, under `conditions`.
class GcConditions : public GcLabels {
 protected:
  bool kept(const std::string& conditions, const Labels& labels) {
    update([&](WriteTx& tx) {
      auto snapshot = create_namespace_bucket(tx, "ns", {"snapshots", "native", "a|b"}).value();
      codec::write_map(snapshot, "labels", labels).value();
    });
    const Nodes found = edges({{"containerd.io/gc.cond.snapshot.native/x", conditions + "|a|b"}});
    return found == Nodes{{"snapshot", "ns", "native/a|b"}};
  }
  static Labels used_ago(std::chrono::hours age) {
    return {{"containerd.io/gc.cond.value-usedat", format_rfc3339(now() - age)}};
  }
};

TEST_F(GcConditions, hold_by_the_age_of_the_last_use) {
  const Labels hour = used_ago(std::chrono::hours(1));
  EXPECT_TRUE(kept("usedat<2h", hour));
  EXPECT_FALSE(kept("usedat<30m", hour));
  EXPECT_TRUE(kept("usedat>30m", hour));
  EXPECT_FALSE(kept("usedat>2h", hour));
}

TEST_F(GcConditions, are_alternatives) {
  const Labels hour = used_ago(std::chrono::hours(1));
  EXPECT_TRUE(kept("usedat<1m,usedat>30m", hour));
  EXPECT_TRUE(kept("usedat>9999h,usedat<2h", hour));
  EXPECT_FALSE(kept("usedat<1m,usedat>2h", hour));
}

TEST_F(GcConditions, that_cannot_be_read_do_not_hold) {
  const Labels hour = used_ago(std::chrono::hours(1));
  for (const std::string bad : {"", "usedat", "usedat<", "usedat==1h", "usedat<soon", "size<2h", ","})
    EXPECT_FALSE(kept(bad, hour)) << bad;
  EXPECT_FALSE(kept("usedat<2h", {}));
  EXPECT_FALSE(kept("usedat<2h", {{"containerd.io/gc.cond.value-usedat", "yesterday"}}));
  EXPECT_TRUE(kept("usedat>1h", {{"containerd.io/gc.cond.value-usedat", "1700-01-01T00:00:00Z"}}));
}

TEST_F(GcConditions, of_what_does_not_exist_or_names_nothing_are_no_edges) {
  EXPECT_EQ(edges({{"containerd.io/gc.cond.snapshot.native", "usedat<2h|absent"},
                   {"containerd.io/gc.cond.snapshot.native/y", "usedat<2h"},
                   {"containerd.io/gc.cond.content", "usedat<2h|a|b"}}),
            Nodes{});
}

TEST_F(GcLabels, a_root_is_told_by_its_prefix) {
  EXPECT_TRUE(is_root({{"containerd.io/gc.root", "2026-01-01"}}));
  EXPECT_TRUE(is_root({{"containerd.io/gc.rootX", "anything"}}));
  EXPECT_FALSE(is_root({{"containerd.io/gc.roo", "t"}, {"zzz", "1"}}));
  EXPECT_FALSE(is_root({}));
}

TEST_F(GcLabels, an_expiry_has_come_at_its_time) {
  const Time end = parse_rfc3339("2030-01-31T10:00:00Z").value();
  const Time before = end - std::chrono::nanoseconds(1);
  const Labels labels{{"containerd.io/gc.expire", "2030-01-31T12:00:00+02:00"}};
  EXPECT_EQ(gc_expiry(labels), end);
  EXPECT_TRUE(has_expired(labels, end));
  EXPECT_FALSE(has_expired(labels, before));
}

TEST_F(GcLabels, an_expiry_that_is_absent_or_cannot_be_read_never_comes) {
  for (const Labels& labels : {Labels{}, Labels{{"containerd.io/gc.expire", "yesterday"}},
                               Labels{{"containerd.io/gc.expired", "2000-01-01T00:00:00Z"}}}) {
    EXPECT_FALSE(gc_expiry(labels).has_value());
    EXPECT_FALSE(has_expired(labels, Time::max()));
  }
}

}  // namespace
}  // namespace bayplan::metadata
