#include "bayplan/images/transport.h"

#include <gtest/gtest.h>

#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

const std::string kDigest = "sha256:" + std::string(64, 'd');

// What to_string makes of it, or the class of the error.
std::string parsed(std::string_view text) {
  const auto location = parse_location(text);
  return location ? to_string(*location) : outcome(location);
}
std::string source(std::string_view text, std::string_view transport = "docker://") {
  const auto location = parse_source(text, transport);
  return location ? to_string(*location) : outcome(location);
}
std::string registry_name_of(std::string_view text) {
  const auto name = registry_name(*parse_location(text));
  return name ? name->to_string() : "";
}

TEST(Transport, ParsesEachOfThem) {
  EXPECT_EQ(parsed("docker://alpine"), "docker://docker.io/library/alpine:latest");
  EXPECT_EQ(parsed("docker://h:5/a@" + kDigest), "docker://h:5/a@" + kDigest);
  EXPECT_EQ(parsed("docker://a:tag@" + kDigest), "docker://docker.io/library/a@" + kDigest);
  EXPECT_EQ(parsed("oci:/a/b"), "oci:/a/b");
  EXPECT_EQ(parsed("oci:a:v1.2"), "oci:a:v1.2");
  EXPECT_EQ(parsed("oci:a:h.io/x:1@2"), "oci:a:h.io/x:1@2");
  EXPECT_EQ(parsed("oci-archive:/a.tar:n"), "oci-archive:/a.tar:n");
  EXPECT_EQ(parsed("docker-archive:/a.tar"), "docker-archive:/a.tar");
  EXPECT_EQ(parsed("docker-archive:/a.tar:a"), "docker-archive:/a.tar:docker.io/library/a:latest");
  EXPECT_EQ(parsed("docker-archive:/a.tar:h:5/a:1"), "docker-archive:/a.tar:h:5/a:1");
  EXPECT_EQ(parsed("docker-archive:/a.tar:@7"), "docker-archive:/a.tar:@7");
  EXPECT_EQ(parsed("dir:/a:b"), "dir:/a:b");
  EXPECT_EQ(parsed("containers-storage:[x]a@b"), "containers-storage:[x]a@b");
}

TEST(Transport, KeepsPathAndNameApart) {
  const ImageLocation location = *parse_location("oci:/layout:a/b--c:1");
  ASSERT_TRUE(std::holds_alternative<OciLayoutLocation>(location));
  EXPECT_EQ(std::get<OciLayoutLocation>(location).path, "/layout");
  EXPECT_EQ(std::get<OciLayoutLocation>(location).name, "a/b--c:1");
  EXPECT_EQ(transport_of(location), "oci");
  EXPECT_EQ(std::get<DockerArchiveLocation>(*parse_location("docker-archive:x:@0")).index, 0u);
}

TEST(Transport, RefusesOtherKnownOnesByName) {
  for (const char* text :
       {"docker-daemon:a:1", "ostree:a@/repo", "sif:/x.sif", "tarball:/x.tar", "atomic:h/a:1"}) {
    const auto location = parse_location(text);
    EXPECT_EQ(outcome(location), "unsupported") << text;
    const std::string name = std::string(text).substr(0, std::string(text).find(':'));
    EXPECT_NE(location.error().message().find(quoted(name)), std::string::npos)
        << location.error().to_string();
  }
}

