// Names, metadata and owner of containers, as containers/storage has them (items T3, T5, T6, T22, T24, N8).
#include "bayplan/containers/storage_record.h"

#include <gmock/gmock.h>

#include "bayplan/metadata/check.h"
#include "record_test.h"
#include "support/all_or_nothing.h"
#include "support/bucket_dump.h"
#include "support/event_log.h"

namespace bayplan::containers {
namespace {

using metadata::ReadTx;
using metadata::WriteTx;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class StorageRecord : public RecordTest {
 protected:
  ~StorageRecord() override {
    const metadata::GcKind* const kinds[] = {&container_gc_kind()};
    for (const auto& problem : metadata::check(db_, kinds).value().problems) {
      if (problem.what.find("snapshot") != std::string::npos) continue;  // of samples, which have none
      EXPECT_TRUE(damaged_) << problem.object.key << ": " << problem.what;
    }
  }

  template <class F>
  Result<void> write(F change) const {
    return db_.update([&](WriteTx& tx) -> Result<void> { return change(tx); });
  }
  Result<void> make(const std::string& id, const storage::Record& record) const {
    return write([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_TRY(containers::create(tx, kNs, sample(id)));
      return storage::attach(tx, kNs, id, record);
    });
  }
  storage::Record record(std::string_view id) const {
    return db_.view([&](const ReadTx& tx) { return storage::get(tx, kNs, id); }).value();
  }
  Result<std::string> find(std::string_view text) const {
    return db_.view([&](const ReadTx& tx) { return storage::find(tx, kNs, text); });
  }
  std::optional<std::string> named(std::string_view name) const {
    return db_.view([&](const ReadTx& tx) { return storage::named(tx, kNs, name); }).value();
  }

  bool damaged_ = false;
};

TEST_F(StorageRecord, T1_KeepsWhatItWasGiven) {
  const storage::Record given{"cri-o", {"k8s_POD_a", "a-infra"}, {"a-infra-layer"}, R"({"pod":true})"};
  ASSERT_TRUE(make("c1", given));
  EXPECT_EQ(record("c1"), given);
}

TEST_F(StorageRecord, AContainerOfContainerdsHasNone) {
  ASSERT_TRUE(create(sample("c1")));
  EXPECT_EQ(record("c1"), storage::Record{});
  EXPECT_EQ(code(db_.view([](const ReadTx& tx) { return storage::get(tx, kNs, "c2"); })), Errc::not_found);
}

TEST_F(StorageRecord, N7_LiesInTheContainersRecordAndInTwoIndexes) {
  ASSERT_TRUE(make("c1", {"libpod", {"new", "old"}, {"new-layer"}, "{}"}));
  const std::vector<std::string> lines =
      db_.view([](const ReadTx& tx) -> Result<std::vector<std::string>> { return test::dump(tx.root()); })
          .value();
  std::vector<std::string> ours;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(ours),
               [](const std::string& line) { return line.find("bayplan.") != std::string::npos; });
  EXPECT_THAT(
      ours, ElementsAre("v1/default/bayplan.layernames/", "v1/default/bayplan.layernames/new-layer = \"c1\"",
                        "v1/default/bayplan.names/", "v1/default/bayplan.names/new = \"c1\"",
                        "v1/default/bayplan.names/old = \"c1\"", "v1/default/containers/c1/bayplan.storage/",
                        "v1/default/containers/c1/bayplan.storage/layernames/",
                        "v1/default/containers/c1/bayplan.storage/layernames/00000000 = \"new-layer\"",
                        "v1/default/containers/c1/bayplan.storage/metadata = \"{}\"",
                        "v1/default/containers/c1/bayplan.storage/names/",
                        "v1/default/containers/c1/bayplan.storage/names/00000000 = \"new\"",
                        "v1/default/containers/c1/bayplan.storage/names/00000001 = \"old\"",
                        "v1/default/containers/c1/bayplan.storage/owner = \"libpod\""));
}

TEST_F(StorageRecord, T3_AnIdGoesBeforeANameAndANameBeforeALayerAndThatBeforeABeginning) {
  ASSERT_TRUE(make("abcd", {.names = {"first"}, .layer_names = {"top"}}));
  ASSERT_TRUE(make("abce", {.names = {"abcd", "top"}}));
  EXPECT_EQ(find("abcd").value(), "abcd");
  EXPECT_EQ(find("first").value(), "abcd");
  EXPECT_EQ(find("top").value(), "abce");
  ASSERT_TRUE(make("topmost", {}));
  EXPECT_EQ(find("top").value(), "abce");
  EXPECT_EQ(find("topm").value(), "topmost");
}

TEST_F(StorageRecord, T3_ABeginningOfSeveralIdsOrTooShortIsNotKnown) {
  ASSERT_TRUE(make("abcd", {}));
  ASSERT_TRUE(make("abce", {}));
  EXPECT_EQ(code(find("abc")), Errc::not_found);
  EXPECT_THAT(find("abc").error().message(), HasSubstr("several"));
  ASSERT_TRUE(remove("abce"));
  EXPECT_EQ(find("abc").value(), "abcd");
  EXPECT_EQ(code(find("ab")), Errc::not_found);
  EXPECT_EQ(code(find("")), Errc::not_found);
  EXPECT_EQ(code(find("abd")), Errc::not_found);
}

TEST_F(StorageRecord, T24_IsFoundByItsLayer) {
  ASSERT_TRUE(make("c1", {.layer_names = {"web-layer"}}));
  const auto with_layer = [&](std::string_view layer) {
    return db_.view([&](const ReadTx& tx) { return storage::with_layer(tx, kNs, layer); });
  };
  EXPECT_EQ(with_layer("web-layer").value(), "c1");
  EXPECT_EQ(with_layer("key").value(), "c1") << "the key of its snapshot";
  EXPECT_EQ(code(with_layer("other")), Errc::not_found);
  EXPECT_EQ(with_layer("other").error().kind(), "layer");
}

TEST_F(StorageRecord, T5_ATakenNameIsRefusedAtCreationAndSaysWhose) {
  ASSERT_TRUE(make("c1", {.owner = "libpod", .names = {"web"}}));
  const auto made = make("c2", {.owner = "cri-o", .names = {"web"}});
  ASSERT_EQ(code(made), Errc::already_exists);
  EXPECT_EQ(made.error().kind(), "container name");
  EXPECT_THAT(made.error().message(),
              HasSubstr(R"(that name is already in use by container "c1", which libpod made)"));
  EXPECT_THAT(made.error().advice(), HasSubstr("remove that container"));
  EXPECT_EQ(named("web"), "c1");
  EXPECT_EQ(code(db_.view([](const ReadTx& tx) { return containers::get(tx, kNs, "c2"); })), Errc::not_found);
}

TEST_F(StorageRecord, T5_ANameMovesInOneCommit) {
  ASSERT_TRUE(make("c1", {.names = {"web", "old"}}));
  ASSERT_TRUE(make("c2", {.names = {"other"}}));
  ASSERT_TRUE(write([](WriteTx& tx) { return storage::add_names(tx, kNs, "c2", {"new", "web", "new"}); }));
  EXPECT_THAT(record("c2").names, ElementsAre("new", "web", "other"));
  EXPECT_THAT(record("c1").names, ElementsAre("old"));
  EXPECT_EQ(named("web"), "c2");
}

TEST_F(StorageRecord, T5_NamesAreReplacedAndTakenAway) {
  ASSERT_TRUE(make("c1", {.names = {"a", "b", "b"}}));
  EXPECT_THAT(record("c1").names, ElementsAre("a", "b"));
  ASSERT_TRUE(write([](WriteTx& tx) { return storage::set_names(tx, kNs, "c1", {"c", "b"}); }));
  EXPECT_THAT(record("c1").names, ElementsAre("c", "b"));
  EXPECT_EQ(named("a"), std::nullopt);
  ASSERT_TRUE(write([](WriteTx& tx) { return storage::remove_names(tx, kNs, "c1", {"c", "never"}); }));
  EXPECT_THAT(record("c1").names, ElementsAre("b"));
  ASSERT_TRUE(write([](WriteTx& tx) { return storage::set_names(tx, kNs, "c1", {}); }));
  EXPECT_THAT(record("c1").names, IsEmpty());
  EXPECT_EQ(named("b"), std::nullopt);
}

TEST_F(StorageRecord, NamesOfLayersAreApart) {
  ASSERT_TRUE(make("c1", {.names = {"x"}}));
  ASSERT_TRUE(make("c2", {.layer_names = {"x"}}));
  ASSERT_TRUE(write([](WriteTx& tx) { return storage::add_layer_names(tx, kNs, "c1", {"x", "y"}); }));
  EXPECT_THAT(record("c1").layer_names, ElementsAre("x", "y"));
  EXPECT_THAT(record("c2").layer_names, IsEmpty());
}

TEST_F(StorageRecord, T23_NamesGoWithTheContainer) {
  ASSERT_TRUE(make("c1", {.names = {"web"}, .layer_names = {"web-layer"}}));
  ASSERT_TRUE(remove("c1"));
  EXPECT_EQ(named("web"), std::nullopt);
  ASSERT_TRUE(make("c2", {.names = {"web"}, .layer_names = {"web-layer"}}));
  ASSERT_TRUE(remove("c2"));
  EXPECT_TRUE(write([](WriteTx& tx) { return metadata::remove_namespace(tx, kNs); })) << "nothing is left";
}

TEST_F(StorageRecord, T6_MetadataIsReplaced) {
  ASSERT_TRUE(make("c1", {.metadata = "a"}));
  const Time before = get("c1").updated;
  ASSERT_TRUE(write([](WriteTx& tx) { return storage::set_metadata(tx, kNs, "c1", "b"); }));
  EXPECT_EQ(record("c1").metadata, "b");
  EXPECT_GT(get("c1").updated, before);
  EXPECT_EQ(code(write([](WriteTx& tx) { return storage::set_metadata(tx, kNs, "c2", "b"); })),
            Errc::not_found);
  const std::string large(storage::kMaxMetadataBytes + 1, 'x');
  EXPECT_EQ(code(write([&](WriteTx& tx) { return storage::set_metadata(tx, kNs, "c1", large); })),
            Errc::too_large);
}

TEST_F(StorageRecord, N8_LongNamesAreStoredWholeOrRefused) {
  const std::string longest(storage::kMaxNameBytes, 'n');
  std::string other = longest;
  other.back() = 'm';
  ASSERT_TRUE(make("c1", {.names = {longest, std::string(440, 'k')}}));
  ASSERT_TRUE(make("c2", {.names = {other}}));
  EXPECT_EQ(find(longest).value(), "c1");
  EXPECT_EQ(find(other).value(), "c2");
  EXPECT_EQ(find(std::string(440, 'k')).value(), "c1");
  EXPECT_EQ(code(find(longest.substr(1))), Errc::not_found);
  const auto refused = make("c3", {.names = {longest + "n"}});
  EXPECT_EQ(code(refused), Errc::invalid_argument);
  EXPECT_EQ(code(make("c3", {.names = {""}})), Errc::invalid_argument);
  EXPECT_EQ(code(make("c3", {.names = {"a\nb"}})), Errc::invalid_argument);
  EXPECT_EQ(code(make("c3", {.owner = "not an identifier"})), Errc::invalid_argument);
}

TEST_F(StorageRecord, IsAttachedOnce) {
  ASSERT_TRUE(make("c1", {.names = {"a"}}));
  EXPECT_EQ(code(write([](WriteTx& tx) { return storage::attach(tx, kNs, "c1", {}); })),
            Errc::already_exists);
  EXPECT_EQ(code(write([](WriteTx& tx) { return storage::attach(tx, kNs, "c2", {}); })), Errc::not_found);
}

TEST_F(StorageRecord, S72_AnUpdateOfTheContainerKeepsItByteForByte) {
  ASSERT_TRUE(make("c1", {"cri-o", {"web"}, {"web-layer"}, "{}"}));
  Dump before = dump("containers", "c1");
  Container given = get("c1");
  given.labels = {{"a", "1"}};
  ASSERT_TRUE(update(given));
  Dump after = dump("containers", "c1");
  for (const char* key : {"updatedat", "labels/", "labels/a"}) after.erase(key);
  before.erase("updatedat");
  EXPECT_EQ(after, before);
}

TEST_F(StorageRecord, ChangesAreToldAsThoseOfContainers) {
  ASSERT_TRUE(make("c1", {.names = {"web"}}));
  ASSERT_TRUE(make("c2", {}));
  test::EventLog log(db_);
  ASSERT_TRUE(write([](WriteTx& tx) { return storage::add_names(tx, kNs, "c2", {"web"}); }));
  const auto expected = ElementsAre("updated container default/c1", "updated container default/c2");
  EXPECT_THAT(log.told(), expected);
  EXPECT_THAT(log.seen(), expected);
}

TEST_F(StorageRecord, EveryChangeIsAllOrNothing) {
  using metadata::expect_all_or_nothing;
  ASSERT_TRUE(create(sample("c1")));
  ASSERT_TRUE(make("c2", {.names = {"a", "b"}, .layer_names = {"a-layer"}}));
  EXPECT_GE(
      expect_all_or_nothing(db_,
                            [](WriteTx& tx) {
                              return storage::attach(tx, kNs, "c1", {"o", {"x", "y"}, {"x-layer"}, "{}"});
                            }),
      8);
  EXPECT_GE(expect_all_or_nothing(db_,
                                  [](WriteTx& tx) {
                                    return storage::add_names(tx, kNs, "c1", {"a", "z"});
                                  }),
            6);
  EXPECT_GE(expect_all_or_nothing(db_,
                                  [](WriteTx& tx) {
                                    return storage::set_names(tx, kNs, "c1", {"b", "x"});
                                  }),
            6);
  EXPECT_GE(
      expect_all_or_nothing(db_, [](WriteTx& tx) { return storage::remove_names(tx, kNs, "c1", {"x"}); }), 3);
  EXPECT_GE(expect_all_or_nothing(
                db_, [](WriteTx& tx) { return storage::add_layer_names(tx, kNs, "c1", {"a-layer"}); }),
            4);
  EXPECT_GE(expect_all_or_nothing(db_, [](WriteTx& tx) { return storage::set_metadata(tx, kNs, "c1", "m"); }),
            2);
  EXPECT_GE(expect_all_or_nothing(db_, [](WriteTx& tx) { return containers::remove(tx, kNs, "c1"); }), 4);
}

TEST_F(StorageRecord, ACheckSeesNamesThatDisagree) {
  ASSERT_TRUE(make("c1", {.names = {"a"}}));
  damaged_ = true;
  ASSERT_TRUE(write([](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto index, metadata::create_namespace_bucket(tx, kNs, {"bayplan.names"}));
    BAYPLAN_TRY(index.put("b", "c1"));
    BAYPLAN_TRY(index.put("c", "c9"));
    return index.erase("a");
  }));
  std::vector<std::string> found;
  const metadata::GcKind* const kinds[] = {&container_gc_kind()};
  for (const auto& problem : metadata::check(db_, kinds).value().problems) found.push_back(problem.what);
  EXPECT_THAT(found, testing::Contains(R"(its container name "a" is not in the index)"));
  EXPECT_THAT(found,
              testing::Contains(R"(the index has container name "b" for it, which is not one of its names)"));
  EXPECT_THAT(found, testing::Contains(R"(the index has container name "c" for it, which is not there)"));
}

}  // namespace
}  // namespace bayplan::containers
