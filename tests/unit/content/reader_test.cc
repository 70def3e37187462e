#include "bayplan/content/store.h"
#include "fixture.h"
#include "streams.h"

namespace bayplan::content::test {
namespace {

class ReaderTest : public ContentTest {
 protected:
  /// A blob file that does not hold what its name says.
  Digest damaged(std::string_view text, std::string_view bytes) {
    plant(Digest::of(text), bytes);
    return Digest::of(text);
  }
};

TEST_F(ReaderTest, ReadsInPiecesToTheEnd) {
  const std::string text = sample_text(10'000);
  ready(text);
  for (const Verify verify : {Verify::no, Verify::yes}) {
    BlobReader reader = must(store_.open_blob(Digest::of(text), text.size(), verify));
    EXPECT_EQ(reader.size(), text.size());
    std::string got;
    std::vector<std::byte> piece(999);
    while (const std::size_t count = must(reader.read(piece))) {
      got += as_text(std::span(piece).first(count));
    }
    EXPECT_EQ(got, text);
    EXPECT_EQ(must(reader.read(piece)), 0u);
  }
}

TEST_F(ReaderTest, AbsentIsNotFound) {
  const auto result = store_.open_blob(Digest::of("none"), 4, Verify::no);
  EXPECT_EQ(code_of(result), Errc::not_found);
  EXPECT_EQ(result.error().kind(), "blob");
  EXPECT_EQ(result.error().name(), Digest::of("none").to_string());
}

TEST_F(ReaderTest, AnotherSizeIsCorrupt) {
  ready("text");
  EXPECT_EQ(code_of(store_.open_blob(Digest::of("text"), 3, Verify::no)), Errc::corrupt);
  EXPECT_EQ(code_of(store_.open_blob(Digest::of("text"), 5, Verify::no)), Errc::corrupt);
}

TEST_F(ReaderTest, OnlyRegularFilesAreBlobs) {
  const Digest digest = Digest::of("dir");
  std::filesystem::create_directory(path_of(digest));
  EXPECT_EQ(code_of(store_.open_blob(digest, 3, Verify::no)), Errc::corrupt);
  const Digest link = Digest::of("text");
  plant(dir_.path() / "text", "text");
  std::filesystem::create_symlink(dir_.path() / "text", path_of(link));
  EXPECT_EQ(code_of(store_.open_blob(link, 4, Verify::no)), Errc::corrupt);
  const Digest fifo = Digest::of("");
  ASSERT_EQ(::mkfifo(path_of(fifo).c_str(), 0600), 0);
  EXPECT_EQ(code_of(store_.open_blob(fifo, 0, Verify::no)), Errc::corrupt);
}

TEST_F(ReaderTest, VerifyingFailsAtTheReadThatMeetsTheEnd) {
  BlobReader reader = must(store_.open_blob(damaged("right", "wrong"), 5, Verify::yes));
  std::vector<std::byte> piece(3);
  EXPECT_EQ(must(reader.read(piece)), 3u);
  EXPECT_EQ(code_of(reader.read(piece)), Errc::digest_mismatch);
}

TEST_F(ReaderTest, AFailedReaderNeverLooksAsIfItHadEnded) {
  BlobReader reader = must(store_.open_blob(damaged("right", "wrong"), 5, Verify::yes));
  std::vector<std::byte> piece(10);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code_of(reader.read(piece)), Errc::digest_mismatch);
}

TEST_F(ReaderTest, AnEmptyFileOfAnotherDigestFailsWhenVerified) {
  BlobReader reader = must(store_.open_blob(damaged("x", ""), 0, Verify::yes));
  std::vector<std::byte> piece(10);
  EXPECT_EQ(code_of(reader.read(piece)), Errc::digest_mismatch);
}

TEST_F(ReaderTest, WithoutVerifyingTheBytesAreTakenAsTheyAre) {
  BlobReader reader = must(store_.open_blob(damaged("right", "wrong"), 5, Verify::no));
  EXPECT_EQ(must(read_all(reader, 10)), "wrong");
}

TEST_F(ReaderTest, AFileCutShortWhileReadIsCorrupt) {
  const Digest digest = damaged("0123456789", "0123456789");
  BlobReader reader = must(store_.open_blob(digest, 10, Verify::no));
  std::vector<std::byte> piece(4);
  must(reader.read(piece));
  std::filesystem::resize_file(path_of(digest), 6);
  EXPECT_EQ(must(reader.read(piece)), 2u);
  EXPECT_EQ(code_of(reader.read(piece)), Errc::corrupt);
}

TEST_F(ReaderTest, AFileThatGrewIsReadToItsSize) {
  const Digest digest = damaged("0123", "0123");
  BlobReader reader = must(store_.open_blob(digest, 4, Verify::yes));
  std::ofstream(path_of(digest), std::ios::app) << "more";
  EXPECT_EQ(must(read_all(reader, 100)), "0123");
}

TEST_F(ReaderTest, ReadsAnywhereWhereverReadIs) {
  const std::string text = sample_text(10'000);
  ready(text);
  BlobReader reader = must(store_.open_blob(Digest::of(text), text.size(), Verify::yes));
  std::vector<std::byte> piece(100);
  must(reader.read(piece));
  for (const std::size_t at : {9'000u, 0u, 9'950u}) {
    const std::size_t count = must(reader.read_at(at, piece));
    EXPECT_EQ(count, std::min<std::size_t>(100, text.size() - at));
    EXPECT_EQ(as_text(std::span(piece).first(count)), text.substr(at, count));
  }
  EXPECT_EQ(must(reader.read_at(10'000, piece)), 0u);
  EXPECT_EQ(must(reader.read_at(~std::uint64_t{0}, piece)), 0u);
  EXPECT_EQ(must(read_all(reader, text.size())), text.substr(100));
}

TEST_F(ReaderTest, AFileCutShortIsCorruptWhereverItIsRead) {
  const Digest digest = damaged("0123456789", "0123456789");
  const BlobReader reader = must(store_.open_blob(digest, 10, Verify::no));
  std::filesystem::resize_file(path_of(digest), 6);
  std::vector<std::byte> piece(4);
  EXPECT_EQ(must(reader.read_at(2, piece)), 4u);
  EXPECT_EQ(code_of(reader.read_at(4, piece)), Errc::corrupt);
  EXPECT_EQ(code_of(reader.verify()), Errc::corrupt);
}

TEST_F(ReaderTest, VerifiesOnDemand) {
  const std::string text = sample_text(1'000'000);
  ready(text);
  BlobReader whole = must(store_.open_blob(Digest::of(text), text.size(), Verify::no));
  must(whole.verify());
  EXPECT_TRUE(must(read_all(whole, text.size())) == text) << "read() is where it was";
  const Control control;
  control.cancel.cancel();
  EXPECT_EQ(code_of(whole.verify(control)), Errc::cancelled);
  EXPECT_EQ(code_of(must(store_.open_blob(damaged("right", "wrong"), 5, Verify::no)).verify()),
            Errc::digest_mismatch);
}

}  // namespace
}  // namespace bayplan::content::test
