#include <sys/resource.h>

#include <csignal>

#include "bayplan/content/store.h"
#include "fixture.h"
#include "streams.h"

namespace bayplan::content::test {
namespace {

/// With files that have no name until they are blobs, and where there are no such files.
enum class Files { unnamed, named };

class IngestTest : public ContentTest, public testing::WithParamInterface<Files> {
 protected:
  Ingest begun(const Expected& expected = {}) {
    std::optional<FaultAt> none;
    if (GetParam() == Files::named) none.emplace(fault::Point::unnamed_file);
    return must(store_.ingest(expected));
  }
  Ingest written(std::string_view text, const Expected& expected = {}) {
    Ingest ingest = begun(expected);
    must(ingest.write(as_bytes(text)));
    return ingest;
  }
};
INSTANTIATE_TEST_SUITE_P(Ways, IngestTest, testing::Values(Files::unnamed, Files::named),
                         [](const auto& of) { return of.param == Files::named ? "Named" : "Unnamed"; });

TEST_P(IngestTest, UpdatesOffsetAndDigestAfterEveryWrite) {
  Ingest ingest = begun();
  EXPECT_EQ(ingest.offset(), 0u);
  EXPECT_EQ(ingest.digest(), Digest::of(""));
  must(ingest.write(as_bytes("hello ")));
  EXPECT_EQ(ingest.offset(), 6u);
  EXPECT_EQ(ingest.digest(), Digest::of("hello "));
  must(ingest.write(as_bytes("world")));
  EXPECT_EQ(ingest.offset(), 11u);
  EXPECT_EQ(ingest.digest(), Digest::of("hello world"));
}

TEST_P(IngestTest, IsInvisibleUntilFinished) {
  Ingest ingest = written("later");
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(code_of(store_.open_blob(Digest::of("later"), 5, Verify::no)), Errc::not_found);
  must(std::move(ingest).finish());
  EXPECT_EQ(content_of("later"), "later");
}

TEST_P(IngestTest, FinishGivesTheBlobItsNameAndLeavesNoStaging) {
  const ReadyBlob blob = must(written("small").finish());
  EXPECT_EQ(blob.digest(), Digest::of("small"));
  EXPECT_EQ(blob.size(), 5u);
  EXPECT_EQ(content_of("small"), "small");
  EXPECT_EQ(ingests(), 0u);
}

TEST_P(IngestTest, AnEmptyBlobIsABlob) {
  const ReadyBlob blob = must(begun({.digest = Digest::of(""), .size = 0}).finish());
  EXPECT_EQ(blob.size(), 0u);
  EXPECT_EQ(content_of(""), "");
}

TEST_P(IngestTest, ABigBlobIsWhole) {
  const std::string text = sample_text(5'000'000);
  const ReadyBlob blob = ready(text);
  EXPECT_TRUE(must(store_.read_blob(blob.digest(), text.size(), text.size())) == text);
}

TEST_P(IngestTest, BlobsAreReadOnlyFiles) {
  const ReadyBlob blob = must(written("text").finish());
  EXPECT_EQ(mode_of(path_of(Digest::of("text"))), 0400u);
}

TEST_P(IngestTest, TheUmaskDoesNotDecideWhoReadsBlobs) {
  const mode_t before = ::umask(0477);
  const ReadyBlob blob = must(written("text").finish());
  ::umask(before);
  EXPECT_EQ(mode_of(path_of(Digest::of("text"))), 0400u);
}

TEST_P(IngestTest, HashesWithTheAlgorithmOfTheExpectedDigest) {
  const Digest digest = Digest::of("text", DigestAlgorithm::sha512);
  const ReadyBlob blob = must(written("text", {.digest = digest}).finish());
  EXPECT_EQ(blob.digest(), digest);
  EXPECT_TRUE(std::filesystem::exists(root() / "blobs/sha512" / digest.hex()));
}

TEST_P(IngestTest, AWrongDigestLeavesNothing) {
  auto result = written("text", {.digest = Digest::of("other")}).finish();
  EXPECT_EQ(code_of(result), Errc::digest_mismatch);
  EXPECT_EQ(result.error().name(), Digest::of("other").to_string());
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(ingests(), 0u);
}

TEST_P(IngestTest, TooFewBytesLeaveNothing) {
  EXPECT_EQ(code_of(written("text", {.digest = Digest::of("text"), .size = 5}).finish()),
            Errc::digest_mismatch);
  EXPECT_EQ(code_of(written("text", {.size = 5}).finish()), Errc::digest_mismatch);
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(ingests(), 0u);
}

TEST_P(IngestTest, MoreThanExpectedIsRefusedWhileWriting) {
  Ingest ingest = written("four", {.size = 6});
  EXPECT_EQ(code_of(ingest.write(as_bytes("123"))), Errc::too_large);
  EXPECT_EQ(ingest.offset(), 4u);
}

TEST_P(IngestTest, AFailedWriteFailsTheWholeIngest) {
  Ingest ingest = written("four", {.digest = Digest::of("four"), .size = 4});
  EXPECT_EQ(code_of(ingest.write(as_bytes("x"))), Errc::too_large);
  EXPECT_EQ(code_of(ingest.write(as_bytes(""))), Errc::too_large);
  EXPECT_EQ(code_of(std::move(ingest).finish()), Errc::too_large);
  EXPECT_EQ(blobs(), 0u);
}

TEST_P(IngestTest, AHalfWrittenPieceCannotBePublished) {
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

TEST_P(IngestTest, BytesThatWereWrittenBehindItsBackCannotBePublished) {
  Ingest ingest = written("good");
  if (GetParam() == Files::unnamed) {
    EXPECT_EQ(entries(root() / "ingest"), 0u);  // no way leads to them
    return;
  }
  const auto staging = std::filesystem::directory_iterator(root() / "ingest")->path();
  std::filesystem::permissions(staging / "data", std::filesystem::perms(0600));
  std::ofstream(staging / "data", std::ios::app) << "more";
  EXPECT_EQ(code_of(std::move(ingest).finish()), Errc::digest_mismatch);
}

TEST_P(IngestTest, TakesThePlaceOfADamagedBlobOfThatName) {
  plant(Digest::of("good"), "evil");
  const ReadyBlob blob = must(written("good").finish());
  EXPECT_EQ(content_of("good"), "good");
  EXPECT_EQ(mode_of(path_of(Digest::of("good"))), 0400u);
  EXPECT_EQ(ingests(), 0u);
  EXPECT_EQ(blobs(), 1u);
}

TEST_P(IngestTest, DroppingItRemovesWhatItWrote) {
  { const Ingest ingest = written("never"); }
  EXPECT_EQ(ingests(), 0u);
  EXPECT_EQ(blobs(), 0u);
}

TEST_P(IngestTest, AFaultBeforeItsNameLeavesNothing) {
  for (const fault::Point point : {fault::Point::ingest_written, fault::Point::ingest_synced}) {
    {
      Ingest ingest = written("text");
      const FaultAt fault(point);
      EXPECT_EQ(code_of(std::move(ingest).finish()), Errc::io) << fault::name(point);
    }
    EXPECT_EQ(ingests(), 0u);
    EXPECT_EQ(blobs(), 0u);
  }
}

TEST_P(IngestTest, AFaultAfterItsNameLeavesAnUnreferencedFile) {
  for (const fault::Point point : {fault::Point::blob_renamed, fault::Point::blob_durable}) {
    Ingest ingest = written("text");
    const FaultAt fault(point);
    EXPECT_EQ(code_of(std::move(ingest).finish()), Errc::io) << fault::name(point);
    EXPECT_EQ(ingests(), 0u);
    EXPECT_EQ(blobs(), 1u);
  }
}

TEST_P(IngestTest, AFaultWhenItBeginsLeavesNothing) {
  const bool named = GetParam() == Files::named;
  fault::arm([named](fault::Point passed) -> std::optional<Error> {
    const bool fails =
        passed == fault::Point::ingest_created || (named && passed == fault::Point::unnamed_file);
    return fails ? std::optional(Error(Errc::io, "fault", "here")) : std::nullopt;
  });
  EXPECT_EQ(code_of(store_.ingest()), Errc::io);
  fault::arm({});
  EXPECT_EQ(ingests(), 0u);
}

}  // namespace
}  // namespace bayplan::content::test
