// Records of sandboxes through the command.
#include <gtest/gtest.h>

#include "bayplan/base/json.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

class SandboxCommand : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override { ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1); }
};

TEST_F(SandboxCommand, CreateListLabelRemove) {
  EXPECT_EQ(command.ok({"sandbox", "create", "pod1", "--runtime", "runc", "--sandboxer", "podsandbox",
                        "--label", "tier=web", "--label", "b=2"}),
            "pod1\n");
  command.ok({"sandbox", "create", "--label", "tier=db", "pod2"});
  EXPECT_EQ(command.ok({"sandbox", "ls", "-q"}), "pod1\npod2\n");
  EXPECT_EQ(command.ok({"sandbox", "ls", "-q", "--filter", "labels.tier==web,sandboxer==podsandbox"}),
            "pod1\n");
  EXPECT_EQ(command.ok({"sandbox", "ls", "-q", "--limit", "1"}), "pod1\n");
  EXPECT_EQ(command.ok({"sandbox", "ls", "-q", "--after", "pod1"}), "pod2\n");
  const std::string table = command.ok({"sandbox", "ls", "--limit", "1"});
  EXPECT_NE(table.find("pod1     podsandbox  runc     b=2,tier=web  20"), std::string::npos) << table;
  EXPECT_NE(table.find("more: --after pod1"), std::string::npos) << table;

  command.ok({"sandbox", "label", "pod1", "tier=", "c=3"});
  const std::string json = command.ok({"--format", "json", "sandbox", "ls"});
  EXPECT_NE(json.find(R"("schema":1)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("id":"pod1","sandboxer":"podsandbox","runtime":"runc")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("labels":{"b":"2","c":"3"})"), std::string::npos) << json;

  command.ok({"inspect", "check"});
  EXPECT_EQ(command.run({"sandbox", "rm", "pod1", "none"}).exit_code, 3);
  EXPECT_EQ(command.ok({"sandbox", "ls", "-q"}), "pod1\npod2\n") << "all or none";
  command.ok({"sandbox", "rm", "pod1", "pod2"});
  EXPECT_EQ(command.ok({"sandbox", "ls", "-q"}), "");
}

TEST_F(SandboxCommand, KeepsTheSpecThatItIsGiven) {
  const auto spec = command.directory() / "spec.json";
  write_file(spec, R"({"ociVersion":"1.1.0","hostname":"pod"})");
  command.ok({"sandbox", "create", "pod1", "--spec", spec.string()});
  const auto info = json::Document::parse(command.ok({"sandbox", "info", "pod1"}), "output");
  ASSERT_TRUE(info.has_value());
  const auto shown = info->root().object("spec").value();
  EXPECT_EQ(shown.string("typeUrl").value(), "types.containerd.io/opencontainers/runtime-spec/1/Spec");
  EXPECT_EQ(shown.object("value")->string("hostname").value(), "pod");
  const std::string tree = command.ok({"inspect", "tree", "v1/default/sandboxes/pod1"});
  EXPECT_NE(tree.find("spec = types.containerd.io/opencontainers/runtime-spec/1/Spec (39 bytes)"),
            std::string::npos)
      << tree;
}

TEST_F(SandboxCommand, IsARootThatWhyNames) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"sandbox", "create", "pod1", "--label", "containerd.io/gc.ref.image=registry.test/small:1"});
  const std::string why = command.ok({"gc", "why", "registry.test/small:1"});
  EXPECT_NE(why.find("sandbox default/pod1 (a sandbox)\n  image default/registry.test/small:1 "
                     "(containerd.io/gc.ref.image)"),
            std::string::npos)
      << why;
  EXPECT_NE(command.ok({"gc", "why", "sandbox/pod1"}).find("(a sandbox)"), std::string::npos);
  command.ok({"gc"});
  EXPECT_EQ(command.ok({"sandbox", "ls", "-q"}), "pod1\n");
  EXPECT_EQ(command.run({"namespace", "rm", "default"}).exit_code, 1);
}

TEST_F(SandboxCommand, RefusesWhatCannotBe) {
  command.ok({"sandbox", "create", "a"});
  EXPECT_EQ(command.run({"sandbox", "create", "a"}).exit_code, 6);
  EXPECT_EQ(command.run({"sandbox", "create", "a/b"}).exit_code, 1);
  EXPECT_EQ(command.run({"sandbox", "create", "b", "--label", "novalue"}).exit_code, 1);
  EXPECT_EQ(command.run({"sandbox", "create", "b", "--spec", "/nonexistent/spec"}).exit_code, 3);
  write_file(command.directory() / "bad.json", "{");
  EXPECT_EQ(command.run({"sandbox", "create", "b", "--spec", (command.directory() / "bad.json").string()})
                .exit_code,
            1);
  EXPECT_EQ(command.run({"sandbox", "info", "b"}).exit_code, 3);
  EXPECT_EQ(command.run({"sandbox", "label", "b", "x=1"}).exit_code, 3);
  EXPECT_EQ(command.run({"sandbox", "ls", "--filter", "id=a"}).exit_code, 1);
  EXPECT_EQ(command.ok({"sandbox", "ls", "-q"}), "a\n");
}

TEST_F(SandboxCommand, ContainersPinTheirImageWhenAsked) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"container", "create", "registry.test/small:1", "bare", "/bin/sh"});
  command.ok({"container", "create", "--pin-image", "registry.test/small:1", "pinning", "/bin/sh"});
  const std::string why = command.ok({"gc", "why", "image/registry.test/small:1"});
  EXPECT_NE(why.find("container default/pinning (a container)"), std::string::npos) << why;
  EXPECT_EQ(why.find("default/bare"), std::string::npos) << why;
  const auto info = json::Document::parse(command.ok({"container", "info", "pinning"}), "output");
  EXPECT_EQ(info->root().object("extensions")->dump(), "{}");
}

}  // namespace
}  // namespace bayplan::test
