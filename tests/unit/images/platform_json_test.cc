#include "platform_json.h"

#include <gtest/gtest.h>

#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;

Result<std::optional<Platform>> entry(std::string_view text) {
  BAYPLAN_ASSIGN(const auto document, json::Document::parse(text, "entry"));
  return read_optional_platform(document.root());
}

TEST(PlatformJson, ReadsOsArchitectureAndVariant) {
  EXPECT_EQ(**entry(R"({"platform":{"os":"linux","architecture":"arm","variant":"v7"}})"),
            (Platform{"linux", "arm", "v7"}));
  EXPECT_EQ(**entry(R"({"platform":{"os":"linux","architecture":"amd64","variant":""}})"),
            (Platform{"linux", "amd64"}));
}

TEST(PlatformJson, NothingSaidIsNoPlatform) {
  for (const char* text : {R"({})", R"({"platform":null})", R"({"platform":{}})",
                           R"({"platform":{"os":"","architecture":""}})"}) {
    const auto platform = entry(text);
    ASSERT_EQ(outcome(platform), "ok") << text;
    EXPECT_EQ(*platform, std::nullopt) << text;
  }
}

TEST(PlatformJson, RefusesHalfAPlatformAndOtherTypes) {
  for (const char* text : {R"({"platform":{"os":"linux"}})", R"({"platform":{"architecture":"amd64"}})",
                           R"({"platform":"linux/amd64"})", R"({"platform":{"os":1,"architecture":"amd64"}})",
                           R"({"platform":{"os":"linux","architecture":"amd64","variant":7}})"}) {
    EXPECT_EQ(outcome(entry(text)), "invalid_argument") << text;
  }
}

TEST(PlatformJson, RefusesWordsThatReachOutOfPathsAndTerminals) {
  for (const char* word : {"../../etc", "..", ".", "a/b", "a b", "a\\u001b[2J", "a\\n"}) {
    const std::string text = std::string(R"({"platform":{"os":"linux","architecture":")") + word + "\"}}";
    EXPECT_EQ(outcome(entry(text)), "invalid_argument") << text;
  }
}

}  // namespace
}  // namespace bayplan::images
