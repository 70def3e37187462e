#include "bayplan/images/storage_reference.h"

#include <gtest/gtest.h>

#include <vector>

#include "bayplan/images/transport.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

const std::string kId = "abc" + std::string(61, '1');
const std::string kTwin = "abd" + std::string(61, '1');
const std::string kOther = std::string(64, 'f');
const std::string kDigest = "sha256:" + std::string(64, 'd');

// A store with two images, whose IDs begin with "ab".
Result<std::optional<ImageId>> two_images(std::string_view prefix) {
  std::optional<ImageId> only;
  for (const std::string& hex : {kId, kTwin}) {
    const ImageId id = *ImageId::parse(hex);
    if (!id.matches(prefix)) continue;
    if (only) return std::optional<ImageId>();
    only = id;
  }
  return only;
}

// NAME, "@" ID, or both; else the class of the error.
std::string shown(const Result<StorageReference>& reference) {
  if (!reference) return outcome(reference);
  std::string text = reference->name() ? reference->name()->to_string() : "";
  if (reference->id()) text += "@" + reference->id()->to_string();
  return text;
}
std::string parsed(std::string_view text) { return shown(StorageReference::parse(text, two_images)); }
std::string local(std::string_view text) { return shown(parse_local_image(text, two_images)); }

TEST(StorageReference, S76_ContainersStorageForms) {
  EXPECT_EQ(parsed(""), "invalid_argument");
  EXPECT_EQ(parsed("busybox"), "docker.io/library/busybox:latest");
  EXPECT_EQ(parsed("busybox:1"), "docker.io/library/busybox:1");
  EXPECT_EQ(parsed("localhost:5000/a:b"), "localhost:5000/a:b");
  EXPECT_EQ(parsed("busybox@" + kDigest), "docker.io/library/busybox@" + kDigest);
  EXPECT_EQ(parsed("busybox@" + kOther), "docker.io/library/busybox:latest@" + kOther);
  EXPECT_EQ(parsed("busybox:1@" + kOther), "docker.io/library/busybox:1@" + kOther);
  EXPECT_EQ(parsed("busybox@" + kDigest + "@" + kOther),
            "docker.io/library/busybox@" + kDigest + "@" + kOther);
  EXPECT_EQ(parsed("@" + kOther), "@" + kOther);
  EXPECT_EQ(parsed("UPPER"), "invalid_argument");
}

TEST(StorageReference, S76_TheStoreSpecificationIsPassedOver) {
  EXPECT_EQ(parsed("[overlay@/var/lib/containers+/run/containers:a=b,c]busybox"),
            "docker.io/library/busybox:latest");
  EXPECT_EQ(parsed("[]@" + kOther), "@" + kOther);
  EXPECT_EQ(parsed("[overlay@/var]"), "invalid_argument");
  EXPECT_EQ(parsed("[unterminated"), "invalid_argument");
  EXPECT_EQ(parsed("["), "invalid_argument");
}

TEST(StorageReference, S76_BeginningsOfIds) {
  EXPECT_EQ(parsed("abc"), "@" + kId);
  EXPECT_EQ(parsed("abd1"), "@" + kTwin);
  EXPECT_EQ(parsed(kId), "@" + kId);
  EXPECT_EQ(parsed("@abc"), "@" + kId);
  EXPECT_EQ(parsed("busybox@abc"), "docker.io/library/busybox:latest@" + kId);
  EXPECT_EQ(parsed("ab"), "docker.io/library/ab:latest");
  EXPECT_EQ(parsed("abe"), "docker.io/library/abe:latest");
  EXPECT_EQ(parsed("abc:1"), "docker.io/library/abc:1");
  for (const char* text : {"@", "busybox@", "@ab", "busybox@ab", "busybox@abe", "busybox@abcg", "@@abc"}) {
    EXPECT_EQ(parsed(text), "invalid_argument") << text;
  }
  EXPECT_EQ(parsed(kOther), "invalid_argument");
}

