#include "bayplan/images/credentials.h"

#include "unit/images/names/credentials_fixture.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::outcome;
using test::write_text;

TEST_F(CredentialsTest, WithoutFilesThereAreNone) { EXPECT_EQ(find("h.io"), "none"); }

TEST_F(CredentialsTest, FilesAreSearchedInOrder) {
  write_text(at("docker/config.json"), entries({"h.io"}));
  EXPECT_EQ(find("h.io"), "password u:h.io");
  write_text(at("config/containers/auth.json"), "{\"auths\":{\"h.io\":{\"auth\":\"dTpjb25maWc=\"}}}");
  EXPECT_EQ(find("h.io"), "password u:config");
  write_text(at("run/auth.json"), "{\"auths\":{\"h.io\":{\"auth\":\"dTpydW4=\"}}}");
  EXPECT_EQ(find("h.io"), "password u:run");
  write_text(at("run/auth.json"), "{\"auths\":{\"h.io\":{},\"g.io\":{\"auth\":\"dTpydW4=\"}}}");
  EXPECT_EQ(find("h.io"), "password u:config");
}

TEST_F(CredentialsTest, TheNamedFileStandsAlone) {
  write_text(at("run/auth.json"), entries({"h.io"}));
  dirs_.auth_file = at("mine.json");
  EXPECT_EQ(find("h.io"), "not_found");
  write_text(at("mine.json"), "{}");
  EXPECT_EQ(find("h.io"), "none");
}

// A user who has credentials is never made anonymous.
TEST_F(CredentialsTest, WhatIsThereAndCannotBeUnderstoodIsAnError) {
  write_text(at("docker/config.json"), entries({"h.io"}));
  for (const std::string& text : {std::string(),
                                  std::string("{"),
                                  std::string("[]"),
                                  std::string("null"),
                                  std::string("{} {}"),
                                  std::string("{\"auths\":[]}"),
                                  std::string("{\"auths\":1}"),
                                  std::string("{\"credsStore\":1}"),
                                  std::string("{\"credHelpers\":{\"h\":1}}"),
                                  std::string("{\"credHelpers\":[]}"),
                                  std::string("{\"auths\":{\"h.io\":1}}"),
                                  std::string("{\"auths\":{\"h.io\":{\"auth\":1}}}"),
                                  std::string("{\"auths\":{\"h.io\":{\"auth\":\"?\"}}}"),
                                  std::string("{\"auths\":{\"h.io\":{\"auth\":\"dQ==\"}}}"),
                                  std::string("{\"auths\":{\"h.io\":{\"auth\":\"OnA=\"}}}"),
                                  std::string("{\"auths\":{\"h.io\":{\"identitytoken\":[]}}}"),
                                  std::string("{\"auths\":{\"h.io\":{\"password\":\"p\"}}}"),
                                  "{\"auths\":{\"h.io\":{\"auth\":\"" + encode_base64("<token>:") + "\"}}}",
                                  std::string("{\"auths\":{},\"auths\":{}}"),
                                  std::string("{\"auths\":{\"h.io\":{}},\"Auths\":{}}")}) {
    EXPECT_EQ(find_in(text, "h.io"), "invalid_argument") << text;
  }
  EXPECT_EQ(find_in("{\"auths\":{\"g.io\":1}}", "h.io"), "password u:h.io");
  fs::remove(at("run/auth.json"));
  fs::create_directory(at("run/auth.json"));
  EXPECT_EQ(find("h.io"), "invalid_argument");
  fs::remove(at("run/auth.json"));
  write_text(at("run/auth.json"), std::string(2 << 20, ' '));
  EXPECT_EQ(find("h.io"), "too_large");
}

// Docker reads these; passing over them would be anonymous.
TEST_F(CredentialsTest, RefusesNamesInAnotherCase) {
  EXPECT_EQ(find_in("{\"Auths\":{\"h.io\":{\"auth\":\"dTpw\"}}}", "h.io"), "invalid_argument");
  EXPECT_EQ(find_in("{\"credsstore\":\"x\"}", "h.io"), "invalid_argument");
  EXPECT_EQ(find_in("{\"credhelpers\":{\"h.io\":\"x\"}}", "h.io"), "invalid_argument");
  EXPECT_EQ(find_in("{\"auths\":{\"h.io\":{\"Auth\":\"dTpw\"}}}", "h.io"), "invalid_argument");
  EXPECT_EQ(find_in("{\"auths\":{\"h.io\":{\"identityToken\":\"i\"}}}", "h.io"), "invalid_argument");
}

