// Vectors marked "zlib" were made with zlib, so that the reader is not only tested against its own library.
#include <gtest/gtest.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "decoder.h"
#include "streams.h"

namespace bayplan::content::test {
namespace {

constexpr std::string_view kHello = "hello, world\n";
constexpr std::string_view kHelloZlib = "1f8b0800000000000003cb48cdc9c9d75128cf2fca49e10200537424f40d000000";
/// With an extra field, a name, a comment and a header checksum.
constexpr std::string_view kHelloFullHeaderZlib =
    "1f8b081e00000000000306006162020078796e616d652e747874006120636f6d6d656e74005bebcb48cdc9c9d75128cf2fca49e1"
    "02"
    "00537424f40d000000";
constexpr std::string_view kEmptyZlib = "1f8b080000000000000303000000000000000000";
constexpr std::size_t kTrailerBytes = 8;

std::uint8_t* raw(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

std::string gzip(std::string text) {
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  std::string out(text.size() + text.size() / 8 + 1024, '\0');
  stream.gzip_flag = IGZIP_GZIP;
  stream.next_in = raw(text);
  stream.avail_in = static_cast<std::uint32_t>(text.size());
  stream.next_out = raw(out);
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  EXPECT_EQ(isal_deflate_stateless(&stream), COMP_OK);
  out.resize(stream.total_out);
  return out;
}

std::string little_endian(std::uint64_t number, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>((number >> (8 * i)) & 0xffu);
  return text;
}

/// Two stored blocks in one member: as long as `text` and kStoredOverhead.
constexpr std::size_t kStoredOverhead = 10 + 5 + 5 + 8;
std::string stored_gzip(std::string text) {
  const auto block = [](std::string_view part, bool last) {
    return std::string(1, last ? '\1' : '\0') + little_endian(part.size(), 2) +
           little_endian(~part.size(), 2) + std::string(part);
  };
  const std::size_t half = text.size() / 2;
  return from_hex("1f8b0800000000000003") + block(std::string_view(text).substr(0, half), false) +
         block(std::string_view(text).substr(half), true) +
         little_endian(crc32_gzip_refl(0, raw(text), text.size()), 4) + little_endian(text.size(), 4);
}

std::string gunzip(std::string_view bytes, std::size_t piece = std::size_t{1} << 20) {
  auto text = decompressed(bytes, Compression::gzip, piece);
  EXPECT_TRUE(text) << text.error().to_string();
  return std::move(text).value_or("");
}

void expect_corrupt(std::string_view bytes, std::string_view word) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1} << 20}) {
    const auto text = decompressed(bytes, Compression::gzip, piece);
    ASSERT_FALSE(text) << word;
    EXPECT_EQ(text.error().code(), Errc::corrupt);
    EXPECT_NE(text.error().message().find(word), std::string::npos) << text.error().to_string();
  }
}

TEST(Gzip, ReadsWhatZlibWrites) { EXPECT_EQ(gunzip(from_hex(kHelloZlib)), kHello); }

TEST(Gzip, ReadsAnEmptyMember) { EXPECT_EQ(gunzip(from_hex(kEmptyZlib)), ""); }

TEST(Gzip, ReadsEveryHeaderFieldWhereverTheBufferEnds) {
  const std::string second = from_hex(kHelloFullHeaderZlib);
  for (std::size_t inside = 0; inside <= second.size(); ++inside) {
    const std::string text = sample_text(kDecoderBufferBytes - inside - kStoredOverhead);
    const std::string first = stored_gzip(text);
    ASSERT_EQ(first.size() + inside, kDecoderBufferBytes);
    EXPECT_TRUE(gunzip(first + second) == text + std::string(kHello)) << inside;
    SCOPED_TRACE(inside);
    if (inside > 0 && inside < second.size()) expect_corrupt(first + second.substr(0, inside), "truncated");
  }
}

TEST(Gzip, ReadsLongStreamsWhateverThePieces) {
  const std::string text = sample_text(3'000'000);
  const std::string bytes = gzip(text);
  for (const std::size_t piece : {1u, 7u, 4096u, 65'536u, 131'071u, 10'000'000u}) {
    EXPECT_TRUE(gunzip(bytes, piece) == text) << piece;
  }
}

