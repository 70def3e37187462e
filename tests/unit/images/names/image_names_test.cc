#include "bayplan/images/image_names.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;

const Digest kFirst = Digest::of("1");
const Digest kSecond = Digest::of("2");

bool matches(std::string_view pattern, std::string_view name) {
  return NamePattern::parse(pattern)->matches(name);
}

TEST(ImageNames, S23_NamesAreSplitInTagsAndDigests) {
  const std::string pinned = "h:5000/a@" + kFirst.to_string();
  const SplitNames split = split_names({"b:1", pinned, "a:2", "x@sha256:short", "odd name"});
  EXPECT_THAT(split.tags, ElementsAre("b:1", "a:2", "x@sha256:short", "odd name"));
  EXPECT_THAT(split.digests, ElementsAre(pinned));
}

TEST(ImageNames, S23_EachRepositoryWithEachDigestOnce) {
  const Digest low = std::min(kFirst, kSecond);
  const Digest high = std::max(kFirst, kSecond);
  EXPECT_THAT(repo_digests(split_names({"h.io/a:1", "h.io/a:2", "g.io/b:1", "h.io/a@" + kFirst.to_string(),
                                        "odd name"}),
                           {kFirst, kSecond, kFirst}),
              ElementsAre("g.io/b@" + low.to_string(), "g.io/b@" + high.to_string(),
                          "h.io/a@" + low.to_string(), "h.io/a@" + high.to_string()));
  EXPECT_THAT(repo_digests({}, {kFirst}), IsEmpty());
}

TEST(ImageNames, S22_TheCanonicalReferenceIsOfTheFirstTaggedName) {
  const std::string pinned = "h.io/z@" + kSecond.to_string();
  EXPECT_EQ(canonical_reference(split_names({pinned, "h.io/b:1", "h.io/a:1"}), kFirst),
            "h.io/b@" + kFirst.to_string());
  EXPECT_EQ(canonical_reference(split_names({pinned}), kFirst), "h.io/z@" + kFirst.to_string());
}

TEST(ImageNames, S22_AnImageWithoutNamesHasNone) {
  EXPECT_EQ(canonical_reference({}, kFirst), std::nullopt);
  EXPECT_EQ(canonical_reference(split_names({"no reference"}), kFirst), std::nullopt);
}

// CRI-O's helper cuts names at the first colon.
TEST(ImageNames, D7_ThePortIsNotTakenForATag) {
  EXPECT_EQ(canonical_reference(split_names({"localhost:5000/a:b"}), kFirst),
            "localhost:5000/a@" + kFirst.to_string());
  EXPECT_THAT(repo_digests(split_names({"localhost:5000/a:b"}), {kFirst}),
              ElementsAre("localhost:5000/a@" + kFirst.to_string()));
}

// CRI-O's pattern foo* matches anywhere in the name.
TEST(NamePattern, D8_APrefixIsAnchoredAtTheStart) {
  EXPECT_TRUE(matches("foo*", "foo"));
  EXPECT_TRUE(matches("foo*", "foobar"));
  EXPECT_FALSE(matches("foo*", "xfoo"));
}

TEST(NamePattern, MatchesNamesAndKeywords) {
  EXPECT_TRUE(matches("h.io/a:1", "h.io/a:1"));
  EXPECT_TRUE(matches("H.io/Pause", "h.io/pAUSE"));
  EXPECT_FALSE(matches("h.io/a", "h.io/a:1"));
  EXPECT_FALSE(matches("h.io/a", "xh.io/a"));
  EXPECT_TRUE(matches("*pause*", "h.io/pause:3"));
  EXPECT_TRUE(matches("*pause*", "pause"));
  EXPECT_FALSE(matches("*pause*", "h.io/paus"));
}

TEST(NamePattern, RefusesOtherPatterns) {
  for (const char* text : {"", "*", "**", "a*b", "*a", "a**", "**a*"}) {
    EXPECT_EQ(outcome(NamePattern::parse(text)), "invalid_argument") << text;
  }
}

}  // namespace
}  // namespace bayplan::images
