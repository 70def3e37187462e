#include <sys/stat.h>

#include <thread>

#include "bayplan/images/credentials.h"
#include "unit/images/names/credentials_fixture.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::outcome;
using test::read_text;
using test::write_text;

using LoginTest = CredentialsTest;

const RegistryCredentials kPassword{.user = "user", .password = "pass:word"};

TEST_F(LoginTest, AHostInAnotherCaseIsReplaced) {
  const fs::path file = write_text(at("run/auth.json"), entries({"H.io", "g.io"}));
  ASSERT_EQ(outcome(store_credentials(file, "h.io", kPassword)), "ok");
  EXPECT_EQ(find("h.io"), "password user:pass:word");
  EXPECT_EQ(find("g.io"), "password u:g.io");
  write_text(file, entries({"H.io/a", "g.io"}));
  EXPECT_TRUE(*remove_credentials(file, "h.io/a"));
  EXPECT_EQ(read_text(file), entries({"g.io"}) + "\n");
}

TEST_F(LoginTest, ATwinInCaseDoesNotMakeTheFileUnreadable) {
  const fs::path file = write_text(at("run/auth.json"), entries({"h.io/A", "g.io"}));
  ASSERT_EQ(outcome(store_credentials(file, "h.io/a", kPassword)), "ok");
  EXPECT_EQ(find("h.io/a"), "password user:pass:word");
  EXPECT_EQ(find("g.io"), "password u:g.io");
}

TEST_F(LoginTest, ALoginGoesToTheNamedFileOrTheRuntimeDirectory) {
  EXPECT_EQ(login_file(dirs_), at("run/auth.json"));
  dirs_.auth_file = "/mine.json";
  EXPECT_EQ(login_file(dirs_), "/mine.json");
}

TEST_F(LoginTest, WhatIsStoredIsFound) {
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

TEST_F(LoginTest, TheFileIsPrivateAndAllElseInItIsKept) {
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
TEST_F(LoginTest, AnEntryKeepsItsName) {
  const fs::path file =
      write_text(at("run/auth.json"), entries({"https://index.docker.io/v1/", "docker.io", "g.io"}));
  ASSERT_EQ(outcome(store_credentials(file, "docker.io", kPassword)), "ok");
  EXPECT_EQ(read_text(file).find("\"docker.io\""), std::string::npos);
  EXPECT_NE(read_text(file).find("\"https://index.docker.io/v1/\""), std::string::npos);
  EXPECT_EQ(find("docker.io/library/a"), "password user:pass:word");
}

TEST_F(LoginTest, ConfigJsonIsWrittenAsDockerReadsIt) {
  const fs::path file = at("docker/config.json");
  ASSERT_EQ(outcome(store_credentials(file, "docker.io", {.user = "u", .password = "p"})), "ok");
  ASSERT_EQ(outcome(store_credentials(file, "h.io", {.user = "u", .password = "p"})), "ok");
  EXPECT_EQ(read_text(file), R"({"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},)"
                             R"("h.io":{"auth":"dTpw"}}})"
                             "\n");
  EXPECT_EQ(outcome(store_credentials(file, "h.io/a", {.user = "u", .password = "p"})), "unsupported");
  EXPECT_EQ(find("docker.io"), "password u:p");
  EXPECT_TRUE(*remove_credentials(file, "docker.io"));
  EXPECT_EQ(read_text(file), R"({"auths":{"h.io":{"auth":"dTpw"}}})"
                             "\n");
}

