#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/tar_builder.h"

namespace bayplan::test {

std::vector<std::string> CommandLine::whole(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {BAYPLAN_COMMAND, "--root", root().string(), "--run-root",
                                       (directory() / "run").string()});
  return arguments;
}

CommandResult CommandLine::run(std::vector<std::string> arguments) const {
  return run_command(whole(std::move(arguments)));
}

std::unique_ptr<BackgroundCommand> CommandLine::start(std::vector<std::string> arguments, int input) const {
  return std::make_unique<BackgroundCommand>(whole(std::move(arguments)), input);
}

std::string CommandLine::ok(std::vector<std::string> arguments) const {
  const CommandResult result = run(std::move(arguments));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

std::filesystem::path CommandLine::layout(const std::string& reference) const {
  const auto path = directory() / "layout";
  LayoutBuilder layout;
  const std::string base =
      TarBuilder().dir("etc").file("etc/name", "small").dir("bin").file("bin/sh", "#!").end();
  const std::string top = TarBuilder().file("etc/.wh.name", "").file("etc/other", "top").end();
  layout.tag(layout.image({base, top}), {{"org.opencontainers.image.ref.name", reference}});
  layout.write_to(path);
  return path;
}

std::map<std::string, std::string> CommandLine::bytes() const {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root())) {
    if (!entry.is_regular_file() || entry.path().filename() == "lock.mdb") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    all[entry.path().string()] = text.str();
  }
  return all;
}

}  // namespace bayplan::test
