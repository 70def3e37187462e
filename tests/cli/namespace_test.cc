#include <gtest/gtest.h>

#include "bayplan/base/json.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

class Namespace : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override { ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1); }
};

TEST_F(Namespace, IsCreatedListedLabelledAndRemoved) {
  EXPECT_EQ(command.ok({"namespace", "create", "prod", "team=a", "tier=1"}), "prod\n");
  EXPECT_EQ(command.run({"namespace", "create", "prod"}).exit_code, 6);
  EXPECT_EQ(command.ok({"namespace", "ls"}), "NAME  LABELS\nprod  team=a,tier=1\n");
  command.ok({"namespace", "label", "prod", "tier=", "zone=x"});
  EXPECT_EQ(command.ok({"--format", "json", "namespace", "ls"}),
            R"({"schema":1,"namespaces":[{"name":"prod","labels":{"team":"a","zone":"x"}}]})"
            "\n");
  command.ok({"namespace", "rm", "prod"});
  EXPECT_EQ(command.ok({"namespace", "ls", "-q"}), "");
}

TEST_F(Namespace, IsNotRemovedWithWhatIsInIt) {
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  command.ok({"namespace", "create", "empty"});
  command.ok({"lease", "create"});
  const CommandResult result = command.run({"namespace", "rm", "empty", "default"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("images, blobs, leases"), std::string::npos) << result.err;
  EXPECT_EQ(command.ok({"namespace", "ls", "-q"}), "default\nempty\n") << "all or none";
}

TEST_F(Namespace, RefusesWhatCannotBe) {
  command.ok({"namespace", "create", "a"});
  EXPECT_EQ(command.run({"namespace", "create", "version"}).exit_code, 1);
  EXPECT_EQ(command.run({"namespace", "create", "b", "no-label"}).exit_code, 1);
  EXPECT_EQ(command.run({"namespace", "label", "none", "k=v"}).exit_code, 3);
  EXPECT_EQ(command.run({"namespace", "rm", "none"}).exit_code, 3);
  EXPECT_EQ(command.ok({"namespace", "ls", "-q"}), "a\n");
}

}  // namespace
}  // namespace bayplan::test
