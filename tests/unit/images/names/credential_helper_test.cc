#include "names/credential_helper.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "names/helper_process.h"
#include "unit/images/names/fake_helper.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

using namespace std::chrono_literals;
using test::outcome;
using test::read_text;

class CredentialHelperTest : public testing::Test {
 protected:
  CredentialHelper helper(const std::string& script, std::chrono::milliseconds deadline = kHelperDeadline) {
    helpers_.add("t", script);
    return *CredentialHelper::named("t", deadline);
  }
  std::string got(const std::string& script, std::chrono::milliseconds deadline = kHelperDeadline) {
    return outcome(helper(script, deadline).get("h.io", {}));
  }

  test::FakeHelpers helpers_;
};

TEST_F(CredentialHelperTest, AnswersWhatTheProgramSays) {
  const auto found =
      helper(
          "echo \"{\\\"ServerURL\\\":\\\"x\\\",\\\"Username\\\":\\\"$1\\\",\\\"Secret\\\":\\\"$(cat)\\\"}\"")
          .get("h.io:5000", {});
  ASSERT_EQ(outcome(found), "ok");
  EXPECT_EQ((*found)->user, "get");
  EXPECT_EQ((*found)->password, "h.io:5000");
}

TEST_F(CredentialHelperTest, ATokenIsAnIdentityToken) {
  const auto found = helper("echo '{\"Username\":\"<token>\",\"Secret\":\"s\"}'").get("h.io", {});
  EXPECT_EQ((*found)->identity_token, "s");
  EXPECT_EQ((*found)->user + (*found)->password, "");
}

TEST_F(CredentialHelperTest, HasNoneWhenItSaysSo) {
  const auto found = helper("echo 'credentials not found in native keychain'; exit 1").get("h.io", {});
  ASSERT_EQ(outcome(found), "ok");
  EXPECT_FALSE(found->has_value());
}

TEST_F(CredentialHelperTest, WhateverElseItDoesIsAnError) {
  EXPECT_EQ(got("echo 'locked'; exit 1"), "io");
  EXPECT_EQ(got("exit 1"), "io");
  EXPECT_EQ(got("kill -9 $$"), "io");
  EXPECT_EQ(got("exit 0"), "invalid_argument");
  EXPECT_EQ(got("echo 'credentials not found in native keychain'"), "invalid_argument");
  EXPECT_EQ(got("echo '{\"Username\":\"u\"}'"), "invalid_argument");
  EXPECT_EQ(got("echo '{\"Username\":\"u\",\"Secret\":\"\"}'"), "invalid_argument");
  EXPECT_EQ(got("echo '{\"Username\":\"u\",\"Secret\":1}'"), "invalid_argument");
  EXPECT_EQ(got("echo '{\"Username\":\"u\",\"Secret\":\"s\"} x'"), "invalid_argument");
  EXPECT_NE(helper("printf 'lock\\033ed'; exit 3").get("h", {}).error().message().find("\\x1b"),
            std::string::npos);
}

TEST_F(CredentialHelperTest, OutputIsBounded) {
  EXPECT_EQ(got("head -c 1048577 /dev/zero"), "too_large");
  EXPECT_EQ(got("cat /dev/zero"), "too_large");
}

TEST_F(CredentialHelperTest, ADeadlineEndsIt) {
  // It waits for input that nobody sends: the FIFO has no writer.
  EXPECT_EQ(got("mkfifo \"$0.fifo\"; exec cat \"$0.fifo\"", 50ms), "io");
}

TEST_F(CredentialHelperTest, CancellationEndsIt) {
  const CancelToken cancel;
  cancel.cancel();
  EXPECT_EQ(outcome(helper("mkfifo \"$0.fifo\"; exec cat \"$0.fifo\"").get("h.io", cancel)), "cancelled");
}

