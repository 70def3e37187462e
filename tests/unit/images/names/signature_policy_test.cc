#include "bayplan/images/signature_policy.h"

#include <gmock/gmock.h>

#include "names/policy_scopes.h"
#include "support/temp_dir.h"
#include "unit/images/names/text_files.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::outcome;
using test::write_text;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kDigest = "sha256:" + std::string(64, 'd');
constexpr const char* kAccept = R"([{"type":"insecureAcceptAnything"}])";
constexpr const char* kReject = R"([{"type":"reject"}])";

// A policy that rejects everything but, or accepts everything but, what `scopes` of `transport` say.
SignaturePolicy policy(const std::string& by_default, const std::string& transport,
                       const std::string& scopes) {
  return *SignaturePolicy::parse(
      "{\"default\":" + by_default + ",\"transports\":{\"" + transport + "\":{" + scopes + "}}}", "t");
}
std::string checked(const SignaturePolicy& rules, std::string_view location) {
  return outcome(rules.check(*parse_location(location)));
}
std::vector<std::string> scopes(std::string_view location) {
  return policy_scopes(*parse_location(location));
}

TEST(PolicyScopes, OfRegistries) {
  EXPECT_THAT(
      scopes("docker://a.h.io:5000/x/y:1"),
      ElementsAre("a.h.io:5000/x/y:1", "a.h.io:5000/x/y", "a.h.io:5000/x", "a.h.io:5000", "*.h.io", "*.io"));
  EXPECT_THAT(scopes("docker://a"), ElementsAre("docker.io/library/a:latest", "docker.io/library/a",
                                                "docker.io/library", "docker.io", "*.io"));
  EXPECT_THAT(scopes("docker://localhost/a@" + kDigest),
              ElementsAre("localhost/a@" + kDigest, "localhost/a", "localhost"));
}

TEST(PolicyScopes, OfPaths) {
  EXPECT_THAT(scopes("oci:/a/b:n:1"), ElementsAre("/a/b:n:1", "/a/b", "/a"));
  EXPECT_THAT(scopes("oci-archive:/a/b.tar"), ElementsAre("/a/b.tar", "/a"));
  EXPECT_THAT(scopes("dir:/a/./c/../b/"), ElementsAre("/a/b", "/a"));
  EXPECT_THAT(scopes("dir:/"), ElementsAre("/"));
  EXPECT_EQ(scopes("dir:x").front(), (fs::current_path() / "x").native());
  EXPECT_THAT(scopes("docker-archive:/a.tar:b"), IsEmpty());
  EXPECT_THAT(scopes("containers-storage:b"), IsEmpty());
}

TEST(SignaturePolicy, TheDefaultDecidesWhatNothingElseDoes) {
  for (const char* text : {"docker://a", "oci:/a", "dir:/a", "docker-archive:/a", "containers-storage:a"}) {
    EXPECT_EQ(checked(SignaturePolicy::accept_anything(), text), "ok");
    EXPECT_EQ(checked(*SignaturePolicy::parse("{\"default\":" + std::string(kReject) + "}", "t"), text),
              "permission_denied");
    EXPECT_EQ(checked(policy(kReject, "tarball", "\"\":" + std::string(kAccept)), text), "permission_denied");
  }
}

TEST(SignaturePolicy, TheLongestScopeDecides) {
  const std::string a = kAccept;
  const std::string r = kReject;
  const SignaturePolicy rules =
      policy(r, "docker",
             "\"h.io\":" + a + ",\"h.io/x\":" + r + ",\"h.io/x/y\":" + a + ",\"h.io/x/y:bad\":" + r +
                 ",\"*.sub.io\":" + a + ",\"docker.io/library/b\":" + a);
  EXPECT_EQ(checked(rules, "docker://h.io/a"), "ok");
  EXPECT_EQ(checked(rules, "docker://h.io/x"), "permission_denied");
  EXPECT_EQ(checked(rules, "docker://h.io/x/z"), "permission_denied");
  EXPECT_EQ(checked(rules, "docker://h.io/xy"), "ok");
  EXPECT_EQ(checked(rules, "docker://h.io/x/y"), "ok");
  EXPECT_EQ(checked(rules, "docker://h.io/x/y:bad"), "permission_denied");
  EXPECT_EQ(checked(rules, "docker://h.io/x/y@" + kDigest), "ok");
  EXPECT_EQ(checked(rules, "docker://h.io:5000/a"), "permission_denied");
  EXPECT_EQ(checked(rules, "docker://a.sub.io/x"), "ok");
  EXPECT_EQ(checked(rules, "docker://sub.io/x"), "permission_denied");
  EXPECT_EQ(checked(rules, "docker://b"), "ok");
  EXPECT_EQ(checked(rules, "docker://c"), "permission_denied");
  EXPECT_EQ(checked(rules, "oci:/h.io"), "permission_denied");
}

