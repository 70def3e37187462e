#include "subject.h"

#include <gtest/gtest.h>

#include "outcome.h"

namespace bayplan::images {
namespace {

TEST(Subject, IsADescriptorOrAbsent) {
  const std::string entry =
      R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":")" +
      Digest::of("a").to_string() + "\"}";
  EXPECT_EQ(*subject_of(R"({"subject":)" + entry + "}"), Digest::of("a"));
  EXPECT_FALSE(*subject_of("{}"));
  EXPECT_FALSE(*subject_of(R"({"subject":null})"));
  EXPECT_EQ(test::outcome(subject_of(R"({"subject":{"digest":"x"}})")), "invalid_argument");
  EXPECT_EQ(test::outcome(subject_of("[")), "invalid_argument");
}

}  // namespace
}  // namespace bayplan::images
