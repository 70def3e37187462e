#include "bayplan/images/reference.h"

#include <gtest/gtest.h>

#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

const std::string kHex256(64, 'a');
const std::string kHex512(128, 'b');

std::string canonical_of(std::string_view text) {
  const auto reference = Reference::parse(text);
  return reference ? reference->canonical() : reference.error().to_string();
}

TEST(Reference, GivesTheCanonicalForm) {
  EXPECT_EQ(canonical_of("alpine"), "docker.io/library/alpine:latest");
  EXPECT_EQ(canonical_of("alpine:3.20"), "docker.io/library/alpine:3.20");
  EXPECT_EQ(canonical_of("a/b"), "docker.io/a/b:latest");
  EXPECT_EQ(canonical_of("docker.io/a"), "docker.io/library/a:latest");
  EXPECT_EQ(canonical_of("index.docker.io/a"), "docker.io/library/a:latest");
  EXPECT_EQ(canonical_of("index.docker.io/b/a:1"), "docker.io/b/a:1");
  EXPECT_EQ(canonical_of("localhost/a"), "localhost/a:latest");
  EXPECT_EQ(canonical_of("quay.io/x/y/z:t"), "quay.io/x/y/z:t");
}

TEST(Reference, TellsAPortFromATag) {
  const auto with_port = Reference::parse("host:5000/a");
  ASSERT_TRUE(with_port);
  EXPECT_EQ(with_port->domain(), "host:5000");
  EXPECT_EQ(with_port->path(), "a");
  EXPECT_EQ(with_port->tag(), std::nullopt);
  const auto with_tag = Reference::parse("a:5000");
  ASSERT_TRUE(with_tag);
  EXPECT_EQ(with_tag->domain(), "docker.io");
  EXPECT_EQ(with_tag->tag(), "5000");
  EXPECT_EQ(canonical_of("localhost:5000/a:b"), "localhost:5000/a:b");
}

TEST(Reference, AcceptsTheDomainsOfTheGrammar) {
  EXPECT_EQ(canonical_of("[::1]:5000/a"), "[::1]:5000/a:latest");
  EXPECT_EQ(canonical_of("[fe80::A]/a"), "[fe80::A]/a:latest");
  EXPECT_EQ(canonical_of("A/b"), "A/b:latest");
  EXPECT_EQ(canonical_of("a-b.c-d.e/x"), "a-b.c-d.e/x:latest");
}

TEST(Reference, AcceptsTheSeparatorsOfTheGrammar) {
  for (const char* text : {"a__b", "a_b", "a.b", "a-b", "a--b", "a---b", "a-b_c.d__e", "0", "a/b--c/d"}) {
    EXPECT_EQ(outcome(Reference::parse(text)), "ok") << text;
  }
}

TEST(Reference, KeepsTagAndDigest) {
  const std::string digest = "sha256:" + kHex256;
  EXPECT_EQ(canonical_of("a@" + digest), "docker.io/library/a@" + digest);
  EXPECT_EQ(canonical_of("a:tag@" + digest), "docker.io/library/a:tag@" + digest);
  EXPECT_EQ(canonical_of("h:1/a:t@" + digest), "h:1/a:t@" + digest);
  EXPECT_EQ(canonical_of("a@sha512:" + kHex512), "docker.io/library/a@sha512:" + kHex512);
}

TEST(Reference, RefusesWhatTheGrammarDoesNotHave) {
  const std::string bad[] = {"",
                             "a..b",
                             "-a",
                             "a-",
                             "a/",
                             "/a",
                             "a//b",
                             "a:",
                             "a:.x",
                             "a:-x",
                             "a_",
                             "a___b",
                             "a._b",
                             "a/B",
                             "A",
                             "a b",
                             "a\nb",
                             "../../etc",
                             "a/../b",
                             ":tag",
                             "@sha256:" + kHex256,
                             "a@",
                             "a:b:c",
                             "host:/a",
                             "host:x/a",
                             "host:0/a",
                             "host:65536/a",
                             "host:000080/a",
                             "[::1/a",
                             "[::1]x/a",
                             "[]/a",
                             "-h.io/a",
                             "h-.io/a",
                             "h..io/a",
                             ".io/a",
                             "https://host/a",
                             "h.io/a:t/b",
                             "a\xc3\xa9",
                             "a@sha256:short",
                             "a@sha256:" + std::string(64, 'A'),
                             "a@sha256:" + kHex256 + "/b",
                             "a@sha256:" + kHex256 + "@sha256:" + kHex256,
                             std::string("a\0b", 3)};
  for (const std::string& text : bad) EXPECT_EQ(outcome(Reference::parse(text)), "invalid_argument") << text;
}

