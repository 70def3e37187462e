// Pods and their containers through the command, on the native snapshotter; tests that mount need root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "bayplan/base/json.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kImage = "registry.test/small:1";

class PodCommand : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override {
    ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1);
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    command.ok({"image", "import", command.layout().string()});
  }
  void make_pod(const std::string& name, const std::string& id) {
    EXPECT_EQ(command.ok({"pod", "create", "--image", kImage, "--id", id, name, "/bin/sh"}), id + "\n");
  }
  void make_member(const std::string& pod, const std::string& id) {
    EXPECT_EQ(command.ok({"container", "create", "--pod", pod, "--name", "name-" + id, kImage, id, "--",
                          "/bin/sh", "-c", id}),
              id + "\n");
  }
  json::Document json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--format", "json"});
    return json::Document::parse(command.ok(std::move(arguments)), "output").value();
  }
  std::string line(std::vector<std::string> arguments) {
    std::string text = command.ok(std::move(arguments));
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }
  void expect_nothing_left() {
    EXPECT_EQ(command.ok({"pod", "ls", "-q"}) + command.ok({"container", "ls", "-q"}), "");
    EXPECT_EQ(command.ok({"snapshot", "ls", "-q", "--filter", "kind==active"}), "");
    EXPECT_TRUE(std::filesystem::is_empty(command.root() / "containers/default"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(command.directory() / "run"))
      EXPECT_NE(entry.path().filename(), "config.json") << entry.path();
    command.ok({"system", "check"});
  }
};

TEST_F(PodCommand, CreateListInspectRemove) {
  EXPECT_EQ(command.ok({"pod", "ls", "-q"}), "");
  EXPECT_EQ(command.ok({"pod", "create", "--image", kImage, "--id", "pod1", "--uid", "u1", "--attempt", "2",
                        "--pod-namespace", "kube-system", "web", "/bin/sh"}),
            "pod1\n");
  make_member("web", "c1");
  make_member("pod1", "c2");
  EXPECT_EQ(command.ok({"pod", "ls", "-q"}), "pod1\n");
  EXPECT_THAT(command.ok({"pod", "ls"}), HasSubstr("pod1  web   kube-system  3           20"));

  const auto listed = json({"pod", "ls"});
  const auto pod = listed.root().array("pods")->at(0);
  EXPECT_EQ(pod.string("name").value(), "web");
  EXPECT_EQ(pod.integer("attempt").value(), 2);
  EXPECT_EQ(pod.array("containers")->size(), 3u);
  for (const char* text : {"pod1", "web", "web-infra", "pod"}) {
    const std::string shown = command.ok({"pod", "inspect", text});
    EXPECT_THAT(shown,
                HasSubstr(R"("schema":1,"id":"pod1","name":"web","namespace":"kube-system","uid":"u1")"));
    EXPECT_THAT(shown, HasSubstr(R"("containers":[{"id":"pod1","name":"web-infra","infrastructure":true)"));
    EXPECT_THAT(shown, HasSubstr(R"({"id":"c2","name":"name-c2","infrastructure":false)"));
    EXPECT_THAT(shown, HasSubstr(R"("image":"registry.test/small@sha256:)"));
  }
  EXPECT_EQ(command.ok({"container", "ls", "-q", "--filter", "sandboxid==pod1"}), "c1\nc2\npod1\n");

  command.ok({"pod", "rm", "web"});
  expect_nothing_left();
}

TEST_F(PodCommand, AnIdIsMadeWhereNoneIsGiven) {
  const std::string first = line({"pod", "create", "--image", kImage, "a", "/bin/sh"});
  const std::string second = line({"pod", "create", "--image", kImage, "b", "/bin/sh"});
  EXPECT_EQ(first.size(), 64u) << first;
  EXPECT_EQ(first.find_first_not_of("0123456789abcdef"), std::string::npos) << first;
  EXPECT_NE(first, second);
  EXPECT_THAT(command.ok({"pod", "inspect", first.substr(0, 12)}), HasSubstr(R"("name":"a")"));
}

TEST_F(PodCommand, RefusesWhatCannotBe) {
  make_pod("web", "pod1");
  const auto refused = [&](int code, const char* words, std::vector<std::string> arguments) {
    const CommandResult result = command.run(std::move(arguments));
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(words));
  };
  refused(6, "cri-o", {"pod", "create", "--image", kImage, "web", "/bin/sh"});
  refused(6, "already in use", {"pod", "create", "--image", kImage, "--id", "pod1", "other", "/bin/sh"});
  refused(1, "container ID", {"pod", "create", "--image", kImage, "--id", "a/b", "other", "/bin/sh"});
  refused(1, "options stand before", {"pod", "create", "--image", kImage, "other", "--uid", "u"});
  refused(3, "not present in image store",
          {"container", "create", "--pod", "web", "registry.test/none:1", "c1"});
  refused(3, "pod", {"container", "create", "--pod", "none", kImage, "c1"});
  refused(3, "pod", {"pod", "inspect", "none"});
  refused(3, "pod", {"pod", "rm", "web", "none"});
  refused(1, "--pod", {"container", "create", "--name", "n", kImage, "c1"});
  refused(1, "container label", {"container", "create", "--pod", "web", "--label", "a=1", kImage, "c1"});
  refused(3, "nonexistent",
          {"container", "create", "--pod", "web", "--config", "/nonexistent/c", kImage, "c1"});
  refused(1, "--config",
          {"container", "create", "--pod", "web", "--config", "/dev/null", kImage, "c1", "/bin/sh"});
  for (const char* verb : {"mount", "unmount", "workdir", "rundir", "metadata", "exec-config", "info"})
    refused(3, "none", {"container", verb, "none"});
  EXPECT_EQ(command.ok({"container", "ls", "-q"}), "pod1\n") << "the refused ones made and removed nothing";
  command.ok({"system", "check"});
}

