// image status, tag, untag and search-names through the command, on the native snapshotter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bayplan/base/json.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kImage = "registry.test/small:1";

class ImageNamesCommand : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override {
    ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1);
    ::unsetenv("CONTAINERS_REGISTRIES_CONF");
  }
  void TearDown() override { ::unsetenv("CONTAINERS_REGISTRIES_CONF"); }

  json::Document json(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--format", "json"});
    return json::Document::parse(command.ok(std::move(arguments)), "output").value();
  }
  static std::vector<std::string> strings(const json::Document& document, std::string_view member) {
    const auto values = document.root().optional_strings(member).value();
    return {values.begin(), values.end()};
  }
  std::string id() const {
    return std::string(json({"image", "status", kImage}).root().string("id").value());
  }
};

TEST_F(ImageNamesCommand, S6_StatusFindsAnImageByNameAndByIdAndChangesNothing) {
  command.ok({"image", "import", command.layout().string()});
  const std::string whole = id();
  EXPECT_EQ(whole.size(), 64u);
  const auto before = command.bytes();
  for (const std::string& text :
       {std::string(kImage), whole, whole.substr(0, 12), "docker://" + std::string(kImage)}) {
    EXPECT_THAT(command.ok({"image", "status", text}), HasSubstr(whole.substr(0, 12))) << text;
  }
  EXPECT_TRUE(command.bytes() == before);
  EXPECT_EQ(command.run({"image", "status", "none"}).exit_code, 3);
  EXPECT_EQ(command.run({"image", "status", "No Reference"}).exit_code, 1);
}

TEST_F(ImageNamesCommand, S1_S22_S23_StatusInJson) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"image", "tag", kImage, "also"});
  const auto status = json({"image", "status", kImage});
  EXPECT_THAT(strings(status, "names"), ElementsAre("docker.io/library/also:latest", kImage));
  EXPECT_THAT(strings(status, "repoTags"), ElementsAre("docker.io/library/also:latest", kImage));
  const std::string manifest(status.root().string("manifest").value());
  EXPECT_THAT(strings(status, "repoDigests"),
              ElementsAre("docker.io/library/also@" + manifest, "registry.test/small@" + manifest));
  EXPECT_EQ(status.root().string("canonicalReference").value(), "docker.io/library/also@" + manifest);
  EXPECT_THAT(command.ok({"--format", "json", "image", "status", kImage}),
              testing::Not(HasSubstr("\"size\":null")));
}

TEST_F(ImageNamesCommand, S1_ASizeThatIsNotKnownIsNull) {
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  EXPECT_THAT(command.ok({"--format", "json", "image", "status", kImage}), HasSubstr("\"size\":null"));
}

TEST_F(ImageNamesCommand, T5_TagMovesANameAndTheImageThatHadItStays) {
  command.ok({"image", "import", command.layout().string()});
  const std::string first = id();
  LayoutBuilder layout;
  layout.tag(layout.image({}), {{"org.opencontainers.image.ref.name", "registry.test/other:1"}});
  layout.write_to(command.directory() / "other");
  command.ok({"image", "import", (command.directory() / "other").string()});
  command.ok({"image", "tag", "registry.test/other:1", kImage});
  EXPECT_NE(id(), first);
  EXPECT_THAT(strings(json({"image", "status", first}), "names"), testing::IsEmpty());
  command.ok({"gc"});
  EXPECT_THAT(command.ok({"image", "ls", "-q"}), HasSubstr("sha256:" + first));
  command.ok({"image", "tag", first.substr(0, 12), "registry.test/back:1"});
  EXPECT_THAT(command.ok({"image", "ls", "-q"}), testing::Not(HasSubstr("sha256:" + first)));
  EXPECT_EQ(command.run({"image", "tag", first, "No Reference"}).exit_code, 1);
  EXPECT_EQ(command.run({"image", "tag", "none", "a"}).exit_code, 3);
  command.ok({"system", "check"});
}

TEST_F(ImageNamesCommand, S24_UntagTakesNamesAndWithTheLastTheImage) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"image", "tag", kImage, "a", "b"});
  command.ok({"image", "untag", "a", "docker.io/library/b:latest"});
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), std::string(kImage) + "\n");
  EXPECT_EQ(command.run({"image", "untag", kImage, "none"}).exit_code, 3);
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), std::string(kImage) + "\n") << "all of them, or none";
  command.ok({"image", "untag", kImage});
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), "");
  EXPECT_EQ(command.ok({"snapshot", "ls", "-q"}), "");
  command.ok({"system", "check"});
  command.ok({"gc"});
  EXPECT_EQ(command.ok({"content", "ls", "-q"}), "");
}

TEST_F(ImageNamesCommand, S24_UntagRefusesTheLastNameOfAnImageInUse) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"container", "create", "--pin-image", kImage, "c1", "/bin/sh"});
  const CommandResult refused = command.run({"image", "untag", kImage});
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_THAT(refused.err, HasSubstr("container \"c1\""));
  command.ok({"image", "tag", kImage, "also"});
  command.ok({"container", "rm", "c1"});
  command.ok({"image", "untag", kImage});
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), "docker.io/library/also:latest\n");
}

