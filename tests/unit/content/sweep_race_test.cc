// Publishers and a sweep, each in a process of its own, over one digest.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "bayplan/content/store.h"
#include "bayplan/metadata/removals.h"
#include "support/temp_dir.h"

namespace bayplan::content::test {
namespace {

constexpr int kRounds = 60;
constexpr std::string_view kText = "contested";

struct Place {
  Store store;
  metadata::Db db;
};

Result<Place> open_place(const std::filesystem::path& path) {
  BAYPLAN_ASSIGN(Store store, Store::open(path / "content"));
  BAYPLAN_ASSIGN(metadata::Db db, metadata::Db::open(path / "metadata", {.map_bytes = 64u << 20}));
  return Place{std::move(store), std::move(db)};
}

Result<ReadyBlob> publish(Store& store) {
  BAYPLAN_ASSIGN(Ingest ingest, store.ingest());
  BAYPLAN_TRY(ingest.write(as_bytes(kText)));
  return std::move(ingest).finish();
}

// What is already there is taken where it is there, so that both ways in are raced.
Result<ReadyBlob> adopt_or_publish(Store& store) {
  BAYPLAN_ASSIGN(auto adopted, store.adopt(Digest::of(kText), kText.size()));
  if (adopted) return *std::move(adopted);
  return publish(store);
}

Result<void> one_round(Place& place, std::string_view ns, bool adopt) {
  BAYPLAN_ASSIGN(ReadyBlob blob, adopt ? adopt_or_publish(place.store) : publish(place.store));
  const Digest digest = blob.digest();
  BAYPLAN_TRY(place.db.update(
      [&](metadata::WriteTx& tx) { return add(tx, ns, std::move(blob), {}, metadata::referred()); }));
  BAYPLAN_TRY(place.db.view([&](const metadata::ReadTx& tx) { return stat(tx, ns, digest); }));
  BAYPLAN_TRY(place.store.read_blob(digest, kText.size(), kText.size()));
  return place.db.update([&](metadata::WriteTx& tx) { return remove(tx, ns, digest); });
}

Result<void> publish_again_and_again(const std::filesystem::path& path, std::string_view ns) {
  BAYPLAN_ASSIGN(Place place, open_place(path));
  for (int round = 0; round < kRounds; ++round) {
    BAYPLAN_TRY(one_round(place, ns, round % 2 == 1).with_context("round", std::to_string(round)));
  }
  return {};
}

pid_t start_publisher(const std::filesystem::path& path, std::string_view ns) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const auto result = publish_again_and_again(path, ns);
  if (!result) std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  ::_exit(result ? 0 : 1);
}

// As a collection does it.
Result<metadata::FileSweep> remove_files(const Place& place) {
  const std::vector<const metadata::GcKind*> kinds{&place.store.gc_kind()};
  BAYPLAN_ASSIGN(metadata::FileSweep removed,
                 metadata::unlink_removed(place.db, kinds, metadata::kAllRemovals, {}));
  BAYPLAN_ASSIGN(const metadata::FileSweep swept, place.store.gc_kind().sweep_files(place.db, {}));
  removed += swept;
  return removed;
}

TEST(SweepRace, ARecordNeverNamesMissingBytes) {
  const bayplan::test::TempDir dir;
  std::vector<pid_t> publishers;
  for (const std::string_view ns : {"one", "two"}) publishers.push_back(start_publisher(dir.path(), ns));
  auto place = open_place(dir.path());
  ASSERT_TRUE(place) << place.error().to_string();

  std::uint64_t swept = 0;
  for (const pid_t publisher : publishers) {
    int status = 0;
    pid_t ended = 0;
    while (ended == 0) {
      const auto removed = remove_files(*place);
      ASSERT_TRUE(removed) << removed.error().to_string();
      swept += removed->files;
      ended = ::waitpid(publisher, &status, WNOHANG);
    }
    ASSERT_EQ(ended, publisher);
    EXPECT_EQ(status, 0);
  }
  const auto last = remove_files(*place);
  ASSERT_TRUE(last) << last.error().to_string();
  EXPECT_GE(swept + last->files, 1u);
}

TEST(SweepRace, ANewIngestIsNeverSweptAway) {
  const bayplan::test::TempDir dir;
  auto place = open_place(dir.path());
  ASSERT_TRUE(place) << place.error().to_string();
  std::atomic<bool> done{false};
  std::thread sweeper([&] {
    while (!done) {
      const auto sweep = place->store.ingest_gc_kind().sweep_files(place->db, {});
      EXPECT_TRUE(sweep) << sweep.error().to_string();
    }
  });
  for (int round = 0; round < 300; ++round) {
    auto ingest = place->store.ingest();
    EXPECT_TRUE(ingest) << ingest.error().to_string();
    if (!ingest) continue;
    EXPECT_TRUE(ingest->write(as_bytes(kText)));
    const auto ready = std::move(*ingest).finish();
    EXPECT_TRUE(ready) << ready.error().to_string();
  }
  done = true;
  sweeper.join();
}

}  // namespace
}  // namespace bayplan::content::test
