#include <gmock/gmock.h>

#include "bayplan/content/store.h"
#include "bayplan/metadata/check.h"
#include "support/gc_telling.h"
#include "unit/images/image_db.h"

namespace bayplan::images {
namespace {

namespace schema = metadata::schema;
using metadata::GcNode;
using metadata::MutableBucket;
using metadata::ReadTx;
using test::outcome;
using test::Telling;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kExpire = "containerd.io/gc.expire";

class ImageGcKindTest : public ImageDbTest {
 protected:
  static std::vector<std::string> keys(const std::vector<GcNode>& nodes) {
    std::vector<std::string> found;
    for (const GcNode& node : nodes) {
      EXPECT_EQ(node.kind, "image");
      EXPECT_EQ(node.ns, kNs);
      found.push_back(node.key);
    }
    return found;
  }
  Telling told() { return Telling::all(db_, image_gc_kind(), kNs).value(); }
  std::vector<std::string> roots() { return keys(told().roots); }
  std::vector<std::string> candidates() { return keys(told().collectable); }
  std::vector<GcNode> edges(std::string_view name) {
    return Telling::one(db_, image_gc_kind(), kNs, name).value().edges;
  }

  std::vector<std::string> problems() {
    std::vector<std::string> texts;
    const auto result = db_.view([&](const ReadTx& tx) {
      return image_gc_kind().check(tx, kNs, [&](metadata::Problem problem) {
        EXPECT_EQ(problem.object.kind, "image");
        texts.push_back(problem.object.key + ": " + problem.what);
      });
    });
    EXPECT_EQ(outcome(result), "ok");
    return texts;
  }

  void record_content(std::string_view text) {
    auto ingest = blobs_.ingest();
    ASSERT_EQ(outcome(ingest->write(as_bytes(text))), "ok");
    auto ready = std::move(*ingest).finish();
    ASSERT_EQ(outcome(ready), "ok");
    ASSERT_EQ(outcome(db_.update([&](metadata::WriteTx& tx) {
                return content::add(tx, kNs, std::move(ready).value(), {}, metadata::referred());
              })),
              "ok");
  }

