// image push, login and logout through the command, against docker-registry.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "bayplan/base/json.h"
#include "cli/command_line.h"
#include "contract/registry/docker_registry.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImage = "registry.test/small:1";

class Push : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1);
    // Nothing of whoever runs the tests.
    for (const char* variable : {"XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DOCKER_CONFIG", "HOME"}) {
      ::setenv(variable, command.directory().c_str(), 1);
    }
    ::unsetenv("REGISTRY_AUTH_FILE");
    ::unsetenv("CONTAINERS_REGISTRIES_CONF");
  }
  static std::string host(const DockerRegistry& registry) {
    return "127.0.0.1:" + std::to_string(registry.port());
  }
  json::Document json(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--format", "json"});
    return json::Document::parse(command.ok(std::move(arguments)), "output").value();
  }
  /// Runs the command with `text` as its standard input.
  CommandResult with_input(const std::string& text, std::vector<std::string> arguments) const {
    const fs::path file = command.directory() / "input";
    write_file(file, text);
    const UniqueFd input(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    const auto running = command.start(std::move(arguments), input.get());
    CommandResult result;
    try {
      while (true) result.out += running->line() + "\n";
    } catch (const std::exception&) {
      result.exit_code = running->exit_code();
    }
    return result;
  }
  std::string htpasswd(const std::string& user, const std::string& password) const {
    const std::string file = command.directory() / "htpasswd";
    EXPECT_EQ(run_command({"htpasswd", "-Bbc", file, user, password}).exit_code, 0);
    return "htpasswd:\n  realm: test\n  path: " + file;
  }
  static std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  CommandLine command;
};

TEST_F(Push, SaysWhereAndWhat) {
  const DockerRegistry registry;
  command.ok({"image", "import", command.layout().string()});
  const auto inspected = json({"image", "inspect", kImage});
  const std::string digest(inspected.root().string("target").value());
  const std::string to = host(registry) + "/small:1";
  const std::string out = command.ok({"image", "push", kImage, to});
  EXPECT_EQ(out.substr(0, out.find('\n')), to + "  " + digest);
  EXPECT_NE(out.find("3 blobs uploaded"), std::string::npos) << out;
  const auto again = json({"image", "push", kImage, "docker://" + to, "--chunk-size", "1M"});
  EXPECT_EQ(again.root().string("digest").value(), digest);
  EXPECT_EQ(again.root().string("destination").value(), to);
  EXPECT_EQ(again.root().integer("uploaded").value(), 0);
  EXPECT_EQ(again.root().integer("existed").value(), 3);
  EXPECT_EQ(json({"image", "push", kImage, host(registry) + "/other:1"}).root().integer("mounted").value(),
            3);
}

TEST_F(Push, ProgressIsJsonLinesForPrograms) {
  const DockerRegistry registry;
  command.ok({"image", "import", command.layout().string()});
  const auto told = [&](const std::string& to, const std::string& format) {
    std::map<std::string, std::uint64_t> done;  // by stage
    const CommandResult result =
        command.run({"--format", format, "image", "push", kImage, host(registry) + to});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::istringstream lines(result.err);
    for (std::string line; std::getline(lines, line);) {
      const auto parsed = json::Document::parse(line, "progress");
      if (!parsed) {
        ADD_FAILURE() << line;
        continue;
      }
      const json::Value root = parsed->root();
      if (root.integer("done").value() == root.integer("total").value()) {
        ++done[std::string(root.string("stage").value())];
      }
    }
    return done;
  };
  using Done = std::map<std::string, std::uint64_t>;
  EXPECT_EQ(told("/a:1", "json"), (Done{{"push", 3}}));
  EXPECT_EQ(told("/a:1", "json"), (Done{{"exists", 3}}));
  EXPECT_EQ(told("/b:1", "json"), (Done{{"mount", 3}}));
  EXPECT_EQ(told("/c:1", "table"), Done{});
}

TEST_F(Push, RefusalsHaveTheirCodes) {
  const DockerRegistry registry({.auth = htpasswd("user", "secret")});
  command.ok({"image", "import", command.layout().string()});
  const std::string to = host(registry) + "/small:1";
  EXPECT_EQ(command.run({"image", "push", "absent:1", to}).exit_code, 3);
  EXPECT_EQ(command.run({"image", "push", kImage, to}).exit_code, 5);
  const CommandResult wrong = command.run({"image", "push", kImage, to, "--creds", "user:wr0ng"});
  EXPECT_EQ(wrong.exit_code, 5);
  EXPECT_EQ(wrong.err.find("wr0ng"), std::string::npos) << wrong.err;
  EXPECT_EQ(command.run({"image", "push", kImage, to, "--creds", ":secret"}).exit_code, 2);
  EXPECT_EQ(command.run({"image", "push", kImage, to, "--authfile", "/absent"}).exit_code, 3);
  EXPECT_EQ(command.run({"image", "push", kImage, to, "--tls-verify"}).exit_code, 1);
  EXPECT_EQ(
      command.run({"image", "push", kImage, to, "--platform", "linux/arm64", "--all-platforms"}).exit_code,
      2);
  EXPECT_EQ(command.run({"image", "push", kImage, to, "--creds", "user:secret"}).exit_code, 0);
}

