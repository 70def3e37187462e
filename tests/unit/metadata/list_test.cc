#include "bayplan/metadata/list.h"

#include <set>

#include "filter_test_base.h"

namespace bayplan::metadata {
namespace {

using Keys = std::vector<std::string>;

struct Listed {
  Keys keys;
  Keys problems;
  ListEnd end;
};

class ListTest : public FilterStoreTest {
 protected:
  void add_many(std::initializer_list<const char*> keys) {
    for (const char* const key : keys) add(key, {{"name", std::string("n") + key}});
  }

  Result<Listed> try_list(const BoundFilter& filter, const ListOptions& options) {
    return db().view([&](const ReadTx& tx) -> Result<Listed> {
      Listed listed;
      const ListSink sink{
          .record = [&](std::string_view key, const Bucket&) -> Result<void> {
            listed.keys.emplace_back(key);
            return {};
          },
          .problem = [&](std::string_view key, const Error&) { listed.problems.emplace_back(key); }};
      BAYPLAN_ASSIGN(listed.end, list(*tx.bucket("records").value(), filter, options, sink));
      return listed;
    });
  }
  Listed listed(std::vector<std::string> filters, const ListOptions& options = {}) {
    return try_list(bound(std::move(filters)), options).value();
  }

  /// All pages of `limit` records, one after the other.
  std::vector<Keys> pages(const std::vector<std::string>& filters, std::size_t limit) {
    std::vector<Keys> all;
    ListOptions options{.limit = limit};
    for (;;) {
      Listed page = listed(filters, options);
      all.push_back(page.keys);
      if (!page.end.more) return all;
      options.after = page.end.last;
    }
  }
};

TEST_F(ListTest, shows_what_matches_in_key_order) {
  add_many({"c", "a", "b"});
  EXPECT_EQ(listed({}).keys, (Keys{"a", "b", "c"}));
  EXPECT_EQ(listed({"name!=nb"}).keys, (Keys{"a", "c"}));
  const Listed none = listed({"name==x"});
  EXPECT_TRUE(none.keys.empty());
  EXPECT_FALSE(none.end.more);
  EXPECT_EQ(none.end.last, "");
}

TEST_F(ListTest, stops_at_the_limit_and_resumes_behind_it) {
  add_many({"a", "b", "c", "d", "e"});
  const Listed first = listed({}, {.limit = 2});
  EXPECT_EQ(first.keys, (Keys{"a", "b"}));
  EXPECT_TRUE(first.end.more);
  EXPECT_EQ(first.end.last, "b");
  EXPECT_EQ(pages({}, 2), (std::vector<Keys>{{"a", "b"}, {"c", "d"}, {"e"}}));
  EXPECT_EQ(pages({}, 5), (std::vector<Keys>{{"a", "b", "c", "d", "e"}}));
  EXPECT_EQ(pages({"id~=[ace]"}, 1), (std::vector<Keys>{{"a"}, {"c"}, {"e"}}));
  EXPECT_EQ(pages({"id==d", "id==b", "id==x"}, 1), (std::vector<Keys>{{"b"}, {"d"}}));
}

TEST_F(ListTest, resumes_where_the_key_is_gone) {
  add_many({"a", "c"});
  EXPECT_EQ(listed({}, {.after = "b"}).keys, Keys{"c"});
  EXPECT_EQ(listed({}, {.after = "c"}).keys, Keys{});
  EXPECT_EQ(listed({"id==a", "id==c"}, {.after = "b"}).keys, Keys{"c"});
  EXPECT_EQ(listed({"id==a", "id==c"}, {.after = "c"}).keys, Keys{});
}

// Reads as another source does, and counts.
class CountingSource final : public BucketSource {
 public:
  explicit CountingSource(const ReadTx& tx) : tx_(tx) {}
  BucketHandle root_handle() const override { return tx_.root_handle(); }
  Result<std::optional<Entry>> find(const BucketHandle& bucket, std::string_view key) const override {
    looked_at.insert(std::string(key));
    return tx_.find(bucket, key);
  }
  Result<std::optional<BucketHandle>> find_bucket(const BucketHandle& bucket,
                                                  std::string_view key) const override {
    looked_at.insert(std::string(key));
    return tx_.find_bucket(bucket, key);
  }
  Result<std::uint64_t> sequence(const BucketHandle& bucket) const override { return tx_.sequence(bucket); }
  Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle& bucket) const override {
    ++cursors;
    return tx_.open_cursor(bucket);
  }

  mutable std::set<std::string> looked_at{};
  mutable int cursors = 0;

