#include "records.h"

#include <gmock/gmock.h>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "snapshot_store.h"
#include "support/all_or_nothing.h"
#include "support/event_log.h"

namespace bayplan::snapshots {
namespace {

using metadata::MutableBucket;
using metadata::ReadTx;
using metadata::WriteTx;
using testing::ElementsAre;
using testing::IsEmpty;
namespace schema = metadata::schema;

constexpr records::Place kPlace{"default", "overlay"};

class Records : public testing::Test {
 protected:
  Result<void> insert(const std::string& key, Kind kind, const std::string& directory,
                      const std::string& parent = {}, const Labels& labels = {}) {
    return db.update([&](WriteTx& tx) {
      return records::insert(tx, kPlace, key,
                             {kind, directory, parent, {3, 4096}, labels, metadata::referred()});
    });
  }
  Result<Info> stat(const std::string& key) {
    return db.view([&](const ReadTx& tx) { return records::stat(tx, kPlace, key); });
  }
  Result<LowerIds> chain(const std::string& parent) {
    return db.view([&](const ReadTx& tx) { return records::chain(tx, kPlace, parent); });
  }
  Result<bool> has_children(const std::string& key) {
    return db.view([&](const ReadTx& tx) -> Result<bool> {
      BAYPLAN_ASSIGN(const auto record, records::get(tx, kPlace, key));
      return records::has_children(record);
    });
  }
  Result<void> erase(const std::string& key) {
    return db.update([&](WriteTx& tx) { return records::erase(tx, kPlace, key); });
  }
  /// Changes a record behind the functions' backs.
  template <class F>
  void damage(const std::string& key, F change) {
    const auto changed = db.update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record, metadata::open_namespace_bucket(
                                      tx, kPlace.ns, {schema::kSnapshots, kPlace.snapshotter, key}));
      return change(*record);
    });
    ASSERT_EQ(words(changed), "");
  }

  test::TempDir dir;
  metadata::Db db = metadata::Db::open(dir.path() / "metadata").value();
};

TEST_F(Records, keep_every_field) {
  ASSERT_EQ(words(insert("base", Kind::committed, "1")), "");
  ASSERT_EQ(words(insert("key", Kind::committed, "2", "base", {{"a", "b"}})), "");
  const auto info = stat("key");
  ASSERT_EQ(words(info), "");
  EXPECT_EQ(info->directory, "2");
  EXPECT_EQ(info->parent, "base");
  EXPECT_EQ(info->usage, (Usage{3, 4096}));
  EXPECT_EQ(info->labels, (Labels{{"a", "b"}}));
}

TEST_F(Records, are_encoded_as_containerd_does) {
  ASSERT_EQ(words(insert("base", Kind::committed, "1")), "");
  ASSERT_EQ(words(insert("key", Kind::committed, "2", "base", {{"a", "b"}})), "");
  const auto read = db.view([&](const ReadTx& tx) -> Result<void> {
    const auto at = metadata::root_bucket(tx).descend({"v1", "default", "snapshots", "overlay", "key"});
    EXPECT_EQ(at.value()->get("name").value(), "2");
    EXPECT_EQ(at.value()->get("kind").value(), "\x03");
    EXPECT_EQ(at.value()->get("parent").value(), "base");
    EXPECT_EQ(at.value()->get("inodes").value(), "\x06");
    EXPECT_EQ(at.value()->get("size").value(), std::string_view("\x80\x40", 2));
    EXPECT_EQ(at.value()->get("createdat").value()->size(), 15u);
    EXPECT_EQ(at.value()->bucket("labels").value()->get("a").value(), "b");
    const auto link =
        metadata::root_bucket(tx).descend({"v1", "default", "snapshots", "overlay", "base", "children"});
    EXPECT_EQ(link.value()->get("key").value(), "");
    return {};
  });
  EXPECT_EQ(words(read), "");
}

TEST_F(Records, links_follow_the_parent_field) {
  ASSERT_EQ(words(insert("base", Kind::committed, "1")), "");
  ASSERT_EQ(words(insert("active", Kind::active, "2", "base")), "");
  EXPECT_TRUE(has_children("base").value());
  const auto committed = db.update([&](WriteTx& tx) {
    return records::commit(tx, kPlace, "active",
                           {"name", {"active", "2", {}}, {}, metadata::referred(), {}, true});
  });
  ASSERT_EQ(words(committed), "");
  EXPECT_TRUE(has_children("base").value());
  ASSERT_EQ(words(erase("name")), "");
  EXPECT_FALSE(has_children("base").value()) << "the link still has the old key";
}