TEST(StorageReference, WithoutALookupNothingIsTheBeginningOfAnId) {
  EXPECT_EQ(shown(StorageReference::parse("abc", {})), "docker.io/library/abc:latest");
  EXPECT_EQ(shown(StorageReference::parse("@abc", {})), "invalid_argument");
  EXPECT_EQ(shown(StorageReference::parse("@" + kId, {})), "@" + kId);
}

TEST(StorageReference, HandsOnTheErrorsOfTheLookup) {
  const IdLookup broken = [](std::string_view) -> Result<std::optional<ImageId>> {
    return Error(Errc::corrupt, "record", "x");
  };
  EXPECT_EQ(outcome(StorageReference::parse("abc", broken)), "corrupt");
  EXPECT_EQ(outcome(parse_local_image("abc", broken)), "corrupt");
}

TEST(StorageReference, DoesNotBelieveALookupThatAnswersAnotherId) {
  const IdLookup wrong = [](std::string_view) -> Result<std::optional<ImageId>> {
    return ImageId::parse(kOther).value();
  };
  EXPECT_EQ(shown(StorageReference::parse("abc", wrong)), "docker.io/library/abc:latest");
}

TEST(LocalImage, S5_ThreeWays) {
  // 1: with a transport.
  EXPECT_EQ(local("containers-storage:busybox"), "docker.io/library/busybox:latest");
  EXPECT_EQ(local("containers-storage:abc"), "@" + kId);
  EXPECT_EQ(local("docker-archive:/x.tar:a:1"), "docker.io/library/a:1");
  // 2: an ID.
  EXPECT_EQ(local(kOther), "@" + kOther);
  EXPECT_EQ(local("abc"), "@" + kId);
  // 3: a name.
  EXPECT_EQ(local("busybox"), "docker.io/library/busybox:latest");
  EXPECT_EQ(local("localhost:5000/a:b"), "localhost:5000/a:b");
  EXPECT_EQ(local("busybox@" + kDigest), "docker.io/library/busybox@" + kDigest);
  EXPECT_EQ(local("@" + kOther), "@" + kOther);
}

TEST(LocalImage, S5_TheErrorIsThatOfTheTransportIfOneIsNamedElseOfTheName) {
  const auto location = parse_local_image("oci::a", two_images);
  ASSERT_FALSE(location);
  EXPECT_EQ(location.error().to_string(), parse_location("oci::a").error().to_string());
  const auto name = parse_local_image("h.io:5000/Demo:1", two_images);
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().to_string(), RegistryReference::parse("h.io:5000/Demo:1").error().to_string());
}

// Status and remove never contact a registry: the transport's text means the local image of that name.
TEST(LocalImage, S6_S12_ARemoteTransportMeansTheLocalImageOfThatName) {
  EXPECT_EQ(local("docker://busybox:1"), "docker.io/library/busybox:1");
  EXPECT_EQ(local("docker://abc"), "docker.io/library/abc:latest");
}

TEST(LocalImage, S6_WhatIsOutsideOfTheStoreIsNotFound) {
  for (const char* text : {"oci:/layout:a", "oci-archive:/x.tar", "dir:/x", "docker-archive:/x.tar"}) {
    EXPECT_EQ(local(text), "not_found") << text;
  }
}

// What ListImages is filtered by is parsed in the same way.
TEST(LocalImage, S21_AFilterIsANameOrTheBeginningOfAnId) {
  EXPECT_EQ(local("busybox"), "docker.io/library/busybox:latest");
  EXPECT_EQ(local(kId), "@" + kId);
  EXPECT_EQ(local("abd"), "@" + kTwin);
  EXPECT_EQ(local("ab"), "docker.io/library/ab:latest");
  EXPECT_EQ(local("no reference"), "invalid_argument");
}

}  // namespace
}  // namespace bayplan::images
