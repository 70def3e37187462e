// Events of a store that other processes change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "cli/command_line.h"

namespace bayplan::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class Events : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1);
    command.ok({"namespace", "create", "begin"});
  }

  /// Makes namespaces until the command, which has just been started, tells of one; all of them are passed
  /// over.
  void wait_until_it_watches(BackgroundCommand& events, const std::string& prefix = "n") {
    constexpr int kMilliseconds = 50;
    int n = 0;
    do {
      command.ok({"namespace", "create", prefix + std::to_string(++n)});
    } while (!events.has_line(kMilliseconds));
    const std::string last = prefix + std::to_string(n);
    while (events.line().find(last) == std::string::npos) {
    }
  }
  static std::string topic(std::string_view line) {
    constexpr std::string_view kBefore = "\"topic\":\"";
    const std::size_t at = line.find(kBefore) + kBefore.size();
    return std::string(line.substr(at, line.find('"', at) - at));
  }

  CommandLine command;
};

TEST_F(Events, AreLinesOfJson) {
  const auto events = command.start({"events"});
  wait_until_it_watches(*events);
  command.ok({"namespace", "create", "prod"});
  EXPECT_THAT(events->line(),
              MatchesRegex(R"(\{"schema":1,"timestamp":"[-0-9]+T[:.0-9]+Z","namespace":"prod",)"
                           R"("topic":"/namespaces/create","kind":"namespace","key":"prod",)"
                           R"("change":"created","revision":[0-9]+\})"));
  command.ok({"namespace", "rm", "prod"});
  EXPECT_EQ(topic(events->line()), "/namespaces/delete");
  command.ok({"sandbox", "create", "s"});
  std::string next = topic(events->line());
  while (next == "/namespaces/create") next = topic(events->line());
  EXPECT_EQ(next, "/sandboxes/create");
}

TEST_F(Events, HaveContainerdsTopics) {
  const auto events =
      command.start({"events", "--filter", "kind==image", "--filter", "kind==content", "--filter",
                     "kind==snapshot", "--filter", "topic==\"/namespaces/create\""});
  wait_until_it_watches(*events);
  command.ok({"image", "import", command.layout().string()});
  std::set<std::string> topics;
  while (!topics.contains("/snapshot/commit")) topics.insert(topic(events->line()));
  EXPECT_THAT(topics, testing::IsSupersetOf({"/content/create", "/images/create", "/snapshot/commit"}));
  command.ok({"image", "rm", "registry.test/small:1"});
  while (!topics.contains("/images/delete")) topics.insert(topic(events->line()));
  command.ok({"gc"});
  while (!topics.contains("/content/delete") || !topics.contains("/snapshot/remove"))
    topics.insert(topic(events->line()));
}

TEST_F(Events, AreOfOneNamespaceAndOneLineForPeopleIfAskedFor) {
  const auto events = command.start({"--format", "table", "--namespace", "begin", "events"});
  int n = 0;
  do {
    command.ok({"namespace", "label", "begin", "n=" + std::to_string(++n)});
  } while (!events->has_line(50));
  command.ok({"namespace", "create", "other"});
  command.ok({"--namespace", "begin", "lease", "create", "--id", "mine"});
  std::string line = events->line();
  while (line.find("update") != std::string::npos) line = events->line();
  EXPECT_THAT(line, MatchesRegex("[-0-9]+T[:.0-9]+Z  begin  /leases/create  mine"));
}

TEST_F(Events, EndWithASignal) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto events = command.start({"events"});
    wait_until_it_watches(*events, "s" + std::to_string(signal) + "-");
    events->send(signal);
    EXPECT_EQ(events->exit_code(), 130);
  }
}

TEST_F(Events, RefuseWhatCannotBe) {
  const CommandResult bad = command.run({"events", "--filter", "kind=="});
  EXPECT_EQ(bad.exit_code, 1) << bad.err;
  EXPECT_THAT(bad.err, HasSubstr("[kind==]"));
  EXPECT_EQ(CommandLine().run({"events"}).exit_code, 3) << "there is no store";
}

}  // namespace
}  // namespace bayplan::test
