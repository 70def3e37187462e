// Images, blobs and snapshots through the command, on the native snapshotter (the overlay one needs mounts).
#include <gtest/gtest.h>

#include "bayplan/base/json.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

class Objects : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override { ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1); }
};

TEST_F(Objects, ImportNamesByAnnotationAndUnpacks) {
  const std::string out = command.ok({"image", "import", command.layout().string()});
  EXPECT_NE(out.find("registry.test/small:1  sha256:"), std::string::npos) << out;
  EXPECT_NE(out.find("unpacked"), std::string::npos) << out;
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), "registry.test/small:1\n");
  const std::string tree = command.ok({"snapshot", "tree"});
  EXPECT_NE(tree.find("committed"), std::string::npos) << tree;
  EXPECT_NE(tree.find("\n  sha256:"), std::string::npos) << "the second layer stands below the first:\n"
                                                         << tree;
}

TEST_F(Objects, ImportWithNameAndWithoutUnpacking) {
  command.ok({"image", "import", command.layout().string(), "--name", "other:2", "--no-unpack"});
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), "docker.io/library/other:2\n");
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}), "");
}

TEST_F(Objects, ImportTwiceIsOnce) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"image", "import", command.layout().string()});
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), "registry.test/small:1\n");
  EXPECT_NE(command.ok({"gc"}).find("removed 0 objects"), std::string::npos);
}

TEST_F(Objects, JsonCarriesItsSchema) {
  command.ok({"image", "import", command.layout().string()});
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"image", "ls"},
                                             {"image", "inspect", "registry.test/small:1"},
                                             {"content", "ls"},
                                             {"snapshot", "ls"},
                                             {"container", "ls"},
                                             {"gc", "--dry-run"},
                                             {"inspect", "check"},
                                             {"inspect", "stats"}}) {
    auto with_format = arguments;
    with_format.insert(with_format.begin(), {"--format", "json"});
    const std::string out = command.ok(with_format);
    auto document = json::Document::parse(out, "output");
    ASSERT_TRUE(document.has_value()) << arguments[0] << ": " << out;
    EXPECT_EQ(document->root().integer("schema").value(), 1) << out;
  }
}

TEST_F(Objects, CatAnswersTheBytesAndSaysWhenTheyAreDamaged) {
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  auto listed = json::Document::parse(
      command.ok({"--format", "json", "image", "inspect", "registry.test/small:1"}), "output");
  const std::string digest(listed->root().string("id").value());
  const std::string config = command.ok({"content", "cat", digest});
  EXPECT_EQ(Digest::of(config).to_string(), digest);

  const auto path = command.root() / "content/blobs/sha256" / digest.substr(7);
  std::string damaged = config;
  damaged[0] ^= 1;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  write_file(path, damaged);
  const CommandResult result = command.run({"content", "cat", digest});
  EXPECT_EQ(result.exit_code, 4) << result.err;
  EXPECT_NE(result.err.find(digest), std::string::npos) << result.err;
}

TEST_F(Objects, RemoveAndCollectLeaveNothing) {
  command.ok({"image", "import", command.layout().string()});
  EXPECT_NE(command.ok({"gc"}).find("removed 0 objects"), std::string::npos);
  command.ok({"image", "rm", "registry.test/small:1"});
  EXPECT_NE(command.ok({"gc", "--dry-run"}).find("would remove 6 objects"), std::string::npos)
      << "4 blobs, 2 snapshots";
  EXPECT_NE(command.ok({"gc"}).find("removed 6 objects"), std::string::npos);
  EXPECT_EQ(command.ok({"content", "ls", "-q"}) + command.ok({"snapshot", "ls", "-q"}), "");
  EXPECT_TRUE(std::filesystem::is_empty(command.root() / "content/blobs/sha256"));
  command.ok({"inspect", "check"});
}

TEST_F(Objects, WhyShowsTheChainFromTheRoot) {
  command.ok({"image", "import", command.layout().string()});
  auto listed = json::Document::parse(
      command.ok({"--format", "json", "image", "inspect", "registry.test/small:1"}), "output");
  const std::string config(listed->root().string("id").value());
  const std::string shown = command.ok({"gc", "why", config});
  const auto image = shown.find("image default/registry.test/small:1 (an image)");
  const auto target = shown.find("\n  content default/sha256:");
  const auto object = shown.find("content default/" + config + " (containerd.io/gc.ref.content.config)");
  EXPECT_NE(image, std::string::npos) << shown;
  EXPECT_LT(image, target) << shown;
  EXPECT_LT(target, object) << shown;
  EXPECT_NE(command.ok({"gc", "why", "registry.test/small:1"}).find("(an image)"), std::string::npos);

  auto json = json::Document::parse(command.ok({"--format", "json", "gc", "why", config}), "output");
  EXPECT_EQ(json->root().array("chains")->size(), 1u);
  EXPECT_EQ(command.run({"gc", "why", "sha256:absent"}).exit_code, 3);
  EXPECT_EQ(command.run({"gc", "why", "image/absent"}).exit_code, 3);

  command.ok({"image", "rm", "registry.test/small:1"});
  EXPECT_NE(command.ok({"gc", "why", config}).find("nothing that is kept refers to it"), std::string::npos);
  EXPECT_NE(command.ok({"content", "ls", "-q"}).find(config), std::string::npos) << "asking removes nothing";
}

