// What is tested in a read transaction lies in one row, or in rows when it is large; gc_labels_test.cc has
// the labels of write transactions.
#include "bayplan/metadata/gc_record.h"

#include <array>

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

using codec::Part;

struct Sink final : GcSink {
  Result<void> object(const GcObject&) override { return {}; }
  Result<void> edge(const GcEdge& edge) override {
    edges.push_back(std::string(edge.why).append("=").append(edge.key));
    return {};
  }
  std::vector<std::string> edges{};
};

class GcRecord : public StoreTest {
 protected:
  void put(const Labels& labels, std::size_t padding = 0) {
    update([&](WriteTx& tx) {
      auto record = tx.create_bucket_if_not_exists("records").value().create_bucket("record").value();
      record.put("createdat", std::string(padding, 'x')).value();
      record.put("size", codec::encode_varint(42)).value();
      codec::write_map(record, "labels", labels).value();
    });
  }
  template <class Look>
  void look(Look look) {
    view([&](const ReadTx& tx) { look(*root_bucket(tx).descend({"records", "record"}).value()); });
  }
  static Result<GcLabels> labels_of(const Bucket& record) {
    std::array parts{Part{"labels"}};
    BAYPLAN_TRY(codec::read_parts(record, parts));
    return GcLabels::of(record, parts.front());
  }
};

constexpr std::size_t kTooLargeForOneRow = 4000;

TEST_F(GcRecord, parts_are_found_wherever_the_record_lies) {
  for (const std::size_t padding : {std::size_t{1}, kTooLargeForOneRow}) {
    put({{"a", "b"}}, padding);
    look([&](const Bucket& record) {
      EXPECT_EQ(record.inline_bytes().value().has_value(), padding == 1);
      std::array parts{Part{"size"}, Part{"absent"}, Part{"labels"}, Part{"createdat"}};
      ASSERT_TRUE(codec::read_parts(record, parts));
      EXPECT_EQ(codec::size_or_none(parts[0]), 42u);
      EXPECT_EQ(parts[1].is, Part::Is::nothing);
      EXPECT_EQ(Bucket(record.source(), *parts[2].bucket()).get("a").value(), "b");
      EXPECT_EQ(parts[3].require().value().size(), padding);
    });
    update([](WriteTx& tx) { tx.bucket("records").value()->delete_bucket("record").value(); });
  }
}

TEST_F(GcRecord, a_size_that_cannot_be_read_is_none) {
  EXPECT_EQ(codec::size_or_none(Part{"size"}), 0u);
  EXPECT_EQ(codec::size_or_none(Part{"size", Part::Is::value, "\x80"}), 0u);
  EXPECT_EQ(codec::size_or_none(Part{"size", Part::Is::inline_bucket, "\1"}), 0u);
}

// A value of one byte under "a", then an entry that is longer than what is left.
constexpr std::string_view kDamaged{
    "\1\1\0a1\1\xff\xff"
    "b",
    9};

TEST_F(GcRecord, damage_behind_the_last_part_does_not_matter) {
  view([&](const ReadTx& tx) {
    const Bucket record(tx, {.id = 0, .inline_bytes = kDamaged});
    std::array found{Part{"a"}};
    EXPECT_TRUE(codec::read_parts(record, found));
    EXPECT_EQ(found.front().require().value(), "1");
    std::array missing{Part{"a"}, Part{"b"}};
    EXPECT_EQ(code(codec::read_parts(record, missing)), Errc::corrupt);
  });
}

TEST_F(GcRecord, damaged_labels_are_corrupt) {
  view([&](const ReadTx& tx) {
    const Bucket record(tx, {.id = 0, .inline_bytes = ""});
    const Part labels{"labels", Part::Is::inline_bucket, kDamaged};
    EXPECT_EQ(code(GcLabels::of(record, labels)), Errc::corrupt);
  });
}

TEST_F(GcRecord, labels_wherever_they_lie) {
  for (const std::size_t padding : {std::size_t{1}, kTooLargeForOneRow}) {
    put({{"containerd.io/gc.ref.content.config", "d1"},
         {"containerd.io/gc.ref.image", "i"},
         {"containerd.io/gc.root", "yes"},
         {"containerd.io/gc.expire", "2030-01-31T10:00:00Z"},
         {"other", std::string(padding, 'x')}});
    look([&](const Bucket& record) {
      const auto labels = labels_of(record);
      ASSERT_TRUE(labels);
      EXPECT_TRUE(labels->root());
      Sink sink;
      ASSERT_TRUE(labels->edges("ns", sink));
      EXPECT_EQ(sink.edges, (std::vector<std::string>{"containerd.io/gc.ref.content.config=d1",
                                                      "containerd.io/gc.ref.image=i"}));
      EXPECT_EQ(labels->stored_expiry().value()->text, "2030-01-31T10:00:00Z");
    });
    update([](WriteTx& tx) { tx.bucket("records").value()->delete_bucket("record").value(); });
  }
}

TEST_F(GcRecord, labels_of_others_say_nothing) {
  for (const Labels& labels :
       {Labels{}, Labels{{"other", "x"}, {"containerd.io/distribution.source", "y"}}}) {
    put(labels);
    look([&](const Bucket& record) {
      const auto found = labels_of(record);
      ASSERT_TRUE(found);
      EXPECT_FALSE(found->root());
      Sink sink;
      ASSERT_TRUE(found->edges("ns", sink));
      EXPECT_TRUE(sink.edges.empty());
      EXPECT_FALSE(found->stored_expiry().value());
    });
    update([](WriteTx& tx) { tx.bucket("records").value()->delete_bucket("record").value(); });
  }
}

}  // namespace
}  // namespace bayplan::metadata
