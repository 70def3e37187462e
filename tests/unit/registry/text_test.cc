#include "text.h"

#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

TEST(Text, NumbersAreDigitsOnly) {
  EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615ULL);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "1,1"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
}

TEST(Text, WhatEndsALineIsNoFieldText) {
  EXPECT_TRUE(is_field_text("Bearer abc\t~"));
  EXPECT_FALSE(is_field_text("a\r\nHost: b"));
  EXPECT_FALSE(is_field_text(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_field_text("\x7f"));
}

TEST(Text, OnlyTheUnreservedStaysUnescaped) {
  EXPECT_EQ(percent_encoded("sha256:a/b-c_d.e~f g\xff"), "sha256%3Aa%2Fb-c_d.e~f%20g%FF");
}

TEST(Text, TrimsSpacesAndTabs) {
  EXPECT_EQ(trimmed(" \ta b\t "), "a b");
  EXPECT_EQ(trimmed(" \t"), "");
}

}  // namespace
}  // namespace bayplan::registry
