#include <gtest/gtest.h>
#include <zstd.h>

#include <memory>

#include "decoder.h"
#include "streams.h"

namespace bayplan::content::test {
namespace {

constexpr std::string_view kHello = "hello, world\n";
/// Made by the zstd command, without and with a checksum.
constexpr std::string_view kHelloFrame = "28b52ffd005869000068656c6c6f2c20776f726c640a";
constexpr std::string_view kHelloChecked = "28b52ffd045869000068656c6c6f2c20776f726c640a4c1ff9f1";
/// A skippable frame of three bytes.
constexpr std::string_view kSkippable = "5a2a4d1803000000aabbcc";

std::string compress(std::string_view text, int window_log = 0, bool checksum = true) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, checksum ? 1 : 0);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  // The size stays out of the header, so that the window is what was asked for.
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, window_log == 0 ? 1 : 0);
  std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  // Flushed before it ends, so that the compressor cannot know that the text is short.
  EXPECT_EQ(ZSTD_compressStream2(context.get(), &to, &in, ZSTD_e_flush), 0u);
  EXPECT_EQ(ZSTD_compressStream2(context.get(), &to, &in, ZSTD_e_end), 0u);
  out.resize(to.pos);
  return out;
}

std::string unzstd(std::string_view bytes, std::size_t piece = std::size_t{1} << 20) {
  auto text = decompressed(bytes, Compression::zstd, piece);
  EXPECT_TRUE(text) << text.error().to_string();
  return std::move(text).value_or("");
}

void expect_corrupt(std::string_view bytes) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1} << 20}) {
    const auto text = decompressed(bytes, Compression::zstd, piece);
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code(), Errc::corrupt) << text.error().to_string();
  }
}

TEST(Zstd, ReadsWhatTheCommandWrites) {
  for (const std::size_t piece : {1u, 100u}) {
    EXPECT_EQ(unzstd(from_hex(kHelloFrame), piece), kHello);
    EXPECT_EQ(unzstd(from_hex(kHelloChecked), piece), kHello);
  }
}

TEST(Zstd, ReadsLongStreamsWhateverThePieces) {
  const std::string text = sample_text(3'000'000);
  const std::string bytes = compress(text);
  for (const std::size_t piece : {1u, 4096u, 131'071u, 10'000'000u}) {
    EXPECT_TRUE(unzstd(bytes, piece) == text) << piece;
  }
}

TEST(Zstd, ReadsWhatCompressesExtremely) {
  std::string text;
  text.resize(50'000'000);
  EXPECT_TRUE(unzstd(compress(text)) == text);
}

TEST(Zstd, ReadsSeveralFrames) {
  const std::string big = sample_text(300'000);
  const std::string bytes = from_hex(kHelloFrame) + compress(big) + compress("") + from_hex(kHelloChecked);
  const std::string text = std::string(kHello) + big + std::string(kHello);
  for (const std::size_t piece : {1u, 1'000'000u}) EXPECT_TRUE(unzstd(bytes, piece) == text) << piece;
}

TEST(Zstd, PassesOverSkippableFramesAnywhere) {
  const std::string skip = from_hex(kSkippable);
  const std::string hello = from_hex(kHelloFrame);
  for (const std::size_t piece : {1u, 1'000u}) {
    EXPECT_EQ(unzstd(skip + hello, piece), kHello);
    EXPECT_EQ(unzstd(hello + skip, piece), kHello);
    EXPECT_EQ(unzstd(hello + skip + skip + hello, piece), std::string(kHello) + std::string(kHello));
    EXPECT_EQ(unzstd(skip, piece), "");
  }
}

TEST(Zstd, ReadsFramesWhereverTheBufferEnds) {
  const std::string hello = from_hex(kHelloChecked);
  constexpr std::size_t kSkippableHeader = 8;
  for (std::size_t inside = 0; inside <= hello.size(); ++inside) {
    const std::uint32_t padding = static_cast<std::uint32_t>(kDecoderBufferBytes - inside - kSkippableHeader);
    std::string bytes = from_hex("502a4d18");
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((padding >> shift) & 0xffu);
    bytes += std::string(padding, 'x') + hello;
    EXPECT_EQ(unzstd(bytes), kHello) << inside;
    bytes.pop_back();
    expect_corrupt(bytes);
  }
}

TEST(Zstd, ReadsFiftyThousandTinyFrames) {
  std::string bytes;
  for (int i = 0; i < 50'000; ++i) bytes += from_hex(kHelloFrame);
  EXPECT_EQ(unzstd(bytes).size(), 50'000 * kHello.size());
}

TEST(Zstd, RefusesAnEmptyStream) { expect_corrupt(""); }

TEST(Zstd, RefusesEveryTruncation) {
  for (const std::string& bytes : {from_hex(kHelloFrame), from_hex(kHelloChecked), from_hex(kSkippable)}) {
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      SCOPED_TRACE(cut);
      expect_corrupt(std::string_view(bytes).substr(0, cut));
    }
  }
}

TEST(Zstd, RefusesATruncatedLaterFrame) {
  const std::string bytes = from_hex(kHelloFrame) + from_hex(kHelloFrame);
  expect_corrupt(std::string_view(bytes).substr(0, bytes.size() - 1));
}

TEST(Zstd, RefusesTrailingBytes) {
  expect_corrupt(from_hex(kHelloFrame) + "x");
  expect_corrupt(from_hex(kHelloFrame) + "garbage");
  expect_corrupt(from_hex(kHelloFrame) + std::string(512, '\0'));
}

TEST(Zstd, ChecksTheChecksum) {
  std::string bytes = from_hex(kHelloChecked);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  expect_corrupt(bytes);
}

TEST(Zstd, FlippedBitsNeverGiveAnotherText) {
  const std::string text = sample_text(300);
  const std::string good = compress(text);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto got = decompressed(bad, Compression::zstd);
    if (!got) {
      EXPECT_EQ(got.error().code(), Errc::corrupt) << bit;
    } else if (bit >= std::size_t{6} * 8) {
      EXPECT_TRUE(*got == text)
          << bit;  // before it, a flip may take away the checksum or make the frame skippable
    }
  }
}

TEST(Zstd, TakesAWindowOf128MiBAndNoBigger) {
  const std::string text = sample_text(1'000);
  EXPECT_EQ(unzstd(compress(text, 27)), text);
  expect_corrupt(compress(text, 28));
  expect_corrupt(compress(text, 31));
}

}  // namespace
}  // namespace bayplan::content::test
