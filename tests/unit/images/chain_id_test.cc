#include <gtest/gtest.h>

#include "bayplan/images/documents.h"

namespace bayplan::images {
namespace {

TEST(ChainId, NoLayersNoChain) { EXPECT_TRUE(chain_ids({}).empty()); }

TEST(ChainId, OfOneLayerIsItsDiffId) {
  const Digest one = Digest::of("1");
  EXPECT_EQ(chain_ids({one}), std::vector<Digest>{one});
  const Digest long_one = Digest::of("1", DigestAlgorithm::sha512);
  EXPECT_EQ(chain_ids({long_one}), std::vector<Digest>{long_one});
}

// Computed with sha256sum over the text that image-spec config.md prescribes.
TEST(ChainId, OfMoreIsTheDigestOfBothTextsAndASpace) {
  const std::string one = "sha256:" + std::string(64, '1');
  const std::string two = "sha256:" + std::string(64, '2');
  const std::string three = "sha256:" + std::string(64, '3');
  const auto chain = chain_ids({*Digest::parse(one), *Digest::parse(two), *Digest::parse(three)});
  ASSERT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain[0].to_string(), one);
  EXPECT_EQ(chain[1].to_string(), "sha256:9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5");
  EXPECT_EQ(chain[2].to_string(), "sha256:50127c0d6b338be78246434b4bce23ecf75e505158ea0bbd15effeb162fbf3ec");
}

}  // namespace
}  // namespace bayplan::images
