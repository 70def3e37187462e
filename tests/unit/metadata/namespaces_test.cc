#include "bayplan/metadata/namespaces.h"

#include <gmock/gmock.h>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/schema.h"
#include "store_test_base.h"
#include "support/all_or_nothing.h"
#include "support/event_log.h"

namespace bayplan::metadata {
namespace {

using testing::HasSubstr;
using testing::Not;

class Namespaces : public StoreTest {
 protected:
  Result<void> create(std::string_view name, const Labels& labels = {}) {
    return db().update([&](WriteTx& tx) { return create_namespace(tx, name, labels); });
  }
  Result<void> remove(std::string_view name) {
    return db().update([&](WriteTx& tx) { return remove_namespace(tx, name); });
  }
  Result<Labels> labels(std::string_view name) {
    return db().view([&](const ReadTx& tx) { return namespace_labels(tx, name); });
  }
  Result<void> set_label(std::string_view name, std::string_view key, std::string_view value) {
    return db().update([&](WriteTx& tx) { return set_namespace_label(tx, name, key, value); });
  }
  Result<void> set_labels(std::string_view name, const Labels& labels) {
    return db().update([&](WriteTx& tx) { return set_namespace_labels(tx, name, labels); });
  }
  std::vector<std::string> names() {
    return db().view([](const ReadTx& tx) { return list_namespaces(tx); }).value();
  }
  // A record of any sort: what is in it does not matter.
  void add(std::string_view name, std::initializer_list<std::string_view> path) {
    update([&](WriteTx& tx) { create_namespace_bucket(tx, name, path).value().put("k", "v").value(); });
  }
};

TEST_F(Namespaces, names_are_identifiers) {
  EXPECT_TRUE(validate_namespace("default"));
  EXPECT_TRUE(validate_namespace("k8s.io"));
  for (const char* bad : {"", "version", "a/b", ".hidden", "with space"}) {
    EXPECT_EQ(code(validate_namespace(bad)), Errc::invalid_argument) << bad;
  }
}

TEST_F(Namespaces, come_into_being_with_their_first_record) {
  view([](const ReadTx& tx) { EXPECT_TRUE(list_namespaces(tx).value().empty()); });
  update([](WriteTx& tx) {
    create_namespace_bucket(tx, "zeta", {"images", "busybox"}).value().put("k", "v").value();
    create_namespace_bucket(tx, "alpha", {}).value();
  });
  view([](const ReadTx& tx) {
    EXPECT_EQ(list_namespaces(tx).value(), (std::vector<std::string>{"alpha", "zeta"}));
    EXPECT_EQ(namespace_bucket(tx, "zeta", {"images", "busybox"}).value()->get("k").value(), "v");
    EXPECT_FALSE(namespace_bucket(tx, "alpha", {"images"}).value().has_value());
    EXPECT_FALSE(namespace_bucket(tx, "none", {}).value().has_value());
    const auto version = tx.bucket(schema::kRoot).value()->get(schema::kVersion).value();
    EXPECT_EQ(codec::decode_varint(*version).value(), schema::kSchemaVersion);
  });
}

TEST_F(Namespaces, open_changes_what_exists_and_creates_nothing) {
  update([](WriteTx& tx) {
    EXPECT_FALSE(open_namespace_bucket(tx, "default", {}).value().has_value());
    create_namespace_bucket(tx, "default", {"images"}).value();
    EXPECT_FALSE(open_namespace_bucket(tx, "default", {"content", "blob"}).value().has_value());
    open_namespace_bucket(tx, "default", {"images"}).value()->put("k", "v").value();
    EXPECT_EQ(code(create_namespace_bucket(tx, "version", {})), Errc::invalid_argument);
  });
}

// containerd's core/metadata/namespaces_test.go
TEST_F(Namespaces, TestCreateDelete_empty) {
  create("test-namespace", {{"k", "v"}}).value();
  EXPECT_EQ(names(), std::vector<std::string>{"test-namespace"});
  remove("test-namespace").value();
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(code(remove("test-namespace")), Errc::not_found);
}

TEST_F(Namespaces, TestCreateDelete_not_empty) {
  create("test-namespace").value();
  add("test-namespace", {"containers", "c"});
  add("test-namespace", {"snapshots", "overlay", "s"});
  add("test-namespace", {"snapshots", "unused"});
  update([](WriteTx& tx) {
    open_namespace_bucket(tx, "test-namespace", {"snapshots", "unused"}).value()->erase("k").value();
  });
  const auto removed = remove("test-namespace");
  ASSERT_EQ(code(removed), Errc::failed_precondition);
  EXPECT_THAT(removed.error().message(), HasSubstr("containers, snapshots on \"overlay\" snapshotter"));
  EXPECT_THAT(removed.error().message(), Not(HasSubstr("unused")));
  EXPECT_EQ(names(), std::vector<std::string>{"test-namespace"});
}

TEST_F(Namespaces, are_not_removed_over_what_containerd_forgets) {
  struct Case {
    std::initializer_list<std::string_view> path;
    const char* words;
  };
  for (const auto& [path, words] :
       {Case{{"leases", "l"}, "leases"}, Case{{"content", "ingests", "i"}, "ingests"},
        Case{{"sandboxes", "s"}, "sandboxes"}, Case{{"images", "i"}, "images"},
        Case{{"content", "blob", "b"}, "blobs"}, Case{{"later", "x"}, "\"later\""},
        Case{{"content", "later"}, "\"content/later\""}, Case{{"snapshots"}, "\"snapshots/k\""},
        Case{{"content"}, "\"content/k\""}, Case{{}, "\"k\""}}) {
    add("held", path);
    const auto removed = remove("held");
    ASSERT_EQ(code(removed), Errc::failed_precondition) << words;
    EXPECT_EQ(removed.error().message(), std::string("it still holds ") + words);
    update([&](WriteTx& tx) { tx.bucket("v1").value()->delete_bucket("held").value(); });
  }
}

TEST_F(Namespaces, are_not_removed_over_a_value_where_a_bucket_belongs) {
  for (const char* key : {"images", "labels", "snapshots"}) {
    update(
        [&](WriteTx& tx) { create_namespace_bucket(tx, "held", {}).value().put(key, "precious").value(); });
    const auto removed = remove("held");
    ASSERT_EQ(code(removed), Errc::failed_precondition) << key;
    EXPECT_EQ(removed.error().message(), std::string("it still holds \"") + key + "\"");
    update([&](WriteTx& tx) { tx.bucket("v1").value()->delete_bucket("held").value(); });
  }
}

TEST_F(Namespaces, are_removed_when_all_their_buckets_are_empty) {
  update([](WriteTx& tx) {
    create_namespace_bucket(tx, "empty", {"content", "blob"}).value();
    create_namespace_bucket(tx, "empty", {"leases"}).value();
    create_namespace_bucket(tx, "empty", {"later"}).value();
  });
  remove("empty").value();
  EXPECT_TRUE(names().empty());
}

TEST_F(Namespaces, create_only_creates) {
  create("a", {{"k", "v"}}).value();
  EXPECT_EQ(code(create("a", {{"k", "other"}})), Errc::already_exists);
  add("implicit", {"images", "i"});
  EXPECT_EQ(code(create("implicit")), Errc::already_exists);
  EXPECT_EQ(labels("a").value(), (Labels{{"k", "v"}}));
}

TEST_F(Namespaces, create_refuses_what_cannot_be) {
  EXPECT_EQ(code(create("version")), Errc::invalid_argument);
  EXPECT_EQ(code(create("a/b")), Errc::invalid_argument);
  EXPECT_EQ(code(create("a", {{"k", std::string(kMaxLabelBytes, 'v')}})), Errc::invalid_argument);
  EXPECT_EQ(code(create("a", {{"", "v"}})), Errc::invalid_argument);
  EXPECT_TRUE(names().empty());
}

TEST_F(Namespaces, labels_with_empty_values_are_not_stored) {
  create("a", {{"drop", ""}, {"keep", "1"}}).value();
  EXPECT_EQ(labels("a").value(), (Labels{{"keep", "1"}}));
}

TEST_F(Namespaces, one_label_is_set_and_removed) {
  create("a", {{std::string(kDefaultSnapshotterLabel), "overlay"}}).value();
  set_label("a", kShareableLabel, "true").value();
  EXPECT_EQ(labels("a").value(), (Labels{{"containerd.io/defaults/snapshotter", "overlay"},
                                         {"containerd.io/namespace.shareable", "true"}}));
  set_label("a", kShareableLabel, "").value();
  set_label("a", "absent", "").value();
  EXPECT_EQ(labels("a").value(), (Labels{{"containerd.io/defaults/snapshotter", "overlay"}}));
  set_labels("a", {{"new", "1"}, {"none", ""}}).value();
  EXPECT_EQ(labels("a").value(), (Labels{{"new", "1"}}));
  EXPECT_EQ(code(set_label("a", "", "v")), Errc::invalid_argument);
  EXPECT_EQ(code(set_label("a", "k", std::string(kMaxLabelBytes, 'v'))), Errc::invalid_argument);
  EXPECT_EQ(code(set_labels("a", {{"", "v"}})), Errc::invalid_argument);
}

TEST_F(Namespaces, labels_of_what_is_not_there_are_not_found) {
  EXPECT_EQ(code(labels("none")), Errc::not_found);
  EXPECT_EQ(code(set_label("none", "k", "v")), Errc::not_found);
  EXPECT_EQ(code(set_labels("none", {{"k", "v"}})), Errc::not_found);
  create("a").value();
  EXPECT_EQ(code(labels("version")), Errc::not_found);
  EXPECT_EQ(code(set_label("version", "k", "v")), Errc::not_found);
  EXPECT_EQ(code(remove("version")), Errc::not_found);
  EXPECT_EQ(names(), std::vector<std::string>{"a"}) << "setting a label creates nothing";
}

TEST_F(Namespaces, a_namespace_that_records_made_has_no_labels) {
  add("implicit", {"images", "i"});
  EXPECT_EQ(labels("implicit").value(), Labels{});
}

TEST_F(Namespaces, are_all_or_nothing) {
  EXPECT_GE(expect_all_or_nothing(db(),
                                  [](WriteTx& tx) {
                                    return create_namespace(tx, "a", {{"k", "1"}, {"l", "2"}});
                                  }),
            5);
  EXPECT_EQ(labels("a").value(), (Labels{{"k", "1"}, {"l", "2"}}));
  EXPECT_GE(expect_all_or_nothing(db(),
                                  [](WriteTx& tx) {
                                    return set_namespace_labels(tx, "a", {{"k", "3"}, {"m", "4"}});
                                  }),
            3);
  EXPECT_EQ(expect_all_or_nothing(db(), [](WriteTx& tx) { return set_namespace_label(tx, "a", "k", "5"); }),
            1);
  EXPECT_EQ(expect_all_or_nothing(db(), [](WriteTx& tx) { return remove_namespace(tx, "a"); }), 1);
  EXPECT_TRUE(names().empty());
}

TEST_F(Namespaces, say_what_was_done) {
  test::EventLog log(db());
  create("a").value();
  add("b", {"images", "x"});
  set_label("a", "k", "v").value();
  set_labels("a", {}).value();
  EXPECT_FALSE(remove("b"));
  remove("a").value();
  EXPECT_THAT(log.told(),
              testing::ElementsAre("created namespace a/a", "created namespace b/b", "updated namespace a/a",
                                   "updated namespace a/a", "removed namespace a/a"));
}

}  // namespace
}  // namespace bayplan::metadata
