#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "bayplan/base/json.h"
#include "outcome.h"

namespace bayplan::json {
namespace {

using test::outcome;

Document parse(std::string_view text) { return Document::parse(text, "test.json").value(); }

constexpr std::string_view kSample = R"({
  "text": "hello", "number": 42, "flag": true, "nothing": null, "float": 1.0,
  "list": ["a", "b"], "mixed": ["a", 1], "object": {"k": "v", "l": "w"}, "numbers": {"k": 1},
  "nul": "a\u0000b", "nuls": ["a\u0000"], "nulmap": {"k": "\u0000"}
})";

class JsonValue : public ::testing::Test {
 protected:
  Document document = parse(kSample);
  Value root = document.root();
};

TEST_F(JsonValue, KnowsItsKind) {
  EXPECT_TRUE(root.is_object());
  EXPECT_TRUE(root.find("list")->is_array());
  EXPECT_TRUE(root.find("text")->is_string());
  EXPECT_TRUE(root.find("nothing")->is_null());
  EXPECT_FALSE(root.is_array() || root.is_string() || root.is_null());
}

TEST_F(JsonValue, FindGoesByExactName) {
  EXPECT_TRUE(root.find("text"));
  EXPECT_FALSE(root.find("Text"));
  EXPECT_FALSE(root.find("tex"));
  EXPECT_FALSE(root.find(""));
  EXPECT_FALSE(root.find("list")->find("a"));
}

TEST_F(JsonValue, TypedGettersTakeTheirType) {
  EXPECT_EQ(root.string("text").value(), "hello");
  EXPECT_EQ(root.integer("number").value(), 42);
  EXPECT_EQ(root.find("flag")->as_bool().value(), true);
  EXPECT_EQ(root.array("list").value().size(), 2u);
  EXPECT_EQ(root.object("object").value().string("k").value(), "v");
}

TEST_F(JsonValue, TypedGettersRefuseEveryOtherType) {
  for (const auto& [name, value] : root.as_object().value()) {
    const std::string label(name);
    EXPECT_EQ(outcome(value.as_string()), label == "text" ? "ok" : "invalid_argument") << label;
    EXPECT_EQ(outcome(value.as_int()), label == "number" ? "ok" : "invalid_argument") << label;
    EXPECT_EQ(outcome(value.as_bool()), label == "flag" ? "ok" : "invalid_argument") << label;
    const bool list = label == "list" || label == "mixed" || label == "nuls";
    EXPECT_EQ(outcome(value.as_array()), list ? "ok" : "invalid_argument") << label;
    const bool object = label == "object" || label == "numbers" || label == "nulmap";
    EXPECT_EQ(outcome(value.as_object()), object ? "ok" : "invalid_argument") << label;
  }
}

TEST_F(JsonValue, AbsentRequiredMemberIsNamed) {
  EXPECT_EQ(outcome(root.string("absent")), "invalid_argument");
  EXPECT_EQ(root.string("absent").error().name(), "absent");
  EXPECT_EQ(root.integer("absent").error().name(), "absent");
  EXPECT_EQ(root.object("absent").error().name(), "absent");
  EXPECT_EQ(root.array("absent").error().name(), "absent");
  EXPECT_EQ(test::words(root.string("absent")), "JSON member \"absent\": invalid argument: missing");
}

TEST_F(JsonValue, RequiredMemberOfAnotherTypeIsNamed) {
  EXPECT_EQ(test::words(root.string("number")), "JSON member \"number\": invalid argument: not a string");
  EXPECT_EQ(root.integer("text").error().name(), "text");
  EXPECT_EQ(root.object("list").error().name(), "list");
  EXPECT_EQ(root.array("object").error().name(), "object");
  EXPECT_EQ(outcome(root.string("nothing")), "invalid_argument");
}

TEST_F(JsonValue, MembersOfWhatIsNoObjectAreMissing) {
  const Value list = *root.find("list");
  EXPECT_EQ(outcome(list.string("a")), "invalid_argument");
  EXPECT_FALSE(list.optional_string("a").value());
}

TEST_F(JsonValue, StringsWithNulAreRefused) {
  EXPECT_EQ(outcome(root.string("nul")), "invalid_argument");
  EXPECT_EQ(outcome(root.optional_string("nul")), "invalid_argument");
  EXPECT_EQ(outcome(root.optional_strings("nuls")), "invalid_argument");
  EXPECT_EQ(outcome(root.optional_string_map("nulmap")), "invalid_argument");
}

TEST_F(JsonValue, OptionalMembersMayBeAbsentOrNull) {
  for (const char* name : {"absent", "nothing"}) {
    EXPECT_EQ(root.optional_string(name).value(), std::nullopt);
    EXPECT_TRUE(root.optional_strings(name).value().empty());
    EXPECT_TRUE(root.optional_string_map(name).value().empty());
  }
}

TEST_F(JsonValue, OptionalMembersGiveTheirValues) {
  EXPECT_EQ(root.optional_string("text").value(), "hello");
  EXPECT_EQ(root.optional_strings("list").value(), (std::vector<std::string_view>{"a", "b"}));
  const auto map = root.optional_string_map("object").value();
  ASSERT_EQ(map.size(), 2u);
  EXPECT_EQ(map[0], (std::pair<std::string_view, std::string_view>("k", "v")));
  EXPECT_EQ(map[1], (std::pair<std::string_view, std::string_view>("l", "w")));
}

TEST_F(JsonValue, OptionalMembersOfAnotherTypeAreErrorsThatNameThem) {
  EXPECT_EQ(root.optional_string("number").error().name(), "number");
  EXPECT_EQ(root.optional_strings("text").error().name(), "text");
  EXPECT_EQ(root.optional_strings("mixed").error().name(), "mixed");
  EXPECT_EQ(root.optional_string_map("list").error().name(), "list");
  EXPECT_EQ(root.optional_string_map("numbers").error().name(), "numbers");
}

TEST(JsonInteger, FullRangeOfInt64AndNothingBeyond) {
  constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(parse("9223372036854775807").root().as_int().value(), kHigh);
  EXPECT_EQ(parse("-9223372036854775808").root().as_int().value(), kLow);
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551615",
                           "18446744073709551616", "1.0", "1e3", "0.0", "-0.0", "1.5"}) {
    EXPECT_EQ(outcome(parse(text).root().as_int()), "invalid_argument") << text;
  }
  EXPECT_EQ(parse("-0").root().as_int().value(), 0);
  EXPECT_EQ(parse("4294967296").root().as_int().value(), 4294967296);
}

TEST(JsonObject, MembersComeInDocumentOrder) {
  const Document document = parse(R"({"b":1,"a":2,"c":3})");
  std::string names;
  for (const auto& [name, value] : document.root().as_object().value()) names += name;
  EXPECT_EQ(names, "bac");
}

TEST(JsonDump, KeepsWhatItRead) {
  for (const std::string_view text :
       {R"({"b":[1,-2,true,false,null,{}],"a":{"x":"y"}})", R"("")", R"([18446744073709551615])",
        R"(["\u0000"])", R"(["\"\\/\b\f\n\r\t"])", "[\"\xE2\x82\xAC\"]", R"([1.5,0.1])"}) {
    EXPECT_EQ(parse(text).root().dump(), text);
  }
}

TEST(JsonDump, OfAPart) {
  const Document document = parse(R"({"a": {"b": [1, 2]}})");
  EXPECT_EQ(document.root().find("a")->dump(), R"({"b":[1,2]})");
}

}  // namespace
}  // namespace bayplan::json
