#include "bayplan/base/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "outcome.h"

namespace bayplan {
namespace {

using test::outcome;

// Gives at most `step` bytes at a time, then an error if one is set.
class Dripping final : public ByteSource {
 public:
  Dripping(std::string_view text, std::size_t step) : rest_(text), step_(step) {}
  Dripping& then_fail() { return fails_ = true, *this; }

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (rest_.empty() && fails_) return Error(Errc::io, "source", "dripping");
    const std::string_view piece = rest_.substr(0, std::min(step_, into.size()));
    rest_.remove_prefix(piece.size());
    std::copy(piece.begin(), piece.end(), reinterpret_cast<char*>(into.data()));
    return piece.size();
  }

 private:
  std::string_view rest_;
  std::size_t step_;
  bool fails_ = false;
};

class Collecting final : public ByteSink {
 public:
  explicit Collecting(std::size_t limit) : limit_(limit) {}
  Result<void> write(std::span<const std::byte> bytes) override {
    if (text.size() + bytes.size() > limit_) return Error(Errc::no_space, "sink", "collecting");
    text += as_text(bytes);
    return {};
  }
  std::string text;

 private:
  std::size_t limit_;
};

TEST(ByteSource, SkippingReadsUntilTheEnd) {
  Dripping source("0123456789", 3);
  EXPECT_EQ(source.skip(4).value(), 4u);
  std::array<std::byte, 2> two{};
  EXPECT_EQ(source.read(two).value(), 2u);
  EXPECT_EQ(as_text(two), "45");
  EXPECT_EQ(source.skip(0).value(), 0u);
  EXPECT_EQ(source.skip(100).value(), 4u);
  EXPECT_EQ(source.skip(100).value(), 0u);
}

TEST(ByteSource, SkippingPassesErrorsOn) {
  Dripping source("0123", 3);
  source.then_fail();
  EXPECT_EQ(outcome(source.skip(5)), "io");
}

TEST(MemorySource, GivesItsBytesThenTheEnd) {
  MemorySource source("abcde");
  std::array<std::byte, 3> into{};
  EXPECT_EQ(source.read(into).value(), 3u);
  EXPECT_EQ(as_text(into), "abc");
  EXPECT_EQ(source.read(into).value(), 2u);
  EXPECT_EQ(as_text(std::span(into).first(2)), "de");
  EXPECT_EQ(source.read(into).value(), 0u);
  EXPECT_EQ(source.read(into).value(), 0u);
}

TEST(MemorySource, EmptyIsAtItsEnd) {
  std::array<std::byte, 1> into{};
  EXPECT_EQ(MemorySource({}).read(into).value(), 0u);
}

TEST(ReadAll, JoinsPieces) {
  const std::string text(300'000, 'x');
  Dripping source(text, 7'001);
  EXPECT_EQ(read_all(source, 1 << 20).value(), text);
}

TEST(ReadAll, TakesExactlyTheLimitAndNotOneMore) {
  for (const std::size_t limit : {0u, 1u, 5u, 131'071u, 131'072u, 131'073u}) {
    const std::string text(limit + 1, 'x');
    for (const std::size_t step : {std::size_t{1}, text.size()}) {
      Dripping fits(std::string_view(text).substr(1), step);
      EXPECT_EQ(read_all(fits, limit).value().size(), limit);
      Dripping over(text, step);
      EXPECT_EQ(outcome(read_all(over, limit)), "too_large") << limit;
    }
  }
}

TEST(ReadAll, PassesTheSourcesErrorOn) {
  EXPECT_EQ(outcome(read_all(Dripping("abc", 1).then_fail(), 100)), "io");
}

TEST(Copy, MovesAllBytesAndCountsThem) {
  const std::string text(400'001, 'y');
  Dripping source(text, 9'999);
  Collecting sink(text.size());
  EXPECT_EQ(copy(source, sink).value(), text.size());
  EXPECT_EQ(sink.text, text);
}

TEST(Copy, StopsAtEitherSidesError) {
  Collecting sink(100);
  EXPECT_EQ(outcome(copy(Dripping("abc", 1).then_fail(), sink)), "io");
  EXPECT_EQ(sink.text, "abc");
  Collecting full(2);
  Dripping source("abc", 1);
  EXPECT_EQ(outcome(copy(source, full)), "no_space");
}

TEST(BytesAndText, AreTwoViewsOfTheSame) {
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(as_bytes(text).size(), 3u);
  EXPECT_EQ(as_text(as_bytes(text)), text);
  EXPECT_EQ(as_text({}), "");
}

}  // namespace
}  // namespace bayplan
