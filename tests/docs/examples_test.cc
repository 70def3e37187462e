#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/image_builder.h"
#include "support/run_command.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"

namespace bayplan::test {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(Readme, ShowsTheExampleThatIsCompiled) {
  const std::filesystem::path source(SOURCE_DIRECTORY);
  const std::string example = read(source / "docs/examples/first_steps.cc");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(read(source / "README.md").find("```cpp\n" + example + "```"), std::string::npos);
}

TEST(Readme, ItsExampleRuns) {
  const TempDir directory;
  LayoutBuilder layout;
  layout.tag(layout.image({TarBuilder().dir("bin").file("bin/sh", "#!").end()}));
  layout.write_to(directory.path() / "image");
  const CommandResult result = run_command(
      {EXAMPLE_FIRST_STEPS, (directory.path() / "store").string(), (directory.path() / "image").string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST(Format, DrawsTheSchemaOfTheHeader) {
  const std::filesystem::path source(SOURCE_DIRECTORY);
  std::istringstream header(read(source / "metadata/include/bayplan/metadata/schema.h"));
  std::string tree;
  for (std::string line; std::getline(header, line) && line.starts_with("//");) {
    tree += line.substr(line.size() > 2 ? 3 : 2) + "\n";
  }
  ASSERT_GT(tree.size(), 500u);
  EXPECT_NE(read(source / "docs/format.md").find("```\n" + tree + "```"), std::string::npos)
      << "docs/format.md and schema.h say different things";
}

}  // namespace
}  // namespace bayplan::test
