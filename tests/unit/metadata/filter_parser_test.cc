#include "filter_parser.h"

#include <gtest/gtest.h>

#include "bayplan/metadata/filter.h"

namespace bayplan::metadata {
namespace {

std::vector<Selector> parsed(std::string_view input) { return parse_selectors(input, 100).value(); }

std::string message(std::string_view input) {
  const auto selectors = parse_selectors(input, 100);
  if (selectors) return "no error";
  EXPECT_EQ(selectors.error().code(), Errc::invalid_argument);
  return selectors.error().message();
}

TEST(FilterOperators, print_as_they_are_written) {
  EXPECT_EQ(to_string(FilterOperator::present), "?");
  EXPECT_EQ(to_string(FilterOperator::equal), "==");
  EXPECT_EQ(to_string(FilterOperator::not_equal), "!=");
  EXPECT_EQ(to_string(FilterOperator::matches), "~=");
  EXPECT_EQ(to_string(FilterOperator::less), "<");
  EXPECT_EQ(to_string(FilterOperator::less_equal), "<=");
  EXPECT_EQ(to_string(FilterOperator::greater), ">");
  EXPECT_EQ(to_string(FilterOperator::greater_equal), ">=");
  EXPECT_EQ(to_string(static_cast<FilterOperator>(77)), "unknown");
}

TEST(FilterParser, reads_all_operators) {
  for (const auto op :
       {FilterOperator::equal, FilterOperator::not_equal, FilterOperator::matches, FilterOperator::less,
        FilterOperator::less_equal, FilterOperator::greater, FilterOperator::greater_equal}) {
    const auto selectors = parsed(std::string("size").append(to_string(op)).append("7"));
    ASSERT_EQ(selectors.size(), 1u);
    EXPECT_EQ(selectors[0].op, op);
    EXPECT_EQ(selectors[0].value, "7");
    EXPECT_EQ(selectors[0].op_position, 4u);
    EXPECT_EQ(selectors[0].value_position, 4 + to_string(op).size());
    EXPECT_EQ(is_ordering(op), op >= FilterOperator::less);
  }
}

TEST(FilterParser, joins_the_path_behind_its_first_piece) {
  const auto selectors = parsed(R"(labels.a."b.c/d".e==f,name)");
  ASSERT_EQ(selectors.size(), 2u);
  EXPECT_EQ(selectors[0].head, "labels");
  EXPECT_EQ(selectors[0].tail, ".a.b.c/d.e");
  EXPECT_EQ(selectors[1].head, "name");
  EXPECT_EQ(selectors[1].tail, "");
  EXPECT_EQ(selectors[1].op, FilterOperator::present);
  EXPECT_EQ(parsed(R"(labels."".x)")[0].tail, "..x");
  EXPECT_EQ(parsed(R"(name."")")[0].tail, ".");
}

TEST(FilterParser, an_empty_filter_has_no_selectors) { EXPECT_TRUE(parsed("").empty()); }

TEST(FilterParser, skips_white_space_before_a_token) {
  const auto selectors = parsed(" a ==  b,\n c");
  ASSERT_EQ(selectors.size(), 2u);
  EXPECT_EQ(selectors[0].value, "b");
  EXPECT_EQ(selectors[1].head, "c");
}

TEST(FilterParser, marks_what_is_wrong) {
  EXPECT_EQ(message("a=b"), R"([a >|=|< b]: unsupported operator "=")");
  EXPECT_EQ(message("a===b"), R"([a >|=|< ==b]: unsupported operator "===")");
  EXPECT_EQ(message("a=>b"), R"([a >|=|< >b]: unsupported operator "=")");
  EXPECT_EQ(message("a?b"), R"([a >|?|< b]: expected an operator ("=="|"!="|"~="|"<"|"<="|">"|">="))");
  EXPECT_EQ(message("a-b==c"), R"([a >|-|< b==c]: expected an operator ("=="|"!="|"~="|"<"|"<="|">"|">="))");
  EXPECT_EQ(message("a==b c"), "[a==b >| |< c]: unexpected input:  ");
  EXPECT_EQ(message("a==\"b\"c"), "[a==\"b\" >|c|< ]: unexpected input: c");
  EXPECT_EQ(message("a==|b|"), "[a== >|||< b|]: invalid quote encountered");
  EXPECT_EQ(message("a==/b/"), "[a== >|/|< b/]: invalid quote encountered");
  EXPECT_EQ(message("/a/==b"), "[ >|/|< a/==b]: invalid quote encountered");
  EXPECT_EQ(message(R"(a=="\777")"), R"([a== >|"|< \777"]: unquoting failed: quote syntax error)");
  EXPECT_EQ(message(R"(a=="\q")"), R"([a== >|"|< \q"]: illegal escape sequence)");
  EXPECT_EQ(message("a=="), "[a==]: expected value or quoted");
  EXPECT_EQ(message("a<"), "[a<]: expected value or quoted");
  EXPECT_EQ(message(","), "[ >|,|< ]: expected field or quoted");
  EXPECT_EQ(message(" "), "[ ]: expected field or quoted");
}

TEST(FilterParser, marks_whole_characters_and_survives_bytes_that_are_none) {
  EXPECT_EQ(message("牛==1"), "[ >|牛|< ==1]: expected field or quoted");
  EXPECT_EQ(message("a\xff"), "[a >|\xff|< ]: rune error");
  EXPECT_EQ(message("a==b\xff"), "[a==b >|\xff|< ]: unexpected input: \uFFFD");
  EXPECT_EQ(message(std::string("\0==1", 4)), std::string("[ >|\0|< ==1]: unexpected null", 29));
}

TEST(FilterParser, counts_selectors) {
  EXPECT_EQ(parse_selectors("a,b,c", 3).value().size(), 3u);
  const auto refused = parse_selectors("a,b,c", 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::too_large);
  EXPECT_EQ(refused.error().message(), "there are more selectors than " + std::to_string(kMaxSelectors));
}

}  // namespace
}  // namespace bayplan::metadata
