#include "names/registry_rules.h"

#include <gmock/gmock.h>

#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;

const std::string kDigest = "sha256:" + std::string(64, 'd');

std::size_t matched(const char* prefix, std::string_view reference) {
  return RegistryRule{.prefix = prefix, .location = {}}.matched(reference);
}

// Which rule applies to `reference`, by its prefix.
std::string rule_for(const RegistryRules& rules, std::string_view reference) {
  const RegistryRule* rule = rules.find(*RegistryReference::parse(reference));
  return rule == nullptr ? "none" : rule->prefix;
}

TEST(RegistryRules, ReadsTheKeysOfVersion2) {
  const RegistryRules rules = *RegistryRules::parse(R"(
unqualified-search-registries = ["quay.io/", "h:5000"]
short-name-mode = "enforcing"
credential-helpers = ["x"]
[[registry]]
prefix = "a.io/x"
location = "b.io/y/"
insecure = true
blocked = true
[[registry.mirror]]
location = "m.io"
insecure = true
pull-from-mirror = "tag-only"
[[registry]]
location = "c.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "n.io"
[aliases]
"x/y" = "a.io/x/y"
off = ""
)",
                                                    "t");
  EXPECT_THAT(*rules.search, ElementsAre("quay.io", "h:5000"));
  EXPECT_EQ(rules.mode, ShortNameMode::enforcing);
  ASSERT_EQ(rules.rules.size(), 2u);
  const RegistryRule& first = rules.rules[0];
  EXPECT_EQ(first.prefix, "a.io/x");
  EXPECT_EQ(first.location, "b.io/y");
  EXPECT_TRUE(first.insecure && first.blocked && first.mirrors.at(0).insecure);
  EXPECT_EQ(first.mirrors.at(0).location, "m.io");
  EXPECT_EQ(first.mirrors.at(0).pull_from, PullFrom::tag_only);
  EXPECT_EQ(rules.rules[1].prefix, "c.io");
  EXPECT_EQ(rules.rules[1].mirrors.at(0).pull_from, PullFrom::digest_only);
  EXPECT_EQ(rules.aliases.at("x/y"), "a.io/x/y");
  EXPECT_EQ(rules.aliases.at("off"), "");
}

TEST(RegistryRules, AnEmptyFileSetsNothing) {
  const RegistryRules rules = *RegistryRules::parse("# nothing\n", "t");
  EXPECT_EQ(rules.search, std::nullopt);
  EXPECT_EQ(rules.mode, std::nullopt);
  EXPECT_TRUE(rules.rules.empty() && rules.aliases.empty());
}

TEST(RegistryRules, RefusesWhatItWouldGetWrong) {
  for (const char* text : {"[[registry]]\n",
                           "[[registry]]\nprefix = \"\"\n",
                           "[[registry]]\nlocation = \"https://h.io\"\n",
                           "[[registry]]\nlocation = \"h\"\n",
                           "[[registry]]\nlocation = \"h.io/UP\"\n",
                           "[[registry]]\nlocation = \"*.h.io\"\n",
                           "[[registry]]\nprefix = \"*.\"\n",
                           "[[registry]]\nprefix = \"*\"\n",
                           "[[registry]]\nlocation = 1\n",
                           "[[registry]]\nlocation = \"h.io\"\nblocked = \"true\"\n",
                           "registry = 1\n",
                           "[[registry]]\nlocation = \"h.io\"\n[[registry]]\nprefix = \"h.io\"\n",
                           "[[registry]]\nlocation = \"h.io\"\n[[registry.mirror]]\n",
                           "[[registry]]\nlocation = \"h.io\"\n[[registry.mirror]]\nlocation = "
                           "\"m.io\"\npull-from-mirror = \"x\"\n",
                           "[[registry]]\nlocation = \"h.io\"\nmirror-by-digest-only = "
                           "true\n[[registry.mirror]]\nlocation = \"m.io\"\n"
                           "pull-from-mirror = \"all\"\n",
                           "unqualified-search-registries = [\"h\"]\n",
                           "unqualified-search-registries = [1]\n",
                           "short-name-mode = \"maybe\"\n",
                           "[aliases]\na = \"b\"\n",
                           "[aliases]\na = \"h.io/b:1\"\n",
                           "[aliases]\n\"h.io/a\" = \"h.io/b\"\n",
                           "[aliases]\n\"a:1\" = \"h.io/b\"\n",
                           "[aliases]\na = 1\n"}) {
    EXPECT_EQ(outcome(RegistryRules::parse(text, "t")), "invalid_argument") << text;
  }
}

TEST(RegistryRules, RefusesVersion1AndKeysThatItDoesNotKnow) {
  EXPECT_EQ(outcome(RegistryRules::parse("[registries.search]\nregistries = ['h.io']\n", "t")),
            "unsupported");
  const auto misspelt = RegistryRules::parse("[[registry]]\nlocation = \"h.io\"\nblockd = true\n", "t");
  EXPECT_EQ(outcome(misspelt), "unsupported");
  EXPECT_NE(misspelt.error().to_string().find("registries file \"t\": TOML key \"blockd\""),
            std::string::npos)
      << misspelt.error().to_string();
  EXPECT_EQ(outcome(RegistryRules::parse("[[registry]]\nlocation = \"h.io\"\n[[registry.mirror]]\n"
                                         "location = \"m.io\"\ninsecrue = true\n",
                                         "t")),
            "unsupported");
}

