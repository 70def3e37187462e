#include "pipelined_source.h"

#include <gtest/gtest.h>

#include <atomic>

#include "outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

std::string numbered_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 2654435761u) >> 13);
  return bytes;
}

// Hands out `bytes` in pieces of at most `piece`, then answers `failure` if there is one.
class Pieces final : public ByteSource {
 public:
  Pieces(std::string bytes, std::size_t piece, std::optional<Error> failure = {})
      : bytes_(std::move(bytes)), source_(bytes_), piece_(piece), failure_(std::move(failure)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    reads += 1;
    BAYPLAN_ASSIGN(const std::size_t count, source_.read(into.first(std::min(into.size(), piece_))));
    if (count == 0 && failure_) return *failure_;
    return count;
  }
  std::atomic<int> reads = 0;

 private:
  std::string bytes_;
  MemorySource source_;
  std::size_t piece_;
  std::optional<Error> failure_;
};

class PipelinedSizes : public testing::TestWithParam<std::size_t> {};

TEST_P(PipelinedSizes, GivesTheSameBytes) {
  const std::string bytes = numbered_bytes(GetParam());
  Pieces source(bytes, 100'003);
  PipelinedSource ahead(source);
  EXPECT_EQ(read_all(ahead, bytes.size()).value(), bytes);
}

INSTANTIATE_TEST_SUITE_P(AroundTheEdgesOfBlocks, PipelinedSizes,
                         testing::Values(0, 1, PipelinedSource::kBlockBytes - 1, PipelinedSource::kBlockBytes,
                                         PipelinedSource::kBlockBytes + 1,
                                         PipelinedSource::kBlockBytes* PipelinedSource::kBlocks,
                                         PipelinedSource::kBlockBytes * 40 + 7));

TEST(PipelinedSource, TheEndStaysTheEnd) {
  MemorySource source("x");
  PipelinedSource ahead(source);
  std::array<std::byte, 4> buffer;
  EXPECT_EQ(ahead.read(buffer).value(), 1u);
  EXPECT_EQ(ahead.read(buffer).value(), 0u);
  EXPECT_EQ(ahead.read(buffer).value(), 0u);
}

TEST(PipelinedSource, AnErrorComesAfterAllBytesBeforeIt) {
  const std::string bytes = numbered_bytes(PipelinedSource::kBlockBytes * 3 + 5);
  Pieces source(bytes, PipelinedSource::kBlockBytes, Error(Errc::corrupt, "stream", {}, "test"));
  PipelinedSource ahead(source);
  std::string got;
  std::vector<std::byte> buffer(50'000);
  while (true) {
    const auto count = ahead.read(buffer);
    if (!count) {
      EXPECT_EQ(count.error().code(), Errc::corrupt);
      break;
    }
    ASSERT_NE(*count, 0u);
    got += as_text(std::span(buffer).first(*count));
  }
  EXPECT_EQ(got, bytes);
  EXPECT_EQ(outcome(ahead.read(buffer)), "corrupt");
}

TEST(PipelinedSource, ReadsNoFurtherAheadThanItsBlocks) {
  Pieces source(std::string(PipelinedSource::kBlockBytes * 64, 'x'), PipelinedSource::kBlockBytes);
  {
    PipelinedSource ahead(source);
    std::array<std::byte, 1> buffer;
    EXPECT_EQ(ahead.read(buffer).value(), 1u);
  }  // abandoned with most of it unread
  EXPECT_LE(source.reads, static_cast<int>(PipelinedSource::kBlocks) + 1);
}

}  // namespace
}  // namespace bayplan::images
