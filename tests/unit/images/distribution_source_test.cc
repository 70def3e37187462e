#include "distribution_source.h"

#include <gtest/gtest.h>

namespace bayplan::images {
namespace {

const std::string kKey = "containerd.io/distribution.source.example.org";

RegistryReference at(const std::string& text) { return RegistryReference::parse(text).value(); }

TEST(DistributionSource, IsWrittenAsContainerdWritesIt) {
  EXPECT_EQ(distribution_source_labels({}, at("example.org/b:1")), (Labels{{kKey, "b"}}));
  EXPECT_EQ(distribution_source_labels({{kKey, "c/d,a"}}, at("example.org/b:1")),
            (Labels{{kKey, "a,b,c/d"}}));
  EXPECT_EQ(distribution_source_labels({{kKey, "a,b"}}, at("example.org/b:1")), Labels{});
  EXPECT_EQ(distribution_source_labels({}, at("alpine")),
            (Labels{{"containerd.io/distribution.source.docker.io", "library/alpine"}}));
  EXPECT_EQ(distribution_source_labels({}, at("127.0.0.1:5000/a")),
            (Labels{{"containerd.io/distribution.source.127.0.0.1", "a"}}));
}

TEST(DistributionSource, IsNotNotedWhereItWouldBeTooLong) {
  std::string many;
  for (int i = 0; many.size() < kMaxLabelBytes - kKey.size() - 6; ++i) many += "r" + std::to_string(i) + ",";
  many.pop_back();
  EXPECT_EQ(distribution_source_labels({{kKey, many}}, at("example.org/another-one")), Labels{});
}

TEST(DistributionSource, TheNearestRepositoryIsMountedFrom) {
  const Labels labels{{kKey, "a/b/c,a/x,z"}, {"containerd.io/distribution.source.other.org", "a/b/d"}};
  EXPECT_EQ(mount_source(labels, at("example.org/a/b/d:1")), "a/b/c");
  EXPECT_EQ(mount_source(labels, at("example.org/a/y")), "a/b/c");
  EXPECT_EQ(mount_source(labels, at("example.org/z")), "a/b/c") << "not from itself";
  EXPECT_EQ(mount_source({{kKey, "z"}}, at("example.org/z")), "");
  EXPECT_EQ(mount_source(labels, at("third.org/a/b/c")), "");
  EXPECT_EQ(mount_source({}, at("example.org/z")), "");
}

TEST(DistributionSource, WhatIsNoRepositoryIsNotBelieved) {
  EXPECT_EQ(mount_source({{kKey, ",UPPER,a&b=c,x:tag,good"}}, at("example.org/z")), "good");
  EXPECT_EQ(mount_source({{kKey, "../x"}}, at("example.org/z")), "");
}

}  // namespace
}  // namespace bayplan::images
