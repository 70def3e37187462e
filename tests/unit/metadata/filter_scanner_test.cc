// The cases of containerd's TestScanner by their names, with inputs of our own.
#include "filter_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace bayplan::metadata {
namespace {

std::string_view name_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::end:
      return "end";
    case TokenKind::field:
      return "field";
    case TokenKind::value:
      return "value";
    case TokenKind::quoted:
      return "quoted";
    case TokenKind::separator:
      return "sep";
    case TokenKind::comparison:
      return "op";
    case TokenKind::illegal:
      return "illegal";
    case TokenKind::other:
      return "other";
  }
  return "?";
}

// "0 field name; 4 op ==; 6 end": position, kind, text and problem of each token.
std::string tokens_of(std::string_view input) {
  FilterScanner scanner(input);
  std::string all;
  for (;;) {
    const Token token = scanner.scan();
    all += std::to_string(token.position) + ' ' + std::string(name_of(token.kind));
    if (!token.text.empty()) all.append(" ").append(token.text);
    if (!token.problem.empty()) all.append(" (").append(token.problem).append(")");
    if (token.kind == TokenKind::end) break;
    all += "; ";
  }
  EXPECT_EQ(scanner.scan().kind, TokenKind::end);
  return all;
}

struct Case {
  const char* name;
  std::string input;
  std::string tokens;
};

class FilterScannerCases : public ::testing::TestWithParam<Case> {};

TEST_P(FilterScannerCases, gives_these_tokens) { EXPECT_EQ(tokens_of(GetParam().input), GetParam().tokens); }

const Case kCases[] = {
    {"Field", "ref", "0 field ref; 3 end"},
    {"SelectorsWithOperators", "id==c1,image!=busy",
     "0 field id; 2 op ==; 4 value c1; 6 sep ,; 7 field image; 12 op !=; 14 value busy; 18 end"},
    {"SelectorsWithFieldPaths", "a.b=c,d.e~=f",
     "0 field a; 1 sep .; 2 field b; 3 op =; 4 value c; 5 sep ,; 6 field d; 7 sep .; 8 field e; 9 op ~=; "
     "11 value f; 12 end"},
    {"RegexpValue", "n~=[0-9]*$,m=x",
     "0 field n; 1 op ~=; 3 value [0-9]*$; 10 sep ,; 11 field m; 12 op =; 13 value x; 14 end"},
    {"RegexpEscapedValue", R"(n~=\d\.\d,m=x)",
     R"(0 field n; 1 op ~=; 3 value \d\.\d; 9 sep ,; 10 field m; 11 op =; 12 value x; 13 end)"},
    {"RegexpQuotedValue", "n~=/a{1,3}/,m=x",
     "0 field n; 1 op ~=; 3 quoted /a{1,3}/; 11 sep ,; 12 field m; 13 op =; 14 value x; 15 end"},
    {"Cowsay", "n~=牛肉,moo", "0 field n; 1 op ~=; 3 value 牛肉; 9 sep ,; 10 field moo; 13 end"},
    {"CowsayRegexpQuoted", "n~=|牛 肉|,moo",
     "0 field n; 1 op ~=; 3 quoted |牛 肉|; 12 sep ,; 13 field moo; 16 end"},
    {"Escapes", R"(n~="a\n\tb\\\"\x41\u00e4\U0001f404\101")",
     R"(0 field n; 1 op ~=; 3 quoted "a\n\tb\\\"\x41\u00e4\U0001f404\101"; 39 end)"},
    {"NullInput", std::string("a\0b", 3), "0 field a; 1 illegal (unexpected null); 2 field b; 3 end"},
    {"SpacesChomped", "\ta  ==\n b\u2003 ", "1 field a; 4 op ==; 8 value b; 13 end"},
    {"ValuesPunctauted", "a==x_y.z-1:/@|\"", "0 field a; 1 op ==; 3 value x_y.z-1:/@|\"; 15 end"},
    {"PartialInput", "cut!", "0 field cut; 3 op !; 4 end"},
    {"DoubleValue", "a=one two", "0 field a; 1 op =; 2 value one; 6 field two; 9 end"},
    {"LeadingWithQuoted", R"("a b".c==d)",
     R"(0 quoted "a b"; 5 sep .; 6 field c; 7 op ==; 9 value d; 10 end)"},
    {"MissingValue", "a==,b", "0 field a; 1 op ==; 3 sep ,; 4 field b; 5 end"},
    {"QuotedRegexp", R"(a~=/x\/y/,b)", R"(0 field a; 1 op ~=; 3 quoted /x\/y/; 9 sep ,; 10 field b; 11 end)"},
    {"QuotedRegexpAlt", "a~=|x/y|,b", "0 field a; 1 op ~=; 3 quoted |x/y|; 8 sep ,; 9 field b; 10 end"},
    {"IllegalQuoted", "labels.io/x==y",
     "0 field labels; 6 sep .; 7 field io; 9 illegal /x==y (quoted literal not terminated); 14 end"},
    {"IllegalQuotedWithNewLine", "\"a\nb\"c",
     "0 illegal \"a\n (quoted literal not terminated); 3 field b; "
     "4 illegal \"c (quoted literal not terminated); 6 end"},
    {"IllegalEscapeSequence", R"(a."\q" b)",
     R"(0 field a; 1 sep .; 2 illegal "\q" (illegal escape sequence); 7 field b; 8 end)"},
    {"IllegalNumericEscapeSequence", R"(a."\x4g")",
     R"(0 field a; 1 sep .; 2 illegal "\x4g" (illegal numeric escape sequence); 8 end)"},
    // Ours.
    {"OwnOrderings", "a<1,b<=2,c>3,d>=4",
     "0 field a; 1 op <; 2 value 1; 3 sep ,; 4 field b; 5 op <=; 7 value 2; 8 sep ,; 9 field c; 10 op >; "
     "11 value 3; 12 sep ,; 13 field d; 14 op >=; 16 value 4; 17 end"},
    {"OwnOrderingsInsideValues", "a==<b>,c>>=d",
     "0 field a; 1 op ==; 3 value <b>; 6 sep ,; 7 field c; 8 op >; "
     "9 value >=d; 12 end"},
    {"OwnOtherCharacters", "a?", "0 field a; 1 other; 2 end"},
    {"OwnInvalidUtf8", "a\xff", "0 field a; 1 illegal (rune error); 2 end"},
    {"OwnReplacementCharacter", "a==\uFFFD", "0 field a; 1 op ==; 3 illegal (rune error); 6 end"},
    {"OwnInvalidUtf8InQuotes", "\"\xff\"",
     "0 illegal \"\xff (rune error); 2 illegal \" "
     "(quoted literal not terminated); 3 end"},
    {"OwnShortOctal", R"("\18")", R"(0 illegal "\18" (illegal numeric escape sequence); 5 end)"},
    {"OwnOtherQuoteEscaped", R"("\/")", R"(0 illegal "\/" (illegal escape sequence); 4 end)"},
    {"OwnControlsEndValues",
     "a==b\x01"
     "c",
     "0 field a; 1 op ==; 3 value b; 4 other; 5 field c; 6 end"},
    {"OwnNothing", "", "0 end"},
};

INSTANTIATE_TEST_SUITE_P(Containerd, FilterScannerCases, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace bayplan::metadata
