#include "records.h"

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "db_fixture.h"
#include "support/all_or_nothing.h"
#include "support/event_log.h"

namespace bayplan::content::test {
namespace {

using metadata::MutableBucket;
using metadata::ReadTx;
using metadata::WriteTx;

const Error kGiveUp(Errc::conflict, "test", "gives up");

class RecordsTest : public RecordTest {
 protected:
  std::vector<Info> walked(std::string_view ns = "default") const {
    return must(db_.view([&](const ReadTx& tx) -> Result<std::vector<Info>> {
      std::vector<Info> infos;
      BAYPLAN_TRY(walk(tx, ns, [&](const Info& info) -> Result<void> {
        infos.push_back(info);
        return {};
      }));
      return infos;
    }));
  }
  Result<void> walk_now() const {
    return db_.view(
        [&](const ReadTx& tx) { return walk(tx, "default", [](const Info&) { return Result<void>(); }); });
  }
  Result<void> relabel(const Digest& digest, const Labels& labels) {
    return db_.update([&](WriteTx& tx) { return set_labels(tx, "default", digest, labels); });
  }
  Result<void> merge(const Digest& digest, const Labels& labels) {
    return db_.update([&](WriteTx& tx) { return merge_labels(tx, "default", digest, labels); });
  }
  Result<Info> update_now(const Info& info, const FieldMask& mask = {}) {
    return db_.update([&](WriteTx& tx) { return update(tx, "default", info, mask); });
  }
  Labels labels_of(const Digest& digest) const { return must(stat_now(digest)).labels; }

  /// Damages a record: calls `change` with its bucket.
  void tamper(const Digest& digest, const std::function<Result<void>(MutableBucket&)>& change) {
    must(db_.update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record, metadata::create_namespace_bucket(tx, "default",
                                                                    {"content", "blob", digest.to_string()}));
      return change(record);
    }));
  }
};

