// The cases of containerd's TestFilters by their names, with records and inputs of our own; then what is
// ours: limits, binding, the keys that a filter demands.
#include "bayplan/metadata/filter.h"

#include "filter_test_base.h"

namespace bayplan::metadata {
namespace {

struct Case {
  const char* name;
  const char* filter;
  const char* expected;  // keys of the records that match, or the error
};

class FilterCases : public FilterStoreTest, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    FilterStoreTest::SetUp();
    update([&](WriteTx& tx) {
      put(tx, "0", {{"name", "cow"}}, {{"moo", "loud"}});
      put(tx, "1", {{"name", "hen"}});
      put(tx, "2", {{"name", "cow"}}, {{"moo", "soft"}, {"with space", "yes"}});
      put(tx, "3", {{"name", "hen"}}, {{"egg", "loud"}});
      put(tx, "4", {{"name", "goat"}}, {{R"(back\ and "quote)", "yes"}});
      put(tx, "5", {{"name", "goat"}}, {{R"(back\ and "quote.post)", "yes"}});
      put(tx, "6", {{"name", "ant"}, {"other", "two words, one comma"}});
      put(tx, "7", {{"name", "antler"}, {"other", "abc"}});
      put(tx, "8", {{"name", "compound"}}, {{"moo", "a_b.c-d"}});
    });
  }

  std::string keys(const Filter& filter) {
    const BoundFilter bound = filter.bind(kTestFields, {.now = test_now()}).value();
    std::string all;
    view([&](const ReadTx& tx) {
      tx.bucket("records")
          .value()
          ->for_each_bucket([&](std::string_view key, const Bucket& record) -> Result<void> {
            if (bound.matches(key, record).value()) all += key;
            return {};
          })
          .value();
    });
    return all;
  }
};

TEST_P(FilterCases, show_these_records) {
  const auto filter = parse_filters({GetParam().filter});
  if (filter) {
    EXPECT_EQ(keys(*filter), GetParam().expected);
  } else {
    EXPECT_EQ(filter.error().code(), Errc::invalid_argument);
    EXPECT_EQ(filter.error().message(), GetParam().expected);
  }
}

constexpr Case kCases[] = {
    {"Empty", "", "012345678"},
    {"Present", "name", "012345678"},
    {"LabelPresent", "labels.moo", "028"},
    {"NameAndLabelPresent", "labels.moo,name", "028"},
    {"NameAndLabelPresent2", "name==hen,labels.egg", "3"},
    {"LabelValue", "labels.moo==loud", "0"},
    {"LabelValuePunctuated", "labels.moo==a_b.c-d", "8"},
    {"LabelValueNoAltQuoting", "labels.|moo|==a_b", "[labels. >|||< moo|==a_b]: invalid quote encountered"},
    {"Name", "name==hen", "13"},
    {"NameNotEqual", "name!=hen", "0245678"},
    {"QuotedValue", R"(other=="two words, one comma")", "6"},
    {"RegexpValue", "other~=[abc]+,name!=cow", "67"},
    {"RegexpQuotedValue", "other~=/[abc]+/,name!=cow", "67"},
    {"RegexpQuotedValue2", "other~=/[abc]{1,2}/,name!=cow", "67"},
    {"RegexpQuotedValueGarbage", R"(other~=/[abc]{0,1}"\//,name!=cow)", ""},
    {"NameAndLabelValue", "name==hen,labels.egg==loud", "3"},
    {"NameAndLabelValueNoMatch", "name==hen,labels.egg==soft", ""},
    {"LabelQuotedFieldPathPresent", R"(name==cow,labels."with space")", "2"},
    {"LabelQuotedFieldPathPresentWithQuoted", R"(labels."back\\ and \"quote"==yes)", "4"},
    {"LabelQuotedFieldPathPresentWithQuotedEmbed", R"(labels."back\\ and \"quote".post==yes)", "5"},
    {"LabelQuotedFieldPathPresentWithQuotedEmbedInvalid", R"(labels.?"back\\ and \"quote".post==yes)",
     R"([labels. >|?|< "back\\ and \"quote".post==yes]: expected field or quoted)"},
    {"TrailingComma", "name==cow,", "[name==cow,]: expected field or quoted"},
    {"TrailingFieldSeparator", "labels.", "[labels.]: expected field or quoted"},
    {"MissingValue", "image~=,id?=?c1", "[image~= >|,|< id?=?c1]: expected value or quoted"},
    {"FieldQuotedLiteralNotTerminated", "labels.io/key==x",
     "[labels.io >|/|< key==x]: quoted literal not terminated"},
    {"ValueQuotedLiteralNotTerminated", "labels.key==/x",
     "[labels.key== >|/|< x]: quoted literal not terminated"},
    // Ours.
    {"OwnBadPattern", "name~=[ab,labels.moo", "[name~= >|[|< ab,labels.moo]: bad pattern: missing ]: [ab"},
    {"OwnUnknownField", "colour", ""},
    {"OwnUnknownFieldIsNotEqual", "colour!=red", "012345678"},
    {"OwnAbsentFieldIsEmptyToNotEqual", R"(labels.moo!="")", "028"},
    {"OwnAbsentFieldEqualsNothing", R"(labels.moo=="")", ""},
    {"OwnUnknownFieldMatchesAsEmpty", "colour~=/^$/", "012345678"},
    {"OwnPathBehindTheEnd", "name.x==cow", ""},
    {"OwnEmptyPieceBehindTheEnd", R"(name."")", ""},
    {"OwnDottedHead", R"("labels.moo"==loud)", ""},
    {"OwnWholeMap", "labels", ""},
    {"OwnEmptyLabelKey", R"(labels."")", ""},
    {"OwnKey", "id~=^[2-4]$", "234"},
};

INSTANTIATE_TEST_SUITE_P(Containerd, FilterCases, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(FilterErrors, say_what_is_wrong_where) {
  const auto failed = parse_filters({"fine", "na?me"});
  ASSERT_EQ(code(failed), Errc::invalid_argument);
  EXPECT_EQ(
      failed.error().to_string(),
      R"(filter: invalid argument: [na >|?|< me]: expected an operator ("=="|"!="|"~="|"<"|"<="|">"|">="))");
}

TEST(FilterLimits, length) {
  const std::string longest = "name==" + std::string(kMaxFilterBytes - 6, 'x');
  EXPECT_TRUE(parse_filters({longest}));
  EXPECT_EQ(code(parse_filters({longest + "x"})), Errc::too_large);
}

TEST(FilterLimits, selectors_of_all_alternatives) {
  const std::vector<std::string> most(kMaxSelectors, "name");
  EXPECT_TRUE(Filter::parse(most));
  std::vector<std::string> more = most;
  more.emplace_back();
  EXPECT_TRUE(Filter::parse(more));
  more.back() = "name";
  EXPECT_EQ(code(Filter::parse(more)), Errc::too_large);
  std::string one = "name";
  for (std::size_t i = 1; i < kMaxSelectors; ++i) one += ",name";
  EXPECT_TRUE(parse_filters({one}));
  EXPECT_EQ(code(parse_filters({one, "name"})), Errc::too_large);
}

TEST(FilterLimits, patterns) {
  const std::vector<std::string> most(kMaxPatterns, "name~=x");
  EXPECT_TRUE(Filter::parse(most));
  std::vector<std::string> more = most;
  more.emplace_back("name~=x");
  EXPECT_EQ(code(Filter::parse(more)), Errc::too_large);
}

TEST(FilterLimits, memory_of_a_pattern) {
  EXPECT_EQ(code(parse_filters({R"(name~=/\\pL{100}/)"})), Errc::too_large);
}

TEST(FilterBind, takes_an_unknown_field_for_absent_unless_that_is_refused) {
  const Filter filter = parse_filters({"name==x,nmae!=x"}).value();
  EXPECT_TRUE(filter.bind(kTestFields));
  const auto refused = filter.bind(kTestFields, {.unknown = UnknownField::refused});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
  EXPECT_TRUE(refused.error().message().starts_with("[name==x, >|n|< mae!=x]: no such field; there are "))
      << refused.error().message();
  EXPECT_NE(refused.error().message().find("labels.KEY"), std::string::npos);
}

TEST(FilterBind, demands_numbers_and_times_for_orderings) {
  const auto message = [](const char* filter) {
    const auto failed = parse_filters({filter}).value().bind(kTestFields, {.now = test_now()});
    if (failed) return std::string("no error");
    EXPECT_EQ(failed.error().code(), Errc::invalid_argument);
    return failed.error().message();
  };
  EXPECT_EQ(message("name<b"), "[name >|<|< b]: the field is neither a number nor a time");
  EXPECT_EQ(message("id>=b"), "[id >|>|< =b]: the field is neither a number nor a time");
  EXPECT_EQ(message("kind<view"), "[kind >|<|< view]: the field is neither a number nor a time");
  EXPECT_EQ(message("labels.x>1"), "[labels.x >|>|< 1]: the field is neither a number nor a time");
  EXPECT_EQ(message("colour>1"), "[colour >|>|< 1]: the field is neither a number nor a time");
  EXPECT_EQ(message("name,size>1Q"), "[name,size> >|1|< Q]: expected a number, as in 4096 or 10MiB");
  EXPECT_EQ(message("target.size==big"), "[target.size== >|b|< ig]: expected a number, as in 4096 or 10MiB");
  EXPECT_EQ(
      message("createdat<2026-01-01"),
      "[createdat< >|2|< 026-01-01]: expected a time, as in 2026-01-31T10:00:00Z, or 24h for 24 hours ago");
  EXPECT_EQ(message("createdat!=now"),
            "[createdat!= >|n|< ow]: expected a time, as in 2026-01-31T10:00:00Z, or 24h for 24 hours ago");
  EXPECT_EQ(message("size"), "no error");
  EXPECT_EQ(message("size~=^1"), "no error");
}

TEST(FilterKeys, are_there_when_every_alternative_demands_one) {
  using Keys = std::set<std::string, std::less<>>;
  EXPECT_EQ(bound({"id==a"}).keys(), Keys{"a"});
  EXPECT_EQ(bound({"id==b", "labels.x,id==a", "id==b"}).keys(), (Keys{"a", "b"}));
  EXPECT_EQ(bound({"id==a,id==b"}).keys(), Keys{"a"});
}

TEST(FilterKeys, are_absent_when_any_record_could_match) {
  for (const std::vector<std::string>& filters : std::vector<std::vector<std::string>>{{},
                                                                                       {""},
                                                                                       {"id==a", ""},
                                                                                       {"id==a", "name==b"},
                                                                                       {"id!=a"},
                                                                                       {"id~=a"},
                                                                                       {"id"},
                                                                                       {"id.x==a"},
                                                                                       {"name==a"}})
    EXPECT_FALSE(bound(filters).keys().has_value());
}

class FilterAlternatives : public FilterStoreTest {};

TEST_F(FilterAlternatives, one_of_them_is_enough) {
  add("a", {{"name", "cow"}});
  EXPECT_TRUE(matches("a", {}));
  EXPECT_TRUE(matches("a", {"name==cow"}));
  EXPECT_TRUE(matches("a", {"name==hen", "name==cow"}));
  EXPECT_TRUE(matches("a", {"name==hen", ""}));
  EXPECT_FALSE(matches("a", {"name==hen", "name==goat"}));
}

TEST_F(FilterAlternatives, an_empty_one_does_not_hide_errors_in_others) {
  EXPECT_EQ(code(parse_filters({"", "name="})), Errc::invalid_argument);
  EXPECT_EQ(code(parse_filters({"", "name<x"}).value().bind(kTestFields)), Errc::invalid_argument);
}

TEST_F(FilterAlternatives, a_copy_outlives_the_filter) {
  add("a", {{"name", "cow"}});
  std::optional<BoundFilter> filter;
  {
    const Filter parsed = parse_filters({"name~=c.w"}).value();
    const BoundFilter first = parsed.bind(kTestFields).value();
    filter = first;
  }
  view([&](const ReadTx& tx) {
    EXPECT_TRUE(filter->matches("a", *tx.bucket("records").value()->bucket("a").value()).value());
  });
}

}  // namespace
}  // namespace bayplan::metadata
