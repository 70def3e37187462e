#include "bayplan/images/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>
#include <vector>

#include "names/base64.h"
#include "unit/images/names/fake_helper.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::outcome;
using test::read_text;
using test::write_text;

const RegistryCredentials kPassword{.user = "user", .password = "pass:word"};

std::string shown(const Result<std::optional<RegistryCredentials>>& found) {
  if (!found) return outcome(found);
  if (!*found) return "none";
  const RegistryCredentials& credentials = **found;
  if (!credentials.identity_token.empty())
    return "identity " + credentials.user + ":" + credentials.identity_token;
  if (!credentials.registry_token.empty())
    return "bearer " + credentials.user + ":" + credentials.registry_token;
  return "password " + credentials.user + ":" + credentials.password;
}

// {"auths": {KEY: {"auth": KEY:x}, ..}}, so that an answer tells which entry it is.
std::string entries(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) {
    text += (text.empty() ? "\"" : ",\"") + key + "\":{\"auth\":\"" + encode_base64("u:" + key) + "\"}";
  }
  return "{\"auths\":{" + text + "}}";
}

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    dirs_.user = at("config");
    dirs_.runtime = at("run");
    dirs_.docker = at("docker");
  }
  fs::path at(const std::string& name) const { return dir_.path() / name; }
  std::string find(std::string_view key) const { return shown(find_credentials(dirs_, key)); }
  // What is found for `key` where `text` is all there is.
  std::string find_in(const std::string& text, std::string_view key) const {
    write_text(at("run/auth.json"), text);
    return find(key);
  }

  ConfigDirs dirs_;
  test::FakeHelpers helpers_;

 private:
  test::TempDir dir_;
};

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

