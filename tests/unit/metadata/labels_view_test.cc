#include "bayplan/metadata/labels_view.h"

#include <gmock/gmock.h>

#include "bayplan/metadata/codec.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class LabelsViewTest : public StoreTest {
 protected:
  /// A record with `labels`, which `change(bucket of labels)` changes then.
  template <class F>
  void record(const Labels& labels, F change) {
    update([&](WriteTx& tx) {
      if (tx.bucket("record").value()) tx.delete_bucket("record").value();
      MutableBucket made = tx.create_bucket("record").value();
      codec::write_map(made, "labels", labels).value();
      if (auto bucket = made.bucket("labels").value()) change(*bucket);
    });
  }
  void record(const Labels& labels) {
    record(labels, [](MutableBucket&) {});
  }

  static Result<LabelsView> viewed(const ReadTx& tx) {
    const Bucket record = *tx.bucket("record").value();
    codec::Part part{"labels"};
    codec::read_parts(record, {&part, 1}).value();
    return codec::view_map(record, part);
  }
  void expect_labels(const Labels& expected) {
    const auto compare = [&](const ReadTx& tx) {
      const LabelsView view = viewed(tx).value();
      EXPECT_EQ(view.own(), expected);
      EXPECT_EQ(view.size(), expected.size());
      EXPECT_EQ(view.empty(), expected.empty());
      Labels walked;
      for (const auto& [key, value] : view) walked.emplace(key, value);
      EXPECT_EQ(walked, expected);
      for (const auto& [key, value] : expected) EXPECT_EQ(view.find(key), value);
      EXPECT_EQ(view.find("absent"), std::nullopt);
      EXPECT_EQ(view.find(""), std::nullopt);
    };
    view(compare);
    update([&](WriteTx& tx) { compare(tx); });
  }
};

TEST_F(LabelsViewTest, without_labels_it_is_empty) {
  record({});
  expect_labels({});
  EXPECT_EQ(LabelsView().begin(), LabelsView().end());
}

TEST_F(LabelsViewTest, shows_what_lies_in_the_row_of_the_record) {
  record({{"a", "1"}, {"b", std::string(300, 'v')}, {std::string(100, 'k'), "3"}});
  expect_labels({{"a", "1"}, {"b", std::string(300, 'v')}, {std::string(100, 'k'), "3"}});
}

TEST_F(LabelsViewTest, a_sequence_is_no_label) {
  record({{"a", "1"}, {"b", "2"}}, [](MutableBucket& labels) { labels.set_sequence(7).value(); });
  expect_labels({{"a", "1"}, {"b", "2"}});
}

TEST_F(LabelsViewTest, shows_what_has_rows_of_its_own) {
  Labels many;
  for (int n = 0; n < 200; ++n) many.emplace("label-" + std::to_string(n), std::string(50, 'v'));
  many.emplace(std::string(600, 'k'), "a long key");
  record(many);
  expect_labels(many);
}

TEST_F(LabelsViewTest, copies_look_at_the_same) {
  for (const std::size_t size : {std::size_t{5}, std::size_t{4000}}) {
    record({{"a", std::string(size, 'v')}});
    view([&](const ReadTx& tx) {
      auto first = std::make_unique<LabelsView>(viewed(tx).value());
      const LabelsView copy = *first;
      const auto begin = copy.begin();
      first.reset();
      EXPECT_EQ(begin->value, std::string(size, 'v'));
    });
  }
}

TEST_F(LabelsViewTest, a_bucket_among_labels_is_damage_wherever_they_lie) {
  for (const std::size_t size : {std::size_t{5}, std::size_t{4000}}) {
    record({{"a", std::string(size, 'v')}},
           [](MutableBucket& labels) { labels.create_bucket_if_not_exists("b").value(); });
    view([&](const ReadTx& tx) {
      const auto damaged = viewed(tx);
      ASSERT_EQ(code(damaged), Errc::corrupt);
      EXPECT_THAT(damaged.error().to_string(), testing::HasSubstr("map \"labels\": key \"b\""));
    });
  }
}

}  // namespace
}  // namespace bayplan::metadata