TEST(Gzip, ReadsSeveralMembers) {
  const std::string big = sample_text(300'000);
  const std::string bytes =
      from_hex(kHelloZlib) + gzip(big) + from_hex(kEmptyZlib) + from_hex(kHelloFullHeaderZlib);
  const std::string text = std::string(kHello) + big + std::string(kHello);
  for (const std::size_t piece : {1u, 33u, 1'000'000u}) EXPECT_TRUE(gunzip(bytes, piece) == text) << piece;
}

TEST(Gzip, ReadsFiftyThousandEmptyMembers) {
  std::string bytes;
  for (int i = 0; i < 50'000; ++i) bytes += from_hex(kEmptyZlib);
  EXPECT_EQ(gunzip(bytes), "");
  EXPECT_EQ(gunzip(bytes + from_hex(kHelloZlib)), kHello);
}

TEST(Gzip, ToleratesZeroBytesAfterTheLastMember) {
  for (const std::size_t zeros : {1u, 512u, 1'000'000u}) {
    EXPECT_EQ(gunzip(from_hex(kHelloZlib) + std::string(zeros, '\0')), kHello) << zeros;
  }
}

TEST(Gzip, RefusesOtherTrailingBytes) {
  expect_corrupt(from_hex(kHelloZlib) + "x", "header");
  expect_corrupt(from_hex(kHelloZlib) + "garbage that is longer than a header", "header");
  expect_corrupt(from_hex(kHelloZlib) + std::string(700, '\0') + "x", "after the last member");
}

TEST(Gzip, RefusesAMemberBehindZeroBytes) {
  expect_corrupt(from_hex(kHelloZlib) + std::string(3, '\0') + from_hex(kHelloZlib), "after the last member");
}

TEST(Gzip, RefusesAnEmptyStream) { expect_corrupt("", "truncated"); }

TEST(Gzip, RefusesEveryTruncation) {
  for (const std::string_view hex : {kHelloZlib, kHelloFullHeaderZlib, kEmptyZlib}) {
    const std::string bytes = from_hex(hex);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
      SCOPED_TRACE(cut);
      expect_corrupt(std::string_view(bytes).substr(0, cut), "truncated");
    }
  }
}

TEST(Gzip, RefusesATruncatedLaterMember) {
  const std::string bytes = from_hex(kHelloZlib) + from_hex(kHelloZlib);
  expect_corrupt(std::string_view(bytes).substr(0, bytes.size() - 1), "truncated");
}

TEST(Gzip, ChecksTheChecksumOfEveryMember) {
  std::string bytes = from_hex(kHelloZlib);
  bytes[bytes.size() - kTrailerBytes] = static_cast<char>(bytes[bytes.size() - kTrailerBytes] ^ 1);
  expect_corrupt(bytes, "checksum");
  expect_corrupt(from_hex(kHelloZlib) + bytes, "checksum");
  expect_corrupt(bytes + from_hex(kHelloZlib), "checksum");
}

TEST(Gzip, ChecksTheLength) {
  std::string bytes = gzip(sample_text(500'000));
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  expect_corrupt(bytes, "checksum");
}

TEST(Gzip, ChecksTheHeaderChecksum) {
  std::string bytes = from_hex(kHelloFullHeaderZlib);
  bytes[20] = 'X';  // inside the name
  expect_corrupt(bytes, "checksum");
}

TEST(Gzip, RefusesOtherMethods) {
  std::string bytes = from_hex(kHelloZlib);
  bytes[2] = 7;
  expect_corrupt(bytes, "header");
}

TEST(Gzip, RefusesReservedBlockTypes) {
  expect_corrupt(from_hex("1f8b0800000000000003") + std::string(40, '\x07'), "deflate");
}

TEST(Gzip, FlippedBitsNeverGiveAnotherText) {
  const std::string text = sample_text(300);
  const std::string good = gzip(text);
  constexpr std::size_t kHeaderBytes = 10;  // its time and system fields mean nothing
  for (std::size_t bit = kHeaderBytes * 8; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto got = decompressed(bad, Compression::gzip);
    if (got) {
      // Bits that deflate does not look at may stand either way.
      EXPECT_TRUE(*got == text) << bit;
    } else {
      EXPECT_EQ(got.error().code(), Errc::corrupt) << bit;
    }
  }
}

TEST(Gzip, ReadsStoredBlocks) { EXPECT_EQ(gunzip(stored_gzip("stored")), "stored"); }

}  // namespace
}  // namespace bayplan::content::test