TEST(SignaturePolicy, AHostIsRejectedInAnySpelling) {
  const std::string r = kReject;
  const SignaturePolicy rules =
      policy(kAccept, "docker", "\"h.io\":" + r + ",\"G.io/a:Tag\":" + r + ",\"*.Sub.io\":" + r);
  for (const char* text : {"docker://H.IO/a", "docker://h.io/a", "docker://G.IO/a:Tag", "docker://g.io/a:Tag",
                           "docker://A.sub.IO/a"}) {
    EXPECT_EQ(checked(rules, text), "permission_denied") << text;
  }
  EXPECT_EQ(checked(rules, "docker://g.io/a:tag"), "ok");
}

TEST(SignaturePolicy, TheTransportsOwnScopeComesBeforeTheDefault) {
  const SignaturePolicy rules = policy(kReject, "containers-storage", "\"\":" + std::string(kAccept));
  EXPECT_EQ(checked(rules, "containers-storage:a"), "ok");
  EXPECT_EQ(checked(rules, "docker://a"), "permission_denied");
}

TEST(SignaturePolicy, PathsAreScopesToo) {
  const SignaturePolicy rules = policy(kReject, "oci", "\"/trusted\":" + std::string(kAccept));
  EXPECT_EQ(checked(rules, "oci:/trusted/x:1"), "ok");
  EXPECT_EQ(checked(rules, "oci:/trusted"), "ok");
  EXPECT_EQ(checked(rules, "oci:/trusted/../x"), "permission_denied");
  EXPECT_EQ(checked(rules, "oci:/trustedx"), "permission_denied");
}

TEST(SignaturePolicy, ALinkLeadsOutOfAScope) {
  const test::TempDir dir;
  const fs::path trusted = fs::canonical(dir.path()) / "trusted";
  fs::create_directories(trusted);
  fs::create_directories(dir.path() / "other/x");
  fs::create_symlink("../other", trusted / "link");
  fs::create_symlink("loop", trusted / "loop");
  const SignaturePolicy rules = policy(kReject, "oci", "\"" + trusted.native() + "\":" + kAccept);
  EXPECT_EQ(checked(rules, "oci:" + (trusted / "x").native()), "ok");
  EXPECT_EQ(checked(rules, "oci:" + (trusted / "link/x").native()), "permission_denied");
  EXPECT_EQ(checked(rules, "oci:" + (dir.path() / "other/../trusted/link/../trusted").native()), "ok");
  EXPECT_EQ(checked(rules, "oci:" + (trusted / "loop/x").native()), "permission_denied");
}

// A requirement that cannot be checked is not met.
TEST(SignaturePolicy, SignaturesAreRefusedAndNeverTakenForAccepted) {
  for (const char* type : {"signedBy", "signedBaseLayer", "sigstoreSigned"}) {
    const std::string requirement = "{\"type\":\"" + std::string(type) + "\",\"keyPath\":\"/k\"}";
    for (const std::string& all :
         {"[" + requirement + "]", "[{\"type\":\"insecureAcceptAnything\"}," + requirement + "]"}) {
      const auto rules = SignaturePolicy::parse("{\"default\":" + all + "}", "t");
      const auto refused = rules->check(*RegistryReference::parse("h.io/a:1"));
      EXPECT_EQ(outcome(refused), "unsupported") << all;
      EXPECT_NE(refused.error().to_string().find(type), std::string::npos);
    }
  }
}