TEST(RegistryRules, PrefixesEndWhereNamesEnd) {
  EXPECT_EQ(matched("h.io", "h.io/a:1"), 4u);
  EXPECT_EQ(matched("h.io/a", "h.io/a:1"), 6u);
  EXPECT_EQ(matched("h.io/a", "h.io/a/b:1"), 6u);
  EXPECT_EQ(matched("h.io/a:1", "h.io/a:1"), 8u);
  EXPECT_EQ(matched("h.io/a", "h.io/a@" + kDigest), 6u);
  EXPECT_EQ(matched("h.io/a", "h.io/ab:1"), 0u);
  EXPECT_EQ(matched("h.io/a:1", "h.io/a:11"), 0u);
  EXPECT_EQ(matched("h.io", "h.io.evil/a:1"), 0u);
  EXPECT_EQ(matched("h.io", "h.io:5000/a:1"), 0u);
  EXPECT_EQ(matched("h.io:5000", "h.io:5000/a:1"), 9u);
}

TEST(RegistryRules, WildcardsAreForSubdomains) {
  EXPECT_EQ(matched("*.h.io", "a.h.io/x:1"), 6u);
  EXPECT_EQ(matched("*.h.io", "a.b.h.io/x:1"), 8u);
  EXPECT_EQ(matched("*.h.io", "a.h.io.h.io/x:1"), 11u);
  EXPECT_EQ(matched("*.h.io/x", "a.h.io/x:1"), 8u);
  EXPECT_EQ(matched("*.h.io/x", "a.h.io/xy:1"), 0u);
  EXPECT_EQ(matched("*.h.io", "h.io/x:1"), 0u);
  EXPECT_EQ(matched("*.h.io", "ah.io/x:1"), 0u);
  EXPECT_EQ(matched("*.h.io", "a.h.io:5000/x:1"), 0u);
  EXPECT_EQ(matched("*.h.io", "evil.io/a.h.io/x:1"), 0u);
}

TEST(RegistryRules, TheLongestPrefixWins) {
  const RegistryRules rules = *RegistryRules::parse(
      "[[registry]]\nlocation = \"h.io\"\n[[registry]]\nlocation = \"h.io/a/b\"\n[[registry]]\nlocation = "
      "\"h.io/a\"\n"
      "[[registry]]\nprefix = \"*.io\"\n",
      "t");
  EXPECT_EQ(rule_for(rules, "h.io/a/b/c"), "h.io/a/b");
  EXPECT_EQ(rule_for(rules, "h.io/a/c"), "h.io/a");
  EXPECT_EQ(rule_for(rules, "h.io/c"), "h.io");
  EXPECT_EQ(rule_for(rules, "g.io/c"), "*.io");
  EXPECT_EQ(rule_for(rules, "localhost/c"), "none");
}

TEST(RegistryRules, LaterFilesWin) {
  RegistryRules rules = *RegistryRules::parse(
      "unqualified-search-registries = [\"a.io\", \"b.io\"]\n[[registry]]\nlocation = \"h.io\"\nblocked = "
      "true\n"
      "[[registry]]\nlocation = \"g.io\"\n[aliases]\nx = \"a.io/x\"\ny = \"a.io/y\"\n",
      "t");
  rules.merge(*RegistryRules::parse("[aliases]\nx = \"\"\n", "t"));
  EXPECT_THAT(*rules.search, ElementsAre("a.io", "b.io"));
  rules.merge(
      *RegistryRules::parse("unqualified-search-registries = []\nshort-name-mode = \"disabled\"\n"
                            "[[registry]]\nlocation = \"h.io\"\n",
                            "t"));
  EXPECT_TRUE(rules.search->empty());
  EXPECT_EQ(rules.mode, ShortNameMode::disabled);
  EXPECT_EQ(rules.rules.size(), 2u);
  EXPECT_FALSE(rules.find(*RegistryReference::parse("h.io/a"))->blocked);
  EXPECT_EQ(rules.aliases.at("x"), "");
  EXPECT_EQ(rules.aliases.at("y"), "a.io/y");
}

TEST(RegistryRules, RelocatesWhatFollowsThePrefix) {
  const RegistryReference reference = *RegistryReference::parse("h.io/a/b:1");
  EXPECT_EQ(relocated(reference, 4, "m.io/x")->to_string(), "m.io/x/a/b:1");
  EXPECT_EQ(relocated(reference, 8, "m.io/c")->to_string(), "m.io/c:1");
  EXPECT_EQ(relocated(reference, 4, "")->to_string(), "h.io/a/b:1");
  // "m.io:1" would be a name of docker.io's.
  EXPECT_EQ(outcome(relocated(reference, 8, "m.io")), "invalid_argument");
}

}  // namespace
}  // namespace bayplan::images