  content::Store blobs_ = content::Store::open(dir_.path() / "content").value();
};

TEST_F(ImageGcKindTest, IsTheKindImage) { EXPECT_EQ(image_gc_kind().kind(), "image"); }

TEST_F(ImageGcKindTest, RootsAreImagesWithoutAnExpiryThatHasCome) {
  ASSERT_EQ(outcome(create(image("plain"))), "ok");
  ASSERT_EQ(outcome(create(image("labelled", {{"a", "b"}}))), "ok");
  ASSERT_EQ(outcome(create(image("future", {{kExpire, "2200-01-01T00:00:00Z"}}))), "ok");
  ASSERT_EQ(outcome(create(image("past", {{kExpire, "2000-01-01T00:00:00Z"}}))), "ok");
  ASSERT_EQ(outcome(create(image("past-elsewhere", {{kExpire, "2000-01-01T00:00:00+05:00"}}))), "ok");
  ASSERT_EQ(outcome(create(image("unreadable", {{kExpire, "yesterday"}}))), "ok");
  ASSERT_EQ(outcome(create(image("almost", {{"containerd.io/gc.expired", "2000-01-01T00:00:00Z"}}))), "ok");
  EXPECT_THAT(roots(), UnorderedElementsAre("plain", "labelled", "future", "unreadable", "almost"));
}

TEST_F(ImageGcKindTest, TellsWhenARootEndsByItself) {
  ASSERT_EQ(outcome(create(image("a-past", {{kExpire, "2000-01-01T00:00:00Z"}}))), "ok");
  ASSERT_EQ(outcome(create(image("b-future", {{kExpire, "2200-01-01T00:00:00Z"}}))), "ok");
  ASSERT_EQ(outcome(create(image("c-never"))), "ok");
  const std::vector<std::optional<Time>> until{{}, parse_rfc3339("2200-01-01T00:00:00Z").value(), {}};
  EXPECT_EQ(told().until, until);
}

TEST_F(ImageGcKindTest, AnEmptyNamespaceHasNone) {
  EXPECT_THAT(roots(), IsEmpty());
  EXPECT_THAT(candidates(), IsEmpty());
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(ImageGcKindTest, EveryImageIsACandidate) {
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  ASSERT_EQ(outcome(create(image("b", {{kExpire, "2000-01-01T00:00:00Z"}}))), "ok");
  EXPECT_THAT(candidates(), ElementsAre("a", "b"));
}

TEST_F(ImageGcKindTest, EdgesGoToTheTargetAndWhereLabelsPoint) {
  ASSERT_EQ(outcome(create(image("a",
                                 {{"containerd.io/gc.ref.content.x", "sha256:1"},
                                  {"containerd.io/gc.ref.snapshot.overlay", "key"},
                                  {"containerd.io/gc.ref.image", "b"},
                                  {"containerd.io/gc.ref.contentbad", "no"}},
                                 "manifest"))),
            "ok");
  const std::string ns(kNs);
  EXPECT_THAT(edges("a"),
              UnorderedElementsAre(GcNode{"content", ns, Digest::of("manifest").to_string()},
                                   GcNode{"content", ns, "sha256:1"}, GcNode{"snapshot", ns, "overlay/key"},
                                   GcNode{"image", ns, "b"}));
}

TEST_F(ImageGcKindTest, AnImageThatIsGoneHasNoEdges) {
  EXPECT_THAT(edges("a"), IsEmpty());
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  EXPECT_THAT(edges("b"), IsEmpty());
}

TEST_F(ImageGcKindTest, ADamagedTargetStopsTheMarking) {
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  damage("a", [](MutableBucket& record) { return record.delete_bucket(schema::kTarget); });
  EXPECT_EQ(outcome(Telling::one(db_, image_gc_kind(), kNs, "a")), "corrupt");
}

TEST_F(ImageGcKindTest, ErrorsOfTheSinkAreReturned) {
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  const auto refused = db_.view([&](const ReadTx& tx) {
    test::Refusing sink;
    return image_gc_kind().scan(tx, kNs, sink);
  });
  EXPECT_EQ(outcome(refused), "cancelled");
}

TEST_F(ImageGcKindTest, RemoveTakesTheRecord) {
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  const auto remove_a = [&] {
    return db_.update([&](metadata::WriteTx& tx) {
      return image_gc_kind().remove(tx, {"image", std::string(kNs), "a"});
    });
  };
  EXPECT_EQ(outcome(remove_a()), "ok");
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(outcome(remove_a()), "not_found");
}

TEST_F(ImageGcKindTest, HasNoFiles) {
  const auto swept = image_gc_kind().sweep_files(db_, {});
  ASSERT_EQ(outcome(swept), "ok");
  EXPECT_EQ(swept->files, 0u);
}

TEST_F(ImageGcKindTest, CheckIsContentWithImagesWhoseTargetIsThere) {
  record_content("manifest");
  ASSERT_EQ(outcome(create(image("a"))), "ok");
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(ImageGcKindTest, CheckReportsTargetsThatAreAbsentOrOfAnotherSize) {
  record_content("present");
  ASSERT_EQ(outcome(create(image("absent", {}, "absent"))), "ok");
  Image other_size = image("size", {}, "present");
  other_size.target.size += 1;
  ASSERT_EQ(outcome(create(other_size)), "ok");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("absent: its target sha256:"), HasSubstr("7 bytes, not 8")));
}

TEST_F(ImageGcKindTest, CheckReportsRecordsThatDoNotDecode) {
  record_content("manifest");
  for (const char* name : {"bad", "good"}) ASSERT_EQ(outcome(create(image(name))), "ok");
  damage("bad", [](MutableBucket& record) { return record.erase(schema::kCreatedAt); });
  ASSERT_EQ(outcome(db_.update([](metadata::WriteTx& tx) -> Result<void> {
              BAYPLAN_ASSIGN(auto images, metadata::open_namespace_bucket(tx, kNs, {schema::kImages}));
              return images->put("value", "x");
            })),
            "ok");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("bad: "), HasSubstr("plain value")));
}

TEST_F(ImageGcKindTest, ACollectionRemovesExpiredImagesThatNothingNeedsAndTheirContent) {
  for (const char* text : {"live", "dead", "needed"}) record_content(text);
  const std::string past = "2000-01-01T00:00:00Z";
  ASSERT_EQ(outcome(create(image("a-live", {{"containerd.io/gc.ref.image", "b-needed"}}, "live"))), "ok");
  ASSERT_EQ(outcome(create(image("b-needed", {{kExpire, past}}, "needed"))), "ok");
  ASSERT_EQ(outcome(create(image("c-dead", {{kExpire, past}}, "dead"))), "ok");
  const std::vector<const metadata::GcKind*> kinds = {&blobs_.gc_kind(), &image_gc_kind()};
  const auto report = metadata::collect(db_, kinds, {}, {});
  ASSERT_EQ(outcome(report), "ok");
  const std::string ns(kNs);
  EXPECT_THAT(test::removed_nodes(*report), ElementsAre(GcNode{"content", ns, Digest::of("dead").to_string()},
                                                        GcNode{"image", ns, "c-dead"}));
  EXPECT_EQ(report->removed[1].why, "expired at " + past);
  EXPECT_THAT(names(), ElementsAre("a-live", "b-needed"));
  EXPECT_THAT(problems(), IsEmpty());
}

}  // namespace
}  // namespace bayplan::images