 private:
  const ReadTx& tx_;
};

TEST_F(ListTest, a_filter_that_names_keys_is_a_lookup) {
  add_many({"a", "b", "c"});
  view([&](const ReadTx& tx) {
    const CountingSource source(tx);
    const Bucket records = *root_bucket(source).bucket("records").value();
    Keys keys;
    const ListSink sink{.record = [&](std::string_view key, const Bucket&) -> Result<void> {
      keys.emplace_back(key);
      return {};
    }};
    const BoundFilter filter = bound({"id==b", "id==x", "id==c,name==other"});
    EXPECT_FALSE(list(records, filter, {}, sink).value().more);
    EXPECT_EQ(keys, Keys{"b"});
    EXPECT_EQ(source.cursors, 0);
    EXPECT_EQ(source.looked_at, (std::set<std::string>{"records", "b", "c", "x"}));
  });
}

TEST_F(ListTest, other_lists_stream_and_stop_reading_at_the_limit) {
  add_many({"a", "b", "c"});
  view([&](const ReadTx& tx) {
    const CountingSource source(tx);
    const Bucket records = *root_bucket(source).bucket("records").value();
    std::size_t shown = 0;
    const ListSink sink{.record = [&](std::string_view, const Bucket& record) -> Result<void> {
      ++shown;
      EXPECT_EQ(source.looked_at.contains("other"), shown > 1) << "read before the one before it was shown";
      record.get("other").value();
      return {};
    }};
    list(records, bound({}), {.limit = 2}, sink).value();
    EXPECT_EQ(shown, 2u);
    EXPECT_EQ(source.cursors, 1);
  });
}

TEST_F(ListTest, damaged_records_are_reported_and_the_others_shown) {
  add("a", {{"size", codec::encode_varint(5)}});
  add("b", {{"size", ""}});
  add("d", {{"size", codec::encode_varint(6)}});
  update([](WriteTx& tx) { tx.bucket("records").value()->put("c", "a plain value").value(); });
  const Listed all = listed({"size>1"});
  EXPECT_EQ(all.keys, (Keys{"a", "d"}));
  EXPECT_EQ(all.problems, (Keys{"b", "c"}));
  EXPECT_EQ(listed({"id==b,size>1", "id==c", "id==d"}).problems, (Keys{"b", "c"}));
  EXPECT_EQ(pages({"size>1"}, 1), (std::vector<Keys>{{"a"}, {"d"}}));
}

// In the row of the bucket of all, in rows of their own, and under a key in pieces.
TEST_F(ListTest, filters_records_wherever_they_lie) {
  const std::string long_key = "c" + std::string(600, 'k');
  const std::string large(4000, 'v');
  for (const char* const name : {"x", "y"}) {
    const std::string of(name);
    add("a-" + of, {{"name", of}});
    add("b-" + of, {{"name", of}, {"other", large}});
    add(long_key + of, {{"name", of}});
    add("d-" + of, {{"name", of}});
  }
  const Keys expected{"a-x", "b-x", long_key + "x", "d-x"};
  EXPECT_EQ(listed({"name==x"}).keys, expected);
  Keys paged;
  for (const Keys& page : pages({"name==x"}, 1)) paged.insert(paged.end(), page.begin(), page.end());
  EXPECT_EQ(paged, expected);
  update([&](WriteTx& tx) {
    put(tx, "e-x", {{"name", "x"}});
    Keys keys;
    const ListSink sink{.record = [&](std::string_view key, const Bucket&) -> Result<void> {
      keys.emplace_back(key);
      return {};
    }};
    list(*tx.bucket("records").value(), bound({"name==x"}), {}, sink).value();
    EXPECT_EQ(keys.size(), 5u);
    EXPECT_EQ(keys.back(), "e-x");
  });
}

TEST_F(ListTest, a_record_that_its_reader_cannot_decode_is_a_problem) {
  add_many({"a", "b", "c"});
  view([&](const ReadTx& tx) {
    Keys problems;
    Keys keys;
    const ListSink sink{.record = [&](std::string_view key, const Bucket&) -> Result<void> {
                          if (key == "b") return Error(Errc::corrupt, "record", key);
                          keys.emplace_back(key);
                          return {};
                        },
                        .problem = [&](std::string_view key, const Error&) { problems.emplace_back(key); }};
    const ListEnd end = list(*tx.bucket("records").value(), bound({}), {.limit = 2}, sink).value();
    EXPECT_EQ(problems, Keys{"b"});
    EXPECT_EQ(keys, (Keys{"a", "c"}));
    EXPECT_FALSE(end.more);
  });
}

TEST_F(ListTest, other_errors_end_it) {
  add_many({"a", "b"});
  view([&](const ReadTx& tx) {
    const Bucket records = *tx.bucket("records").value();
    int problems = 0;
    ListSink sink{.record = [](std::string_view key, const Bucket&) -> Result<void> {
                    return Error(Errc::cancelled, "list", key);
                  },
                  .problem = [&](std::string_view, const Error&) { ++problems; }};
    EXPECT_EQ(code(list(records, bound({}), {}, sink)), Errc::cancelled);
    EXPECT_EQ(problems, 0);
    sink.record = [](std::string_view key, const Bucket&) -> Result<void> {
      return Error(Errc::corrupt, "record", key);
    };
    sink.problem = {};
    EXPECT_EQ(code(list(records, bound({}), {}, sink)), Errc::corrupt);
  });
}

TEST_F(ListTest, may_delete_what_it_shows) {
  add_many({"a", "b", "c", "d"});
  update([](WriteTx& tx) {
    auto records = *tx.bucket("records").value();
    const ListSink sink{
        .record = [&](std::string_view key, const Bucket&) { return records.delete_bucket(key); }};
    list(records, bound({"id!=c"}), {}, sink).value();
    EXPECT_EQ(keys_of(records), Keys{"c"});
  });
}

// A bucket of which nothing can be read, or of which one row cannot.
class DamagedCursor final : public BucketCursor {
 public:
  DamagedCursor(std::unique_ptr<BucketCursor> inner, int& damaged)
      : inner_(std::move(inner)), damaged_(damaged) {}
  Result<std::optional<Entry>> first() override { return answer(inner_->first()); }
  Result<std::optional<Entry>> last() override { return inner_->last(); }
  Result<std::optional<Entry>> next() override { return answer(inner_->next()); }
  Result<std::optional<Entry>> prev() override { return inner_->prev(); }
  Result<std::optional<Entry>> seek(std::string_view key) override { return answer(inner_->seek(key)); }

