// What bbolt reads in its own files, our reader reads as well.
#include <gtest/gtest.h>

#include "bayplan/metadata/digest.h"
#include "bayplan/metadata/file_source.h"
#include "file_look.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace bayplan::metadata {
namespace {

class BoltInterop : public testing::Test {
 protected:
  // Made by bbolt; answers the digest of what bbolt reads.
  std::string make(std::vector<std::string> how) {
    std::filesystem::remove(file());
    how.insert(how.begin(), {BOLT_FIXTURE, file().string()});
    const test::CommandResult made = test::run_command(how);
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return made.out.substr(0, made.out.find('\n'));
  }
  std::filesystem::path file() const { return directory_.path() / "meta.db"; }

  void expect_same(const std::string& digest) {
    const auto source = open_bolt_file(file());
    ASSERT_TRUE(source) << source.error().to_string();
    EXPECT_EQ(problems_of(**source), std::vector<std::string>{});
    EXPECT_EQ(logical_digest(root_bucket(**source)).value().to_string(), digest);
  }

 private:
  test::TempDir directory_;
};

TEST_F(BoltInterop, reads_what_bbolt_wrote_at_every_page_size) {
  int seed = 0;
  for (int page_bytes = 1024; page_bytes <= 65536; page_bytes *= 2) {
    for (const char* const free_list : {"true", "false"}) {
      SCOPED_TRACE(std::to_string(page_bytes) + " " + std::to_string(++seed));
      expect_same(make({"random", std::to_string(page_bytes), free_list, std::to_string(seed)}));
    }
  }
}

TEST_F(BoltInterop, reads_what_containerd_wrote) {
  if (!HAS_CONTAINERD) GTEST_SKIP() << "containerd's packages are not there";
  expect_same(make({"containerd"}));
  const auto source = open_bolt_file(file()).value();
  const auto images = root_bucket(*source).descend({"v1", "moby", "images"}).value();
  ASSERT_TRUE(images);
  EXPECT_FALSE(images->bucket("registry.example/library/image3:latest").value());
  const auto image = images->descend({"registry.example/library/image4:latest", "target"}).value();
  ASSERT_TRUE(image);
  EXPECT_EQ(image->get("size").value(), "\x0a") << "5 as a zig-zag varint";
}

}  // namespace
}  // namespace bayplan::metadata