TEST(Reference, RefusesDigestsOfOtherAlgorithms) {
  EXPECT_EQ(outcome(Reference::parse("a@md5:" + std::string(32, 'a'))), "unsupported");
}

TEST(Reference, SaysWhichRuleIsBroken) {
  const auto reference = Reference::parse("a/B");
  ASSERT_FALSE(reference);
  EXPECT_EQ(reference.error().message(), "the repository name must be lower case");
  EXPECT_EQ(reference.error().name(), "a/B");
}

TEST(Reference, RefusesNamesThatReadAsImageIds) {
  EXPECT_EQ(outcome(Reference::parse(kHex256)), "invalid_argument");
  EXPECT_EQ(outcome(Reference::parse("docker.io/library/" + kHex256)), "invalid_argument");
  EXPECT_EQ(outcome(Reference::parse(kHex256 + "a")), "ok");
  EXPECT_EQ(outcome(Reference::parse("quay.io/" + kHex256)), "ok");
}

TEST(Reference, BoundsTagAndPath) {
  EXPECT_EQ(outcome(Reference::parse("a:" + std::string(128, 't'))), "ok");
  EXPECT_EQ(outcome(Reference::parse("a:" + std::string(129, 't'))), "invalid_argument");
  EXPECT_EQ(outcome(Reference::parse("h.io/" + std::string(255, 'a'))), "ok");
  EXPECT_EQ(outcome(Reference::parse("h.io/" + std::string(256, 'a'))), "invalid_argument");
}

TEST(Reference, BoundsDomainAndText) {
  EXPECT_EQ(outcome(Reference::parse("h:65535/a")), "ok");
  EXPECT_EQ(outcome(Reference::parse(std::string(253, 'd') + ":5000/a")), "ok");
  EXPECT_EQ(outcome(Reference::parse(std::string(254, 'd') + ":5000/a")), "invalid_argument");
  EXPECT_EQ(outcome(Reference::parse(std::string(253, 'd') + ":65535/" + std::string(255, 'p') + ":" +
                                     std::string(128, 't') + "@sha512:" + kHex512)),
            "ok");
  EXPECT_EQ(outcome(Reference::parse("a:" + std::string(1024, 't'))), "invalid_argument");
}

TEST(Reference, KnowsWhetherTheDomainWasGiven) {
  for (const char* text : {"docker.io/a", "index.docker.io/a/b", "localhost/a", "h:1/a", "A/b"}) {
    EXPECT_TRUE(Reference::parse(text)->domain_given()) << text;
  }
  for (const char* text : {"a", "a/b", "a:5000", "library/a/b"}) {
    EXPECT_FALSE(Reference::parse(text)->domain_given()) << text;
  }
}

TEST(Reference, FamiliarFormIsShort) {
  const auto familiar_of = [](std::string_view text) { return Reference::parse(text)->familiar(); };
  EXPECT_EQ(familiar_of("docker.io/library/alpine:3"), "alpine:3");
  EXPECT_EQ(familiar_of("docker.io/library/alpine"), "alpine");
  EXPECT_EQ(familiar_of("index.docker.io/u/app:1"), "u/app:1");
  EXPECT_EQ(familiar_of("docker.io/library/a/b"), "library/a/b");
  EXPECT_EQ(familiar_of("quay.io/library/a"), "quay.io/library/a");
  EXPECT_EQ(familiar_of("a@sha256:" + kHex256), "a@sha256:" + kHex256);
}

TEST(Reference, FamiliarFormParsesBackToTheSame) {
  for (const char* text : {"alpine", "a/b:1", "docker.io/foo.bar/baz", "docker.io/localhost/x",
                           "library/library", "docker.io/library/localhost", "docker.io/library/a.b",
                           "localhost/a", "A/b", "h:5/x:y", "docker.io/library/library/a", "[::1]/q"}) {
    const auto reference = Reference::parse(text);
    ASSERT_TRUE(reference) << text;
    EXPECT_EQ(canonical_of(reference->familiar()), reference->canonical()) << text;
  }
}

TEST(Reference, CanonicalFormParsesBackToItself) {
  for (const char* text : {"alpine", "a/b:1", "docker.io/foo.bar/baz", "localhost/a", "A/b", "[::1]:5/x:y"}) {
    EXPECT_EQ(canonical_of(canonical_of(text)), canonical_of(text));
  }
}

}  // namespace
}  // namespace bayplan::images
