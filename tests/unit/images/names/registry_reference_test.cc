#include "bayplan/images/registry_reference.h"

#include <gtest/gtest.h>

#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

const Digest kDigest = Digest::of("a manifest");

std::string parsed(std::string_view text) {
  const auto reference = RegistryReference::parse(text);
  return reference ? reference->to_string() : outcome(reference);
}

TEST(RegistryReference, HasATagOrADigest) {
  EXPECT_EQ(parsed("alpine"), "docker.io/library/alpine:latest");
  EXPECT_EQ(parsed("localhost:5000/a:b"), "localhost:5000/a:b");
  EXPECT_EQ(parsed("h.io/a@" + kDigest.to_string()), "h.io/a@" + kDigest.to_string());
  EXPECT_EQ(RegistryReference::parse("a")->tag(), "latest");
  EXPECT_EQ(RegistryReference::parse("a:1")->digest(), std::nullopt);
}

TEST(RegistryReference, ParsesBackToTheSame) {
  for (const std::string& text : {std::string("alpine"), std::string("a/b:1"), "h:1/x@" + kDigest.to_string(),
                                  std::string("[::1]:5/x:y")}) {
    const RegistryReference reference = *RegistryReference::parse(text);
    EXPECT_EQ(*RegistryReference::parse(reference.to_string()), reference) << text;
    EXPECT_EQ(*RegistryReference::parse(reference.familiar()), reference) << text;
  }
}

// Pulled by tag, an image is stored under that tag; only what has neither tag nor digest becomes "latest".
TEST(RegistryReference, S18_TheTagIsKept) {
  EXPECT_EQ(parsed("repo:tag"), "docker.io/library/repo:tag");
  EXPECT_EQ(parsed("repo"), "docker.io/library/repo:latest");
}

TEST(RegistryReference, S19_ADigestIsKeptAndTheTagBesideItDropped) {
  EXPECT_EQ(parsed("repo@" + kDigest.to_string()), "docker.io/library/repo@" + kDigest.to_string());
  EXPECT_EQ(parsed("repo:tag@" + kDigest.to_string()), "docker.io/library/repo@" + kDigest.to_string());
  EXPECT_EQ(RegistryReference::parse("repo:tag@" + kDigest.to_string())->tag(), std::nullopt);
}

TEST(RegistryReference, IsPinnedByADigest) {
  const RegistryReference reference = *RegistryReference::parse("h:1/a/b:tag");
  EXPECT_EQ(reference.pinned(kDigest).to_string(), "h:1/a/b@" + kDigest.to_string());
  EXPECT_EQ(reference.repository(), "h:1/a/b");
  EXPECT_EQ(reference.object(), "tag");
  EXPECT_EQ(reference.pinned(kDigest).object(), kDigest.to_string());
}

TEST(RegistryReference, RefusesWhatIsNoReference) {
  for (const char* text : {"", "a/B", "a:", "https://h/a", "a@sha256:short"}) {
    EXPECT_EQ(parsed(text), "invalid_argument") << text;
  }
  EXPECT_EQ(parsed(kDigest.hex()), "invalid_argument");
  EXPECT_EQ(parsed("a@md5:" + std::string(32, 'a')), "unsupported");
}

}  // namespace
}  // namespace bayplan::images
