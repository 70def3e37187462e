#include "bayplan/images/platform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

std::string normal(Platform platform) { return normalize(std::move(platform)).to_string(); }

TEST(Platform, PrintsItsWords) {
  EXPECT_EQ((Platform{"linux", "amd64"}.to_string()), "linux/amd64");
  EXPECT_EQ((Platform{"linux", "arm", "v7"}.to_string()), "linux/arm/v7");
}

TEST(Normalize, FoldsSystems) {
  EXPECT_EQ(normal({"LINUX", "AMD64"}), "linux/amd64");
  EXPECT_EQ(normal({"macOS", "arm64"}), "darwin/arm64");
}

TEST(Normalize, FoldsArchitectures) {
  EXPECT_EQ(normal({"linux", "x86_64"}), "linux/amd64");
  EXPECT_EQ(normal({"linux", "x86-64", "V1"}), "linux/amd64");
  EXPECT_EQ(normal({"linux", "amd64", "v3"}), "linux/amd64/v3");
  EXPECT_EQ(normal({"linux", "i386", "v2"}), "linux/386");
  EXPECT_EQ(normal({"linux", "aarch64"}), "linux/arm64");
  EXPECT_EQ(normal({"linux", "armhf"}), "linux/arm/v7");
  EXPECT_EQ(normal({"linux", "armel"}), "linux/arm/v6");
  EXPECT_EQ(normal({"linux", "riscv64"}), "linux/riscv64");
}

TEST(Normalize, DropsOrGivesDefaultVariants) {
  for (const char* variant : {"", "8", "v8", "v8.0"}) {
    EXPECT_EQ(normal({"linux", "arm64", variant}), "linux/arm64") << variant;
  }
  for (const char* variant : {"9", "9.0", "v9", "v9.0"}) {
    EXPECT_EQ(normal({"linux", "arm64", variant}), "linux/arm64/v9") << variant;
  }
  EXPECT_EQ(normal({"linux", "arm64", "v8.4"}), "linux/arm64/v8.4");
  EXPECT_EQ(normal({"linux", "arm"}), "linux/arm/v7");
  EXPECT_EQ(normal({"linux", "arm", "7"}), "linux/arm/v7");
  EXPECT_EQ(normal({"linux", "arm", "5"}), "linux/arm/v5");
  EXPECT_EQ(normal({"linux", "arm", "6"}), "linux/arm/v6");
  EXPECT_EQ(normal({"linux", "arm", "8"}), "linux/arm/v8");
  EXPECT_EQ(normal({"linux", "arm", "v6"}), "linux/arm/v6");
}

TEST(ParsePlatform, ReadsTwoAndThreeWords) {
  EXPECT_EQ(parse_platform("Linux/x86_64")->to_string(), "linux/amd64");
  EXPECT_EQ(parse_platform("linux/arm/6")->to_string(), "linux/arm/v6");
  EXPECT_EQ(parse_platform("windows/amd64")->to_string(), "windows/amd64");
}

TEST(ParsePlatform, CompletesOneWordFromTheHost) {
  const Platform host = host_platform();
  EXPECT_EQ(parse_platform("freebsd")->to_string(),
            (Platform{"freebsd", host.architecture, host.variant}).to_string());
  EXPECT_EQ(parse_platform("s390x")->to_string(), host.os + "/s390x");
  EXPECT_EQ(parse_platform("aarch64")->to_string(), host.os + "/arm64");
  EXPECT_EQ(parse_platform("arm")->to_string(), host.os + "/arm/v7");
}

TEST(ParsePlatform, RefusesOtherText) {
  for (const std::string& text :
       {std::string(), std::string("vax"), std::string("linux/"), std::string("/amd64"),
        std::string("a/b/c/d"), std::string("linux/../x"), std::string("lin ux/amd64"),
        std::string("linux/am\nd64"), std::string("linux/amd64\0", 12), "linux/" + std::string(65, 'a')}) {
    EXPECT_EQ(outcome(parse_platform(text)), "invalid_argument") << quoted(text);
  }
}

TEST(HostPlatform, IsNormal) {
  const Platform host = host_platform();
  EXPECT_EQ(host.os, "linux");
  EXPECT_EQ(normalize(host), host);
  EXPECT_TRUE(parse_platform(host.to_string()));
}