TEST_F(CredentialHelperTest, WhatItLeavesRunningIsNotWaitedFor) {
  const auto found =
      helper("mkfifo \"$0.fifo\"; cat <\"$0.fifo\" & echo '{\"Username\":\"u\",\"Secret\":\"s\"}'")
          .get("h", {});
  EXPECT_EQ(outcome(found), "ok");
  // Lets it go.
  test::write_text(helpers_.path() / "docker-credential-t.fifo", "");
}

TEST_F(CredentialHelperTest, DoesNotNeedItsInputRead) {
  const std::string large(1 << 20, 'x');
  helpers_.add("t", "exit 0");
  const auto answer = run_helper({"docker-credential-t", "get", large, 30s}, {});
  ASSERT_EQ(outcome(answer), "ok");
  EXPECT_EQ(answer->exit_code, 0);
  helpers_.add("t", "wc -c");
  EXPECT_EQ(run_helper({"docker-credential-t", "get", large, 30s}, {})->output, "1048576\n");
}

TEST_F(CredentialHelperTest, ItsCallersDescriptorsAreNotItsOwn) {
  helpers_.add("t", "ls /proc/self/fd | wc -l");
  const UniqueFd open_to_children(::dup(STDERR_FILENO));  // without O_CLOEXEC
  // Three streams, and the one with which ls reads the directory.
  EXPECT_EQ(run_helper({"docker-credential-t", "get", "", 30s}, {})->output, "4\n");
}

TEST_F(CredentialHelperTest, StoresAndErases) {
  const CredentialHelper keeper = helper("cat > \"$0.$1\"");
  EXPECT_EQ(outcome(keeper.store("h.io", {.user = "u\"", .password = "p"}, {})), "ok");
  EXPECT_EQ(read_text(helpers_.path() / "docker-credential-t.store"),
            R"({"ServerURL":"h.io","Username":"u\"","Secret":"p"})");
  EXPECT_EQ(outcome(keeper.store("h.io", {.identity_token = "t"}, {})), "ok");
  EXPECT_EQ(read_text(helpers_.path() / "docker-credential-t.store"),
            R"({"ServerURL":"h.io","Username":"<token>","Secret":"t"})");
  EXPECT_EQ(outcome(keeper.store("h.io", {.registry_token = "t"}, {})), "unsupported");
  EXPECT_TRUE(*keeper.erase("h.io", {}));
  EXPECT_EQ(read_text(helpers_.path() / "docker-credential-t.erase"), "h.io");
  const CredentialHelper none = helper("echo 'credentials not found in native keychain'; exit 1");
  EXPECT_FALSE(*none.erase("h.io", {}));
  EXPECT_EQ(outcome(none.store("h.io", {.user = "u", .password = "p"}, {})), "io");
}

TEST_F(CredentialHelperTest, IsFoundByItsNameOnly) {
  for (const std::string& name : {std::string(), std::string("../x"), std::string("a/b"), std::string("a b"),
                                  std::string("a;b"), std::string("a\0b", 3), std::string("$(x)")}) {
    EXPECT_EQ(outcome(CredentialHelper::named(name)), "invalid_argument") << quoted(name);
  }
  const auto absent = CredentialHelper::named("there-is-none")->get("h", {});
  EXPECT_EQ(outcome(absent), "not_found");
  EXPECT_NE(absent.error().to_string().find("docker-credential-there-is-none"), std::string::npos);
}

TEST_F(CredentialHelperTest, SeveralThreadsMayAsk) {
  const CredentialHelper echo = helper("echo \"{\\\"Username\\\":\\\"u\\\",\\\"Secret\\\":\\\"$(cat)\\\"}\"");
  std::vector<std::string> secrets(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto found = echo.get("h" + std::to_string(i), {});
      secrets[i] = found && *found ? (*found)->password : outcome(found);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < secrets.size(); ++i) EXPECT_EQ(secrets[i], "h" + std::to_string(i));
}

}  // namespace
}  // namespace bayplan::images