TEST_F(Push, ALoginOpensTheDoorAndALogoutClosesIt) {
  const DockerRegistry registry({.auth = htpasswd("user", "s3cret:x")});
  command.ok({"image", "import", command.layout().string()});
  const std::string at = host(registry);
  EXPECT_EQ(command.run({"image", "login", "--get-login", at}).exit_code, 3);
  EXPECT_EQ(with_input("wrong\n", {"image", "login", "-u", "user", "--password-stdin", at}).exit_code, 5);
  const fs::path file = command.directory() / "containers/auth.json";
  EXPECT_FALSE(fs::exists(file));
  const CommandResult in = with_input("s3cret:x\n", {"image", "login", "-u", "user", "--password-stdin", at});
  EXPECT_EQ(in.exit_code, 0);
  EXPECT_EQ(in.out.find("s3cret"), std::string::npos);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(command.ok({"image", "login", "--get-login", at}), "user\n");
  command.ok({"image", "push", kImage, at + "/small:1"});
  command.ok({"image", "logout", at});
  EXPECT_EQ(text_of(file), "{\"auths\":{}}\n");
  EXPECT_EQ(command.run({"image", "logout", at}).exit_code, 3);
  EXPECT_EQ(command.run({"image", "push", kImage, at + "/small:2"}).exit_code, 5);
}

TEST_F(Push, LogoutFromAll) {
  const fs::path file = command.directory() / "mine.json";
  write_file(file, R"({"auths":{"a.io":{"auth":"dTpw"},"b.io":{"auth":"dTpw"}},"x":1})");
  EXPECT_EQ(command.run({"image", "logout"}).exit_code, 1);
  EXPECT_EQ(command.run({"image", "logout", "--all", "a.io"}).exit_code, 1);
  const auto out = json({"image", "logout", "--all", "--authfile", file.string()});
  EXPECT_EQ(out.root().integer("removed").value(), 2);
  EXPECT_EQ(text_of(file), "{\"x\":1,\"auths\":{}}\n");
}

TEST_F(Push, WithoutATerminalNobodyIsAskedForAPassword) {
  const CommandResult refused = command.run({"image", "login", "-u", "user", "example.org"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("--password-stdin"), std::string::npos) << refused.err;
  EXPECT_EQ(with_input("", {"image", "login", "-u", "user", "--password-stdin", "example.org"}).exit_code, 1);
  EXPECT_EQ(with_input("x", {"image", "login", "--password-stdin", "example.org"}).exit_code, 1);
}

// A pseudo terminal says whether it shows what is typed.
TEST_F(Push, APasswordIsNotShownWhileItIsTyped) {
  const DockerRegistry registry({.auth = htpasswd("user", "secret")});
  const UniqueFd people(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_EQ(::grantpt(people.get()) + ::unlockpt(people.get()), 0);
  UniqueFd terminal(::open(::ptsname(people.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  const auto running = command.start({"image", "login", host(registry)}, terminal.get());
  const auto type = [&](std::string_view text) {
    ASSERT_EQ(::write(people.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  };
  type("user\n");
  struct termios now {};
  do {
    std::this_thread::yield();
    ASSERT_EQ(::tcgetattr(people.get(), &now), 0);
  } while ((now.c_lflag & ECHO) != 0);
  type("secret\n");
  EXPECT_NE(running->line().find("logged in"), std::string::npos);
  EXPECT_EQ(running->exit_code(), 0);
  ASSERT_EQ(::tcgetattr(people.get(), &now), 0);
  EXPECT_NE(now.c_lflag & ECHO, 0u) << "the terminal is as it was";
  std::string shown(256, '\0');
  shown.resize(
      static_cast<std::size_t>(std::max<ssize_t>(0, ::read(people.get(), shown.data(), shown.size()))));
  EXPECT_EQ(shown.find("secret"), std::string::npos) << shown;
}

}  // namespace
}  // namespace bayplan::test
