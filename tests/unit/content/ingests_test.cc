#include "bayplan/content/ingests.h"

#include <filesystem>

#include "bayplan/base/file.h"
#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/leases.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/removals.h"
#include "db_fixture.h"
#include "ingest_records.h"
#include "support/gc_telling.h"

namespace bayplan::content::test {
namespace {

using bayplan::test::Telling;
using ingests::IngestRecord;
using metadata::WriteTx;

class IngestsTest : public RecordTest {
 protected:
  Result<IngestRecord> start(const std::string& ref, const std::optional<Digest>& expected = {},
                             const std::string& lease = {}) {
    return db_.update([&](WriteTx& tx) { return ingests::start(tx, "default", ref, expected, lease); });
  }
  Result<IngestRecord> get(const std::string& ref) {
    return db_.view([&](const metadata::ReadTx& tx) { return ingests::get(tx, "default", ref); });
  }
  Result<void> remove_ingest(const std::string& ref) {
    return db_.update([&](WriteTx& tx) { return ingests::remove(tx, "default", ref); });
  }
  void make_lease(const std::string& id) {
    must(db_.update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_TRY(metadata::leases::create(tx, "default", {.id = id}));
      return {};
    }));
  }
  std::filesystem::path directory(const IngestRecord& ingest) {
    const auto path = root() / "ingest" / ingests::directory_of(ingest.backend);
    std::filesystem::create_directory(path);
    return path;
  }
  Telling told() { return must(Telling::all(db_, store_.ingest_gc_kind(), "default")); }
  void expire(const std::string& ref) {
    must(db_.update([&](WriteTx& tx) -> Result<void> {
      BAYPLAN_ASSIGN(auto record,
                     metadata::open_namespace_bucket(tx, "default", {"content", "ingests", ref}));
      return record->put("expireat", metadata::codec::encode_time(now() - std::chrono::hours(1)));
    }));
  }
};

TEST_F(IngestsTest, StartsUnleasedWithAnExpiry) {
  const IngestRecord made = must(start("layer-1", Digest::of("x")));
  EXPECT_EQ(made.backend, "default/1/layer-1");
  EXPECT_GT(made.expires, now() + std::chrono::hours(23));
  EXPECT_EQ(made.expected, Digest::of("x"));
  EXPECT_EQ(must(get("layer-1")), made);
}

TEST_F(IngestsTest, StartsAgainWithTheSameBackend) {
  const IngestRecord made = must(start("layer-1"));
  const IngestRecord again = must(start("layer-1", Digest::of("x")));
  EXPECT_EQ(again.backend, made.backend);
  EXPECT_EQ(again.expected, Digest::of("x"));
}

TEST_F(IngestsTest, ALeasedOneHasNoExpiry) {
  make_lease("l");
  ASSERT_TRUE(start("layer-1"));
  EXPECT_FALSE(must(start("layer-1", {}, "l")).expires);
  std::vector<std::string> listed;
  must(db_.view([&](const metadata::ReadTx& tx) {
    return metadata::leases::walk_resources(tx, "default", "l",
                                            [&](const metadata::leases::Resource& resource) -> Result<void> {
                                              listed.push_back(resource.type + " " + resource.id);
                                              return {};
                                            });
  }));
  EXPECT_EQ(listed, (std::vector<std::string>{"ingests layer-1"}));
}

TEST_F(IngestsTest, RefusesWhatIsNoReferenceOrLease) {
  EXPECT_EQ(code_of(start("")), Errc::invalid_argument);
  EXPECT_EQ(code_of(start(std::string(4097, 'x'))), Errc::invalid_argument);
  EXPECT_TRUE(start(std::string(4096, 'x')));
  EXPECT_EQ(code_of(start("ref", {}, "absent")), Errc::not_found);
  EXPECT_EQ(code_of(get("ref")), Errc::not_found) << "nothing is half done";
  EXPECT_EQ(code_of(remove_ingest("ref")), Errc::not_found);
}

