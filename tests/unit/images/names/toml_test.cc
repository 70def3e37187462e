#include "names/toml.h"

#include <gmock/gmock.h>

#include "unit/images/outcome.h"

namespace bayplan::images::toml {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> keys_of(const Table& table) {
  std::vector<std::string> keys;
  for (const Member& member : table.members) keys.push_back(member.key);
  return keys;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Toml, KeepsTheOrderOfTheDocument) {
  const Table root = *parse("b = 1\n[z.\"y.1\"]\nk = 1\n[a]\n[z.\"x.2\"]\n[z.w]\n", "t");
  EXPECT_THAT(keys_of(root), ElementsAre("b", "z", "a"));
  EXPECT_THAT(keys_of(**root.table("z")), ElementsAre("y.1", "x.2", "w"));
  EXPECT_THAT(keys_of(**parse("z = { d = 1, c = 2 }", "t")->table("z")), ElementsAre("d", "c"));
}

TEST(Toml, ReadsTypedValues) {
  const Table root =
      *parse("s = 'x'\nt = true\nlist = ['a', \"b\"]\n[[r]]\nn = 'one'\n[[r]]\nn = 'two'\n", "t");
  EXPECT_EQ(*root.string("s"), "x");
  EXPECT_EQ(*root.string("absent"), "");
  EXPECT_TRUE(*root.boolean("t", false));
  EXPECT_TRUE(*root.boolean("absent", true));
  EXPECT_THAT(*root.strings("list"), ElementsAre("a", "b"));
  EXPECT_THAT(*root.strings("s"), ElementsAre("x"));
  EXPECT_THAT(*root.strings("absent"), IsEmpty());
  ASSERT_EQ(root.tables("r")->size(), 2u);
  EXPECT_EQ(*root.tables("r")->at(1)->string("n"), "two");
  EXPECT_THAT((*root.table("absent"))->members, IsEmpty());
}

TEST(Toml, NamesTheKeyOfAnotherType) {
  const Table root = *parse("n = 1\nlist = ['a', 1]\nnul = \"a\\u0000b\"\n", "t");
  for (const auto& result :
       {outcome(root.string("n")), outcome(root.boolean("n", true)), outcome(root.strings("n")),
        outcome(root.strings("list")), outcome(root.tables("list")), outcome(root.table("n")),
        outcome(root.string("nul"))}) {
    EXPECT_EQ(result, "invalid_argument");
  }
  EXPECT_EQ(root.string("n").error().name(), "n");
}

TEST(Toml, RefusesKeysThatNobodyKnows) {
  const Table root = *parse("a = 1\nblockd = true\n", "t");
  EXPECT_EQ(outcome(root.only({"a", "blockd"})), "ok");
  EXPECT_EQ(outcome(root.only({"a"})), "unsupported");
  EXPECT_EQ(root.only({"a"}).error().name(), "blockd");
}

TEST(Toml, RefusesMalformedText) {
  for (const std::string& text :
       {std::string("a"), std::string("a = "), std::string("[a"), std::string("a = 'x"),
        std::string("a = 1\na = 2"), std::string("a = \"\xff\""), std::string("a = 1\0", 6),
        std::string("a = \"\"\"x")}) {
    EXPECT_EQ(outcome(parse(text, "t")), "invalid_argument") << quoted(text);
  }
  EXPECT_NE(parse("a = 1\n b", "t").error().message().find("line 2"), std::string::npos);
}

TEST(Toml, ReadsTheFourKindsOfStrings) {
  const auto read = [](const std::string& text) { return *parse("s = " + text, "t")->string("s"); };
  EXPECT_EQ(read(R"("a\b\t\n\f\r\"\\\u00e9\U0001F600")"), "a\b\t\n\f\r\"\\\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(read(R"('a\n"')"), "a\\n\"");
  EXPECT_EQ(read("\"\"\"\n a \"\" b\\\n  \n c\"\"\"\"\""), " a \"\" bc\"\"");
  EXPECT_EQ(read("'''\r\n'a\\\n'''''"), "'a\\\n''");
  EXPECT_EQ(read("\"\"\"\"a\"\"\""), "\"a");
  EXPECT_EQ(read("\"\"\"\"\"\""), "");
  EXPECT_EQ(read("'# no comment' # a comment"), "# no comment");
}

TEST(Toml, ReadsTablesThatAreMadeInSeveralWays) {
  const auto keys = [](const Result<const Table*>& table) { return keys_of(**table); };
  EXPECT_EQ(*(*parse("[a.b]\nx = 'y'\n[a]\nz = 'w'\n", "t")->table("a"))->string("z"), "w");
  const Table dotted = *parse("[a]\nb.c = 1\n[a.b.d]\n", "t");
  EXPECT_THAT(keys((*dotted.table("a"))->table("b")), ElementsAre("c", "d"));
  const Table elements = *parse("[[a.b]]\n[[a.b]]\n[a.b.c]\nd = 1\n", "t");
  EXPECT_THAT(keys_of(*(*elements.table("a"))->tables("b")->at(1)), ElementsAre("c"));
  const Table nested = *parse("\"a.b\".'c d'.e-f_1 = { g = [ # x\n {}, [], ], h.i = true }\r\n", "t");
  EXPECT_THAT(keys((*(*nested.table("a.b"))->table("c d"))->table("e-f_1")), ElementsAre("g", "h"));
  EXPECT_THAT(
      keys_of(*parse("a=1\n\n# x\n\tb = 1979-05-27T07:32:00.5Z#y\nc=[+1_0, -2.5e+3, inf, 0x1F]", "t")),
      ElementsAre("a", "b", "c"));
}

TEST(Toml, RefusesToMakeSomethingTwice) {
  for (const char* text : {"[a]\n[a]",
                           "[a.b]\n[a]\n[a]",
                           "a = 1\n[a]",
                           "a = 1\n[a.b]",
                           "a = {}\n[a]",
                           "a = {}\n[a.b]",
                           "a = {}\na.b = 1",
                           "a = {b = 1, b = 2}",
                           "a.b = 1\na.b = 2",
                           "a.b = 1\na = 2",
                           "a.b = 1\n[a]",
                           "[a]\nb.c = 1\n[a.b]",
                           "[a.b]\n[a]\nb.c = 1",
                           "[[a]]\n[a]",
                           "[a]\n[[a]]",
                           "a = []\n[[a]]",
                           "a = [{}]\n[[a]]",
                           "a = [{}]\n[a.b]",
                           "[[a.b]]\n[a]\nb = 1",
                           "\"a\" = 1\n'a' = 2",
                           "a = {b.c = 1}\n[a.b.d]",
                           "a = {b.c = 1, b = 2}"}) {
    EXPECT_EQ(outcome(parse(text, "t")), "invalid_argument") << text;
  }
}

TEST(Toml, RefusesOtherGrammar) {
  for (const char* text : {"= 1",
                           "a 1",
                           "a = 1 b = 2",
                           "a. = 1",
                           ".a = 1",
                           "a..b = 1",
                           "[]",
                           "[a]]",
                           "[[a]",
                           "[ [a]]",
                           "[a] b",
                           "[a.]",
                           "[a.\xc3\xa9]",
                           "\xc3\xa9 = 1",
                           "a = tru",
                           "a = b",
                           "a = \"\\q\"",
                           "a = \"\\u12\"",
                           "a = \"\\ud800\"",
                           "a = \"\\U00110000\"",
                           "a = \"\\\nb\"",
                           "a = \"b\nc\"",
                           "a = 'b\nc'",
                           "a = '''b''",
                           "a = \"\"\"b\\",
                           "a = \"\"\"b\\ c\"\"\"",
                           "\"\"\"a\"\"\" = 1",
                           "a = [1 2]",
                           "a = [,]",
                           "a = {,}",
                           "a = {b = 1,}",
                           "a = {\nb = 1}",
                           "a = {b = 1",
                           "a\n= 1",
                           "a =\n1",
                           "a = 1\rb = 2",
                           "a = 1\r",
                           "# \x01",
                           "a = '\x7f'",
                           "\xef\xbb\xbf"}) {
    EXPECT_EQ(outcome(parse(text, "t")), "invalid_argument") << quoted(text);
  }
}

TEST(Toml, BoundsTheMembersOfATable) {
  const auto table = [](std::size_t members) {
    std::string text;
    for (std::size_t i = 0; i < members; ++i) text += "k" + std::to_string(i) + " = 1\n";
    return text;
  };
  EXPECT_EQ(outcome(parse(table(kMaxTomlMembers), "t")), "ok");
  EXPECT_EQ(outcome(parse(table(kMaxTomlMembers + 1), "t")), "invalid_argument");
}

TEST(Toml, RefusesWhatWouldExhaustTheStack) {
  EXPECT_EQ(outcome(parse("a." + repeated("a.", 400000) + "a = 1", "t")), "invalid_argument");
  EXPECT_EQ(outcome(parse("[a." + repeated("a.", 400000) + "a]", "t")), "invalid_argument");
  EXPECT_EQ(outcome(parse("a = " + repeated("[\n", 400000), "t")), "invalid_argument");
  EXPECT_EQ(outcome(parse("a = " + repeated("{a=", 300000), "t")), "invalid_argument");
  EXPECT_EQ(outcome(parse(std::string(kMaxTomlBytes + 1, '#'), "t")), "too_large");
}

TEST(Toml, TheBoundsOfDepthAreExact) {
  EXPECT_EQ(outcome(parse(repeated("a.", kMaxTomlKeyParts - 1) + "a = 1", "t")), "ok");
  EXPECT_EQ(outcome(parse(repeated("a.", kMaxTomlKeyParts) + "a = 1", "t")), "invalid_argument");
  EXPECT_EQ(outcome(parse("a = " + repeated("[", kMaxTomlDepth) + repeated("]", kMaxTomlDepth), "t")), "ok");
  EXPECT_EQ(outcome(parse("a = " + repeated("[", kMaxTomlDepth + 1) + repeated("]", kMaxTomlDepth + 1), "t")),
            "invalid_argument");
}

// A string or comment that holds quotes must not hide what comes behind it.
TEST(Toml, SeesWhatIsBehindStringsAndComments) {
  const std::string deep = "\n" + repeated("a.", 20) + "a = 1";
  for (const char* before : {"x = \"a\\\"\"", "x = '\\'", "x = \"\"\"a \" b \"\" c\"\"\"",
                             "x = '''a ' b '' c'''", "x = \"\"\"a\"\"\"\"\"", "# it's \"\"\" ''' a comment",
                             "x = \"\"", "x = ''", "x = \"\"\"\\\"\"\"\"", "x = \"\"\"\n'\"\"\""}) {
    EXPECT_EQ(outcome(parse(before, "t")), "ok") << before;
    EXPECT_EQ(outcome(parse(before + deep, "t")), "invalid_argument") << before;
  }
  EXPECT_EQ(outcome(parse("x = \"" + repeated("a.", 100) + "\"", "t")), "ok");
  EXPECT_EQ(outcome(parse("# " + repeated("..", 100), "t")), "ok");
  EXPECT_EQ(outcome(parse("x = \"" + repeated("[", 100) + "\"", "t")), "ok");
}

}  // namespace
}  // namespace bayplan::images::toml
