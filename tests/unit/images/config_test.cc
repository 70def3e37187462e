#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bayplan/images/documents.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using test::outcome;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const std::string kDiffId = Digest::of("layer").to_string();
const std::string kRootfs = R"("rootfs":{"type":"layers","diff_ids":[")" + kDiffId + R"("]})";
const std::string kPlatform = R"("architecture":"amd64","os":"linux")";

Result<ImageConfig> parse(std::string_view text) { return parse_config(text, "c"); }

// A config whose member "config" is `object`.
Result<ImageConfig> parse_container(std::string_view object) {
  return parse(std::string("{")
                   .append(kPlatform)
                   .append(",")
                   .append(kRootfs)
                   .append(",\"config\":")
                   .append(object)
                   .append("}"));
}

TEST(ParseConfig, ReadsAllThatAContainerNeeds) {
  const auto config =
      parse_container(R"({"User":"1000:100","Env":["PATH=/bin","EMPTY="],"Entrypoint":["/init"],
      "Cmd":["-v"],"WorkingDir":"/srv","StopSignal":"SIGQUIT","Labels":{"b":"2","a":"1"},"Volumes":{"/../x":{}},
      "ExposedPorts":{"80/tcp":{}},"Healthcheck":{"Test":["CMD","x"]},"OnBuild":null})");
  ASSERT_EQ(outcome(config), "ok");
  EXPECT_EQ(config->platform, (Platform{"linux", "amd64"}));
  EXPECT_EQ(config->diff_ids, std::vector<Digest>{Digest::of("layer")});
  EXPECT_EQ(config->user, "1000:100");
  EXPECT_THAT(config->env, ElementsAre("PATH=/bin", "EMPTY="));
  EXPECT_THAT(config->entrypoint, ElementsAre("/init"));
  EXPECT_THAT(config->cmd, ElementsAre("-v"));
  EXPECT_EQ(config->working_dir, "/srv");
  EXPECT_EQ(config->stop_signal, "SIGQUIT");
  EXPECT_THAT(config->labels, ElementsAre(Pair("b", "2"), Pair("a", "1")));
}

TEST(ParseConfig, ContainerPartIsOptionalAndMayHoldNulls) {
  for (
      const std::string& more :
      {std::string(), std::string(R"(,"config":null)"), std::string(R"(,"config":{})"),
       std::string(
           R"(,"config":{"User":"","Env":null,"Entrypoint":null,"Cmd":null,"Labels":null,"WorkingDir":null})")}) {
    const auto config = parse("{" + kPlatform + "," + kRootfs + more + "}");
    ASSERT_EQ(outcome(config), "ok") << more;
    EXPECT_THAT(config->env, IsEmpty());
    EXPECT_THAT(config->user, IsEmpty());
  }
}

TEST(ParseConfig, ReadsWhatDockerWrites) {
  const auto config =
      parse("{" + kPlatform +
            R"(,"variant":"v2","docker_version":"20.10","container":"abc","container_config":{"User":"x"},
      "created":"2024-01-01T00:00:00Z","history":[{"created_by":"x","empty_layer":true}],"os.version":"1",)" +
            kRootfs +
            R"(,"config":{"Hostname":"","Tty":false,"Env":["A=b"],"ArgsEscaped":true,"Image":"sha256:x"}})");
  ASSERT_EQ(outcome(config), "ok");
  EXPECT_EQ(config->platform.variant, "v2");
  EXPECT_THAT(config->env, ElementsAre("A=b"));
}

TEST(ParseConfig, DemandsArchitectureOsAndRootfs) {
  EXPECT_EQ(outcome(parse("{" + kPlatform + "," + kRootfs + "}")), "ok");
  EXPECT_EQ(outcome(parse("{" + kPlatform + "}")), "invalid_argument");
  EXPECT_EQ(outcome(parse(R"({"os":"linux",)" + kRootfs + "}")), "invalid_argument");
  EXPECT_EQ(outcome(parse(R"({"architecture":"amd64",)" + kRootfs + "}")), "invalid_argument");
  EXPECT_EQ(outcome(parse(R"({"architecture":"","os":"linux",)" + kRootfs + "}")), "invalid_argument");
  EXPECT_EQ(outcome(parse("[]")), "invalid_argument");
  EXPECT_EQ(outcome(parse("{}")), "invalid_argument");
}

