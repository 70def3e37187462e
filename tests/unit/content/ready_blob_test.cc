#include <sys/stat.h>

#include "fixture.h"

namespace bayplan::content::test {
namespace {

class PublishTest : public ContentTest {
 protected:
  std::vector<Ingest> many(int count) {
    std::vector<Ingest> ingests;
    for (int i = 0; i < count; ++i) ingests.push_back(written("blob " + std::to_string(i)));
    return ingests;
  }
  static ino_t inode(const std::filesystem::path& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_ino;
  }
};

TEST_F(PublishTest, NothingIsNothing) { EXPECT_TRUE(must(store_.publish({})).empty()); }

TEST_F(PublishTest, FewAndManyKeepTheirOrder) {
  for (const int count : {1, 8, 9, 40}) {
    const auto ready = must(store_.publish(many(count)));
    ASSERT_EQ(ready.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      const std::string text = "blob " + std::to_string(i);
      EXPECT_EQ(ready[static_cast<std::size_t>(i)].digest(), Digest::of(text));
      EXPECT_EQ(content_of(text), text);
    }
  }
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(PublishTest, AlgorithmsMayMix) {
  std::vector<Ingest> mixed = many(2);
  mixed.push_back(written("long", {.digest = Digest::of("long", DigestAlgorithm::sha512)}));
  EXPECT_EQ(must(store_.publish(std::move(mixed))).size(), 3u);
  EXPECT_EQ(entries(root() / "blobs/sha512"), 1u);
}

TEST_F(PublishTest, OneThatIsWrongKeepsAllBack) {
  std::vector<Ingest> ingests_of = many(3);
  ingests_of.push_back(written("text", {.digest = Digest::of("other")}));
  EXPECT_EQ(code_of(store_.publish(std::move(ingests_of))), Errc::digest_mismatch);
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(PublishTest, AFaultInTheMiddleReportsNone) {
  const FaultAt fault(fault::Point::blob_renamed, 1);
  EXPECT_EQ(code_of(store_.publish(many(3))), Errc::io);
  EXPECT_EQ(blobs(), 2u);
  EXPECT_EQ(ingests(), 0u);
}

TEST_F(PublishTest, DuplicatesInOneCallShareTheirBlob) {
  std::vector<Ingest> twins;
  twins.push_back(written("twin"));
  twins.push_back(written("twin"));
  const auto ready = must(store_.publish(std::move(twins)));
  ASSERT_EQ(ready.size(), 2u);
  EXPECT_EQ(ready[0].digest(), ready[1].digest());
  EXPECT_EQ(blobs(), 1u);
  EXPECT_EQ(content_of("twin"), "twin");
}

TEST_F(PublishTest, PublishingAgainWhileReadyDoesNotWaitForItself) {
  const ReadyBlob first = ready("again");
  const ReadyBlob second = ready("again");
  EXPECT_EQ(first.digest(), second.digest());
}

TEST_F(PublishTest, ReplacesADamagedFile) {
  const Digest digest = Digest::of("whole");
  plant(digest, "whOle");
  ready("whole");
  EXPECT_EQ(content_of("whole"), "whole");
  EXPECT_EQ(mode_of(path_of(digest)), 0400u);
}

TEST_F(PublishTest, ReplacesALinkWithoutFollowingIt) {
  const Digest digest = Digest::of("whole");
  plant(dir_.path() / "target", "untouched");
  std::filesystem::create_symlink(dir_.path() / "target", path_of(digest));
  ready("whole");
  EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(path_of(digest))));
  EXPECT_EQ(std::filesystem::file_size(dir_.path() / "target"), 9u);
}

TEST_F(PublishTest, AnOpenReaderKeepsTheOldBytes) {
  ready("same");
  BlobReader reader = must(store_.open_blob(Digest::of("same"), 4, Verify::yes));
  const ino_t before = inode(path_of(Digest::of("same")));
  ready("same");
  EXPECT_NE(inode(path_of(Digest::of("same"))), before);
  EXPECT_EQ(must(read_all(reader, 10)), "same");
}

TEST_F(PublishTest, AReadyBlobCanBeMoved) {
  ReadyBlob first = ready("one");
  ReadyBlob second = ready("two");
  second = std::move(first);
  EXPECT_EQ(second.digest(), Digest::of("one"));
  EXPECT_EQ(second.size(), 3u);
}

}  // namespace
}  // namespace bayplan::content::test