TEST_F(PodCommand, ContainersAreFoundByNameAndByTheBeginningOfTheirId) {
  make_pod("web", "pod1");
  make_member("web", "abcd1");
  make_member("web", "abcd2");
  for (const char* text : {"abcd1", "name-abcd1", "name-abcd1-layer"})
    EXPECT_THAT(command.ok({"container", "info", text}), HasSubstr(R"("id":"abcd1")")) << text;
  EXPECT_THAT(command.ok({"container", "info", "name-abcd1"}),
              HasSubstr(R"("service":"cri-o","names":["name-abcd1"],"layerNames":["name-abcd1-layer"])"));
  const CommandResult both = command.run({"container", "info", "abcd"});
  EXPECT_EQ(both.exit_code, 3);
  EXPECT_THAT(both.err, HasSubstr("several IDs begin so"));
  command.ok({"container", "label", "name-abcd1", "a=1"});
  EXPECT_EQ(command.ok({"container", "ls", "-q", "--filter", "labels.a==1"}), "abcd1\n");
  command.ok({"container", "rm", "name-abcd1"});
  EXPECT_EQ(line({"container", "workdir", "abc"}), (command.root() / "containers/default/abcd2").string());
}

TEST_F(PodCommand, MountsAreCountedAndTheConfigNamesThem) {
  make_pod("web", "pod1");
  make_member("web", "c1");
  const std::string at = line({"container", "mount", "name-c1"});
  EXPECT_TRUE(std::filesystem::exists(at + "/bin/sh"));
  EXPECT_EQ(json({"container", "mount", "c1"}).root().integer("count").value(), 2);
  EXPECT_THAT(command.ok({"container", "exec-config", "c1"}), HasSubstr("\"root\":{\"path\":\"" + at + "\""));
  EXPECT_THAT(command.ok({"pod", "inspect", "web"}),
              HasSubstr("\"mounted\":{\"target\":\"" + at + "\",\"count\":2}"));
  EXPECT_EQ(command.ok({"container", "unmount", "c1"}), "still mounted for 1\n");
  EXPECT_EQ(command.ok({"container", "unmount", "c1"}), "");
  EXPECT_FALSE(std::filesystem::exists(at));
  EXPECT_EQ(command.run({"container", "unmount", "c1"}).exit_code, 3);
  EXPECT_EQ(command.ok({"container", "unmount", "-f", "c1"}), "");

  const std::string run_dir = line({"container", "rundir", "c1"});
  EXPECT_TRUE(std::filesystem::exists(run_dir + "/config.json"));
  EXPECT_EQ(json({"container", "rundir", "c1"}).root().string("path").value(), run_dir);
  command.ok({"pod", "rm", "web"});
  expect_nothing_left();
}

