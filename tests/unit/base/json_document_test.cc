#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "bayplan/base/json.h"
#include "outcome.h"

namespace bayplan::json {
namespace {

using ::testing::HasSubstr;

std::string verdict(std::string_view text) { return test::outcome(Document::parse(text, "test.json")); }
std::string complaint(std::string_view text) { return test::words(Document::parse(text, "test.json")); }

std::string repeat(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

std::string nested(std::size_t depth) { return repeat("[", depth) + repeat("]", depth); }

TEST(JsonParse, TakesAnyKindOfRoot) {
  for (const char* text :
       {"{}", "[]", "\"a\"", "1", "-0", "1.5e3", "true", "false", "null", " \t\r\n{ } \n"}) {
    EXPECT_EQ(verdict(text), "ok") << text;
  }
}

TEST(JsonParse, RefusesMalformedText) {
  for (const char* text :
       {"",         " ",        "{",          "[",         "]",      "{]",      "[}",
        "{\"a\"}",  "{\"a\":}", "{\"a\":1,}", "[1,]",      "{a:1}",  "{'a':1}", "nul",
        "True",     "NaN",      "Infinity",   "-",         "01",     "1.",      ".5",
        "1e",       "+1",       "0x1",        "\"",        "\"\\\"", "\"\\x\"", "\"\\u12\"",
        "\"\x01\"", "\"a\nb\"", "// c\n{}",   "{}/* c */", "[1 2]",  "1e400",   "{\"a\":1 \"b\":2}"}) {
    EXPECT_EQ(verdict(text), "invalid_argument") << text;
  }
}

TEST(JsonParse, ErrorNamesDocumentAndOffset) {
  const std::string words = complaint("{\"a\":1,}");
  EXPECT_THAT(words, HasSubstr("\"test.json\""));
  EXPECT_THAT(words, HasSubstr("at byte 7"));
}

TEST(JsonParse, RefusesByteOrderMark) {
  EXPECT_THAT(complaint("\xEF\xBB\xBF{}"), HasSubstr("byte-order mark"));
  EXPECT_EQ(verdict(std::string_view("\xFF\xFE{\0}\0", 6)), "invalid_argument");
}

TEST(JsonParse, RefusesWhateverFollowsTheValue) {
  for (const std::string_view text :
       {std::string_view("{} x"), std::string_view("{}{}"), std::string_view("{},"), std::string_view("1 2"),
        std::string_view("{}\0", 3), std::string_view("{}\0garbage", 10), std::string_view("{} \0 {}", 7)}) {
    EXPECT_EQ(verdict(text), "invalid_argument") << text;
  }
}

TEST(JsonParse, RefusesNulBytesAnywhere) {
  for (const std::string_view text :
       {std::string_view("\0", 1), std::string_view("\0{}", 3), std::string_view("{\0}", 3),
        std::string_view("\"a\0b\"", 5), std::string_view("\"a\\\0\"", 5)}) {
    EXPECT_THAT(complaint(text), HasSubstr("NUL byte"));
  }
}

TEST(JsonParse, RefusesInvalidUtf8) {
  for (const char* text :
       {"\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xE2\x82\"", "{\"\xFF\":1}", "\xC2\xA0{}"}) {
    EXPECT_EQ(verdict(text), "invalid_argument") << text;
  }
}

TEST(JsonParse, RefusesUnpairedSurrogateEscapes) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\udfff")", R"("\ud800\ud800")",
                           R"({"\udc00":1})", R"(["a",{"b":"\uDEAD"}])"}) {
    EXPECT_EQ(verdict(text), "invalid_argument") << text;
  }
  EXPECT_EQ(verdict(R"("\ud83d\udc33")"), "ok");
}

TEST(JsonParse, RefusesDuplicateNames) {
  EXPECT_THAT(complaint(R"({"layers":1,"x":2,"layers":3})"), HasSubstr("duplicate name \"layers\""));
  EXPECT_EQ(verdict(R"({"a":1,"\u0061":2})"), "invalid_argument");
  EXPECT_EQ(verdict(R"({"":1,"":2})"), "invalid_argument");
  EXPECT_EQ(verdict(R"([1,{"x":[{"a":1,"a":1}]}])"), "invalid_argument");
  EXPECT_EQ(verdict(R"({"a":{"a":1},"b":{"a":1}})"), "ok");
}