TEST(SignaturePolicy, EveryRequirementHasToBeMet) {
  const auto rules =
      SignaturePolicy::parse(R"({"default":[{"type":"insecureAcceptAnything"},{"type":"reject"}]})", "t");
  EXPECT_EQ(checked(*rules, "docker://a"), "permission_denied");
}

TEST(SignaturePolicy, SaysWhichScopeRejects) {
  const auto refused = policy(kAccept, "docker", "\"h.io\":" + std::string(kReject))
                           .check(*RegistryReference::parse("h.io/a"));
  EXPECT_EQ(
      refused.error().to_string(),
      "image \"docker://h.io/a:latest\": permission denied: the signature policy rejects it for \"h.io\"");
}

TEST(SignaturePolicy, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"", "{}", "[]", "{\"default\":[]}", "{\"default\":{}}", "{\"default\":[{}]}",
        "{\"default\":[{\"type\":\"x\"}]}", "{\"default\":[{\"type\":1}]}",
        "{\"default\":[{\"type\":\"reject\",\"x\":1}]}",
        "{\"default\":[{\"type\":\"insecureAcceptAnything\",\"x\":1}]}", "{\"default\":[\"reject\"]}",
        "{\"transports\":{}}", "{\"default\":[{\"type\":\"reject\"}],\"x\":1}",
        "{\"default\":[{\"type\":\"reject\"}],\"transports\":[]}",
        "{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"docker\":[]}}",
        "{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"docker\":{\"\":[]}}}",
        "{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"x\":{\"\":[{\"type\":\"y\"}]}}}",
        "{\"default\":[{\"type\":\"reject\"}],\"default\":[{\"type\":\"insecureAcceptAnything\"}]}",
        "{\"default\":[{\"type\":\"reject\"}],\"Default\":[{\"type\":\"insecureAcceptAnything\"}]}"}) {
    EXPECT_EQ(outcome(SignaturePolicy::parse(text, "t")), "invalid_argument") << text;
  }
}

class PolicyFiles : public testing::Test {
 protected:
  PolicyFiles() {
    dirs_.user = at("user");
    dirs_.system = at("etc");
  }
  fs::path at(const char* name) const { return dir_.path() / name; }
  std::string verdict(const fs::path& file = {}) const {
    const auto rules = SignaturePolicy::load(dirs_, file);
    return rules ? checked(*rules, "docker://a") : "load: " + outcome(rules);
  }
  void write(const char* name, const std::string& by_default) const {
    write_text(at(name), "{\"default\":" + by_default + "}");
  }
  ConfigDirs dirs_;

 private:
  test::TempDir dir_;
};

TEST_F(PolicyFiles, TheUsersStandsInPlaceOfTheSystems) {
  EXPECT_EQ(verdict(), "ok");
  write("etc/containers/policy.json", kReject);
  EXPECT_EQ(verdict(), "permission_denied");
  write("user/containers/policy.json", kAccept);
  EXPECT_EQ(verdict(), "ok");
  write("mine.json", kReject);
  EXPECT_EQ(verdict(at("mine.json")), "permission_denied");
}

// A policy that exists but cannot be read fails the pull, as does one that was asked for and is not there.
TEST_F(PolicyFiles, S7_APolicyThatCannotBeReadIsAnError) {
  EXPECT_EQ(verdict(at("none.json")), "load: not_found");
  fs::create_directories(at("user/containers/policy.json"));
  EXPECT_EQ(verdict(), "load: invalid_argument");
  fs::remove(at("user/containers/policy.json"));
  fs::create_symlink("nowhere", at("user/containers/policy.json"));
  EXPECT_EQ(verdict(), "load: invalid_argument");
  fs::remove(at("user/containers/policy.json"));
  write_text(at("user/containers/policy.json"), "{\"default\":");
  EXPECT_EQ(verdict(), "load: invalid_argument");
  write_text(at("user/containers/policy.json"), "");
  EXPECT_EQ(verdict(), "load: invalid_argument");
  write_text(at("user/containers/policy.json"), std::string(2 << 20, ' '));
  EXPECT_EQ(verdict(), "load: too_large");
}

}  // namespace
}  // namespace bayplan::images
