#include "bayplan/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace bayplan::utf8 {
namespace {

TEST(Utf8First, DecodesTheLimitsOfEachLength) {
  const struct {
    std::string_view bytes;
    char32_t value;
  } cases[] = {{{"\0", 1}, 0},
               {"\x7F", 0x7F},
               {"\xC2\x80", 0x80},
               {"\xDF\xBF", 0x7FF},
               {"\xE0\xA0\x80", 0x800},
               {"\xED\x9F\xBF", 0xD7FF},
               {"\xEE\x80\x80", 0xE000},
               {"\xEF\xBF\xBF", 0xFFFF},
               {"\xF0\x90\x80\x80", 0x10000},
               {"\xF4\x8F\xBF\xBF", 0x10FFFF}};
  for (const auto& test : cases) {
    const CodePoint point = first(std::string(test.bytes) + "tail");
    EXPECT_EQ(point.value, test.value);
    EXPECT_EQ(point.length, test.bytes.size());
    EXPECT_TRUE(valid(test.bytes));
  }
}

TEST(Utf8First, RefusesWhatRfc3629Forbids) {
  const std::string_view cases[] = {
      "",                  // nothing
      "\x80",              // continuation without a lead
      "\xC0\x80",          // overlong NUL
      "\xC1\xBF",          // overlong two bytes
      "\xE0\x9F\xBF",      // overlong three bytes
      "\xF0\x8F\xBF\xBF",  // overlong four bytes
      "\xED\xA0\x80",      // first surrogate
      "\xED\xBF\xBF",      // last surrogate
      "\xF4\x90\x80\x80",  // above U+10FFFF
      "\xF5\x80\x80\x80",  // lead that never occurs
      "\xFF",              // nor this
      "\xE2\x82",          // cut off
      "\xE2(\xAC",         // continuation missing
      "\xF0\x9F\x90(",     // last continuation missing
  };
  for (const std::string_view bytes : cases) {
    EXPECT_EQ(first(bytes).length, 0u) << bytes;
    EXPECT_EQ(valid(bytes), bytes.empty()) << bytes;
  }
}

TEST(Utf8Valid, LooksAtAllOfTheText) {
  EXPECT_TRUE(valid(""));
  EXPECT_TRUE(valid("plain \xE2\x82\xAC"));
  EXPECT_FALSE(valid("plain \xE2\x82"));
  EXPECT_FALSE(valid("a\xFFz"));
}

}  // namespace
}  // namespace bayplan::utf8
