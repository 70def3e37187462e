#include "bayplan/base/digest.h"

#include <gtest/gtest.h>

#include <string>

#include "outcome.h"

namespace bayplan {
namespace {

using test::outcome;

const std::string kHex64 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string kHex128 =
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd"
    "47417"
    "a81a538327af927da3e";

TEST(DigestParse, Sha256RoundTrip) {
  const Digest digest = Digest::parse("sha256:" + kHex64).value();
  EXPECT_EQ(digest.algorithm(), DigestAlgorithm::sha256);
  EXPECT_EQ(digest.hex(), kHex64);
  EXPECT_EQ(digest.to_string(), "sha256:" + kHex64);
  ASSERT_EQ(digest.bytes().size(), 32u);
  EXPECT_EQ(digest.bytes().front(), std::byte{0xe3});
  EXPECT_EQ(digest.bytes().back(), std::byte{0x55});
}

TEST(DigestParse, Sha512RoundTrip) {
  const Digest digest = Digest::parse("sha512:" + kHex128).value();
  EXPECT_EQ(digest.algorithm(), DigestAlgorithm::sha512);
  EXPECT_EQ(digest.to_string(), "sha512:" + kHex128);
  EXPECT_EQ(digest.bytes().size(), 64u);
}

TEST(DigestParse, RefusesBadSyntax) {
  std::string upper = kHex64;
  upper[0] = 'E';
  const std::string cases[] = {
      "",
      ":",
      "sha256",
      "sha256:",
      ":" + kHex64,
      "sha256:" + upper,
      "sha256:" + kHex64.substr(1),
      "sha256:" + kHex64 + "0",
      "sha256:" + kHex128,
      "sha512:" + kHex64,
      "sha256:" + kHex64.substr(1) + "g",
      "sha256:" + kHex64.substr(1) + "\n",
      "sha256:" + kHex64 + "\n",
      "sha256:" + kHex64.substr(1) + std::string(1, '\0'),
      " sha256:" + kHex64,
      "SHA256:" + kHex64,
      "sha256:../../" + kHex64.substr(6),
      "../sha256:" + kHex64,
      "sha256/x:" + kHex64,
      "sha256:" + kHex64 + "?x=y",
      "sha256::" + kHex64,
      "sha256:" + kHex64 + ":" + kHex64,
      "+sha256:" + kHex64,
      "sha256+:" + kHex64,
      "sha256..b64:" + kHex64,
  };
  for (const std::string& text : cases) {
    EXPECT_EQ(outcome(Digest::parse(text)), "invalid_argument") << text;
  }
}

TEST(DigestParse, WellFormedButUnknownAlgorithmIsUnsupported) {
  for (const std::string& text :
       {std::string("md5:d41d8cd98f00b204e9800998ecf8427e"), "blake3:" + kHex64,
        std::string("sha256+b64:LCa0a2j_xo-5m0U8HTBBNBNCLXBkg7+g="),
        std::string("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8")}) {
    // "+" is no character of the encoded part.
    const bool plus = text.find('+', text.find(':')) != std::string::npos;
    EXPECT_EQ(outcome(Digest::parse(text)), plus ? "invalid_argument" : "unsupported") << text;
  }
}

TEST(DigestParse, ErrorNamesTheText) { EXPECT_EQ(Digest::parse("sha256:x").error().name(), "sha256:x"); }

TEST(Digest, ComparesByAlgorithmThenBytes) {
  const Digest low = Digest::parse("sha256:" + std::string(64, '0')).value();
  const Digest high = Digest::parse("sha256:" + std::string(64, 'f')).value();
  const Digest other = Digest::parse("sha512:" + std::string(128, '0')).value();
  EXPECT_EQ(low, Digest::parse("sha256:" + std::string(64, '0')).value());
  EXPECT_NE(low, high);
  EXPECT_NE(low, other);
  EXPECT_LT(low, high);
  EXPECT_LT(high, other);
}

TEST(DigestAlgorithm, Names) {
  EXPECT_EQ(to_string(DigestAlgorithm::sha256), "sha256");
  EXPECT_EQ(to_string(DigestAlgorithm::sha512), "sha512");
}

}  // namespace
}  // namespace bayplan
