#include "filter_unquote.h"

#include <gtest/gtest.h>

namespace bayplan::metadata {
namespace {

TEST(FilterUnquote, takes_the_quotes_away) {
  EXPECT_EQ(unquote("\"\""), "");
  EXPECT_EQ(unquote("\"a b\""), "a b");
  EXPECT_EQ(unquote("/a|\"b/"), "a|\"b");
  EXPECT_EQ(unquote("|a/b|"), "a/b");
}

TEST(FilterUnquote, knows_gos_escapes) {
  EXPECT_EQ(unquote(R"("\a\b\f\n\r\t\v\\\"")"), "\a\b\f\n\r\t\v\\\"");
  EXPECT_EQ(unquote(R"(/\//)"), "/");
  EXPECT_EQ(unquote(R"("x\n")"), "x\n");
  EXPECT_EQ(unquote(R"("\nx\ty")"), "\nx\ty");
}

TEST(FilterUnquote, writes_bytes_and_characters) {
  EXPECT_EQ(unquote(R"("\x41\101\000")"), std::string("AA\0", 3));
  EXPECT_EQ(unquote(R"("\xff\377")"), "\xff\xff");
  EXPECT_EQ(unquote(R"("\u0041\u00e4\u725b\U0001F404")"), "A\u00e4\u725b\U0001F404");
  EXPECT_EQ(unquote(R"("\u07ff\u0800\uffff\U00010000\U0010ffff")"), "\u07ff\u0800\uffff\U00010000\U0010ffff");
}

TEST(FilterUnquote, replaces_surrogates) { EXPECT_EQ(unquote(R"("\ud800\udfff")"), "\uFFFD\uFFFD"); }

TEST(FilterUnquote, refuses_what_no_byte_or_character_is) {
  EXPECT_FALSE(unquote(R"("\400")").has_value());
  EXPECT_FALSE(unquote(R"("\U00110000")").has_value());
  EXPECT_FALSE(unquote(R"("\Uffffffff")").has_value());
}

}  // namespace
}  // namespace bayplan::metadata