TEST_F(Records, go_in_any_order_during_a_sweep) {
  ASSERT_EQ(words(insert("base", Kind::committed, "1")), "");
  ASSERT_EQ(words(insert("child", Kind::committed, "2", "base")), "");
  ASSERT_EQ(words(insert("other", Kind::committed, "3")), "");
  ASSERT_EQ(words(erase("base")), "");
  ASSERT_EQ(words(erase("child")), "");
  EXPECT_EQ(outcome(erase("child")), "not_found");
  EXPECT_EQ(outcome(stat("other")), "ok");
}

TEST_F(Records, insert_checks_its_parent) {
  ASSERT_EQ(words(insert("active", Kind::active, "1")), "");
  EXPECT_EQ(outcome(insert("a", Kind::active, "2", "active")), "conflict");
  EXPECT_EQ(outcome(insert("a", Kind::active, "2", "absent")), "conflict");
  EXPECT_EQ(outcome(insert("active", Kind::active, "2")), "already_exists");
}

TEST_F(Records, a_failed_function_changes_nothing) {
  ASSERT_EQ(words(insert("base", Kind::committed, "1")), "");
  ASSERT_EQ(words(insert("key", Kind::active, "2", "base")), "");
  ASSERT_EQ(words(insert("taken", Kind::committed, "3")), "");
  const Info before = stat("key").value();
  const std::string too_long(metadata::kMaxKeyBytes + 1, 'k');
  const auto tried = db.update([&](WriteTx& tx) -> Result<void> {
    const Sealed sealed{"key", "2", {}};
    EXPECT_EQ(
        outcome(records::commit(tx, kPlace, "key", {"taken", sealed, {}, metadata::referred(), {}, true})),
        "already_exists");
    EXPECT_EQ(
        outcome(records::commit(tx, kPlace, "key", {too_long, sealed, {}, metadata::referred(), {}, true})),
        "too_large");
    EXPECT_EQ(outcome(records::insert(tx, kPlace, too_long,
                                      {Kind::view, "4", "base", {}, {}, metadata::referred()})),
              "too_large");
    EXPECT_EQ(outcome(records::insert(tx, kPlace, "big",
                                      {Kind::committed, "4", "base", {~0ull, 0}, {}, metadata::referred()})),
              "invalid_argument");
    EXPECT_EQ(outcome(records::insert(tx, {"bad name", "overlay"}, "new",
                                      {Kind::view, "4", "", {}, {}, metadata::referred()})),
              "invalid_argument");
    return {};
  });
  ASSERT_EQ(words(tried), "");
  EXPECT_EQ(stat("key").value(), before);
  EXPECT_EQ(outcome(stat("big")), "not_found");
  ASSERT_EQ(words(erase("key")), "");
  EXPECT_FALSE(has_children("base").value());
}

TEST_F(Records, are_all_or_nothing) {
  const Labels labels{{"a", "1"}, {"b", "2"}};
  const auto writes = [&](const std::function<Result<void>(WriteTx&)>& change) {
    return metadata::expect_all_or_nothing(db, change);
  };
  EXPECT_GE(writes([&](WriteTx& tx) {
              return records::insert(tx, kPlace, "base",
                                     {Kind::committed, "1", "", {3, 4096}, labels, metadata::referred()});
            }),
            10);
  for (const char* key : {"first", "second"}) {
    EXPECT_GE(writes([&](WriteTx& tx) {
                return records::insert(tx, kPlace, key,
                                       {Kind::active, key, "base", {}, labels, metadata::referred()});
              }),
              8);
  }
  EXPECT_GE(writes([&](WriteTx& tx) {
              return records::commit(
                  tx, kPlace, "first",
                  {"name", {"first", "first", {1, 2}}, {{"c", "3"}}, metadata::referred(), {}, true});
            }),
            9);
  EXPECT_GE(writes([&](WriteTx& tx) {
              return records::set_labels(tx, kPlace, "name", {{"b", "new"}}, {});
            }),
            3);
  EXPECT_EQ(stat("name")->labels, (Labels{{"b", "new"}}));
  EXPECT_GE(writes([&](WriteTx& tx) { return records::erase(tx, kPlace, "name"); }), 3);
  EXPECT_GE(writes([&](WriteTx& tx) { return records::erase(tx, kPlace, "second"); }), 3);
  EXPECT_FALSE(has_children("base").value());
}

TEST_F(Records, chain_is_nearest_first) {
  ASSERT_EQ(words(insert("a", Kind::committed, "1")), "");
  ASSERT_EQ(words(insert("b", Kind::committed, "2", "a")), "");
  ASSERT_EQ(words(insert("c", Kind::committed, "3", "b")), "");
  EXPECT_THAT(chain("c").value(), ElementsAre("3", "2", "1"));
  EXPECT_THAT(chain("").value(), IsEmpty());
  EXPECT_EQ(outcome(chain("absent")), "not_found");
}