TEST_F(CredentialsTest, TheErrorNamesTheFileAndNotTheSecret) {
  write_text(at("run/auth.json"), "{\"auths\":{\"h.io\":{\"auth\":\"c2VjcmV0\"}}}");
  const std::string text = find_credentials(dirs_, "h.io").error().to_string();
  EXPECT_NE(text.find(at("run/auth.json").native()), std::string::npos) << text;
  EXPECT_NE(text.find("h.io"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos) << text;
  EXPECT_EQ(text.find("c2VjcmV0"), std::string::npos) << text;
}

TEST_F(CredentialsTest, TheLongestScopeWins) {
  const std::string text = entries({"h.io", "h.io/a", "h.io/a/b", "h.io:5000", "docker.io"});
  EXPECT_EQ(find_in(text, "h.io/a/b/c"), "password u:h.io/a/b");
  EXPECT_EQ(find_in(text, "h.io/a/b"), "password u:h.io/a/b");
  EXPECT_EQ(find_in(text, "h.io/a/x"), "password u:h.io/a");
  EXPECT_EQ(find_in(text, "h.io/ab"), "password u:h.io");
  EXPECT_EQ(find_in(text, "h.io:5000/a"), "password u:h.io:5000");
  EXPECT_EQ(find_in(text, "h.io:443/a"), "none");
  EXPECT_EQ(find_in(text, "x.h.io/a"), "none");
  EXPECT_EQ(find_in(text, "io"), "none");
  EXPECT_EQ(find_in(text, "docker.io/library/a"), "password u:docker.io");
  EXPECT_EQ(find_in("{\"auths\":{\"h.io/a\":{},\"h.io\":{\"auth\":\"dTpw\"}}}", "h.io/a"), "password u:p");
}

TEST_F(CredentialsTest, HostsMayBeUrls) {
  EXPECT_EQ(find_in(entries({"https://h.io:5000/v2/"}), "h.io:5000/a"), "password u:https://h.io:5000/v2/");
  EXPECT_EQ(find_in(entries({"http://h.io"}), "h.io"), "password u:http://h.io");
  for (const char* spelling :
       {"https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io", "docker.io"}) {
    EXPECT_EQ(find_in(entries({spelling}), "docker.io/library/a"), std::string("password u:") + spelling);
  }
  EXPECT_EQ(find_in(entries({"https://h.io", "h.io"}), "h.io"), "password u:h.io");
  EXPECT_EQ(find_in(entries({"h.io/a"}), "h.io"), "none");
  EXPECT_EQ(find_in(entries({"https://h.io.evil/"}), "h.io"), "none");
}

TEST_F(CredentialsTest, HostsMatchInEitherCase) {
  EXPECT_EQ(find_in(entries({"H.io"}), "h.io/a"), "password u:H.io");
  EXPECT_EQ(find_in(entries({"h.io/a"}), "H.IO/a"), "password u:h.io/a");
  EXPECT_EQ(find_in(entries({"https://H.io/v1/"}), "h.io"), "password u:https://H.io/v1/");
  EXPECT_EQ(*credential_key("H.io/a"), "h.io/a");
}

TEST_F(CredentialsTest, ReadsEveryKindOfEntry) {
  EXPECT_EQ(find_in("{\"auths\":{\"h\":{\"auth\":\"" + encode_base64("u:p:q") + "\"}}}", "h"),
            "password u:p:q");
  EXPECT_EQ(find_in("{\"auths\":{\"h\":{\"auth\":\"dTo=\",\"identitytoken\":\"i\"}}}", "h"), "identity :i");
  EXPECT_EQ(find_in("{\"auths\":{\"h\":{\"auth\":\"" + encode_base64("<token>:t") + "\"}}}", "h"),
            "identity :t");
  EXPECT_EQ(find_in("{\"auths\":{\"h\":{\"registrytoken\":\"r\"}}}", "h"), "bearer :r");
  EXPECT_EQ(find_in("{\"auths\":{\"h\":{\"username\":\"u\",\"password\":\"p\"}}}", "h"), "password u:p");
  EXPECT_EQ(find_in("{\"auths\":{\"h\":{\"auth\":\"\",\"email\":\"e\"}}}", "h"), "none");
  EXPECT_EQ(
      find_in("{\"auths\":{\"h\":{\"auth\":\"" + encode_base64(std::string("u:p\0\0", 5)) + "\"}}}", "h"),
      "password u:p");
  EXPECT_EQ(find_in("{\"auths\":null,\"credHelpers\":null,\"credsStore\":null}", "h"), "none");
}

TEST_F(CredentialsTest, HelpersSpeakBeforeEntries) {
  helpers_.add("one", "echo \"{\\\"Username\\\":\\\"one\\\",\\\"Secret\\\":\\\"$(cat)\\\"}\"");
  helpers_.add("all", "echo \"{\\\"Username\\\":\\\"all\\\",\\\"Secret\\\":\\\"$(cat)\\\"}\"");
  const std::string auths = "\"auths\":{\"h.io\":{\"auth\":\"dTpw\"}}";
  const std::string text =
      "{" + auths + ",\"credHelpers\":{\"h.io\":\"one\",\"n.io\":\"\"},\"credsStore\":\"all\"}";
  EXPECT_EQ(find_in(text, "h.io/a/b"), "password one:h.io");
  EXPECT_EQ(find_in(text, "g.io:5000/a"), "password all:g.io:5000");
  EXPECT_EQ(find_in(text, "docker.io/library/a"), "password all:https://index.docker.io/v1/");
  EXPECT_EQ(find_in(text, "n.io"), "none");
  EXPECT_EQ(find_in("{" + auths + ",\"credsStore\":\"\"}", "h.io"), "password u:p");
}

TEST_F(CredentialsTest, AHelperWithoutCredentialsLeavesItToTheNextFile) {
  helpers_.add("t", "echo 'credentials not found in native keychain'; exit 1");
  write_text(at("docker/config.json"), entries({"h.io"}));
  EXPECT_EQ(find_in("{\"credsStore\":\"t\"}", "h.io"), "password u:h.io");
  EXPECT_EQ(find_in("{\"credsStore\":\"t\"}", "g.io"), "none");
}

TEST_F(CredentialsTest, AHelperThatFailsIsAnError) {
  helpers_.add("t", "exit 1");
  write_text(at("docker/config.json"), entries({"h.io"}));
  EXPECT_EQ(find_in("{\"credsStore\":\"t\"}", "h.io"), "io");
  EXPECT_EQ(find_in("{\"credsStore\":\"there-is-none\"}", "h.io"), "not_found");
  EXPECT_EQ(find_in("{\"credHelpers\":{\"h.io\":\"../t\"}}", "h.io"), "invalid_argument");
}

TEST_F(CredentialsTest, KeysAreHostsAndRepositories) {
  EXPECT_EQ(*credential_key("h.io:5000/a/b"), "h.io:5000/a/b");
  EXPECT_EQ(*credential_key("https://h.io/"), "h.io");
  EXPECT_EQ(*credential_key("http://h.io:80/v2/"), "h.io:80");
  EXPECT_EQ(*credential_key("https://index.docker.io/v1/"), "docker.io");
  EXPECT_EQ(*credential_key("registry-1.docker.io/library/a"), "docker.io/library/a");
  EXPECT_EQ(*credential_key("h.io/v2"), "h.io/v2");
  for (const std::string& text :
       {std::string(), std::string("/"), std::string("h.io/A"), std::string("h.io/a:1"),
        std::string("h.io//a"), std::string("h.io/../a"), std::string("u@h.io"), std::string("ftp://h.io"),
        std::string("h.io?x"), std::string("h.io\n"), std::string("h\0io", 4), std::string("https://")}) {
    EXPECT_EQ(outcome(credential_key(text)), "invalid_argument") << quoted(text);
    EXPECT_EQ(find(text), "invalid_argument") << quoted(text);
  }
}

}  // namespace
}  // namespace bayplan::images
