#include <sys/resource.h>

#include <csignal>

#include "bayplan/content/store.h"
#include "fixture.h"
#include "streams.h"

namespace bayplan::content::test {
namespace {

class IngestTest : public ContentTest {};

TEST_F(IngestTest, UpdatesOffsetAndDigestAfterEveryWrite) {
  Ingest ingest = must(store_.ingest());
  EXPECT_EQ(ingest.offset(), 0u);
  EXPECT_EQ(ingest.digest(), Digest::of(""));
  must(ingest.write(as_bytes("hello ")));
  EXPECT_EQ(ingest.offset(), 6u);
  EXPECT_EQ(ingest.digest(), Digest::of("hello "));
  must(ingest.write(as_bytes("world")));
  EXPECT_EQ(ingest.offset(), 11u);
  EXPECT_EQ(ingest.digest(), Digest::of("hello world"));
}

TEST_F(IngestTest, IsInvisibleUntilFinished) {
  Ingest ingest = written("later");
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(code_of(store_.open_blob(Digest::of("later"), 5, Verify::no)), Errc::not_found);
  must(std::move(ingest).finish());
  EXPECT_EQ(content_of("later"), "later");
}

TEST_F(IngestTest, FinishGivesTheBlobItsNameAndLeavesNoStaging) {
  const ReadyBlob blob = must(written("small").finish());
  EXPECT_EQ(blob.digest(), Digest::of("small"));
  EXPECT_EQ(blob.size(), 5u);
  EXPECT_EQ(content_of("small"), "small");
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(IngestTest, AnEmptyBlobIsABlob) {
  const ReadyBlob blob = must(must(store_.ingest({.digest = Digest::of(""), .size = 0})).finish());
  EXPECT_EQ(blob.size(), 0u);
  EXPECT_EQ(content_of(""), "");
}

TEST_F(IngestTest, ABigBlobIsWhole) {
  const std::string text = sample_text(5'000'000);
  const ReadyBlob blob = ready(text);
  EXPECT_TRUE(must(store_.read_blob(blob.digest(), text.size(), text.size())) == text);
}

TEST_F(IngestTest, BlobsAreReadOnlyFiles) {
  ready("text");
  EXPECT_EQ(mode_of(path_of(Digest::of("text"))), 0400u);
}

TEST_F(IngestTest, HashesWithTheAlgorithmOfTheExpectedDigest) {
  const Digest digest = Digest::of("text", DigestAlgorithm::sha512);
  const ReadyBlob blob = must(written("text", {.digest = digest}).finish());
  EXPECT_EQ(blob.digest(), digest);
  EXPECT_TRUE(std::filesystem::exists(root() / "blobs/sha512" / digest.hex()));
}

TEST_F(IngestTest, AWrongDigestLeavesNothing) {
  auto result = written("text", {.digest = Digest::of("other")}).finish();
  EXPECT_EQ(code_of(result), Errc::digest_mismatch);
  EXPECT_EQ(result.error().name(), Digest::of("other").to_string());
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(IngestTest, TooFewBytesLeaveNothing) {
  EXPECT_EQ(code_of(written("text", {.digest = Digest::of("text"), .size = 5}).finish()),
            Errc::digest_mismatch);
  EXPECT_EQ(code_of(written("text", {.size = 5}).finish()), Errc::digest_mismatch);
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(IngestTest, MoreThanExpectedIsRefusedWhileWriting) {
  Ingest ingest = written("four", {.size = 6});
  EXPECT_EQ(code_of(ingest.write(as_bytes("123"))), Errc::too_large);
  EXPECT_EQ(ingest.offset(), 4u);
}

TEST_F(IngestTest, AFailedWriteFailsTheWholeIngest) {
  Ingest ingest = written("four", {.digest = Digest::of("four"), .size = 4});
  EXPECT_EQ(code_of(ingest.write(as_bytes("x"))), Errc::too_large);
  EXPECT_EQ(code_of(ingest.write(as_bytes(""))), Errc::too_large);
  EXPECT_EQ(code_of(std::move(ingest).finish()), Errc::too_large);
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(IngestTest, AHalfWrittenPieceCannotBePublished) {
  Ingest ingest = written("good", {.digest = Digest::of("good")});
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{.rlim_cur = 6, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto result = ingest.write(as_bytes("too long"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(code_of(result), Errc::io);
  EXPECT_EQ(code_of(std::move(ingest).finish()), Errc::io);
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(IngestTest, BytesThatWereWrittenBehindItsBackCannotBePublished) {
  Ingest ingest = written("good");
  const auto staging = std::filesystem::directory_iterator(root() / "ingest")->path();
  std::filesystem::permissions(staging / "data", std::filesystem::perms(0600));
  std::ofstream(staging / "data", std::ios::app) << "more";
  EXPECT_EQ(code_of(std::move(ingest).finish()), Errc::digest_mismatch);
}

TEST_F(IngestTest, DroppingItRemovesWhatItWrote) {
  { const Ingest ingest = written("never"); }
  EXPECT_EQ(ingests(), 0u);
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(IngestTest, AFaultBeforeItsNameLeavesNothing) {
  {
    const FaultAt fault(fault::Point::ingest_created);
    EXPECT_EQ(code_of(store_.ingest()), Errc::io);
  }
  EXPECT_EQ(ingests(), 0u);
  for (const fault::Point point : {fault::Point::ingest_written, fault::Point::ingest_synced}) {
    const FaultAt fault(point);
    EXPECT_EQ(code_of(written("text").finish()), Errc::io) << fault::name(point);
    EXPECT_EQ(ingests(), 0u);
    EXPECT_EQ(blobs(), 0u);
  }
}

TEST_F(IngestTest, AFaultAfterItsNameLeavesAnUnreferencedFile) {
  for (const fault::Point point : {fault::Point::blob_renamed, fault::Point::blob_durable}) {
    const FaultAt fault(point);
    EXPECT_EQ(code_of(written("text").finish()), Errc::io) << fault::name(point);
    EXPECT_EQ(ingests(), 0u);
    EXPECT_EQ(blobs(), 1u);
  }
}

}  // namespace
}  // namespace bayplan::content::test
