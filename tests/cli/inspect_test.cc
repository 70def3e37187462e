#include <gtest/gtest.h>

#include "bayplan/images/images.h"
#include "bayplan/images/store.h"
#include "cli/command_line.h"

namespace bayplan::test {
namespace {

class Inspect : public testing::Test {
 protected:
  CommandLine command;
  void SetUp() override {
    ::setenv("BAYPLAN_SNAPSHOTTER", "native", 1);
    command.ok({"image", "import", command.layout().string()});
  }
};

TEST_F(Inspect, ChangesNoByteOfTheStore) {
  const auto before = command.bytes();
  const auto time = std::filesystem::last_write_time(command.root() / "metadata/data.mdb");
  command.ok({"inspect", "tree"});
  command.ok({"inspect", "check"});
  command.ok({"inspect", "stats"});
  command.ok({"inspect", "get", "v1/version"});
  command.ok({"image", "ls"});
  command.ok({"gc", "--dry-run"});
  EXPECT_EQ(command.bytes(), before);
  EXPECT_EQ(std::filesystem::last_write_time(command.root() / "metadata/data.mdb"), time);
}

TEST_F(Inspect, TreeDecodesValuesAndEscapesKeys) {
  const std::string tree = command.ok({"inspect", "tree"});
  EXPECT_NE(tree.find("version = 4\n"), std::string::npos) << tree;
  EXPECT_NE(tree.find("registry.test%2Fsmall:1/\n"), std::string::npos) << tree;
  EXPECT_NE(tree.find("createdat = 20"), std::string::npos) << tree;
  const std::string target =
      command.ok({"inspect", "tree", "v1/default/images/registry.test%2Fsmall:1/target"});
  EXPECT_EQ(target.find("digest = sha256:"), 0u) << target;
}

TEST_F(Inspect, GetAnswersRawBytes) {
  EXPECT_EQ(command.ok({"inspect", "get", "v1/version"}), std::string("\x08", 1)) << "4 as a zig-zag varint";
  EXPECT_EQ(command.run({"inspect", "get", "v1/absent"}).exit_code, 3);
  EXPECT_EQ(command.run({"inspect", "get", "v1/default"}).exit_code, 3) << "a bucket is no value";
  EXPECT_EQ(command.run({"inspect", "get", "v1//x"}).exit_code, 1);
  EXPECT_EQ(command.run({"inspect", "tree", "v1/absent"}).exit_code, 3);
}

TEST_F(Inspect, WorksBesideAnOpenWriteTransaction) {
  auto store = images::Store::open(command.root());
  ASSERT_TRUE(store.has_value()) << store.error().to_string();
  auto undone = store->db().update([&](metadata::WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(images::remove(tx, "default", "registry.test/small:1"));
    command.ok({"inspect", "check"});
    EXPECT_NE(command.ok({"inspect", "tree"}).find("registry.test%2Fsmall:1/"), std::string::npos)
        << "the other process sees the last commit";
    return Error(Errc::cancelled, "test", {});
  });
  EXPECT_FALSE(undone.has_value());
}

TEST_F(Inspect, CheckNamesAMissingBlob) {
  for (const auto& blob : std::filesystem::directory_iterator(command.root() / "content/blobs/sha256")) {
    std::filesystem::remove(blob.path());
    const CommandResult result = command.run({"inspect", "check"});
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_NE(result.out.find(blob.path().filename().string()), std::string::npos) << result.out;
    break;
  }
}

TEST_F(Inspect, ALinkInPlaceOfTheLockFileIsNotFollowed) {
  const auto lock = command.root() / "metadata/lock.mdb";
  write_file(command.directory() / "decoy", "untouched");
  std::filesystem::remove(lock);
  std::filesystem::create_symlink(command.directory() / "decoy", lock);
  EXPECT_EQ(command.run({"inspect", "stats"}).exit_code, 4);
  EXPECT_EQ(command.run({"image", "ls"}).exit_code, 4);
  EXPECT_EQ(std::filesystem::file_size(command.directory() / "decoy"), 9u);
}

// Every page in turn, the free list's among them.
TEST_F(Inspect, APageOfGarbageIsDamageNotACrash) {
  const auto data = command.root() / "metadata/data.mdb";
  const std::string good = command.bytes().at(data.string());
  constexpr std::size_t kPage = 4096;
  int damaged = 0;
  for (std::size_t page = 0; page * kPage < good.size(); ++page) {
    std::string bytes = good;
    bytes.replace(page * kPage + 10, 64, 64, '\xe5');
    write_file(data, bytes);
    for (const std::vector<std::string>& look :
         {std::vector<std::string>{"inspect", "tree"}, {"image", "ls"}}) {
      const CommandResult result = command.run(look);
      EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 4)
          << page << ": " << result.exit_code << result.err;
      damaged += result.exit_code == 4 ? 1 : 0;
    }
  }
  EXPECT_GT(damaged, 0);
}

TEST_F(Inspect, ATruncatedStoreIsDamageNotACrash) {
  std::filesystem::resize_file(command.root() / "metadata/data.mdb", 5000);
  for (const char* verb : {"check", "tree", "stats"}) {
    const CommandResult result = command.run({"inspect", verb});
    EXPECT_EQ(result.exit_code, 4) << verb << ": " << result.err;
    EXPECT_NE(result.err.find("data.mdb"), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace bayplan::test