TEST_F(RecordsTest, AddRecordsSizeLabelsAndTimes) {
  const Time before = now();
  const Digest digest = record("text", {{"a", "1"}, {"b", "2"}});
  const Time after = now();
  const Info info = must(stat_now(digest));
  EXPECT_EQ(info.digest, digest);
  EXPECT_EQ(info.size, 4u);
  EXPECT_EQ(info.labels, (Labels{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(info.created, info.updated);
  EXPECT_LE(before, info.created);
  EXPECT_LE(info.created, after);
}

TEST_F(RecordsTest, TheStoredTreeIsContainerds) {
  const Digest digest = record("text", {{"k", "v"}});
  must(db_.view([&](const ReadTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto found, metadata::root_bucket(tx).descend(
                                         {"v1", "default", "content", "blob", digest.to_string()}));
    std::vector<std::string> keys;
    BAYPLAN_TRY(found.value().for_each([&](const metadata::Entry& entry) -> Result<void> {
      keys.emplace_back(entry.key);
      return {};
    }));
    EXPECT_EQ(keys, (std::vector<std::string>{"createdat", "labels", "size", "updatedat"}));
    EXPECT_EQ(must(found->require("size")), std::string("\x08", 1));
    EXPECT_EQ(must(must(found->bucket("labels"))->require("k")), "v");
    return {};
  }));
}

TEST_F(RecordsTest, AddingAgainKeepsTheCreationTimeAndGainsLabels) {
  const Digest digest = record("text", {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const Info first = must(stat_now(digest));
  record("text", {{"b", "new"}, {"c", ""}, {"d", "4"}});
  const Info second = must(stat_now(digest));
  EXPECT_EQ(second.created, first.created);
  EXPECT_LE(first.updated, second.updated);
  EXPECT_EQ(second.labels, (Labels{{"a", "1"}, {"b", "new"}, {"d", "4"}}));
}

TEST_F(RecordsTest, EmptyLabelValuesAreNeverStored) {
  EXPECT_EQ(labels_of(record("text", {{"a", ""}})), Labels{});
}

TEST_F(RecordsTest, NamespacesAreApart) {
  const Digest digest = record("text", {}, "one");
  EXPECT_TRUE(stat_now(digest, "one"));
  EXPECT_EQ(code_of(stat_now(digest, "two")), Errc::not_found);
  EXPECT_EQ(code_of(stat_now(digest)), Errc::not_found);
}

TEST_F(RecordsTest, ARefusedAddLeavesTheBlobWithTheCaller) {
  ReadyBlob blob = ready("text");
  const auto attempt = [&](std::string_view ns, const Labels& labels) {
    return db_.update(
        [&](WriteTx& tx) { return add(tx, ns, std::move(blob), labels, metadata::referred()); });
  };
  EXPECT_EQ(code_of(attempt("default", {{"", "empty key"}})), Errc::invalid_argument);
  EXPECT_EQ(code_of(attempt("default", {{"k", std::string(5000, 'x')}})), Errc::invalid_argument);
  EXPECT_EQ(code_of(attempt("not a name", {})), Errc::invalid_argument);
  EXPECT_TRUE(attempt("default", {}));
  EXPECT_TRUE(stat_now(Digest::of("text")));
}

TEST_F(RecordsTest, AnAddThatFailsChangesNothingInItsTransaction) {
  const Digest digest = record("text", {{"a", "1"}});
  tamper(digest, [](MutableBucket& bucket) { return bucket.put("size", "not a varint\xff"); });
  const auto before = must(metadata::Db(db_).stats()).rows;
  must(db_.update([&](WriteTx& tx) -> Result<void> {
    EXPECT_EQ(code_of(add(tx, "default", ready("text"), {{"b", "2"}}, metadata::referred())), Errc::corrupt);
    return {};
  }));
  EXPECT_EQ(must(db_.stats()).rows, before);
  EXPECT_EQ(code_of(stat_now(digest)), Errc::corrupt);
}

TEST_F(RecordsTest, ASavepointThatIsGivenUpTakesTheRecordWithIt) {
  must(db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(add(tx, "default", ready("kept"), {}, metadata::referred()));
    const auto inner = tx.savepoint([&](WriteTx& nested) -> Result<void> {
      BAYPLAN_TRY(add(nested, "default", ready("dropped"), {}, metadata::referred()));
      EXPECT_TRUE(stat(nested, "default", Digest::of("dropped")));
      return kGiveUp;
    });
    EXPECT_EQ(code_of(inner), Errc::conflict);
    EXPECT_EQ(code_of(stat(tx, "default", Digest::of("dropped"))), Errc::not_found);
    return {};
  }));
  EXPECT_TRUE(stat_now(Digest::of("kept")));
  EXPECT_EQ(code_of(stat_now(Digest::of("dropped"))), Errc::not_found);
}

TEST_F(RecordsTest, ATransactionThatIsGivenUpRecordsNothing) {
  const auto result = db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(add(tx, "default", ready("text"), {}, metadata::referred()));
    return kGiveUp;
  });
  EXPECT_EQ(code_of(result), Errc::conflict);
  EXPECT_EQ(code_of(stat_now(Digest::of("text"))), Errc::not_found);
}

TEST_F(RecordsTest, SetLabelsReplacesAll) {
  const Digest digest = record("text", {{"a", "1"}, {"b", "2"}});
  const Info before = must(stat_now(digest));
  must(relabel(digest, {{"c", "3"}, {"d", ""}}));
  const Info after = must(stat_now(digest));
  EXPECT_EQ(after.labels, (Labels{{"c", "3"}}));
  EXPECT_EQ(after.created, before.created);
  EXPECT_EQ(after.size, before.size);
  EXPECT_LT(before.updated, after.updated);
  must(relabel(digest, {}));
  EXPECT_EQ(labels_of(digest), Labels{});
}