TEST_F(PodCommand, TheTemplateIsOfTheImageOrOfAFile) {
  make_pod("web", "pod1");
  make_member("web", "c1");
  EXPECT_EQ(command.run({"container", "exec-config", "c1"}).exit_code, 3) << "not started yet";
  EXPECT_THAT(command.ok({"container", "exec-config", "--template", "c1"}),
              HasSubstr(R"("args":["/bin/sh","-c","c1"])"));
  const std::string text = R"({"ociVersion":"1.1.0","process":{"args":["x"]},"mine":[1]})";
  write_file(command.directory() / "config.json", text);
  command.ok({"container", "create", "--pod", "web", "--config",
              (command.directory() / "config.json").string(), kImage, "c2"});
  EXPECT_EQ(line({"container", "exec-config", "--template", "c2"}), text);
}

TEST_F(PodCommand, MetadataIsShownAndReplaced) {
  make_pod("web", "pod1");
  make_member("web", "c1");
  const std::string before = line({"container", "metadata", "name-c1"});
  EXPECT_THAT(before, HasSubstr(R"("pod-name":"web","pod-id":"pod1","image-name":"registry.test/small:1")"));
  std::string changed = before;
  changed.replace(changed.find("\"name-c1\""), 9, "\"another\"");
  const auto file = command.directory() / "metadata.json";
  write_file(file, changed);
  command.ok({"container", "metadata", "c1", "--set", file.string()});
  EXPECT_EQ(line({"container", "metadata", "c1"}), changed);
  write_file(file, "nonsense");
  EXPECT_EQ(command.run({"container", "metadata", "c1", "--set", file.string()}).exit_code, 4);
  EXPECT_EQ(line({"container", "metadata", "c1"}), changed) << "untouched";
  command.ok({"container", "create", kImage, "bare", "/bin/sh"});
  EXPECT_EQ(command.run({"container", "metadata", "bare"}).exit_code, 3);
}

TEST_F(PodCommand, ReadingChangesNothing) {
  make_pod("web", "pod1");
  make_member("web", "c1");
  const auto before = command.bytes();
  command.ok({"pod", "ls"});
  command.ok({"pod", "inspect", "web"});
  command.ok({"container", "ls"});
  command.ok({"container", "info", "name-c1"});
  command.ok({"container", "metadata", "c1"});
  EXPECT_EQ(command.bytes(), before);
}

TEST_F(PodCommand, APodWithoutItsInfrastructureContainerIsStillFoundByIdAndName) {
  make_pod("web", "pod1");
  make_member("web", "c1");
  command.ok({"container", "rm", "web-infra"});
  EXPECT_THAT(command.ok({"pod", "inspect", "pod1"}), HasSubstr(R"("containers":[{"id":"c1")"));
  make_member("web", "c2");
  command.ok({"pod", "rm", "web"});
  expect_nothing_left();
}

TEST_F(PodCommand, WhatAnotherServiceMadeIsNoPod) {
  command.ok({"container", "create", kImage, "bare", "/bin/sh"});
  EXPECT_EQ(command.ok({"pod", "ls", "-q"}), "");
  EXPECT_EQ(command.run({"pod", "rm", "bare"}).exit_code, 3);
  EXPECT_EQ(command.ok({"container", "ls", "-q"}), "bare\n");
}

}  // namespace
}  // namespace bayplan::test