TEST_F(Records, a_chain_in_a_circle_ends) {
  ASSERT_EQ(words(insert("a", Kind::committed, "1")), "");
  ASSERT_EQ(words(insert("b", Kind::committed, "2", "a")), "");
  damage("a", [](MutableBucket& record) { return record.put(schema::kParent, "b"); });
  EXPECT_EQ(outcome(chain("b")), "corrupt");
}

TEST_F(Records, a_chain_with_a_gap_is_damage) {
  ASSERT_EQ(words(insert("a", Kind::committed, "1")), "");
  ASSERT_EQ(words(insert("b", Kind::committed, "2", "a")), "");
  ASSERT_EQ(words(erase("a")), "");
  EXPECT_EQ(outcome(chain("b")), "corrupt");
}

TEST_F(Records, damage_names_the_record) {
  using Change = std::function<Result<void>(MutableBucket&)>;
  const std::vector<Change> changes{
      [](MutableBucket& r) { return r.put(schema::kKind, "\x04"); },
      [](MutableBucket& r) { return r.put(schema::kKind, std::string_view("\0", 1)); },
      [](MutableBucket& r) { return r.put(schema::kKind, "\xff"); },
      [](MutableBucket& r) { return r.put(schema::kKind, "33"); },
      [](MutableBucket& r) { return r.erase(schema::kKind); },
      [](MutableBucket& r) { return r.put(schema::kName, "../../etc"); },
      [](MutableBucket& r) { return r.put(schema::kName, "default/7/key"); },
      [](MutableBucket& r) { return r.put(schema::kName, ""); },
      [](MutableBucket& r) { return r.erase(schema::kName); },
      [](MutableBucket& r) { return r.put(schema::kCreatedAt, "x"); },
      [](MutableBucket& r) { return r.put(schema::kSize, "\x01"); },  // -1
      [](MutableBucket& r) { return r.erase(schema::kInodes); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::string key = "key" + std::to_string(i);
    ASSERT_EQ(words(insert(key, Kind::committed, "1")), "");
    damage(key, changes[i]);
    const auto info = stat(key);
    ASSERT_FALSE(info) << i;
    EXPECT_EQ(info.error().code(), Errc::corrupt) << i;
    EXPECT_THAT(info.error().to_string(), testing::HasSubstr(key));
  }
}

TEST_F(Records, directories_of_all_namespaces_of_one_snapshotter) {
  const auto inserted = db.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(
        records::insert(tx, {"one", "overlay"}, "k", {Kind::active, "a", "", {}, {}, metadata::referred()}));
    BAYPLAN_TRY(
        records::insert(tx, {"two", "overlay"}, "k", {Kind::active, "b", "", {}, {}, metadata::referred()}));
    return records::insert(tx, {"two", "native"}, "k", {Kind::active, "c", "", {}, {}, metadata::referred()});
  });
  ASSERT_EQ(words(inserted), "");
  const auto found = db.view([](const ReadTx& tx) { return records::directories(tx, "overlay"); });
  EXPECT_THAT(found.value(), ElementsAre("a", "b"));
}

TEST_F(Records, say_what_was_done) {
  ASSERT_EQ(words(insert("base", Kind::committed, "1")), "");
  test::EventLog log(db);
  ASSERT_EQ(words(insert("active", Kind::active, "2", "base")), "");
  EXPECT_THAT(log.seen(), ElementsAre("created snapshot default/overlay/active"));
  ASSERT_EQ(words(db.update([&](WriteTx& tx) {
              return records::commit(tx, kPlace, "active",
                                     {"name", {"active", "2", {}}, {}, metadata::referred(), {}, true});
            })),
            "");
  EXPECT_THAT(log.seen(), ElementsAre("removed snapshot default/overlay/active",
                                      "created snapshot default/overlay/name"));
  ASSERT_EQ(words(db.update([&](WriteTx& tx) {
              return records::set_labels(tx, kPlace, "name", {{"k", "v"}}, {});
            })),
            "");
  EXPECT_THAT(log.seen(), ElementsAre("updated snapshot default/overlay/name"));
  ASSERT_EQ(words(erase("name")), "");
  EXPECT_THAT(log.seen(), ElementsAre("removed snapshot default/overlay/name"));
  EXPECT_THAT(log.told(),
              ElementsAre("created snapshot default/overlay/active",
                          "removed snapshot default/overlay/active", "created snapshot default/overlay/name",
                          "updated snapshot default/overlay/name", "removed snapshot default/overlay/name"));
}

}  // namespace
}  // namespace bayplan::snapshots