TEST_F(RecordsTest, MergeLabelsSetsAndRemovesSingleOnes) {
  const Digest digest = record("text", {{"a", "1"}, {"b", "2"}});
  must(merge(digest, {{"a", ""}, {"c", "3"}, {"absent", ""}}));
  EXPECT_EQ(labels_of(digest), (Labels{{"b", "2"}, {"c", "3"}}));
}

// containerd's content suite: labels at commit, all replaced, single ones replaced and removed by a mask.
TEST_F(RecordsTest, Labels) {
  const Digest digest = record("text", {{"k1", "v1"}, {"k2", "v2"}});
  const Info first = must(stat_now(digest));
  EXPECT_EQ(first.labels, (Labels{{"k1", "v1"}, {"k2", "v2"}}));
  const Info second = must(update_now({.digest = digest, .labels = {{"k1", "v1"}, {"k3", "v3"}}}));
  EXPECT_EQ(second.labels, (Labels{{"k1", "v1"}, {"k3", "v3"}}));
  EXPECT_EQ(second.created, first.created);
  EXPECT_LT(first.updated, second.updated);
  EXPECT_EQ(must(stat_now(digest)), second);
  const Info third = must(update_now({.digest = digest, .labels = {{"k1", "new"}, {"k4", "not asked for"}}},
                                     {"labels.k1", "labels.k3"}));
  EXPECT_EQ(third.labels, (Labels{{"k1", "new"}}));
  EXPECT_EQ(must(stat_now(digest)), third);
}

TEST_F(RecordsTest, S69_UpdatesTakeOnlyLabels) {
  const Digest digest = record("text", {{"k", "v"}});
  const Info before = must(stat_now(digest));
  Info given{.digest = digest, .size = 99, .labels = {{"k", "new"}}};
  for (const char* path : {"size", "digest", "created", "", "Labels", "labelsx", ".labels"}) {
    EXPECT_EQ(code_of(update_now(given, {"labels", path})), Errc::invalid_argument) << path;
  }
  EXPECT_EQ(must(stat_now(digest)), before);
  const Info after = must(update_now(given, {"labels"}));
  EXPECT_EQ(after.size, before.size);
  EXPECT_EQ(after.created, before.created);
  given.labels = {{"long", std::string(5000, 'x')}};
  EXPECT_EQ(code_of(update_now(given)), Errc::invalid_argument);
  EXPECT_EQ(code_of(update_now(given, {"labels.long"})), Errc::invalid_argument);
  EXPECT_EQ(must(stat_now(digest)), after);
  EXPECT_EQ(code_of(update_now({.digest = Digest::of("none")})), Errc::not_found);
}

TEST_F(RecordsTest, AnEmptyValueInAnUpdateRemoves) {
  const Digest digest = record("text", {{"a", "1"}, {"b.c/d", "2"}});
  EXPECT_EQ(must(update_now({.digest = digest, .labels = {{"b.c/d", ""}}}, {"labels.b.c/d"})).labels,
            (Labels{{"a", "1"}}));
  EXPECT_EQ(must(update_now({.digest = digest, .labels = {{"a", ""}}})).labels, Labels{});
}

// containerd's core/metadata/content_test.go: recording a blob leases it, whether it is new or was there.
TEST_F(RecordsTest, TestContentLeased) {
  const auto lease = [&](const std::string& id) {
    metadata::leases::CreateOptions options;
    options.id = id;
    must(db_.update([&](WriteTx& tx) { return metadata::leases::create(tx, "default", options); }));
  };
  const auto leased = [&](std::string_view id) {
    return must(db_.view([&](const ReadTx& tx) -> Result<std::vector<metadata::leases::Resource>> {
      std::vector<metadata::leases::Resource> found;
      BAYPLAN_TRY(metadata::leases::walk_resources(tx, "default", id, [&](const auto& one) -> Result<void> {
        found.push_back(one);
        return {};
      }));
      return found;
    }));
  };
  const Digest digest = Digest::of("text");
  const metadata::leases::Resource resource{"content", digest.to_string()};
  const auto add_under = [&](ReadyBlob&& blob, const std::string& id) {
    return db_.update(
        [&](WriteTx& tx) { return add(tx, "default", std::move(blob), {}, metadata::leased(id)); });
  };
  lease("first");
  must(add_under(ready("text"), "first"));
  EXPECT_EQ(leased("first"), std::vector{resource});
  lease("second");
  must(add_under(*must(store_.adopt(digest, 4)), "second"));
  EXPECT_EQ(leased("second"), std::vector{resource});
  EXPECT_EQ(code_of(add_under(ready("other"), "unknown")), Errc::not_found);
  EXPECT_EQ(code_of(stat_now(Digest::of("other"))), Errc::not_found);
}

