#include "bayplan/images/image_id.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "bayplan/images/registry_reference.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

const std::string kHex = std::string(60, 'a') + "0123";

// C3: neither type exists without having been parsed, and neither turns into text or the other by itself.
static_assert(!std::is_default_constructible_v<ImageId> &&
              !std::is_default_constructible_v<RegistryReference>);
static_assert(!std::is_convertible_v<ImageId, std::string> &&
              !std::is_convertible_v<ImageId, std::string_view>);
static_assert(!std::is_convertible_v<std::string, ImageId> && !std::is_constructible_v<ImageId, std::string>);
static_assert(!std::is_convertible_v<RegistryReference, std::string>);
static_assert(!std::is_constructible_v<RegistryReference, std::string>);
static_assert(!std::is_constructible_v<ImageId, RegistryReference>);
static_assert(!std::is_constructible_v<RegistryReference, ImageId>);

TEST(ImageId, IsExactly64LowerCaseHexDigits) {
  EXPECT_EQ(ImageId::parse(kHex)->to_string(), kHex);
  for (const std::string& text :
       {std::string(), kHex.substr(1), kHex + "0", "sha256:" + kHex, std::string(64, 'A'),
        std::string(63, 'a') + "g", std::string(63, 'a') + "\n", std::string(63, 'a') + std::string(1, '\0'),
        std::string(1 << 20, 'a')}) {
    EXPECT_EQ(outcome(ImageId::parse(text)), "invalid_argument") << text.size();
  }
}

TEST(ImageId, IsTheDigestOfAConfig) {
  const Digest config = Digest::of("{}");
  EXPECT_EQ(ImageId::of(config)->to_string(), config.hex());
  EXPECT_EQ(*ImageId::of(config), *ImageId::parse(config.hex()));
  EXPECT_EQ(outcome(ImageId::of(Digest::of("{}", DigestAlgorithm::sha512))), "unsupported");
}

TEST(ImageId, MatchesPrefixesOfThreeDigitsAndMore) {
  const ImageId id = *ImageId::parse("0123" + std::string(60, 'a'));
  EXPECT_TRUE(id.matches("012"));
  EXPECT_TRUE(id.matches(id.to_string()));
  EXPECT_FALSE(id.matches("01"));
  EXPECT_FALSE(id.matches("013"));
  EXPECT_FALSE(id.matches(id.to_string() + "a"));
}

}  // namespace
}  // namespace bayplan::images