TEST_F(ImageNamesCommand, TagInJsonTellsWhatMoved) {
  command.ok({"image", "import", command.layout().string()});
  const std::string target(json({"image", "inspect", kImage}).root().string("target").value());
  LayoutBuilder layout;
  layout.tag(layout.image({}), {{"org.opencontainers.image.ref.name", "registry.test/other:1"}});
  layout.write_to(command.directory() / "other");
  command.ok({"image", "import", (command.directory() / "other").string()});
  const std::string other(
      json({"image", "inspect", "registry.test/other:1"}).root().string("target").value());
  const auto tagged =
      json({"image", "tag", "registry.test/other:1", kImage, "also", "registry.test/other:1"});
  std::vector<std::string> told;
  for (const json::Value& image : tagged.root().array("images").value()) {
    EXPECT_EQ(image.string("target").value(), other);
    const auto previous = image.optional_string("previous").value();
    told.push_back(std::string(image.string("name").value()) + " " + std::string(previous.value_or("-")));
  }
  EXPECT_THAT(told, ElementsAre(std::string(kImage) + " " + target, "docker.io/library/also:latest -",
                                "registry.test/other:1 -"));
  EXPECT_EQ(command.ok({"image", "tag", kImage, "more"}), "");
}

TEST_F(ImageNamesCommand, UntagInJsonTellsWhatWent) {
  command.ok({"image", "import", command.layout().string()});
  command.ok({"image", "tag", kImage, "a"});
  const std::string whole = id();
  const std::string begin = "{\"schema\":1,\"images\":[{\"id\":\"" + whole + "\",\"untagged\":[\"";
  EXPECT_EQ(command.ok({"--format", "json", "image", "untag", "a"}),
            begin + "docker.io/library/a:latest\"],\"removed\":false}]}\n");
  EXPECT_EQ(command.ok({"--format", "json", "image", "untag", kImage}),
            begin + kImage + "\"],\"removed\":true}]}\n");
}

TEST_F(ImageNamesCommand, RmOfAnIdSaysThatItTakesNames) {
  command.ok({"image", "import", command.layout().string()});
  const std::string whole = id();
  for (const std::string& text : {whole, whole.substr(0, 12), "sha256:" + whole}) {
    const CommandResult refused = command.run({"image", "rm", text});
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(refused.err, HasSubstr("the ID of \"" + std::string(kImage) + "\"; untag takes IDs")) << text;
  }
  const CommandResult unknown = command.run({"image", "rm", "none"});
  EXPECT_EQ(unknown.exit_code, 3);
  EXPECT_THAT(unknown.err, testing::Not(HasSubstr("ID")));
  EXPECT_EQ(command.ok({"image", "ls", "-q"}), std::string(kImage) + "\n");
}

TEST_F(ImageNamesCommand, S27_SearchNamesTellsWhatAShortNameMayMeanInOrder) {
  const auto file = command.directory() / "registries.conf";
  write_file(file, R"(unqualified-search-registries = ["one.test", "two.test"]
short-name-mode = "permissive"
[[registry]]
prefix = "one.test"
location = "one.test"
[[registry.mirror]]
location = "mirror.test/one"
)");
  ::setenv("CONTAINERS_REGISTRIES_CONF", file.c_str(), 1);
  const auto found = json({"image", "search-names", "app:1"});
  std::vector<std::string> routes;
  for (const json::Value& candidate : found.root().array("candidates").value()) {
    for (const json::Value& route : candidate.array("routes").value()) {
      routes.push_back(std::string(candidate.string("reference").value()) + " " +
                       std::string(route.string("endpoint").value()) + " " +
                       std::string(route.string("reference").value()));
    }
  }
  EXPECT_THAT(routes, ElementsAre("one.test/app:1 https://mirror.test/v2 mirror.test/one/app:1",
                                  "one.test/app:1 https://one.test/v2 one.test/app:1",
                                  "two.test/app:1 https://two.test/v2 two.test/app:1"));
  const std::string table = command.ok({"image", "search-names", "app:1"});
  EXPECT_LT(table.find("mirror.test/one/app:1"), table.find("two.test/app:1"));
  EXPECT_FALSE(std::filesystem::exists(command.root())) << "no store is needed";
}

TEST_F(ImageNamesCommand, S27_SearchNamesSaysWhatIsWrong) {
  const auto file = command.directory() / "registries.conf";
  write_file(file, "[[registry]]\nprefix = \"one.test\"\nblocked = true\n");
  ::setenv("CONTAINERS_REGISTRIES_CONF", file.c_str(), 1);
  EXPECT_THAT(command.ok({"image", "search-names", "one.test/app:1"}), HasSubstr("blocked"));
  EXPECT_EQ(command.run({"image", "search-names", "No Reference"}).exit_code, 1);
  ::setenv("CONTAINERS_REGISTRIES_CONF", (command.directory() / "none").c_str(), 1);
  EXPECT_EQ(command.run({"image", "search-names", "app"}).exit_code, 3);
}

}  // namespace
}  // namespace bayplan::test
