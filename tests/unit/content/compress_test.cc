#include "bayplan/content/compress.h"

#include <gtest/gtest.h>

#include "streams.h"

namespace bayplan::content::test {
namespace {

class StringSink final : public ByteSink {
 public:
  Result<void> write(std::span<const std::byte> bytes) override {
    if (text.size() + bytes.size() > limit) return Error(Errc::no_space, "sink", "test");
    text += as_text(bytes);
    return {};
  }
  std::string text;
  std::size_t limit = std::size_t{1} << 30;
};

std::string compressed(std::string_view text, Compression compression, std::optional<int> level = {},
                       std::size_t piece = std::size_t{1} << 20) {
  StringSink sink;
  auto compressor = compress(sink, compression, level);
  EXPECT_TRUE(compressor);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    EXPECT_TRUE((*compressor)->write(as_bytes(text.substr(at, piece))));
  }
  EXPECT_TRUE((*compressor)->finish());
  return sink.text;
}

class Compress : public testing::TestWithParam<Compression> {};
INSTANTIATE_TEST_SUITE_P(All, Compress, testing::Values(Compression::gzip, Compression::zstd),
                         [](const auto& each) { return std::string(to_string(each.param)); });

TEST_P(Compress, EveryLevelComesBack) {
  const CompressionLevels levels = levels_of(GetParam());
  for (int level = levels.lowest; level <= levels.highest; ++level) {
    for (const std::size_t size : {0u, 1u, 131'071u, 131'072u, 131'073u, 700'000u}) {
      const std::string text = sample_text(size);
      const auto back = decompressed(compressed(text, GetParam(), level), GetParam());
      ASSERT_TRUE(back) << level << " " << size << ": " << back.error().to_string();
      EXPECT_TRUE(*back == text) << level << " " << size;
    }
  }
}

TEST_P(Compress, TheWritesDoNotShowInTheBytes) {
  const std::string text = sample_text(500'000);
  const std::string once = compressed(text, GetParam());
  EXPECT_LT(once.size(), text.size());
  for (const std::size_t piece : {1u, 4097u, 131'072u}) {
    EXPECT_TRUE(compressed(text, GetParam(), {}, piece) == once) << piece;
  }
  EXPECT_EQ(detect_compression(once), GetParam());
}

TEST_P(Compress, LevelsThatAreNotAreRefused) {
  StringSink sink;
  const CompressionLevels levels = levels_of(GetParam());
  for (const int level : {levels.lowest - 1, levels.highest + 1}) {
    const auto none = compress(sink, GetParam(), level);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), Errc::invalid_argument);
  }
}

TEST_P(Compress, AFailureOfTheTargetStays) {
  StringSink sink;
  sink.limit = 1000;
  auto compressor = *compress(sink, GetParam());
  const std::string text = sample_text(1'000'000);
  EXPECT_EQ(compressor->write(as_bytes(text)).error().code(), Errc::no_space);
  sink.limit = 10'000'000;
  EXPECT_EQ(compressor->write(as_bytes("more")).error().code(), Errc::failed_precondition);
  EXPECT_EQ(compressor->finish().error().code(), Errc::failed_precondition);
}

TEST_P(Compress, NothingComesAfterTheEnd) {
  StringSink sink;
  auto compressor = *compress(sink, GetParam());
  ASSERT_TRUE(compressor->finish());
  EXPECT_EQ(compressor->write(as_bytes("x")).error().code(), Errc::failed_precondition);
  EXPECT_EQ(compressor->finish().error().code(), Errc::failed_precondition);
}

TEST(CompressGzip, TheHeaderHasNeitherNameNorTime) {
  EXPECT_EQ(compressed("x", Compression::gzip).substr(0, 10),
            std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10));
}

TEST(CompressNone, PassesBytesThrough) { EXPECT_EQ(compressed("as is", Compression::none), "as is"); }

}  // namespace
}  // namespace bayplan::content::test