TEST(JsonParse, RefusesNamesThatDifferOnlyInAsciiCase) {
  EXPECT_THAT(complaint(R"({"layers":[],"config":1,"Layers":[1]})"), HasSubstr("only in case"));
  EXPECT_EQ(verdict(R"({"a_":1,"A_":2})"), "invalid_argument");
  EXPECT_EQ(verdict(R"({"ab":1,"a":2,"abc":3})"), "ok");
  // Not ASCII: two different names.
  EXPECT_EQ(verdict("{\"\xC3\xA4\":1,\"\xC3\x84\":2}"), "ok");
  // '@' and '`', '[' and '{' are 32 apart as letters are, and are no letters.
  EXPECT_EQ(verdict(R"({"@":1,"`":2,"[":3,"{":4})"), "ok");
}

TEST(JsonParse, RefusesNulInANameButNotInAString) {
  EXPECT_THAT(complaint(R"({"a\u0000b":1})"), HasSubstr("NUL in the name"));
  EXPECT_EQ(verdict(R"({"a":"\u0000"})"), "ok");
}

TEST(JsonParse, DepthLimitIsExact) {
  EXPECT_EQ(verdict(nested(kMaxJsonDepth)), "ok");
  EXPECT_THAT(complaint(nested(kMaxJsonDepth + 1)), HasSubstr("nested deeper than 32 levels at byte 32"));
  EXPECT_EQ(verdict(repeat("{\"a\":", kMaxJsonDepth) + "1" + repeat("}", kMaxJsonDepth)), "ok");
  EXPECT_EQ(verdict(repeat("{\"a\":", kMaxJsonDepth + 1) + "1" + repeat("}", kMaxJsonDepth + 1)),
            "invalid_argument");
}

TEST(JsonParse, DepthIsNotTheNumberOfBrackets) {
  EXPECT_EQ(verdict("[" + repeat("[],", 1000) + "[]]"), "ok");
  EXPECT_EQ(verdict("[\"" + repeat("[", 1000) + "\"]"), "ok");
  EXPECT_EQ(verdict("[\"\\\"" + repeat("{", 1000) + "\"]"), "ok");
  EXPECT_EQ(verdict("[\"\\\\\"" + repeat(",[]", 1000) + "]"), "ok");
  EXPECT_EQ(verdict("[\"\\\\\"," + nested(kMaxJsonDepth) + "]"), "invalid_argument");
}

TEST(JsonParse, HundredThousandLevelsAreAnErrorNotACrash) {
  EXPECT_EQ(verdict(nested(100'000)), "invalid_argument");
  EXPECT_EQ(verdict(std::string(kMaxJsonBytes, '[')), "invalid_argument");
  EXPECT_EQ(verdict(repeat("{\"a\":", 100'000)), "invalid_argument");
  // Closing brackets first do not buy depth.
  EXPECT_EQ(verdict(repeat("]", 1000) + nested(1000)), "invalid_argument");
}

TEST(JsonParse, SizeLimitIsExact) {
  const std::string frame = "[\"\"]";
  const std::string largest = "[\"" + std::string(kMaxJsonBytes - frame.size(), 'a') + "\"]";
  ASSERT_EQ(largest.size(), kMaxJsonBytes);
  EXPECT_EQ(verdict(largest), "ok");
  EXPECT_EQ(verdict(largest + " "), "too_large");
}

TEST(JsonParse, ManySmallObjectsAreFine) { EXPECT_EQ(verdict("[" + repeat("{},", 1'000'000) + "{}]"), "ok"); }

TEST(JsonParse, ManyNamesInOneObjectAreFine) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  EXPECT_EQ(verdict(text + "\"x\":0}"), "ok");
  EXPECT_EQ(verdict(text + "\"77\":0}"), "invalid_argument");
}

TEST(JsonParse, HostileExponentsAndDigitsEndCleanly) {
  EXPECT_EQ(verdict("1e-2147483648"), "invalid_argument");
  EXPECT_EQ(verdict("0.01e-2147483647"), "invalid_argument");
  EXPECT_EQ(verdict("1e99999999999999999999"), "invalid_argument");
  EXPECT_EQ(verdict("1E+00001"), "invalid_argument");
  EXPECT_EQ(verdict("1e-9999"), "ok");
  EXPECT_EQ(verdict("1e0001"), "ok");
  EXPECT_EQ(verdict("0." + std::string(100'000, '0') + "1"), "ok");
  EXPECT_EQ(verdict("0." + std::string(100'000, '9') + "e-9999"), "ok");
  EXPECT_EQ(verdict("1" + std::string(308, '0')), "ok");
  EXPECT_EQ(verdict("[-1" + std::string(308, '0') + "e9]"), "invalid_argument");
  EXPECT_EQ(verdict("1" + std::string(308, '0') + ".5e9"), "invalid_argument");
  EXPECT_EQ(verdict("1" + std::string(100'000, '0')), "invalid_argument");
  EXPECT_EQ(verdict("1" + std::string(300, '0') + "." + std::string(100'000, '1') + "e-300"), "ok");
  // In a string it is text.
  EXPECT_EQ(verdict("\"1e99999999999\""), "ok");
}

TEST(JsonDump, DoublesKeepFifteenDigits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double number = 0;
    std::memcpy(&number, &bits, sizeof(number));
    char text[64];
    std::snprintf(text, sizeof(text), "%.17g", number);
    if (!(std::fabs(number) > 1e-300 && std::fabs(number) < 1e300)) continue;
    const auto document = Document::parse(text, "number");
    ASSERT_TRUE(document) << text;
    const double kept = std::strtod(document.value().root().dump().c_str(), nullptr);
    ASSERT_LT(std::fabs(kept - number), std::fabs(number) * 1e-15) << text;
  }
}

TEST(JsonDocument, ValuesOutliveAMoveOfTheDocument) {
  Document first = Document::parse(R"({"a":"text"})", "test.json").value();
  const Value root = first.root();
  const Document second = std::move(first);
  EXPECT_EQ(root.string("a").value(), "text");
}

TEST(JsonDocument, DoesNotKeepTheText) {
  std::string text = R"({"name":"value"})";
  const Document document = Document::parse(text, "test.json").value();
  text.assign(text.size(), '#');
  EXPECT_EQ(document.root().dump(), R"({"name":"value"})");
}

// Whether a number in the text is no integer; text in strings may raise the alarm too.
bool may_hold_doubles(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) && (text[i + 1] == '.' || text[i + 1] == 'e'))
      return true;
  }
  return false;
}

// Random damage to real-looking documents: whatever is accepted reads back as itself.
TEST(JsonParse, MutatedDocumentsAreRefusedOrStable) {
  const std::vector<std::string> seeds = {
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"size":7143,"x":null}]})",
      R"({"a":[1,-2,3.5,1e10,true,false,null,"\u00e9\ud83d\udc33\n"],"b":{"c":{"d":[[],{}]}},"":""})",
      R"([18446744073709551615,-9223372036854775808,0.1,"\\\"/\b\f",{"k":"v"}])"};
  const std::string_view spice = "{}[]\":,\\eE+-.0159aAu\x80\xC3\xED \n";
  std::mt19937 random(42);
  int accepted = 0;
  int compared = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (unsigned changes = random() % 4; changes != 0; --changes) {
      const std::size_t at = random() % text.size();
      const char c = random() % 16 == 0 ? static_cast<char>(random()) : spice[random() % spice.size()];
      switch (random() % 3) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1 + random() % 3);
      }
      if (text.empty()) text = "{";
    }
    const auto once = Document::parse(text, "mutated");
    if (!once) {
      ASSERT_EQ(once.error().code(), Errc::invalid_argument) << text;
      continue;
    }
    ++accepted;
    const std::string dumped = once.value().root().dump();
    const auto twice = Document::parse(dumped, "dumped");
    ASSERT_TRUE(twice) << text << "\n" << dumped;
    if (may_hold_doubles(dumped)) continue;
    ++compared;
    ASSERT_EQ(twice.value().root().dump(), dumped);
  }
  EXPECT_GT(accepted, 2'000);
  EXPECT_GT(compared, 1'000);
}

}  // namespace
}  // namespace bayplan::json
