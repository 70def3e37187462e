// `inspect --source` on bolt files: what it prints, its exit codes, and that it changes nothing.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "bayplan/metadata/db.h"
#include "cli/command_line.h"
#include "support/bolt_builder.h"
#include "support/tree_dump.h"

namespace bayplan::test {
namespace {

class InspectFile : public testing::Test {
 protected:
  void SetUp() override {
    auto db = metadata::Db::open(command.directory() / "made").value();
    db.update([](metadata::WriteTx& tx) -> Result<void> {
        auto image = tx.root().create_path({"v1", "default", "images", "docker.io/a:1"}).value();
        image.put("size", "\x08").value();
        image.put("bytes", std::string("\xff\0", 2)).value();
        tx.create_bucket("other").value().set_sequence(9).value();
        return {};
      }).value();
    bytes_ = bolt_file(root_bucket(*db.begin_read().value()), {.page_bytes = 1024, .transaction = 21});
    write(bytes_);
  }

  void write(const std::string& bytes) const {
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << bytes;
  }
  std::filesystem::path file() const { return command.directory() / "meta.db"; }
  CommandResult inspect(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"inspect", "--source", file().string()});
    return command.run(std::move(arguments));
  }
  std::string ok(std::vector<std::string> arguments) const {
    const CommandResult result = inspect(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  CommandLine command;
  std::string bytes_;
};

TEST_F(InspectFile, PrintsWhatIsInside) {
  EXPECT_EQ(ok({"tree", "v1"}),
            "default/\n  images/\n    docker.io%2Fa:1/\n      bytes = 0xff00\n      size = 4\n");
  EXPECT_EQ(ok({"tree", "--depth", "1"}), "other/\nv1/\n");
  EXPECT_EQ(ok({"keys", "v1/default/images"}), "docker.io%2Fa:1/\n");
  EXPECT_EQ(
      ok({"--format", "json", "keys"}),
      "{\"schema\":1,\"key\":\"other\",\"bucket\":true}\n{\"schema\":1,\"key\":\"v1\",\"bucket\":true}\n");
  EXPECT_EQ(ok({"get", "v1/default/images/docker.io%2Fa:1/bytes"}), std::string("\xff\0", 2));
  EXPECT_EQ(ok({"check"}), "clean: transaction 21\n");
  const std::string info = ok({"--format", "json", "info"});
  EXPECT_EQ(info.find("{\"schema\":1,\"format\":\"bolt 2\",\"meta0\":\"transaction 20\","
                      "\"meta1\":\"transaction 21\",\"transaction\":21,\"pageBytes\":1024,"),
            0u)
      << info;
}

TEST_F(InspectFile, DumpsEveryByte) {
  const std::string dump = ok({"dump"});
  EXPECT_EQ(dump.find("{\"schema\":1,\"path\":\"\",\"format\":\"bolt 2\",\"transaction\":21}\n"
                      "{\"path\":\"\",\"sequence\":0}\n{\"path\":\"other\",\"sequence\":9}\n"),
            0u)
      << dump;
  EXPECT_NE(dump.find("{\"path\":\"v1/default/images/docker.io%2Fa:1/bytes\",\"hex\":\"ff00\"}\n"),
            std::string::npos);
  EXPECT_NE(dump.find("\"buckets\":6,\"values\":2,\"damages\":0,\"digest\":\"sha256:"), std::string::npos);
  const std::string part = ok({"dump", "v1/default/images"});
  EXPECT_NE(part.find("{\"path\":\"v1/default/images/docker.io%2Fa:1/bytes\",\"hex\":\"ff00\"}\n"),
            std::string::npos)
      << "a path is whole, wherever the dump begins";
}

TEST_F(InspectFile, ChangesNothing) {
  const auto time = std::filesystem::last_write_time(file());
  const auto names = [&] {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(command.directory()))
      found.push_back(entry.path().filename());
    return found;
  };
  const auto before = names();
  for (const char* verb : {"info", "check", "tree", "keys", "dump"}) ok({verb});
  std::ifstream in(file(), std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), bytes_);
  EXPECT_EQ(std::filesystem::last_write_time(file()), time);
  EXPECT_EQ(names(), before);
}

