#include "bayplan/content/verify.h"

#include <atomic>
#include <cerrno>

#include "bayplan/metadata/namespaces.h"
#include "db_fixture.h"
#include "pace.h"
#include "streams.h"

namespace bayplan::content::test {
namespace {

class VerifyTest : public RecordTest {
 protected:
  VerifyReport verified(const VerifyOptions& options = {}, const Control& control = {}) const {
    return must(verify(store_, db_, options, control));
  }
  std::vector<std::string> damaged(const VerifyOptions& options = {}) const {
    std::vector<std::string> found;
    for (const DamagedBlob& blob : verified(options).damaged)
      found.push_back(blob.key + " " + std::string(errc_name(blob.error.code())));
    return found;
  }
  static std::string line(std::string_view text, std::string_view code) {
    return Digest::of(text).to_string() + " " + std::string(code);
  }
};

TEST_F(VerifyTest, AGoodStoreIsWhole) {
  EXPECT_EQ(verified().blobs, 0u);
  record("one");
  record("three");
  record("one", {}, "other");
  const VerifyReport report = verified();
  EXPECT_EQ(report.blobs, 2u) << "what two namespaces record is read once";
  EXPECT_EQ(report.bytes, 8u);
  EXPECT_TRUE(report.damaged.empty());
}

TEST(IsDamage, IsWhatTheDiskSaysAndNotWhatThisProcessLacks) {
  for (const Errc code : {Errc::not_found, Errc::corrupt, Errc::digest_mismatch})
    EXPECT_TRUE(is_damage(Error(code, "blob", "x")));
  for (const int disk : {EIO, EUCLEAN, EBADMSG})
    EXPECT_TRUE(is_damage(Error::from_errno(disk, "blob", "x", "read"))) << disk;
  for (const int lacking : {EMFILE, ENFILE, ENOMEM, EACCES})
    EXPECT_FALSE(is_damage(Error::from_errno(lacking, "blob", "x", "open"))) << lacking;
}

TEST_F(VerifyTest, FindsEveryKindOfDamage) {
  for (const char* text : {"whole", "flipped", "short", "missing", "directory"}) record(text);
  plant(Digest::of("flipped"), "flippeD");
  plant(Digest::of("short"), "shor");
  std::filesystem::remove(path_of(Digest::of("missing")));
  std::filesystem::remove(path_of(Digest::of("directory")));
  std::filesystem::create_directory(path_of(Digest::of("directory")));
  std::vector<std::string> expected{line("flipped", "digest_mismatch"), line("short", "corrupt"),
                                    line("missing", "not_found"), line("directory", "corrupt")};
  std::sort(expected.begin(), expected.end());
  for (const unsigned threads : {0u, 1u, 2u, 16u}) EXPECT_EQ(damaged({.threads = threads}), expected);
}

TEST_F(VerifyTest, NamesTheNamespacesOfWhatIsDamaged) {
  record("text", {}, "b");
  record("text", {}, "a");
  plant(Digest::of("text"), "tex!");
  EXPECT_EQ(verified().damaged.at(0).namespaces, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(verified({.ns = "b"}).damaged.at(0).namespaces, std::vector<std::string>{"b"});
  EXPECT_EQ(verified({.ns = "c"}).blobs, 0u);
  EXPECT_EQ(code_of(verify(store_, db_, {.ns = "no such name!"}, {})), Errc::invalid_argument);
}

TEST_F(VerifyTest, LooksOnlyAtWhatItIsAsked) {
  record("one");
  record("two");
  plant(Digest::of("one"), "on!");
  EXPECT_EQ(damaged({.only = {Digest::of("two")}}), std::vector<std::string>{});
  EXPECT_EQ(damaged({.only = {Digest::of("one")}}).size(), 1u);
  EXPECT_EQ(code_of(verify(store_, db_, {.only = {Digest::of("none")}}, {})), Errc::not_found);
}

TEST_F(VerifyTest, ARecordThatDoesNotDecodeIsDamaged) {
  record("one");
  must(db_.update([&](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_ASSIGN(auto blobs, metadata::create_namespace_bucket(tx, "default", {"content", "blob"}));
    BAYPLAN_TRY(blobs.create_bucket("no digest"));
    return {};
  }));
  EXPECT_EQ(damaged(), std::vector<std::string>{"no digest corrupt"});
}

TEST_F(VerifyTest, TellsHowFarItIs) {
  record(sample_text(1'000'000));
  std::uint64_t last = 0;
  verified({.threads = 1}, {.cancel = {}, .progress = [&](const Progress& progress) {
                              EXPECT_EQ(progress.stage, "verify");
                              EXPECT_EQ(progress.total, 1'000'000u);
                              EXPECT_GT(progress.done, last);
                              last = progress.done;
                            }});
  EXPECT_EQ(last, 1'000'000u);
}

TEST_F(VerifyTest, EndsWhenCancelled) {
  record(sample_text(1'000'000));
  record("other");
  Control control;
  std::atomic<int> pieces{0};
  control.progress = [&](const Progress&) {
    ++pieces;
    control.cancel.cancel();
  };
  EXPECT_EQ(code_of(verify(store_, db_, {.threads = 1}, control)), Errc::cancelled);
  EXPECT_EQ(pieces, 1);
}

TEST_F(VerifyTest, WhatIsCollectedMeanwhileIsNotDamaged) {
  record("first");
  record("second");
  Control control;
  control.progress = [&](const Progress& progress) {
    for (const char* text : {"first", "second"}) {
      if (Digest::of(text).to_string() == progress.object) continue;
      must(unrecord(text));
      std::filesystem::remove(path_of(Digest::of(text)));
    }
    control.progress = {};
  };
  const VerifyReport report = must(verify(store_, db_, {.threads = 1}, control));
  EXPECT_EQ(report.blobs, 2u);
  EXPECT_TRUE(report.damaged.empty());
}

TEST(Pace, ChargesWhatWasReadToWhoeverComesNext) {
  using std::chrono::milliseconds;
  Pace pace(1000);
  const Pace::Clock::time_point start = Pace::Clock::now();
  EXPECT_EQ(pace.owed(100, start), milliseconds(100));
  EXPECT_EQ(pace.owed(100, start), milliseconds(200));
  EXPECT_EQ(pace.owed(100, start + milliseconds(150)), milliseconds(150));
  EXPECT_EQ(pace.owed(10, start + std::chrono::hours(1)), milliseconds(10)) << "idle time is not saved up";
  EXPECT_EQ(Pace(0).owed(1u << 30, start), milliseconds(0));
}

TEST(Pace, DoesNotWaitOutACancellation) {
  Pace pace(1);
  CancelToken cancel;
  cancel.cancel();
  EXPECT_EQ(pace.wait(std::uint64_t{1} << 40, cancel).error().code(), Errc::cancelled);
}

class RepairTest : public VerifyTest {
 protected:
  Result<bool> repaired(std::string_view text, std::string_view bytes) {
    MemorySource source(bytes);
    return repair(store_, db_, Digest::of(text), source, {});
  }
};

TEST_F(RepairTest, BringsBackWhatIsDamagedOrMissing) {
  record("text");
  plant(Digest::of("text"), "tex!");
  BlobReader reader = must(store_.open_blob(Digest::of("text"), 4, Verify::no));
  EXPECT_TRUE(must(repaired("text", "text")));
  EXPECT_EQ(content_of("text"), "text");
  EXPECT_EQ(must(read_all(reader, 10)), "tex!") << "who reads goes on with the old file";
  std::filesystem::remove(path_of(Digest::of("text")));
  EXPECT_TRUE(must(repaired("text", "text")));
  EXPECT_EQ(content_of("text"), "text");
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(RepairTest, LeavesWhatIsWhole) {
  record("text");
  EXPECT_FALSE(must(repaired("text", "not even read")));
}

TEST_F(RepairTest, ChecksBeforeItReplaces) {
  record("text");
  plant(Digest::of("text"), "tex!");
  EXPECT_EQ(code_of(repaired("text", "tixt")), Errc::digest_mismatch);
  EXPECT_EQ(code_of(repaired("text", "tex")), Errc::digest_mismatch);
  EXPECT_EQ(code_of(repaired("text", "text and more")), Errc::too_large);
  for (const fault::Point point : {fault::Point::ingest_written, fault::Point::ingest_synced}) {
    const FaultAt fault(point);
    EXPECT_EQ(code_of(repaired("text", "text")), Errc::io);
  }
  EXPECT_EQ(
      must(read_all(*std::make_unique<BlobReader>(must(store_.open_blob(Digest::of("text"), 4, Verify::no))),
                    10)),
      "tex!");
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(RepairTest, WhatNobodyRecordsIsNotBrought) {
  EXPECT_EQ(code_of(repaired("text", "text")), Errc::not_found);
  EXPECT_EQ(blobs(), 0u);
}

}  // namespace
}  // namespace bayplan::content::test
