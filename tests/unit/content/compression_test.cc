#include "bayplan/content/compression.h"

#include <gtest/gtest.h>

#include "streams.h"

namespace bayplan::content::test {
namespace {

TEST(CompressionNames, AreTheOnesOfTheFormats) {
  EXPECT_EQ(to_string(Compression::none), "none");
  EXPECT_EQ(to_string(Compression::gzip), "gzip");
  EXPECT_EQ(to_string(Compression::zstd), "zstd");
}

TEST(DetectCompression, KnowsGzip) {
  EXPECT_EQ(detect_compression(from_hex("1f8b")), Compression::gzip);
  EXPECT_EQ(detect_compression(from_hex("1f8b0800")), Compression::gzip);
}

TEST(DetectCompression, KnowsZstdFrames) {
  EXPECT_EQ(detect_compression(from_hex("28b52ffd")), Compression::zstd);
  EXPECT_EQ(detect_compression(from_hex("28b52ffd0058")), Compression::zstd);
}

TEST(DetectCompression, KnowsEverySkippableZstdFrame) {
  for (int kind = 0; kind < 16; ++kind) {
    const std::string magic = static_cast<char>(0x50 + kind) + from_hex("2a4d18");
    EXPECT_EQ(detect_compression(magic), Compression::zstd) << kind;
  }
}

TEST(DetectCompression, LeavesEverythingElseAlone) {
  for (const char* hex :
       {"", "1f", "28b52f", "502a4d", "602a4d18", "502a4d19", "425a6839", "fd377a58", "75737461"}) {
    EXPECT_EQ(detect_compression(from_hex(hex)), Compression::none) << hex;
  }
}

TEST(Decompress, NoneGivesTheBytesAsTheyAre) {
  EXPECT_EQ(decompressed("as it is", Compression::none).value(), "as it is");
  EXPECT_EQ(decompressed("", Compression::none).value(), "");
}

}  // namespace
}  // namespace bayplan::content::test