TEST_F(CredentialsTest, AHostInAnotherCaseIsReplaced) {
  const fs::path file = write_text(at("run/auth.json"), entries({"H.io", "g.io"}));
  ASSERT_EQ(outcome(store_credentials(file, "h.io", kPassword)), "ok");
  EXPECT_EQ(find("h.io"), "password user:pass:word");
  EXPECT_EQ(find("g.io"), "password u:g.io");
  write_text(file, entries({"H.io/a", "g.io"}));
  EXPECT_TRUE(*remove_credentials(file, "h.io/a"));
  EXPECT_EQ(read_text(file), entries({"g.io"}) + "\n");
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

TEST_F(CredentialsTest, ALoginGoesToTheNamedFileOrTheRuntimeDirectory) {
  EXPECT_EQ(login_file(dirs_), at("run/auth.json"));
  dirs_.auth_file = "/mine.json";
  EXPECT_EQ(login_file(dirs_), "/mine.json");
}

TEST_F(CredentialsTest, WhatIsStoredIsFound) {
  ASSERT_EQ(outcome(store_credentials(login_file(dirs_), "h.io/a", kPassword)), "ok");
  ASSERT_EQ(outcome(store_credentials(login_file(dirs_), "g.io", {.identity_token = "i"})), "ok");
  ASSERT_EQ(
      outcome(store_credentials(login_file(dirs_), "https://index.docker.io/v1/", {.registry_token = "r"})),
      "ok");
  EXPECT_EQ(find("h.io/a/b"), "password user:pass:word");
  EXPECT_EQ(find("h.io"), "none");
  EXPECT_EQ(find("g.io"), "identity :i");
  EXPECT_EQ(find("docker.io/library/a"), "bearer :r");
}

TEST_F(CredentialsTest, TheFileIsPrivateAndAllElseInItIsKept) {
  const fs::path file =
      write_text(at("auth.json"),
                 "{\"HttpHeaders\":{\"a\":[1,2.5,null]},\"auths\":{\"g.io\":{\"auth\":\"dTpw\",\"email\":"
                 "\"e\"},\"h.io\":{\"auth\":\"b2xkOm9sZA==\"}},\"detachKeys\":\"x\"}",
                 fs::perms(0644));
  ASSERT_EQ(outcome(store_credentials(file, "h.io", kPassword)), "ok");
  EXPECT_EQ(read_text(file), R"({"HttpHeaders":{"a":[1,2.5,null]},"detachKeys":"x","auths":{)"
                             R"("g.io":{"auth":"dTpw","email":"e"},"h.io":{"auth":"dXNlcjpwYXNzOndvcmQ="}}})"
                             "\n");
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
}

// Docker looks for its registry under this name only.
TEST_F(CredentialsTest, AnEntryKeepsItsName) {
  const fs::path file =
      write_text(at("run/auth.json"), entries({"https://index.docker.io/v1/", "docker.io", "g.io"}));
  ASSERT_EQ(outcome(store_credentials(file, "docker.io", kPassword)), "ok");
  EXPECT_EQ(read_text(file).find("\"docker.io\""), std::string::npos);
  EXPECT_NE(read_text(file).find("\"https://index.docker.io/v1/\""), std::string::npos);
  EXPECT_EQ(find("docker.io/library/a"), "password user:pass:word");
}

TEST_F(CredentialsTest, MissingDirectoriesAreMadeAndEmptyFilesFilled) {
  ASSERT_EQ(outcome(store_credentials(at("x/y/auth.json"), "h.io", kPassword)), "ok");
  struct stat info {};
  ASSERT_EQ(::stat(at("x/y").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0700u);
  write_text(at("empty.json"), "");
  EXPECT_EQ(outcome(store_credentials(at("empty.json"), "h.io", kPassword)), "ok");
}

TEST_F(CredentialsTest, ALinkStaysOne) {
  write_text(at("real/auth.json"), "{}");
  fs::create_symlink("real/auth.json", at("auth.json"));
  ASSERT_EQ(outcome(store_credentials(at("auth.json"), "h.io", kPassword)), "ok");
  EXPECT_TRUE(fs::is_symlink(at("auth.json")));
  EXPECT_NE(read_text(at("real/auth.json")).find("h.io"), std::string::npos);
}

TEST_F(CredentialsTest, AFileThatCannotBeUnderstoodIsNotOverwritten) {
  const fs::path file = write_text(at("auth.json"), "{\"auths\":");
  EXPECT_EQ(outcome(store_credentials(file, "h.io", kPassword)), "invalid_argument");
  EXPECT_EQ(outcome(remove_credentials(file, "h.io")), "invalid_argument");
  EXPECT_EQ(read_text(file), "{\"auths\":");
}

TEST_F(CredentialsTest, WhatCouldNotBeReadAgainIsNotStored) {
  const fs::path file = at("auth.json");
  EXPECT_EQ(outcome(store_credentials(file, "h.io", {.password = "p"})), "invalid_argument");
  EXPECT_EQ(outcome(store_credentials(file, "h.io", {.user = "a:b", .password = "p"})), "invalid_argument");
  EXPECT_EQ(outcome(store_credentials(file, "h.io", {.user = "a"})), "invalid_argument");
  EXPECT_EQ(outcome(store_credentials(file, "h.io", {})), "invalid_argument");
  EXPECT_EQ(outcome(store_credentials(file, "h.io", {.identity_token = "i", .registry_token = "r"})),
            "invalid_argument");
  EXPECT_EQ(outcome(store_credentials(file, "h.io/a:1", kPassword)), "invalid_argument");
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(CredentialsTest, RemovesTheEntryAndNoOther) {
  const fs::path file = write_text(at("auth.json"), entries({"https://h.io/v2/", "h.io", "h.io/a", "g.io"}));
  EXPECT_TRUE(*remove_credentials(file, "h.io"));
  EXPECT_EQ(read_text(file), entries({"h.io/a", "g.io"}) + "\n");
  EXPECT_FALSE(*remove_credentials(file, "h.io"));
  EXPECT_TRUE(*remove_credentials(file, "h.io/a"));
  EXPECT_EQ(read_text(file), entries({"g.io"}) + "\n");
  EXPECT_FALSE(*remove_credentials(at("none.json"), "h.io"));
  EXPECT_FALSE(fs::exists(at("none.json")));
}

TEST_F(CredentialsTest, WhereAHelperSpeaksItKeepsTheCredentials) {
  helpers_.add("t", "cat > \"$0.$1\"");
  const std::string text = "{\"credHelpers\":{\"h.io\":\"t\"},\"auths\":{\"h.io\":{}}}";
  const fs::path file = write_text(at("auth.json"), text);
  ASSERT_EQ(outcome(store_credentials(file, "h.io", kPassword)), "ok");
  EXPECT_EQ(read_text(file), text);
  EXPECT_EQ(read_text(helpers_.path() / "docker-credential-t.store"),
            "{\"ServerURL\":\"h.io\",\"Username\":\"user\",\"Secret\":\"pass:word\"}");
  EXPECT_EQ(outcome(store_credentials(file, "h.io/a", kPassword)), "unsupported");
  EXPECT_TRUE(*remove_credentials(file, "h.io"));
  EXPECT_EQ(read_text(helpers_.path() / "docker-credential-t.erase"), "h.io");
  EXPECT_EQ(read_text(file), "{\"credHelpers\":{\"h.io\":\"t\"},\"auths\":{}}\n");
}

TEST_F(CredentialsTest, NoLoginIsLostToAnother) {
  const fs::path file = at("auth.json");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      EXPECT_EQ(outcome(store_credentials(file, "h" + std::to_string(i) + ".io", kPassword)), "ok");
    });
  }
  for (std::thread& thread : threads) thread.join();
  dirs_.auth_file = file;
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(find("h" + std::to_string(i) + ".io"), "password user:pass:word") << i;
}

}  // namespace
}  // namespace bayplan::images