TEST_F(RecordsTest, AreAllOrNothing) {
  ReadyBlob blob = ready("text");  // consumed by success only
  const Digest digest = Digest::of("text");
  EXPECT_GE(metadata::expect_all_or_nothing(
                db_,
                [&](WriteTx& tx) {
                  return add(tx, "default", std::move(blob), {{"a", "1"}, {"b", "2"}}, metadata::referred());
                }),
            6);
  ReadyBlob again = ready("text");
  EXPECT_GE(metadata::expect_all_or_nothing(
                db_,
                [&](WriteTx& tx) {
                  return add(tx, "default", std::move(again), {{"c", "3"}}, metadata::referred());
                }),
            3);
  EXPECT_EQ(labels_of(digest), (Labels{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  const Info given{.digest = digest, .labels = {{"b", "new"}, {"d", "4"}}};
  EXPECT_GE(metadata::expect_all_or_nothing(db_, [&](WriteTx& tx) { return update(tx, "default", given); }),
            5);
  EXPECT_GE(metadata::expect_all_or_nothing(db_,
                                            [&](WriteTx& tx) {
                                              return set_labels(tx, "default", digest, {{"e", "5"}});
                                            }),
            4);
  EXPECT_GE(
      metadata::expect_all_or_nothing(db_,
                                      [&](WriteTx& tx) {
                                        return merge_labels(tx, "default", digest, {{"e", ""}, {"f", "6"}});
                                      }),
      4);
  EXPECT_EQ(labels_of(digest), (Labels{{"f", "6"}}));
  EXPECT_GE(metadata::expect_all_or_nothing(db_, [&](WriteTx& tx) { return remove(tx, "default", digest); }),
            2);
}

TEST_F(RecordsTest, LabelsOfAnAbsentBlobAreNotFound) {
  EXPECT_EQ(code_of(relabel(Digest::of("none"), {})), Errc::not_found);
  EXPECT_EQ(code_of(merge(Digest::of("none"), {})), Errc::not_found);
  record("text");
  EXPECT_EQ(code_of(relabel(Digest::of("none"), {})), Errc::not_found);
}

TEST_F(RecordsTest, BadLabelsChangeNothing) {
  const Digest digest = record("text", {{"a", "1"}});
  EXPECT_EQ(code_of(relabel(digest, {{"b", "2"}, {"c", std::string(5000, 'x')}})), Errc::invalid_argument);
  EXPECT_EQ(code_of(merge(digest, {{"", "x"}})), Errc::invalid_argument);
  EXPECT_EQ(labels_of(digest), (Labels{{"a", "1"}}));
}

TEST_F(RecordsTest, RemoveTakesTheRecordOfOneNamespaceAndLeavesTheFile) {
  const Digest digest = record("text", {}, "one");
  record("text", {}, "two");
  must(unrecord("text", "one"));
  EXPECT_EQ(code_of(stat_now(digest, "one")), Errc::not_found);
  EXPECT_TRUE(stat_now(digest, "two"));
  EXPECT_TRUE(has_file("text"));
}

TEST_F(RecordsTest, RemovingWhatIsAbsentIsNotFoundAndNamesIt) {
  const auto absent = unrecord("none");
  EXPECT_EQ(code_of(absent), Errc::not_found);
  EXPECT_EQ(absent.error().name(), Digest::of("none").to_string());
  record("text");
  EXPECT_EQ(code_of(unrecord("none")), Errc::not_found);
}

TEST_F(RecordsTest, WalkVisitsInDigestOrder) {
  EXPECT_TRUE(walked().empty());
  for (const char* text : {"one", "two", "three", "four", "five"}) record(text);
  const auto infos = walked();
  EXPECT_EQ(infos.size(), 5u);
  EXPECT_TRUE(std::is_sorted(infos.begin(), infos.end(), [](const Info& a, const Info& b) {
    return a.digest.to_string() < b.digest.to_string();
  }));
  EXPECT_TRUE(walked("other").empty());
}

TEST_F(RecordsTest, WalkStopsAtTheVisitorsError) {
  record("one");
  record("two");
  int visits = 0;
  const auto result = db_.view([&](const ReadTx& tx) {
    return walk(tx, "default", [&](const Info&) -> Result<void> {
      ++visits;
      return kGiveUp;
    });
  });
  EXPECT_EQ(code_of(result), Errc::conflict);
  EXPECT_EQ(visits, 1);
}

TEST_F(RecordsTest, RecordsThatDoNotDecodeAreCorruptAndNamed) {
  const auto damages = std::vector<std::function<Result<void>(MutableBucket&)>>{
      [](MutableBucket& bucket) { return bucket.erase("size"); },
      [](MutableBucket& bucket) { return bucket.put("size", metadata::codec::encode_varint(-1)); },
      [](MutableBucket& bucket) { return bucket.put("createdat", "yesterday"); },
      [](MutableBucket& bucket) { return bucket.erase("updatedat"); },
  };
  for (std::size_t i = 0; i < damages.size(); ++i) {
    const Digest digest = record("text " + std::to_string(i));
    tamper(digest, damages[i]);
    const auto result = stat_now(digest);
    EXPECT_EQ(code_of(result), Errc::corrupt) << i;
    EXPECT_NE(result.error().to_string().find(digest.to_string()), std::string::npos) << i;
    EXPECT_EQ(code_of(walk_now()), Errc::corrupt) << i;
    EXPECT_EQ(code_of(relabel(digest, {})), Errc::corrupt) << i;
    must(unrecord("text " + std::to_string(i)));
  }
}

TEST_F(RecordsTest, KeysThatAreNoRecordsAreCorruptAndNamed) {
  must(db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto blobs, metadata::create_namespace_bucket(tx, "default", {"content", "blob"}));
    return blobs.put(Digest::of("plain").to_string(), "a value");
  }));
  EXPECT_EQ(code_of(stat_now(Digest::of("plain"))), Errc::corrupt);
  EXPECT_EQ(code_of(walk_now()), Errc::corrupt);
}

TEST_F(RecordsTest, SaysWhatItDid) {
  using Words = bayplan::test::Words;
  const std::string name = "content default/" + Digest::of("text").to_string();
  bayplan::test::EventLog log(db_);
  const Digest digest = record("text");
  EXPECT_EQ(log.seen(), (Words{"created namespace default/default", "created " + name}));
  EXPECT_EQ(log.told(), (Words{"created namespace default/default", "created " + name}));
  record("text", {{"a", "1"}});
  EXPECT_EQ(log.seen(), Words{"updated " + name});
  must(relabel(digest, {{"b", "1"}}));
  must(merge(digest, {{"c", "1"}}));
  EXPECT_EQ(log.seen(), Words{"updated " + name});
  EXPECT_EQ(log.told(), (Words{"updated " + name, "updated " + name, "updated " + name}));
  must(unrecord("text"));
  EXPECT_EQ(log.seen(), Words{"removed " + name});
  EXPECT_EQ(log.told(), Words{"removed " + name});
}

}  // namespace
}  // namespace bayplan::content::test
