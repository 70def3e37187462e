#include "challenge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bayplan::registry {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Challenge, BearerWithItsParameters) {
  const auto found = parse_challenges(
      {R"(Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push")"});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().scheme, "bearer");
  EXPECT_THAT(found->front().parameters,
              ElementsAre(Pair("realm", "https://auth.example/token"),
                          Pair("scope", "repository:a/b:pull,push"), Pair("service", "registry.example")));
}

TEST(Challenge, SeveralInOneFieldAndInSeveral) {
  const auto found = parse_challenges(
      {R"(Basic realm="a, b", Negotiate YII=, Bearer Realm="c",service=d)", "NTLM", "Basic"});
  ASSERT_TRUE(found);
  std::vector<std::string> schemes;
  for (const Challenge& challenge : *found) schemes.push_back(challenge.scheme);
  EXPECT_THAT(schemes, ElementsAre("basic", "negotiate", "bearer", "ntlm", "basic"));
  EXPECT_THAT((*found)[0].parameters, ElementsAre(Pair("realm", "a, b")));
  EXPECT_THAT((*found)[2].parameters, ElementsAre(Pair("realm", "c"), Pair("service", "d")));
}

TEST(Challenge, EscapesAndTheFirstOfAName) {
  const auto found = parse_challenges({R"(Bearer realm="a\"b\\c", realm="other", empty="")"});
  ASSERT_TRUE(found);
  EXPECT_THAT(found->front().parameters, ElementsAre(Pair("empty", ""), Pair("realm", R"(a"b\c)")));
}

TEST(Challenge, RefusesWhatIsNotOfTheGrammar) {
  for (const std::string& field :
       {std::string(R"(Bearer realm="open)"), std::string(R"(Bearer realm="open\)"), std::string("="),
        std::string(R"("Bearer")"), std::string("Bearer realm=\"a\" junk"),
        std::string("Bearer realm=\"a\xff\""), std::string("realm=\"nobody's\""),
        std::string("Bearer [x]")}) {
    const auto found = parse_challenges({field});
    ASSERT_FALSE(found) << field;
    EXPECT_EQ(found.error().code(), Errc::corrupt) << field;
  }
  EXPECT_TRUE(parse_challenges({""})->empty());
}

TEST(Challenge, IsBounded) {
  std::string many;
  for (std::size_t n = 0; n <= kMaxChallenges; ++n) many += "Basic,";
  EXPECT_FALSE(parse_challenges({many}));
  std::string wide = "Bearer a0=0";
  for (std::size_t n = 1; n <= kMaxChallengeParameters; ++n) wide += ",a" + std::to_string(n) + "=0";
  EXPECT_FALSE(parse_challenges({wide}));
}

}  // namespace
}  // namespace bayplan::registry
