// check() over a source that is not LMDB: damage becomes problems, and nothing makes it run for ever.
#include "bayplan/metadata/check.h"

#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

/// Every bucket holds the values "a" and "b", each behind a damaged row, and `children` buckets. Ids count
/// the depth.
class StrangeSource final : public BucketSource {
 public:
  enum class Shape { damaged, endless, circular, dead };
  explicit StrangeSource(Shape shape) : shape_(shape) {}

  BucketHandle root_handle() const override { return {1}; }
  Result<std::optional<Entry>> find(const BucketHandle&, std::string_view) const override {
    return std::optional<Entry>{};
  }
  Result<std::optional<BucketHandle>> find_bucket(const BucketHandle& bucket,
                                                  std::string_view key) const override {
    if (key != "down") return std::optional<BucketHandle>{};
    if (shape_ == Shape::circular) return std::optional(BucketHandle{1});
    return std::optional(BucketHandle{bucket.id + 1});
  }
  Result<std::uint64_t> sequence(const BucketHandle&) const override { return std::uint64_t{0}; }
  Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle&) const override;

  Shape shape_;
};

class StrangeCursor final : public BucketCursor {
 public:
  explicit StrangeCursor(StrangeSource::Shape shape) : shape_(shape) {}
  Result<std::optional<Entry>> first() override { return at(0); }
  Result<std::optional<Entry>> next() override { return at(++step_); }
  Result<std::optional<Entry>> last() override { return std::optional<Entry>{}; }
  Result<std::optional<Entry>> prev() override { return std::optional<Entry>{}; }
  Result<std::optional<Entry>> seek(std::string_view) override { return std::optional<Entry>{}; }

 private:
  Result<std::optional<Entry>> at(int step) const {
    if (shape_ == StrangeSource::Shape::dead) return Error(Errc::io, "test", {});
    if (shape_ == StrangeSource::Shape::damaged) {
      if (step % 2 == 0 || step > 10) return Error(Errc::corrupt, "key", "k");
      return std::optional(Entry{"a", "value"});
    }
    if (step > 0) return std::optional<Entry>{};
    return std::optional(Entry{"down", {}, true});
  }
  StrangeSource::Shape shape_;
  int step_ = 0;
};

Result<std::unique_ptr<BucketCursor>> StrangeSource::open_cursor(const BucketHandle&) const {
  return std::unique_ptr<BucketCursor>(std::make_unique<StrangeCursor>(shape_));
}

TEST(Check, steps_over_damaged_rows_and_gives_up_on_endless_damage) {
  const CheckReport report = check(StrangeSource(StrangeSource::Shape::damaged), {}).value();
  EXPECT_EQ(report.rows, 5u);
  EXPECT_GT(report.problems.size(), 6u);
  EXPECT_LT(report.problems.size(), 500u);
}

TEST(Check, bounds_the_depth) {
  const CheckReport report = check(StrangeSource(StrangeSource::Shape::endless), {}).value();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_NE(report.problems[0].what.find("deeper"), std::string::npos);
  EXPECT_EQ(report.problems[0].object.key.substr(0, 10), "/down/down");
}

TEST(Check, notices_circles) {
  const CheckReport report = check(StrangeSource(StrangeSource::Shape::circular), {}).value();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_EQ(report.problems[0].object.key, "/down");
}

TEST(Check, what_prevents_checking_is_an_error) {
  EXPECT_EQ(code(check(StrangeSource(StrangeSource::Shape::dead), {})), Errc::io);
}

class CheckStore : public StoreTest {};

TEST_F(CheckStore, counts_rows_and_buckets) {
  update([](WriteTx& tx) {
    auto a = tx.create_bucket("a").value();
    a.put("k", "v").value();
    a.put(std::string(2000, 'l'), "v").value();
    a.create_bucket("b").value().next_sequence().value();
  });
  const CheckReport report = check(db(), {}).value();
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.rows, 4u);
  EXPECT_EQ(report.buckets, 3u);
}

}  // namespace
}  // namespace bayplan::metadata
