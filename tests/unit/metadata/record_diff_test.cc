#include "record_diff.h"

#include <gmock/gmock.h>

#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "store_test_base.h"
#include "support/event_log.h"

namespace bayplan::metadata {
namespace {

using test::Words;
using testing::ElementsAre;
using testing::IsEmpty;

class RecordDiff : public StoreTest {
 protected:
  /// What a transaction with `body` looks like from outside.
  template <class F>
  Words seen(F body) {
    const auto older = db().begin_read().value();
    update(body);
    const auto newer = db().begin_read().value();
    Words words;
    for (const Event& event : record_diff(*older, *newer).value()) {
      EXPECT_EQ(event.revision, newer->revision());
      words.push_back(test::event_words(event));
    }
    return words;
  }
  static void put(WriteTx& tx, std::initializer_list<std::string_view> path) {
    create_namespace_bucket(tx, "ns", path).value().put("k", "v").value();
  }
};

TEST_F(RecordDiff, knows_every_kind_of_record) {
  const auto make = [](WriteTx& tx) {
    put(tx, {schema::kImages, "i"});
    put(tx, {schema::kContent, schema::kBlob, "b"});
    put(tx, {schema::kContent, schema::kIngests, "g"});
    put(tx, {schema::kContainers, "c"});
    put(tx, {schema::kTasks, "c"});
    put(tx, {schema::kReservations, "n"});
    put(tx, {schema::kSandboxes, "x"});
    put(tx, {schema::kSnapshots, "overlay", "s"});
    put(tx, {schema::kLeases, "l"});
  };
  EXPECT_THAT(seen(make), ElementsAre("created namespace ns/ns", "created reservation ns/n",
                                      "created task ns/c", "created container ns/c", "created content ns/b",
                                      "created ingest ns/g", "created image ns/i", "created lease ns/l",
                                      "created sandbox ns/x", "created snapshot ns/overlay/s"));
  EXPECT_THAT(seen(make), IsEmpty()) << "the same again";
}

TEST_F(RecordDiff, tells_a_change_anywhere_inside_a_record_once) {
  update([](WriteTx& tx) { put(tx, {schema::kImages, "i"}); });
  EXPECT_THAT(seen([](WriteTx& tx) {
                put(tx, {schema::kImages, "i", schema::kLabels});
                put(tx, {schema::kImages, "i", schema::kTarget});
              }),
              ElementsAre("updated image ns/i"));
}

TEST_F(RecordDiff, leaves_a_snapshot_alone_that_only_got_a_child) {
  update([](WriteTx& tx) { put(tx, {schema::kSnapshots, "overlay", "parent"}); });
  EXPECT_THAT(seen([](WriteTx& tx) {
                put(tx, {schema::kSnapshots, "overlay", "child"});
                put(tx, {schema::kSnapshots, "overlay", "parent", schema::kChildren});
              }),
              ElementsAre("created snapshot ns/overlay/child"));
}

TEST_F(RecordDiff, tells_labels_of_a_namespace_but_not_those_that_came_or_went_with_it) {
  EXPECT_THAT(seen([](WriteTx& tx) {
                create_namespace(tx, "a", {{"k", "v"}}).value();
              }),
              ElementsAre("created namespace a/a"));
  EXPECT_THAT(seen([](WriteTx& tx) { set_namespace_label(tx, "a", "k", "w").value(); }),
              ElementsAre("updated namespace a/a"));
  EXPECT_THAT(seen([](WriteTx& tx) { set_namespace_label(tx, "a", "k", "").value(); }),
              ElementsAre("updated namespace a/a"));
  EXPECT_THAT(seen([](WriteTx& tx) { set_namespace_label(tx, "a", "k", "v").value(); }),
              ElementsAre("updated namespace a/a"));
  EXPECT_THAT(seen([](WriteTx& tx) { remove_namespace(tx, "a").value(); }),
              ElementsAre("removed namespace a/a"));
}

TEST_F(RecordDiff, tells_nothing_of_what_is_no_record) {
  update([](WriteTx& tx) { put(tx, {schema::kImages, "i"}); });
  EXPECT_THAT(seen([](WriteTx& tx) {
                tx.create_bucket("elsewhere").value().put("k", "v").value();
                put(tx, {"names", "x"});
                put(tx, {schema::kContent, "elsewhere", "x"});
                put(tx, {schema::kImages});
              }),
              IsEmpty());
}

}  // namespace
}  // namespace bayplan::metadata
