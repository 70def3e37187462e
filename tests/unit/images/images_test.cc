#include "bayplan/images/images.h"

#include <gmock/gmock.h>

#include "bayplan/metadata/codec.h"
#include "support/all_or_nothing.h"
#include "support/event_log.h"
#include "unit/images/image_db.h"

namespace bayplan::images {
namespace {

namespace schema = metadata::schema;
using metadata::MutableBucket;
using metadata::ReadTx;
using metadata::WriteTx;
using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;

using ImagesTest = ImageDbTest;

TEST_F(ImagesTest, CreateThenGetAnswersTheSame) {
  Image wanted = image("docker.io/library/a:1", {{"b", "2"}, {"a", "1"}});
  wanted.target.annotations = {{"org.example", "x"}};
  const Time before = now();
  ASSERT_EQ(outcome(create(wanted)), "ok");
  const auto found = get(wanted.name);
  ASSERT_EQ(outcome(found), "ok");
  EXPECT_GE(found->created, before);
  EXPECT_LE(found->created, now());
  EXPECT_EQ(found->updated, found->created);
  wanted.created = found->created;
  wanted.updated = found->updated;
  EXPECT_EQ(*found, wanted);
}

TEST_F(ImagesTest, TimesOfTheCallerAreIgnored) {
  Image wanted = image("a");
  wanted.created = wanted.updated = Time{};
  ASSERT_EQ(outcome(create(wanted)), "ok");
  EXPECT_NE(get("a")->created, Time{});
}

TEST_F(ImagesTest, StoresContainerdsKeysAndEncodings) {
  Image wanted = image("a", {{"l", "1"}});
  wanted.target.size = 300;
  wanted.target.annotations = {{"n", "2"}};
  ASSERT_EQ(outcome(create(wanted)), "ok");
  const auto checked = db_.view([&](const ReadTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(const auto record, metadata::root_bucket(tx).descend({"v1", "default", "images", "a"}));
    EXPECT_TRUE(record);
    BAYPLAN_ASSIGN(const auto target, record->bucket("target"));
    EXPECT_EQ(target->require("digest").value(), wanted.target.digest.to_string());
    EXPECT_EQ(target->require("mediatype").value(), wanted.target.media_type);
    EXPECT_EQ(target->require("size").value(), "\xd8\x04");  // zig-zag: 600
    EXPECT_EQ(record->require("createdat").value().size(), 15u);
    EXPECT_EQ(record->require("updatedat").value().size(), 15u);
    EXPECT_EQ(record->bucket("labels").value()->require("l").value(), "1");
    EXPECT_EQ(record->bucket("annotations").value()->require("n").value(), "2");
    return {};
  });
  EXPECT_EQ(outcome(checked), "ok");
}

TEST_F(ImagesTest, EmptyLabelValuesAreNotStored) {
  Image wanted = image("a", {{"keep", "1"}, {"drop", ""}});
  wanted.target.annotations = {{"gone", ""}};
  ASSERT_EQ(outcome(create(wanted)), "ok");
  EXPECT_EQ(get("a")->labels, (Labels{{"keep", "1"}}));
  EXPECT_THAT(get("a")->target.annotations, IsEmpty());
}

TEST_F(ImagesTest, CreateOnlyCreates) {
  ASSERT_EQ(outcome(create(image("a", {}, "first"))), "ok");
  EXPECT_EQ(outcome(create(image("a", {}, "second"))), "already_exists");
  EXPECT_EQ(get("a")->target.digest, Digest::of("first"));
}

TEST_F(ImagesTest, GetOfWhatIsNotThere) {
  EXPECT_EQ(outcome(get("a")), "not_found");
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  EXPECT_EQ(outcome(get("b")), "not_found");
  EXPECT_EQ(outcome(get("")), "not_found");
  EXPECT_EQ(outcome(get("a", "other")), "not_found");
  EXPECT_EQ(outcome(get(std::string(metadata::kMaxKeyBytes + 1, 'a'))), "not_found");
}

TEST_F(ImagesTest, RefusesRecordsThatCannotBe) {
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  const Image before = get("a").value();
  const auto refused = [&](const Image& bad) {
    EXPECT_EQ(outcome(create(bad)), "invalid_argument") << quoted(bad.name);
    EXPECT_EQ(outcome(update(bad)), "invalid_argument") << quoted(bad.name);
  };
  refused(image(""));
  refused(image("a\nb"));
  refused(image("\xff"));
  refused(image(std::string(metadata::kMaxKeyBytes + 1, 'a')));
  refused(image("a", {{"", "x"}}));
  refused(image("a", {{"k", std::string(kMaxLabelBytes, 'v')}}));
  Image bad = image("a");
  bad.target.size = 0;
  refused(bad);
  bad.target.size = std::uint64_t{1} << 63;
  refused(bad);
  bad = image("a");
  bad.target.media_type.clear();
  refused(bad);
  bad = image("a");
  bad.target.annotations = {{"", "x"}};
  refused(bad);
  EXPECT_THAT(names(), ElementsAre("a"));
  EXPECT_EQ(get("a").value(), before);
}

TEST_F(ImagesTest, RefusesBadNamespaces) {
  EXPECT_EQ(outcome(create(image("a"), "")), "invalid_argument");
  EXPECT_EQ(outcome(create(image("a"), "version")), "invalid_argument");
  EXPECT_EQ(outcome(update(image("a"), "../x")), "not_found");
}

TEST_F(ImagesTest, NamesMayBeLong) {
  const std::string reference =
      std::string(253, 'd') + "/" + std::string(255, 'p') + ":" + std::string(128, 't');
  const std::string longest(metadata::kMaxKeyBytes, 'z');
  ASSERT_EQ(outcome(create(image(reference))), "ok");
  ASSERT_EQ(outcome(create(image(longest))), "ok");
  EXPECT_EQ(get(reference)->name, reference);
  EXPECT_THAT(names(), ElementsAre(reference, longest));
}

TEST_F(ImagesTest, NamespacesDoNotMix) {
  ASSERT_EQ(outcome(create(image("a", {}, "one"), "one")), "ok");
  ASSERT_EQ(outcome(create(image("a", {}, "two"), "two")), "ok");
  EXPECT_EQ(get("a", "one")->target.digest, Digest::of("one"));
  EXPECT_EQ(get("a", "two")->target.digest, Digest::of("two"));
  ASSERT_EQ(outcome(remove("a", "one")), "ok");
  EXPECT_EQ(outcome(get("a", "two")), "ok");
}

TEST_F(ImagesTest, UpdateReplacesAllButTheCreationTime) {
  Image first = image("a", {{"old", "1"}, {"both", "1"}}, "first");
  first.target.annotations = {{"old", "1"}};
  ASSERT_EQ(outcome(create(first)), "ok");
  const Image before = *get("a");
  Image second = image("a", {{"both", "2"}, {"new", "2"}}, "second content");
  second.target.media_type = "application/vnd.oci.image.index.v1+json";
  ASSERT_EQ(outcome(update(second)), "ok");
  const Image after = *get("a");
  EXPECT_EQ(after.target, second.target);
  EXPECT_EQ(after.labels, second.labels);
  EXPECT_EQ(after.created, before.created);
  EXPECT_GT(after.updated, before.updated);
}

TEST_F(ImagesTest, UpdateOfWhatIsNotThere) {
  EXPECT_EQ(outcome(update(image("a"))), "not_found");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(ImagesTest, RemoveTakesOne) {
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  ASSERT_EQ(outcome(create(image("b"))), "ok");
  ASSERT_EQ(outcome(remove("a")), "ok");
  EXPECT_THAT(names(), ElementsAre("b"));
  EXPECT_EQ(outcome(remove("a")), "not_found");
  EXPECT_EQ(outcome(remove("")), "not_found");
  EXPECT_EQ(outcome(remove("b", "other")), "not_found");
}

TEST_F(ImagesTest, WalkIsInByteOrder) {
  for (const char* name : {"b", "a/2", "Z", "a", "a:1", "\xc3\xa9"})
    ASSERT_EQ(outcome(create(image(name))), "ok");
  EXPECT_THAT(names(), ElementsAre("Z", "a", "a/2", "a:1", "b", "\xc3\xa9"));
  EXPECT_THAT(names("other"), IsEmpty());
}

TEST_F(ImagesTest, WalkStopsAtTheVisitorsError) {
  for (const char* name : {"a", "b", "c"}) ASSERT_EQ(outcome(create(image(name))), "ok");
  int visits = 0;
  const auto walked = db_.view([&](const ReadTx& tx) {
    return walk(tx, kNs, [&](const ImageView& image) -> Result<void> {
      ++visits;
      if (image.name == "b") return Error(Errc::cancelled, "test", {});
      return {};
    });
  });
  EXPECT_EQ(outcome(walked), "cancelled");
  EXPECT_EQ(visits, 2);
}

TEST_F(ImagesTest, DamagedRecordsAreErrorsThatNameThem) {
  const std::function<Result<void>(MutableBucket&)> damages[] = {
      [](MutableBucket& record) { return record.delete_bucket(schema::kTarget); },
      [](MutableBucket& record) { return record.erase(schema::kCreatedAt); },
      [](MutableBucket& record) { return record.put(schema::kUpdatedAt, "x"); },
      [](MutableBucket& record) { return record.bucket(schema::kTarget).value()->erase(schema::kMediaType); },
      [](MutableBucket& record) {
        return record.bucket(schema::kTarget).value()->put(schema::kDigest, "sha256:x");
      },
      [](MutableBucket& record) {
        return record.bucket(schema::kTarget).value()->put(schema::kSize, metadata::codec::encode_varint(-1));
      },
      [](MutableBucket& record) -> Result<void> {
        BAYPLAN_ASSIGN(auto labels, record.create_bucket(schema::kLabels));
        BAYPLAN_TRY(labels.create_bucket("k"));
        return {};
      }};
  int number = 0;
  for (const auto& change : damages) {
    const std::string name = "image" + std::to_string(number++);
    ASSERT_EQ(outcome(create(image(name))), "ok");
    damage(name, change);
    const auto found = get(name);
    ASSERT_EQ(outcome(found), "corrupt") << name;
    EXPECT_EQ(found.error().to_string().rfind("image \"" + name + "\": ", 0), 0u)
        << found.error().to_string();
    const auto walked = db_.view(
        [&](const ReadTx& tx) { return walk(tx, kNs, [](const ImageView&) -> Result<void> { return {}; }); });
    EXPECT_EQ(outcome(walked), "corrupt") << name;
    ASSERT_EQ(outcome(remove(name)), "ok");
  }
}

TEST_F(ImagesTest, APlainValueAmongRecordsIsAnErrorOfTheWalk) {
  ASSERT_EQ(outcome(db_.update([](WriteTx& tx) -> Result<void> {
              BAYPLAN_ASSIGN(auto images, metadata::create_namespace_bucket(tx, kNs, {schema::kImages}));
              return images.put("a", "value");
            })),
            "ok");
  const auto walked = db_.view(
      [&](const ReadTx& tx) { return walk(tx, kNs, [](const ImageView&) -> Result<void> { return {}; }); });
  EXPECT_EQ(outcome(walked), "corrupt");
  EXPECT_EQ(outcome(get("a")), "not_found");
  EXPECT_EQ(outcome(create(image("a"))), "already_exists");
}

TEST_F(ImagesTest, AFailedCallLeavesTheCallersTransactionAsItWas) {
  const auto updated = db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(images::create(tx, kNs, image("a", {}, "first")));
    EXPECT_EQ(outcome(images::create(tx, kNs, image("a", {}, "second"))), "already_exists");
    EXPECT_EQ(outcome(images::create(tx, "elsewhere", image("", {}, "x"))), "invalid_argument");
    EXPECT_EQ(outcome(images::update(tx, kNs, image("b"))), "not_found");
    EXPECT_EQ(outcome(images::remove(tx, kNs, "b")), "not_found");
    return {};
  });
  ASSERT_EQ(outcome(updated), "ok");
  EXPECT_THAT(names(), ElementsAre("a"));
  EXPECT_EQ(get("a")->target.digest, Digest::of("first"));
  EXPECT_THAT(db_.view([](const ReadTx& tx) { return metadata::list_namespaces(tx); }).value(),
              ElementsAre("default"));
}

TEST_F(ImagesTest, AreAllOrNothing) {
  Image made = image("a", {{"k", "1"}, {"l", "2"}}, "first");
  made.target.annotations = {{"n", "3"}};
  EXPECT_GE(metadata::expect_all_or_nothing(db_, [&](WriteTx& tx) { return images::create(tx, kNs, made); }),
            12);
  EXPECT_EQ(get("a")->target, made.target);
  Image changed = image("a", {{"k", "new"}, {"m", "4"}}, "second");
  EXPECT_GE(
      metadata::expect_all_or_nothing(db_, [&](WriteTx& tx) { return images::update(tx, kNs, changed); }), 8);
  EXPECT_EQ(get("a")->labels, changed.labels);
  EXPECT_GE(metadata::expect_all_or_nothing(db_,
                                            [&](WriteTx& tx) {
                                              return images::update(tx, kNs, made, {"labels.l", "target"});
                                            }),
            5);
  EXPECT_GE(metadata::expect_all_or_nothing(db_, [&](WriteTx& tx) { return images::remove(tx, kNs, "a"); }),
            1);
  EXPECT_THAT(names(), IsEmpty());
}

// The update meets the damage after it has written parts of the record.
TEST_F(ImagesTest, AnUpdateThatFailsHalfWayChangesNothing) {
  ASSERT_EQ(outcome(create(image("a", {}, "first"))), "ok");
  damage("a", [](MutableBucket& record) -> Result<void> {
    BAYPLAN_ASSIGN(auto labels, record.create_bucket(schema::kLabels));
    BAYPLAN_TRY(labels.create_bucket("k"));
    return {};
  });
  const auto updated = db_.update([&](WriteTx& tx) -> Result<void> {
    EXPECT_EQ(outcome(images::update(tx, kNs, image("a", {{"l", "1"}}, "second"))), "corrupt");
    return {};
  });
  ASSERT_EQ(outcome(updated), "ok");
  damage("a", [](MutableBucket& record) { return record.delete_bucket(schema::kLabels); });
  EXPECT_EQ(get("a")->target.digest, Digest::of("first"));
}

TEST_F(ImagesTest, SaysWhatItDid) {
  test::EventLog log(db_);
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  EXPECT_THAT(log.seen(), ElementsAre("created namespace default/default", "created image default/a"));
  ASSERT_EQ(outcome(update(image("a", {{"k", "v"}}))), "ok");
  EXPECT_THAT(log.seen(), ElementsAre("updated image default/a"));
  ASSERT_EQ(outcome(remove("a")), "ok");
  EXPECT_THAT(log.seen(), ElementsAre("removed image default/a"));
  EXPECT_EQ(outcome(remove("a")), "not_found");
  EXPECT_EQ(outcome(create(image(""))), "invalid_argument");
  EXPECT_THAT(log.told(), ElementsAre("created namespace default/default", "created image default/a",
                                      "updated image default/a", "removed image default/a"));
}

}  // namespace
}  // namespace bayplan::images
