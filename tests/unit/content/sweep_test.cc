#include "sweep.h"

#include "bayplan/metadata/removals.h"
#include "db_fixture.h"

namespace bayplan::content::test {
namespace {

using metadata::FileSweep;
using metadata::WriteTx;

class SweepTest : public RecordTest {
 protected:
};

TEST_F(SweepTest, AnEmptyStoreHasNothingToSweep) {
  EXPECT_EQ(sweep().files, 0u);
  EXPECT_TRUE(said_.empty());
}

TEST_F(SweepTest, RemovesWhatNoRecordNamesAndCountsIt) {
  ready("loose");
  ready(std::string(100'000, 'x'));
  must(written("long", {.digest = Digest::of("long", DigestAlgorithm::sha512)}).finish());
  record("kept");
  const FileSweep swept = sweep();
  EXPECT_EQ(swept.files, 3u);
  EXPECT_GE(swept.bytes, 100'000u);
  EXPECT_LT(swept.bytes, 200'000u);
  EXPECT_EQ(blobs(), 1u);
  EXPECT_EQ(content_of("kept"), "kept");
}

TEST_F(SweepTest, KeepsWhatAnotherNamespaceRecords) {
  record("shared", {}, "one");
  record("shared", {}, "two");
  must(unrecord("shared", "one"));
  EXPECT_EQ(sweep().files, 0u);
  EXPECT_TRUE(has_file("shared"));
}

TEST_F(SweepTest, KeepsTheFileOfARecordThatDoesNotDecode) {
  const Digest digest = record("text");
  must(db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(remove(tx, "default", digest));
    BAYPLAN_ASSIGN(auto root, tx.bucket("v1"));
    for (const char* step : {"default", "content", "blob"}) {
      BAYPLAN_ASSIGN(root, root->bucket(step));
    }
    return root->put(digest.to_string(), "a plain value");
  }));
  EXPECT_EQ(sweep().files, 0u);
  EXPECT_TRUE(has_file("text"));
}

TEST_F(SweepTest, KeepsAReadyBlobUntilItIsDropped) {
  {
    const ReadyBlob blob = ready("ready");
    EXPECT_EQ(sweep().files, 0u);
    EXPECT_TRUE(has_file("ready"));
  }
  EXPECT_EQ(sweep().files, 1u);
}

TEST_F(SweepTest, KeepsAnAdoptedBlob) {
  ready("left over");
  const auto adopted = must(store_.adopt(Digest::of("left over"), 9));
  ASSERT_TRUE(adopted);
  EXPECT_EQ(sweep().files, 0u);
}

TEST_F(SweepTest, AnAdoptThatFoundNothingHoldsNothing) {
  const auto other_size = [&] { return must(store_.adopt(Digest::of("loose"), 4)); };
  ready("loose");
  const auto nothing = other_size();
  EXPECT_FALSE(nothing);
  EXPECT_EQ(sweep().files, 1u);
}

TEST_F(SweepTest, KeepsABlobWhoseTransactionHasNotEnded) {
  must(db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(add(tx, "default", ready("text"), {}, metadata::referred()));
    EXPECT_EQ(sweep().files, 0u);
    return {};
  }));
  EXPECT_EQ(sweep().files, 0u);
  EXPECT_EQ(content_of("text"), "text");
}

TEST_F(SweepTest, ABlobWhoseTransactionWasGivenUpGoes) {
  const auto result = db_.update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(add(tx, "default", ready("text"), {}, metadata::referred()));
    return Error(Errc::conflict, "test", "gives up");
  });
  EXPECT_EQ(code_of(result), Errc::conflict);
  EXPECT_EQ(sweep().files, 1u);
}

TEST_F(SweepTest, ABlobWhoseSavepointWasGivenUpGoes) {
  must(db_.update([&](WriteTx& tx) -> Result<void> {
    const auto inner = tx.savepoint([&](WriteTx& nested) -> Result<void> {
      BAYPLAN_TRY(add(nested, "default", ready("text"), {}, metadata::referred()));
      return Error(Errc::conflict, "test", "gives up");
    });
    EXPECT_EQ(code_of(inner), Errc::conflict);
    return {};
  }));
  EXPECT_EQ(sweep().files, 1u);
}

TEST_F(SweepTest, LooksAgainBeforeItUnlinks) {
  const std::vector<std::string> texts{"one", "two", "three"};
  for (const std::string& text : texts) ready(text);
  // After the first blob went, the others get their records; the sweep has long decided that they have none.
  Control control;
  control.progress = [&, recorded = false](const Progress&) mutable {
    if (std::exchange(recorded, true)) return;
    for (const std::string& text : texts) {
      auto adopted = must(store_.adopt(Digest::of(text), text.size()));
      if (adopted) must(try_record("default", *std::move(adopted)));
    }
  };
  EXPECT_EQ(must(sweep_with(control)).files, 1u);
  EXPECT_EQ(blobs(), 2u);
}