// Every candidate that serves, best first.
std::vector<std::string> preferred(std::string_view wanted, std::vector<std::string> candidates) {
  const Platform want = parse_platform(wanted).value();
  const auto rank = [&](const std::string& text) { return match_rank(want, parse_platform(text).value()); };
  std::erase_if(candidates, [&](const std::string& text) { return !rank(text); });
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const auto& a, const auto& b) { return *rank(a) < *rank(b); });
  return candidates;
}

using Names = std::vector<std::string>;

TEST(MatchRank, ZeroForTheSame) {
  EXPECT_EQ(match_rank({"linux", "amd64"}, {"linux", "amd64"}), 0u);
  EXPECT_EQ(match_rank({"linux", "aarch64"}, {"Linux", "arm64", "v8"}), 0u);
  EXPECT_EQ(match_rank({"linux", "mips64le"}, {"linux", "mips64le"}), 0u);
}

TEST(MatchRank, NeverAnotherSystem) {
  EXPECT_EQ(match_rank({"linux", "amd64"}, {"windows", "amd64"}), std::nullopt);
  EXPECT_EQ(match_rank({"linux", "amd64"}, {"windows", "386"}), std::nullopt);
}

TEST(MatchRank, Amd64TakesLesserLevelsThen386) {
  EXPECT_EQ(preferred("linux/amd64/v3", {"linux/386", "linux/amd64", "linux/amd64/v4", "linux/amd64/v2",
                                         "linux/amd64/v3", "linux/arm64"}),
            (Names{"linux/amd64/v3", "linux/amd64/v2", "linux/amd64", "linux/386"}));
  EXPECT_EQ(preferred("linux/amd64", {"linux/386", "linux/amd64/v2", "linux/amd64"}),
            (Names{"linux/amd64", "linux/386"}));
  EXPECT_EQ(preferred("linux/386", {"linux/386", "linux/amd64"}), (Names{"linux/386"}));
}

TEST(MatchRank, ArmTakesLesserVersionsDownToFive) {
  const Names all{"linux/arm/v4", "linux/arm/v5", "linux/arm/v6",
                  "linux/arm/v7", "linux/arm/v8", "linux/arm64"};
  EXPECT_EQ(preferred("linux/arm/v7", all), (Names{"linux/arm/v7", "linux/arm/v6", "linux/arm/v5"}));
  EXPECT_EQ(preferred("linux/arm/v8", all),
            (Names{"linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"}));
  EXPECT_EQ(preferred("linux/arm/v5", all), (Names{"linux/arm/v5"}));
}

TEST(MatchRank, Arm64TakesLesserVersionsThenArm) {
  EXPECT_EQ(preferred("linux/arm64",
                      {"linux/arm/v5", "linux/arm/v7", "linux/arm64/v8.1", "linux/arm64", "linux/arm/v8"}),
            (Names{"linux/arm64", "linux/arm/v8", "linux/arm/v7", "linux/arm/v5"}));
  EXPECT_EQ(preferred("linux/arm64/v8.2",
                      {"linux/arm64", "linux/arm64/v8.3", "linux/arm64/v8.1", "linux/arm64/v8.2"}),
            (Names{"linux/arm64/v8.2", "linux/arm64/v8.1", "linux/arm64"}));
}

TEST(MatchRank, Arm64NineRunsEightFiveUpwards) {
  EXPECT_EQ(
      preferred("linux/arm64/v9.1", {"linux/arm64", "linux/arm64/v8.7", "linux/arm64/v8.6", "linux/arm64/v9",
                                     "linux/arm64/v9.1", "linux/arm64/v9.2", "linux/arm/v8"}),
      (Names{"linux/arm64/v9.1", "linux/arm64/v9", "linux/arm64/v8.6", "linux/arm64", "linux/arm/v8"}));
}

TEST(MatchRank, SurvivesVariantsThatAreNoVersions) {
  EXPECT_EQ(match_rank({"linux", "arm64", "v4294967296.1"}, {"linux", "arm64"}), std::nullopt);
  EXPECT_EQ(match_rank({"linux", "amd64", "vX"}, {"linux", "amd64", "vX"}), 0u);
  EXPECT_EQ(match_rank({"linux", "arm", ""}, {"linux", "arm", "v6"}), 1u);
}

}  // namespace
}  // namespace bayplan::images
