#include "bayplan/base/escape.h"

#include <gtest/gtest.h>

namespace bayplan {
namespace {

TEST(Escape, leaves_text_as_it_is_however_long) {
  EXPECT_EQ(escaped("caf\xc3\xa9 \"a\\b\""), "caf\xc3\xa9 \"a\\b\"");
  EXPECT_EQ(escaped(std::string(5000, 'k')), std::string(5000, 'k'));
}

TEST(Escape, shows_what_a_terminal_would_obey) {
  EXPECT_EQ(escaped("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(escaped("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(escaped("\xe2\x80\xae"), "\\xe2\\x80\\xae") << "turns the direction of what follows";
  EXPECT_EQ(escaped("\xff\xc3"), "\\xff\\xc3") << "no UTF-8";
}

TEST(Escape, also_what_it_is_told) { EXPECT_EQ(escaped("a\"b\\c,d", "\"\\,"), "a\\\"b\\\\c\\x2cd"); }

}  // namespace
}  // namespace bayplan