TEST(Transport, RefusesUnknownOnesAndBadForms) {
  for (const std::string& text : {std::string(""),
                                  std::string("alpine"),
                                  std::string(":a"),
                                  std::string("foo:a"),
                                  std::string("DOCKER://a"),
                                  std::string("docker:a"),
                                  std::string("docker:/a"),
                                  std::string("docker://"),
                                  std::string("docker:///a"),
                                  std::string("docker://a/B"),
                                  std::string("docker://docker://a"),
                                  std::string("oci:"),
                                  std::string("oci::a"),
                                  std::string("oci:a:"),
                                  std::string("oci:a:-x"),
                                  std::string("oci:a:x-"),
                                  std::string("oci:a:x---y"),
                                  std::string("oci:a:x y"),
                                  std::string("oci:a\0b", 7),
                                  std::string("dir:"),
                                  std::string("dir:\0", 5),
                                  std::string("docker-archive:"),
                                  std::string("docker-archive:x:"),
                                  std::string("docker-archive:x:@"),
                                  std::string("docker-archive:x:@-1"),
                                  std::string("docker-archive:x:@1x"),
                                  std::string("docker-archive:x:@4294967296"),
                                  "docker-archive:x:a@" + kDigest,
                                  std::string("containers-storage:")}) {
    EXPECT_EQ(parsed(text), "invalid_argument") << quoted(text);
  }
}

TEST(Transport, ParsesBackToTheSame) {
  for (const char* text : {"docker://a/b:1", "oci:x:y", "oci:x", "oci-archive:x:y", "docker-archive:x:a:1",
                           "docker-archive:x:@3", "dir:x", "containers-storage:x"}) {
    EXPECT_EQ(parsed(parsed(text)), parsed(text));
  }
}

TEST(Transport, S8_TheDefaultTransportIsPutInFront) {
  EXPECT_EQ(source("alpine"), "docker://docker.io/library/alpine:latest");
  EXPECT_EQ(source("localhost:5000/a:b"), "docker://localhost:5000/a:b");
  EXPECT_EQ(source("oci:/x"), "oci:/x");
  EXPECT_EQ(source("docker:5000/x"), "docker://docker:5000/x:latest");
  EXPECT_EQ(source("x", "dir:"), "dir:x");
}

TEST(Transport, S8_TheErrorIsThatOfTheTransportIfOneIsNamed) {
  EXPECT_EQ(parse_source("oci::a", "docker://").error().to_string(),
            parse_location("oci::a").error().to_string());
  EXPECT_EQ(parse_source("alpine", "").error().to_string(), parse_location("alpine").error().to_string());
}

TEST(Transport, S8_ElseItIsThatOfTheReference) {
  for (const std::string text : {"127.0.0.1:5000/Demo:1", "h.io/demo@sha256:b26d", "demo:", "foo:A/B"}) {
    const auto refused = parse_source(text, "docker://");
    ASSERT_EQ(outcome(refused), "invalid_argument") << text;
    EXPECT_EQ(refused.error().to_string(), RegistryReference::parse(text).error().to_string());
  }
}

TEST(Transport, OnlyKnownWordsNameOne) {
  for (const char* text : {"docker:", "oci-archive:x", "docker-daemon:a", "dir:/x"}) {
    EXPECT_TRUE(names_transport(text)) << text;
  }
  for (const char* text : {"", ":", "docker", "127.0.0.1:5000/a", "foo:a", "dockers:a"}) {
    EXPECT_FALSE(names_transport(text)) << text;
  }
}

TEST(Transport, S8_ARefusedTransportIsNotTakenForARepository) {
  EXPECT_EQ(source("docker-daemon:a"), "unsupported");
}

TEST(Transport, S9_S18_S19_TheNameInTheStoreIsThatOfTheSource) {
  EXPECT_EQ(registry_name_of("docker://repo:tag"), "docker.io/library/repo:tag");
  EXPECT_EQ(registry_name_of("docker://repo"), "docker.io/library/repo:latest");
  EXPECT_EQ(registry_name_of("docker://repo@" + kDigest), "docker.io/library/repo@" + kDigest);
  EXPECT_EQ(registry_name_of("docker-archive:/x:a:1"), "docker.io/library/a:1");
  for (const char* text :
       {"oci:/x:a", "oci-archive:/x", "dir:/x", "docker-archive:/x", "containers-storage:a"}) {
    EXPECT_EQ(registry_name_of(text), "") << text;
  }
}

}  // namespace
}  // namespace bayplan::images