 private:
  Result<std::optional<Entry>> answer(Result<std::optional<Entry>> entry) {
    if (damaged_ == 0) return entry;
    --damaged_;
    return Error(Errc::corrupt, "row", {});
  }
  std::unique_ptr<BucketCursor> inner_;
  int& damaged_;
};

class DamagedSource final : public BucketSource {
 public:
  DamagedSource(const ReadTx& tx, int damaged) : tx_(tx), damaged_(damaged) {}
  BucketHandle root_handle() const override { return tx_.root_handle(); }
  Result<std::optional<Entry>> find(const BucketHandle& bucket, std::string_view key) const override {
    if (key == "b") return Error(Errc::corrupt, "row", key);
    return tx_.find(bucket, key);
  }
  Result<std::optional<BucketHandle>> find_bucket(const BucketHandle& bucket,
                                                  std::string_view key) const override {
    return tx_.find_bucket(bucket, key);
  }
  Result<std::uint64_t> sequence(const BucketHandle& bucket) const override { return tx_.sequence(bucket); }
  Result<std::unique_ptr<BucketCursor>> open_cursor(const BucketHandle& bucket) const override {
    BAYPLAN_ASSIGN(auto cursor, tx_.open_cursor(bucket));
    return std::unique_ptr<BucketCursor>(std::make_unique<DamagedCursor>(std::move(cursor), damaged_));
  }

 private:
  const ReadTx& tx_;
  mutable int damaged_;
};

class ListDamageTest : public ListTest {
 protected:
  Result<Listed> listed_with(int damaged, std::vector<std::string> filters) {
    return db().view([&](const ReadTx& tx) -> Result<Listed> {
      const DamagedSource source(tx, damaged);
      const Bucket records = *root_bucket(source).bucket("records").value();
      Listed listed;
      const ListSink sink{
          .record = [&](std::string_view key, const Bucket&) -> Result<void> {
            listed.keys.emplace_back(key);
            return {};
          },
          .problem = [&](std::string_view key, const Error&) { listed.problems.emplace_back(key); }};
      BAYPLAN_ASSIGN(listed.end, list(records, bound(std::move(filters)), {}, sink));
      return listed;
    });
  }
};

TEST_F(ListDamageTest, a_row_that_cannot_be_read_is_stepped_over) {
  add_many({"a", "b", "c"});
  const Listed listed = listed_with(1, {}).value();
  EXPECT_EQ(listed.problems, Keys{""});
  EXPECT_EQ(listed.keys, (Keys{"b", "c"}));
}

TEST_F(ListDamageTest, nothing_but_damage_ends_it) {
  add_many({"a"});
  EXPECT_EQ(code(listed_with(1000000, {})), Errc::corrupt);
}

TEST_F(ListDamageTest, a_looked_up_row_that_cannot_be_read_is_reported) {
  add_many({"a", "b", "c"});
  const Listed listed = listed_with(0, {"id==a", "id==b", "id==c"}).value();
  EXPECT_EQ(listed.problems, Keys{"b"});
  EXPECT_EQ(listed.keys, (Keys{"a", "c"}));
}

}  // namespace
}  // namespace bayplan::metadata
