#include "decoder.h"

#include <gtest/gtest.h>

#include <vector>

#include "streams.h"

namespace bayplan::content::test {
namespace {

/// Answers an error after some bytes.
class FailingSource final : public ByteSource {
 public:
  explicit FailingSource(std::string_view head) : head_(head) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    BAYPLAN_ASSIGN(const std::size_t count, head_.read(into));
    if (count > 0) return count;
    return Error(Errc::cancelled, "source", "test");
  }

 private:
  MemorySource head_;
};

/// A decoder of a format whose bytes stand for themselves, except that '!' is an error.
class CopyDecoder final : public Decoder {
 public:
  explicit CopyDecoder(ByteSource& source) : Decoder(source) {}
  std::size_t biggest_request = 0;

 private:
  Result<std::size_t> decode(std::span<std::byte> out) override {
    biggest_request = std::max(biggest_request, out.size());
    BAYPLAN_TRY(input_.fill());
    const auto rest = input_.rest();
    const std::size_t count = std::min(rest.size(), out.size());
    std::copy_n(rest.begin(), count, out.begin());
    input_.consume(count);
    const auto bytes = out.first(count);
    if (std::find(bytes.begin(), bytes.end(), std::byte{'!'}) != bytes.end()) return corrupt("copy", "bang");
    return count;
  }
};

TEST(Decoder, ServesSmallReadsFromAWholeBuffer) {
  const std::string text = sample_text(3 * kDecoderBufferBytes + 5);
  MemorySource source(text);
  CopyDecoder decoder(source);
  std::string got;
  std::vector<std::byte> piece(7);
  while (true) {
    const auto count = decoder.read(piece);
    ASSERT_TRUE(count) << count.error().to_string();
    if (*count == 0) break;
    got += as_text(std::span(piece).first(*count));
  }
  EXPECT_EQ(got, text);
  EXPECT_EQ(decoder.biggest_request, kDecoderBufferBytes);
}

TEST(Decoder, DecodesBigReadsInPlace) {
  const std::string text = sample_text(3 * kDecoderBufferBytes);
  MemorySource source(text);
  CopyDecoder decoder(source);
  std::vector<std::byte> big(2 * kDecoderBufferBytes);
  ASSERT_TRUE(decoder.read(big));
  EXPECT_EQ(decoder.biggest_request, big.size());
}

TEST(Decoder, StaysFailed) {
  MemorySource source("fine until!");
  CopyDecoder decoder(source);
  std::vector<std::byte> buffer(4);
  for (int i = 0; i < 3; ++i) {
    const auto result = decoder.read(buffer);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::corrupt);
  }
}

TEST(Decoder, PassesTheErrorOfItsSourceOn) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    FailingSource source(std::string_view{});
    const auto result = read_all(*decompress(source, compression), 100);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::cancelled) << to_string(compression);
  }
}

}  // namespace
}  // namespace bayplan::content::test