TEST_F(InspectFile, SaysWhatItCannotDoByExitCode) {
  EXPECT_EQ(inspect({"get", "v1/absent"}).exit_code, 3);
  EXPECT_EQ(inspect({"tree", "absent"}).exit_code, 3);
  EXPECT_EQ(inspect({"get", "v1//x"}).exit_code, 1);
  EXPECT_EQ(command.run({"inspect", "--source", "/no/such/file", "info"}).exit_code, 3);
  EXPECT_EQ(command.run({"inspect", "--source", "/dev/null", "check"}).exit_code, 1);
  ASSERT_EQ(::mkfifo((command.directory() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(command.run({"inspect", "--source", command.directory() / "fifo", "check"}).exit_code, 1);
  write("no bolt file");
  EXPECT_EQ(inspect({"info"}).exit_code, 4);
}

TEST_F(InspectFile, ShowsDamageWhereItLies) {
  std::string bytes = bytes_;
  const std::size_t key = bytes.find("other");
  ASSERT_NE(key, std::string::npos);
  bytes[key] = 'z';
  write(bytes);
  const CommandResult tree = inspect({"tree"});
  EXPECT_EQ(tree.exit_code, 4);
  EXPECT_NE(tree.out.find("!! page"), std::string::npos) << tree.out;
  const CommandResult dump = inspect({"dump"});
  EXPECT_EQ(dump.exit_code, 4);
  EXPECT_NE(dump.out.find("\"damage\":"), std::string::npos) << dump.out;
  EXPECT_EQ(dump.out.find("\"digest\":"), std::string::npos) << dump.out;
  const CommandResult check = inspect({"check"});
  EXPECT_EQ(check.exit_code, 4);
  EXPECT_NE(check.out.find("out of order"), std::string::npos) << check.out;
}

// What is read then is older than what was committed last, perhaps.
TEST_F(InspectFile, ADamagedMetaPageIsDamageToEveryCommand) {
  std::string bytes = bytes_;
  bytes[1024 + 40] ^= 1;
  write(bytes);
  for (const char* verb : {"info", "check", "tree", "keys", "dump"})
    EXPECT_EQ(inspect({verb}).exit_code, 4) << verb;
}

// A store by its root, its directory or its file: the lock file stays as it was, too.
TEST_F(InspectFile, ReadsAStoreWithoutTouchingIt) {
  const auto store = command.directory() / "made";
  const auto state = [&] {
    std::map<std::string, std::pair<std::string, std::filesystem::file_time_type>> files;
    for (const auto& entry : std::filesystem::directory_iterator(store)) {
      std::ifstream in(entry.path(), std::ios::binary);
      files[entry.path()] = {{std::istreambuf_iterator<char>(in), {}}, entry.last_write_time()};
    }
    return files;
  };
  const auto before = state();
  std::string dump;
  for (const auto& place : {store, store / "data.mdb"}) {
    for (const char* verb : {"info", "check", "tree", "keys", "dump"}) {
      const CommandResult result = command.run({"inspect", "--source", place, verb});
      EXPECT_EQ(result.exit_code, 0) << result.err;
      dump = result.out;
    }
  }
  EXPECT_EQ(state(), before);
  const std::string bolt = ok({"dump"});
  const std::string digest = bolt.substr(bolt.find("\"digest\""));
  EXPECT_NE(dump.find(digest), std::string::npos) << "bolt's file holds the same: " << dump;
}

TEST_F(InspectFile, ShowsWhatIsLeftOfADamagedStore) {
  const auto data = command.directory() / "made" / "data.mdb";
  std::fstream changing(data, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(changing), {});
  // In the row that holds the image, wherever LMDB keeps a copy of it.
  for (std::size_t at = bytes.find("docker.io/a:1"); at != std::string::npos;
       at = bytes.find("docker.io/a:1", at + 1)) {
    changing.seekp(static_cast<std::streamoff>(at));
    changing.put('D');
  }
  changing.close();
  const CommandResult tree = command.run({"inspect", "--source", data, "tree"});
  EXPECT_EQ(tree.exit_code, 4) << tree.err;
  EXPECT_EQ(tree.out.find("other/\n"), 0u) << tree.out;
  EXPECT_NE(tree.out.find("checksum does not match"), std::string::npos) << tree.out;
  EXPECT_EQ(command.run({"inspect", "--source", data, "check"}).exit_code, 4);
}

}  // namespace
}  // namespace bayplan::test