TEST_F(Objects, ListsAreFilteredAndPaged) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"container", "create", "--label", "tier=web", "registry.test/small:1", "c1", "/bin/sh"});
  command.ok({"container", "create", "--label", "tier=db", "registry.test/small:1", "c2", "/bin/sh"});
  EXPECT_EQ(command.ok({"container", "ls", "-q", "--filter", "labels.tier==web"}), "c1\n");
  EXPECT_EQ(command.ok({"container", "ls", "-q", "-f", "id==c2", "-f", "labels.tier==web"}), "c1\nc2\n");
  EXPECT_EQ(command.ok({"container", "ls", "-q", "--limit", "1"}), "c1\n");
  EXPECT_EQ(command.ok({"container", "ls", "-q", "--after", "c1"}), "c2\n");
  EXPECT_NE(command.ok({"container", "ls", "--limit", "1"}).find("more: --after c1"), std::string::npos);
  EXPECT_EQ(command.ok({"image", "ls", "-q", "--filter", "name~=small"}), "registry.test/small:1\n");
  EXPECT_EQ(command.ok({"content", "ls", "-q", "--filter", "size>1GiB"}), "");
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q", "--filter", "kind==active", "--after", "c1"}), "c2\n");
  EXPECT_NE(command.ok({"snapshot", "ls", "-f", "kind==active", "--limit", "1"}).find("more: --after c1"),
            std::string::npos);
  const CommandResult bad = command.run({"image", "ls", "--filter", "name=x"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_NE(bad.err.find(">|"), std::string::npos) << bad.err;
}

TEST_F(Objects, UnknownNamesAreNotFound) {
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  EXPECT_EQ(command.run({"image", "rm", "nothing:1"}).exit_code, 3);
  EXPECT_EQ(command.run({"image", "inspect", "nothing:1"}).exit_code, 3);
  EXPECT_EQ(command.run({"container", "info", "nothing"}).exit_code, 3);
  EXPECT_EQ(command.run({"container", "rm", "nothing"}).exit_code, 3);
  EXPECT_EQ(command.run({"container", "create", "nothing:1", "c"}).exit_code, 3);
  EXPECT_EQ(command.run({"image", "import", (command.directory() / "absent").string()}).exit_code, 3);
}

TEST_F(Objects, RemovingSeveralImagesIsAllOrNothing) {
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  EXPECT_EQ(command.run({"image", "rm", "registry.test/small:1", "nothing:1"}).exit_code, 3);
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), "registry.test/small:1\n");
}

TEST_F(Objects, LabelsOfAnImageAreChangedOneByOneUnderAnyOfItsNames) {
  command.ok({"image", "import", command.layout("docker.io/library/small:1").string(), "--no-unpack"});
  command.ok({"image", "label", "small:1", "a=1", "b=2"});
  command.ok({"image", "label", "docker.io/library/small:1", "a=", "c=3"});
  for (const char* kept : {"labels.b==2", "labels.c==3", "labels.a~=/^$/"})
    EXPECT_EQ(command.ok({"image", "ls", "-q", "--filter", kept}), "docker.io/library/small:1\n") << kept;
  EXPECT_EQ(command.run({"image", "label", "nothing:1", "a=1"}).exit_code, 3);
}

TEST_F(Objects, ContainersPinTheirSnapshotAndCarryLabels) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"container", "create", "--label", "a=1", "--label", "b=2", "registry.test/small:1", "c1",
              "/bin/sh", "-c", "x"});
  EXPECT_EQ(command.ok({"container", "ls", "-q"}), "c1\n");
  EXPECT_EQ(command.run({"container", "create", "registry.test/small:1", "c1"}).exit_code, 6);
  command.ok({"container", "label", "c1", "a=", "c=3"});
  auto info = json::Document::parse(command.ok({"container", "info", "c1"}), "output");
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->root().object("labels").value().dump(), R"({"b":"2","c":"3"})");
  EXPECT_EQ(info->root().object("spec").value().object("process").value().array("args").value().size(), 3u);
  command.ok({"gc"});
  command.ok({"inspect", "check"});
  command.ok({"container", "rm", "c1"});
  EXPECT_EQ(command.ok({"container", "ls", "-q"}), "");
}

TEST_F(Objects, WhatWouldBeIgnoredIsRefused) {
  command.ok({"image", "import", command.layout().string()});
  const CommandResult late =
      command.run({"container", "create", "registry.test/small:1", "c1", "--label", "a=1"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_NE(late.err.find("before"), std::string::npos) << late.err;
  EXPECT_EQ(command.ok({"container", "ls", "-q"}), "");
  command.ok({"container", "create", "registry.test/small:1", "c1", "/bin/sh"});
  const CommandResult ignored = command.run({"container", "run", "c1", "/bin/echo", "x"});
  EXPECT_EQ(ignored.exit_code, 1);
  EXPECT_NE(ignored.err.find("--image"), std::string::npos) << ignored.err;
}

TEST_F(Objects, NamesFromOutsideAreSafeOnATerminal) {
  const CommandResult result = command.run({"image", "import", "/nonexistent/\x1b[31mred"});
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << result.err;
}

}  // namespace
}  // namespace bayplan::test