TEST(ParseConfig, RootfsIsOfLayersWithDigests) {
  const auto rootfs_outcome = [](std::string_view rootfs) {
    return outcome(parse("{" + kPlatform + ",\"rootfs\":" + std::string(rootfs) + "}"));
  };
  EXPECT_EQ(rootfs_outcome(R"({"type":"layers","diff_ids":[]})"), "ok");
  for (const char* rootfs :
       {"null", "[]", "{}", R"({"type":"layers"})", R"({"diff_ids":[]})", R"({"type":"tar","diff_ids":[]})",
        R"({"type":"layers","diff_ids":{}})", R"({"type":"layers","diff_ids":[1]})",
        R"({"type":"layers","diff_ids":["sha256:../../x"]})"}) {
    EXPECT_EQ(rootfs_outcome(rootfs), "invalid_argument") << rootfs;
  }
}

TEST(ParseConfig, BoundsDiffIds) {
  std::string ids = "\"" + kDiffId + "\"";
  for (std::size_t i = 1; i < kMaxChildren; ++i) ids += ",\"" + kDiffId + "\"";
  const std::string head = "{" + kPlatform + R"(,"rootfs":{"type":"layers","diff_ids":[)";
  EXPECT_EQ(outcome(parse(head + ids + "]}}")), "ok");
  EXPECT_EQ(outcome(parse(head + ids + ",\"" + kDiffId + "\"]}}")), "too_large");
}

TEST(ParseConfig, PlatformWordsStayWords) {
  for (const char* word : {"../../../etc", "amd64\\n", "a b", "\\u001b[31m"}) {
    EXPECT_EQ(outcome(parse(std::string(R"({"os":"linux","architecture":")") + word + "\"," + kRootfs + "}")),
              "invalid_argument")
        << word;
  }
}

TEST(ParseConfig, EnvEntriesWithoutANameAndAValueAreDropped) {
  const auto config = parse_container(R"({"Env":["SECRET","A=1","=x","","B==","HOME"]})");
  ASSERT_EQ(outcome(config), "ok");
  EXPECT_THAT(config->env, ElementsAre("A=1", "B=="));
}

TEST(ParseConfig, UserIsANameOrAnIdThatFits) {
  const auto user_outcome = [](std::string_view user) {
    return outcome(parse_container(std::string(R"({"User":")").append(user).append("\"}")));
  };
  for (const char* user : {"", "root", "0", "0:0", "2147483647:2147483647", "nobody:nogroup", "1000:staff",
                           ":5", "-x", "0x10"}) {
    EXPECT_EQ(user_outcome(user), "ok") << user;
  }
  for (const char* user :
       {"2147483648", "4294967296", "18446744073709551616", "99999999999999999999999", "-1", "+1", "0:-1",
        "0:4294967296", "root\\n", "a\\nroot:x:0:0", "a\\u0000", "\\u001b[1m", "a\\u007f"}) {
    EXPECT_EQ(user_outcome(user), "invalid_argument") << user;
  }
}

TEST(ParseConfig, RefusesMembersOfOtherTypes) {
  for (const char* object :
       {"[]", "\"x\"", R"({"User":0})", R"({"Env":"A=b"})", R"({"Env":[1]})", R"({"Cmd":"sh"})",
        R"({"Entrypoint":{}})", R"({"Labels":[]})", R"({"Labels":{"a":1}})", R"({"Labels":{"a\u0000":"b"}})",
        R"({"WorkingDir":["/"]})", R"({"StopSignal":9})", R"({"WorkingDir":"/\u0000"})"}) {
    EXPECT_EQ(outcome(parse_container(object)), "invalid_argument") << object;
  }
}

TEST(ParseConfig, ReservedLabelsStayAmongTheImagesOwn) {
  const auto config = parse_container(R"({"Labels":{"containerd.io/gc.root":"x"}})");
  ASSERT_EQ(outcome(config), "ok");
  EXPECT_THAT(config->labels, ElementsAre(Pair("containerd.io/gc.root", "x")));
}

TEST(ParseConfig, ErrorsNameTheConfig) {
  const auto config = parse_config("{}", "sha256:c");
  EXPECT_EQ(config.error().to_string().rfind("config \"sha256:c\": ", 0), 0u) << config.error().to_string();
}

}  // namespace
}  // namespace bayplan::images
