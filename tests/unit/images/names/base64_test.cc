#include "names/base64.h"

#include <gtest/gtest.h>

#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

TEST(Base64, DecodesTheVectorsOfRfc4648) {
  EXPECT_EQ(*decode_base64(""), "");
  EXPECT_EQ(*decode_base64("Zg=="), "f");
  EXPECT_EQ(*decode_base64("Zm8="), "fo");
  EXPECT_EQ(*decode_base64("Zm9v"), "foo");
  EXPECT_EQ(*decode_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(*decode_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(*decode_base64("Zm9vYmFy"), "foobar");
}

TEST(Base64, DecodesEveryByte) {
  EXPECT_EQ(*decode_base64("AAH+/w=="), std::string("\x00\x01\xfe\xff", 4));
  EXPECT_EQ(*decode_base64("////"), "\xff\xff\xff");
}

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  EXPECT_EQ(encode_base64(""), "");
  EXPECT_EQ(encode_base64("f"), "Zg==");
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("foo"), "Zm9v");
  EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(encode_base64("\xff\xfe\xfd"), "//79");
}

TEST(Base64, EncodesWhatItDecodes) {
  std::string bytes;
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(*decode_base64(encode_base64(bytes)), bytes);
    bytes += static_cast<char>(static_cast<unsigned char>(i * 7));
  }
  EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(encode_base64("\xff\xff\xff"), "////");
}

TEST(Base64, RefusesAnythingElse) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "====", "=", "Zm9v\n", "Zm 9",
                           "Zg==Zg==", "Z=g=", "Zm9-", "Zm9_", "Zh==", "Zm9=", "\xc3\xa9==", "*"}) {
    EXPECT_EQ(outcome(decode_base64(text)), "invalid_argument") << text;
  }
}

}  // namespace
}  // namespace bayplan::images