TEST_F(IngestsTest, ADamagedRecordIsNamed) {
  must(start("layer-1"));
  must(db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto record,
                   metadata::open_namespace_bucket(tx, "default", {"content", "ingests", "layer-1"}));
    return record->put("expected", "sha256:zz");
  }));
  EXPECT_EQ(code_of(get("layer-1")), Errc::corrupt);
  std::vector<std::string> problems;
  must(db_.view([&](const metadata::ReadTx& tx) {
    return store_.ingest_gc_kind().check(
        tx, "default", [&](const metadata::Problem& problem) { problems.push_back(problem.object.key); });
  }));
  EXPECT_EQ(problems, (std::vector<std::string>{"layer-1"}));
  EXPECT_TRUE(remove_ingest("layer-1"));
}

TEST_F(IngestsTest, IsARootUntilItExpires) {
  const IngestRecord made = must(start("layer-1", Digest::of("x")));
  EXPECT_EQ(told().roots.size(), 1u);
  EXPECT_EQ(told().until.at(0), made.expires);
  EXPECT_EQ(told().edges.at(0), (metadata::GcNode{"content", "default", Digest::of("x").to_string()}));
  expire("layer-1");
  EXPECT_EQ(told().roots.size(), 0u);
  EXPECT_EQ(told().until.at(0), std::nullopt);
  EXPECT_EQ(told().objects.size(), 1u);
}

// containerd aborts it under its writer.
TEST_F(IngestsTest, IsARootWhileSomebodyWrites) {
  const IngestRecord ingest = must(start("layer-1"));
  expire("layer-1");
  {
    const UniqueFd writer = must(file::open_dir(directory(ingest)));
    must(file::lock_exclusive(writer.get(), "ingest"));
    EXPECT_EQ(told().roots.size(), 1u);
    EXPECT_EQ(told().reasons.at(0), "being written");
  }
  EXPECT_EQ(told().roots.size(), 0u);
}

TEST_F(IngestsTest, IsKeptWithWhatItExpectsWhenSomebodyBeginsToWriteAfterTheMark) {
  const Digest expected = record("expected");
  record("other");
  const IngestRecord ingest = must(start("layer-1", expected));
  start("layer-2", Digest::of("other")).value();
  expire("layer-1");
  expire("layer-2");
  const UniqueFd writer = must(file::open_dir(directory(ingest)));
  fault::arm([&](fault::Point point) -> std::optional<Error> {
    if (point == fault::Point::gc_started) must(file::lock_exclusive(writer.get(), "ingest"));
    return {};
  });
  const std::vector<const metadata::GcKind*> kinds{&store_.gc_kind(), &store_.ingest_gc_kind()};
  const auto report = metadata::collect(db_, kinds, {}, {});
  fault::arm({});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(bayplan::test::removed_nodes(*report),
            (std::vector<metadata::GcNode>{{"content", "default", Digest::of("other").to_string()},
                                           {"ingest", "default", "layer-2"}}));
  EXPECT_TRUE(get("layer-1"));
  EXPECT_TRUE(stat_now(expected));
}

TEST_F(IngestsTest, ItsDirectoryWaitsForIt) {
  const auto path = directory(must(start("layer-1")));
  EXPECT_EQ(sweep().files, 0u);
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(IngestsTest, ItsDirectoryGoesWithIt) {
  const auto path = directory(must(start("layer-1")));
  must(remove_ingest("layer-1"));
  EXPECT_EQ(sweep().files, 0u) << "what is queued is left to the queue";
  const std::vector<const metadata::GcKind*> kinds{&store_.ingest_gc_kind()};
  EXPECT_EQ(must(metadata::unlink_removed(db_, kinds, metadata::kAllRemovals, {})).files, 1u);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(IngestsTest, StartedAgainItKeepsItsDirectory) {
  const auto path = directory(must(start("layer-1")));
  must(remove_ingest("layer-1"));
  must(start("layer-1"));
  const std::vector<const metadata::GcKind*> kinds{&store_.ingest_gc_kind()};
  EXPECT_EQ(must(metadata::unlink_removed(db_, kinds, metadata::kAllRemovals, {})).files, 0u);
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace bayplan::content::test