TEST_F(SweepTest, RemovesStagingThatNobodyHolds) {
  std::filesystem::create_directory(root() / "ingest/dead");
  plant(root() / "ingest/dead/data", std::string(50'000, 'x'));
  const FileSweep swept = sweep();
  EXPECT_EQ(swept.files, 1u);
  EXPECT_GE(swept.bytes, 50'000u);
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(SweepTest, LeavesALiveIngestAlone) {
  Ingest ingest = written("live");
  EXPECT_EQ(sweep().files, 0u);
  must(ingest.write(as_bytes(" on")));
  const ReadyBlob blob = must(std::move(ingest).finish());
  EXPECT_EQ(content_of("live on"), "live on");
}

TEST_F(SweepTest, LeavesWhatIsNoBlobAndSaysSo) {
  plant(root() / "blobs/sha256/README", "not a digest");
  plant(root() / "blobs/sha256" / std::string(64, 'G'), "no hex");
  plant(root() / "ingest/file", "no directory");
  std::filesystem::create_directory(root() / "blobs/md5");
  const std::string digest_named = Digest::of("dir").hex();
  std::filesystem::create_directory(root() / "blobs/sha256" / digest_named);
  EXPECT_EQ(sweep().files, 0u);
  EXPECT_EQ(entries(root() / "blobs/sha256"), 3u);
  EXPECT_EQ(ingests(), 1u);
  std::sort(said_.begin(), said_.end());
  EXPECT_EQ(said_, (std::vector<std::string>{"blobs/md5", "blobs/sha256/" + digest_named,
                                             "blobs/sha256/" + std::string(64, 'G'), "blobs/sha256/README",
                                             "ingest/file"}));
}

TEST_F(SweepTest, CancellingStopsItBeforeTheNextFile) {
  ready("one");
  ready("two");
  Control control;
  control.progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.stage, "sweep");
    EXPECT_GT(progress.done, 0u);
    control.cancel.cancel();
  };
  EXPECT_EQ(code_of(sweep_with(control)), Errc::cancelled);
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(SweepTest, AFaultBeforeTheUnlinkLeavesTheFile) {
  ready("text");
  {
    const FaultAt fault(fault::Point::blob_record_removed);
    EXPECT_EQ(code_of(sweep_with({})), Errc::io);
  }
  EXPECT_TRUE(has_file("text"));
  EXPECT_EQ(sweep().files, 1u);
}

// Removed records queue their blobs, and unlinking takes those and nothing else.

class UnlinkRemovedTest : public SweepTest {
 protected:
  std::uint64_t unlink() {
    const std::vector<const metadata::GcKind*> kinds{&store_.gc_kind()};
    return must(metadata::unlink_removed(db_, kinds, metadata::kAllRemovals, {})).files;
  }
};

TEST_F(UnlinkRemovedTest, TakesTheBlobOfARemovedRecordAndNoOther) {
  record("kept");
  record("gone");
  ready("no record");
  must(unrecord("gone"));
  EXPECT_EQ(sweep().files, 1u) << "what is queued is left to the queue";
  EXPECT_TRUE(has_file("gone"));
  EXPECT_EQ(unlink(), 1u);
  EXPECT_FALSE(has_file("gone"));
  EXPECT_TRUE(has_file("kept"));
}

TEST_F(UnlinkRemovedTest, KeepsWhatAnotherNamespaceRecords) {
  record("shared", {}, "one");
  record("shared", {}, "two");
  must(unrecord("shared", "one"));
  EXPECT_EQ(unlink(), 0u);
  EXPECT_TRUE(has_file("shared"));
  must(unrecord("shared", "two"));
  EXPECT_EQ(unlink(), 1u);
}

TEST_F(UnlinkRemovedTest, KeepsWhatIsRecordedAgain) {
  record("text");
  must(unrecord("text"));
  record("text");
  EXPECT_EQ(unlink(), 0u);
  EXPECT_TRUE(has_file("text"));
}

TEST_F(UnlinkRemovedTest, LeavesWhatIsPublishedAgainToItsPublisher) {
  record("text");
  must(unrecord("text"));
  auto blob = ready("text");
  EXPECT_EQ(unlink(), 0u);
  must(try_record("default", std::move(blob)));
  EXPECT_EQ(unlink(), 0u);
  EXPECT_TRUE(has_file("text"));
}

}  // namespace
}  // namespace bayplan::content::test
