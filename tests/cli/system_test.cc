// The store as a whole: what it holds, and whether it is sound.
#include <gtest/gtest.h>

#include <map>

#include "bayplan/base/json.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

using Figures = std::map<std::string, std::int64_t>;

class System : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override {
    ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1);
    command.ok({"image", "import", command.layout().string()});
  }

  // By kind, or by object in a verbose run.
  std::map<std::string, Figures> usage(const std::string& array) const {
    const std::string out = command.ok({"--format", "json", "system", "df", "-v"});
    const auto document = json::Document::parse(out, "output");
    std::map<std::string, Figures> all;
    const auto rows = document->root().array(array).value();
    for (const auto& row : rows) {
      std::string name(row.string("kind").value());
      if (array == "objects") name += " " + std::string(row.string("key").value());
      for (const char* figure :
           {"total", "inUse", "reclaimable", "bytes", "reclaimableBytes", "shared", "unique"}) {
        if (const auto number = row.integer(figure)) all[name][figure] = *number;
      }
    }
    return all;
  }

  static constexpr const char* kSmall = "registry.test/small:1";
};

TEST_F(System, DfTellsOfEachKind) {
  const std::string table = command.ok({"system", "df"});
  for (const char* word :
       {"KIND", "RECLAIMABLE", "image ", "container ", "snapshot ", "content ", "lease ", "database "})
    EXPECT_NE(table.find(word), std::string::npos) << word << "\n" << table;
  auto kinds = usage("kinds");
  EXPECT_EQ(kinds["image"]["total"], 1);
  EXPECT_EQ(kinds["image"]["inUse"], 0) << "no container names it";
  EXPECT_EQ(kinds["snapshot"]["total"], 2);
  EXPECT_EQ(kinds["snapshot"]["inUse"], 2);
  EXPECT_GT(kinds["snapshot"]["bytes"], 0);
  EXPECT_GT(kinds["content"]["bytes"], 0);
  EXPECT_EQ(kinds["content"]["reclaimableBytes"], 0);
  EXPECT_GT(kinds["database"]["bytes"], 0);
  command.ok({"container", "create", kSmall, "c1", "/bin/sh"});
  kinds = usage("kinds");
  EXPECT_EQ(kinds["image"]["inUse"], 1);
  EXPECT_EQ(kinds["container"]["total"], 1);
  EXPECT_EQ(kinds["snapshot"]["total"], 3);
}

TEST_F(System, ReclaimableIsWhatTheNextCollectionTakes) {
  command.ok({"image", "rm", kSmall});
  auto kinds = usage("kinds");
  EXPECT_EQ(kinds["content"]["reclaimable"], kinds["content"]["total"]);
  EXPECT_EQ(kinds["content"]["inUse"], 0);
  EXPECT_EQ(kinds["content"]["reclaimableBytes"], kinds["content"]["bytes"]);
  const std::int64_t all = kinds["content"]["reclaimableBytes"] + kinds["snapshot"]["reclaimableBytes"];
  const auto collected = json::Document::parse(command.ok({"--format", "json", "gc", "--dry-run"}), "output");
  std::int64_t bytes = 0;
  const auto removed = collected->root().array("removed").value();
  for (const auto& removal : removed) bytes += removal.integer("bytes").value();
  EXPECT_EQ(all, bytes);
  command.ok({"system", "prune"});
  kinds = usage("kinds");
  EXPECT_EQ(kinds["content"]["total"], 0);
  EXPECT_EQ(kinds["content"]["bytes"], 0);
}

TEST_F(System, ABlobOfTwoNamespacesCountsOnce) {
  const auto before = usage("kinds")["content"];
  command.ok({"--namespace", "other", "image", "import", command.layout().string(), "--no-unpack"});
  auto both = usage("kinds")["content"];
  EXPECT_EQ(both["total"], 2 * before.at("total"));
  EXPECT_EQ(both["bytes"], before.at("bytes"));
  command.ok({"--namespace", "other", "image", "rm", kSmall});
  both = usage("kinds")["content"];
  EXPECT_EQ(both["reclaimable"], before.at("total"));
  EXPECT_EQ(both["reclaimableBytes"], 0) << "the other namespace still has each of them";
}

TEST_F(System, VerboseSplitsImagesIntoSharedAndUnique) {
  auto alone = usage("objects")["image registry.test/small:1"];
  EXPECT_GT(alone["bytes"], 0);
  EXPECT_EQ(alone["shared"], 0);
  command.ok({"image", "import", command.layout().string(), "--name", "registry.test/again:1"});
  auto objects = usage("objects");
  const auto small = objects["image registry.test/small:1"];
  EXPECT_EQ(small.at("bytes"), alone["bytes"]);
  EXPECT_EQ(small.at("shared") + small.at("unique"), small.at("bytes"));
  EXPECT_EQ(small.at("shared"), alone["bytes"]) << "the same image under two names";
  const std::string table = command.ok({"system", "df", "-v"});
  EXPECT_NE(table.find("UNIQUE"), std::string::npos) << table;
}

TEST_F(System, VerboseMeasuresWhatAContainerWrote) {
  command.ok({"container", "create", kSmall, "c1", "/bin/sh"});
  auto objects = usage("objects");
  EXPECT_GT(objects["container c1"]["bytes"], 0);
  EXPECT_EQ(objects["container c1"]["bytes"], objects["snapshot native/c1"]["bytes"]);
}

TEST_F(System, DfCountsADirectoryThatIsGoneAsNothing) {
  command.ok({"container", "create", kSmall, "c1", "/bin/sh"});
  std::filesystem::path newest;
  for (const auto& directory : std::filesystem::directory_iterator(command.root() / "snapshots/native")) {
    const std::string name = directory.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (newest.empty() || std::stoi(name) > std::stoi(newest.filename())) newest = directory.path();
  }
  std::filesystem::rename(newest, command.root() / "away");
  EXPECT_EQ(usage("objects")["snapshot native/c1"]["bytes"], 0);
}

TEST_F(System, CheckIsInspectCheck) {
  EXPECT_EQ(command.ok({"system", "check"}), command.ok({"inspect", "check"}));
  for (const auto& blob : std::filesystem::directory_iterator(command.root() / "content/blobs/sha256")) {
    std::filesystem::remove(blob.path());
    break;
  }
  const CommandResult damaged = command.run({"system", "check"});
  EXPECT_EQ(damaged.exit_code, 4);
  EXPECT_EQ(damaged.out, command.run({"inspect", "check"}).out);
  EXPECT_EQ(CommandLine().run({"system", "check"}).exit_code, 3) << "no store";
}

TEST_F(System, ContentIsLabelledOneKeyAtATime) {
  const std::string digests = command.ok({"content", "ls", "-q"});
  const std::string digest = digests.substr(0, digests.find('\n'));
  command.ok({"content", "label", digest, "a=1", "b=2"});
  command.ok({"content", "label", digest, "a=", "c=3"});
  EXPECT_EQ(command.ok({"content", "ls", "-q", "-f", "labels.b==2,labels.c==3"}), digest + "\n");
  EXPECT_EQ(command.ok({"content", "ls", "-q", "-f", "labels.a"}), "");
  EXPECT_EQ(command.run({"content", "label", digest, "nothing"}).exit_code, 1);
  EXPECT_EQ(command.run({"content", "label", "sha256:" + std::string(64, '0'), "a=1"}).exit_code, 3);
  EXPECT_EQ(command.run({"content", "label", "digest", "a=1"}).exit_code, 1);
}

}  // namespace
}  // namespace bayplan::test