TEST_F(LoginTest, MissingDirectoriesAreMadeAndEmptyFilesFilled) {
  ASSERT_EQ(outcome(store_credentials(at("x/y/auth.json"), "h.io", kPassword)), "ok");
  struct stat info {};
  ASSERT_EQ(::stat(at("x/y").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0700u);
  write_text(at("empty.json"), "");
  EXPECT_EQ(outcome(store_credentials(at("empty.json"), "h.io", kPassword)), "ok");
}

TEST_F(LoginTest, ALinkStaysOne) {
  write_text(at("real/auth.json"), "{}");
  fs::create_symlink("real/auth.json", at("auth.json"));
  ASSERT_EQ(outcome(store_credentials(at("auth.json"), "h.io", kPassword)), "ok");
  EXPECT_TRUE(fs::is_symlink(at("auth.json")));
  EXPECT_NE(read_text(at("real/auth.json")).find("h.io"), std::string::npos);
}

TEST_F(LoginTest, AFileThatCannotBeUnderstoodIsNotOverwritten) {
  const fs::path file = write_text(at("auth.json"), "{\"auths\":");
  EXPECT_EQ(outcome(store_credentials(file, "h.io", kPassword)), "invalid_argument");
  EXPECT_EQ(outcome(remove_credentials(file, "h.io")), "invalid_argument");
  EXPECT_EQ(read_text(file), "{\"auths\":");
}

TEST_F(LoginTest, WhatCouldNotBeReadAgainIsNotStored) {
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

TEST_F(LoginTest, RemovesTheEntryAndNoOther) {
  const fs::path file = write_text(at("auth.json"), entries({"https://h.io/v2/", "h.io", "h.io/a", "g.io"}));
  EXPECT_TRUE(*remove_credentials(file, "h.io"));
  EXPECT_EQ(read_text(file), entries({"h.io/a", "g.io"}) + "\n");
  EXPECT_FALSE(*remove_credentials(file, "h.io"));
  EXPECT_TRUE(*remove_credentials(file, "h.io/a"));
  EXPECT_EQ(read_text(file), entries({"g.io"}) + "\n");
  EXPECT_FALSE(*remove_credentials(at("none.json"), "h.io"));
  EXPECT_FALSE(fs::exists(at("none.json")));
}

TEST_F(LoginTest, WhereAHelperSpeaksItKeepsTheCredentials) {
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

TEST_F(LoginTest, AllAreRemoved) {
  const fs::path file = write_text(at("auth.json"), entries({"h.io", "h.io/a", "g.io"}));
  EXPECT_EQ(*remove_all_credentials(file), 3u);
  EXPECT_EQ(read_text(file), entries({}) + "\n");
  EXPECT_EQ(*remove_all_credentials(file), 0u);
  EXPECT_EQ(*remove_all_credentials(at("none.json")), 0u);
  EXPECT_FALSE(fs::exists(at("none.json")));
}

TEST_F(LoginTest, AllThatHelpersKeepIsRemoved) {
  helpers_.add("one", "cat >> \"$0.$1\"");
  helpers_.add("all",
               "[ \"$1\" = list ] && echo '{\"https://b.io/v1/\":\"u\",\"c.io\":\"u\"}' || { cat; echo; } >> "
               "\"$0.$1\"");
  const fs::path file =
      write_text(at("auth.json"), R"({"credsStore":"all","credHelpers":{"a.io":"one"},"auths":{"b.io":{}}})");
  EXPECT_EQ(*remove_all_credentials(file), 4u);
  EXPECT_EQ(read_text(helpers_.path() / "docker-credential-one.erase"), "a.io");
  EXPECT_EQ(read_text(helpers_.path() / "docker-credential-all.erase"), "https://b.io/v1/\nc.io\n");
  EXPECT_EQ(read_text(file), R"({"credsStore":"all","credHelpers":{"a.io":"one"},"auths":{}})"
                             "\n");
}

TEST_F(LoginTest, AHelperThatDoesNotListIsAnError) {
  helpers_.add("all", "echo 'no such command'; exit 1");
  const std::string text = R"({"credsStore":"all","auths":{"b.io":{}}})";
  const fs::path file = write_text(at("auth.json"), text);
  EXPECT_EQ(outcome(remove_all_credentials(file)), "io");
  EXPECT_EQ(read_text(file), text);
}

TEST_F(LoginTest, NoLoginIsLostToAnother) {
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
