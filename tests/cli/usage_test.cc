#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/command_line.h"

namespace bayplan::test {
namespace {

struct Case {
  const char* name;
  std::vector<std::string> arguments;
  int exit_code;
  const char* words;  ///< somewhere on standard error
};

class Usage : public testing::TestWithParam<Case> {};

TEST_P(Usage, AnswersExitCodeAndReason) {
  const CommandLine command;
  const CommandResult result = command.run(GetParam().arguments);
  EXPECT_EQ(result.exit_code, GetParam().exit_code) << result.err;
  EXPECT_NE((result.out + result.err).find(GetParam().words), std::string::npos) << result.err;
  EXPECT_FALSE(std::filesystem::exists(command.root())) << "a refused command makes no store";
}

INSTANTIATE_TEST_SUITE_P(
    Table, Usage,
    testing::Values(
        Case{"NoCommand", {}, 2, "subcommand is required"}, Case{"UnknownCommand", {"frobnicate"}, 2, ""},
        Case{"UnknownOption", {"image", "ls", "--frobnicate"}, 2, "frobnicate"},
        Case{"MissingArgument", {"image", "import"}, 2, "SOURCE"},
        Case{"BadFormat", {"--format", "xml", "image", "ls"}, 2, "xml"},
        Case{"BadPolicy",
             {"image", "pull", "a", "--policy", "foo"},
             2,
             "--policy: foo not in {always,missing,never,newer}"},
        Case{"BadNamespace", {"-n", "../x", "image", "ls"}, 1, "../x"},
        Case{"ReservedNamespace", {"-n", "version", "image", "ls"}, 1, "version"},
        Case{"BadDigest", {"content", "cat", "sha256:../../etc/passwd"}, 1, "digest"},
        Case{"NoStore", {"image", "ls"}, 3, "not found"},
        Case{"NoStoreToCheck", {"inspect", "check"}, 3, "not found"},
        Case{"NoStoreToDryRun", {"gc", "--dry-run"}, 3, "not found"},
        Case{"NoStoreToCollect", {"gc"}, 3, "not found"},
        Case{"NoStoreToPrune", {"image", "prune", "--all"}, 3, "not found"},
        Case{"NoStoreToRemoveFrom", {"image", "rm", "a:1"}, 3, "not found"},
        Case{"NoStoreToLabelIn", {"image", "label", "a:1", "k=v"}, 3, "not found"},
        Case{"NoStoreToRunFrom", {"container", "run", "--image", "a:1", "c1"}, 3, "not found"},
        Case{"NoStoreToListPodsOf", {"pod", "ls"}, 3, "not found"},
        Case{"NoStoreToRemovePodsFrom", {"pod", "rm", "p1"}, 3, "not found"},
        Case{"NoStoreToStartIn", {"container", "start", "c1"}, 3, "not found"},
        Case{"NoPodName", {"pod", "create"}, 2, "NAME"},
        Case{"NoEndOfPatience", {"container", "stop", "--time", "-1", "c1"}, 2, "--time"},
        Case{"NoStoreToEndALeaseIn", {"lease", "rm", "l1"}, 3, "not found"},
        Case{"NoColonInCredentials",
             {"image", "pull", "a", "--creds", "alice"},
             2,
             "--creds: is USER:PASSWORD"},
        Case{"NoStoreYet", {"image", "status", "a"}, 3, "'image import' and 'image pull' make one"},
        Case{"NoStoreToChangeYet", {"image", "tag", "a", "b"}, 3, "BAYPLAN_ROOT"},
        Case{"NoStoreToInspectYet", {"inspect", "stats"}, 3, "BAYPLAN_ROOT"},
        Case{"UpperCaseInANameBehindAPort", {"image", "pull", "127.0.0.1:1/Demo:1"}, 1, "must be lower case"},
        Case{"ShortDigest", {"image", "pull", "127.0.0.1:1/demo@sha256:b26d"}, 1, "image reference"},
        Case{"Help", {"--help"}, 0, "image"}, Case{"Version", {"--version"}, 0, "bayplan 0."}),
    [](const auto& tested) { return std::string(tested.param.name); });

// Help of `words`, and of every command below.
void walk_help(const CommandLine& command, const std::vector<std::string>& words,
               std::vector<std::string>& pages) {
  std::vector<std::string> arguments = words;
  arguments.emplace_back("--help");
  pages.push_back(command.ok(arguments));
  std::istringstream lines(pages.back());
  std::string line;
  while (std::getline(lines, line) && line != "Subcommands:") continue;
  while (std::getline(lines, line)) {
    const bool is_name = line.size() > 2 && line.starts_with("  ") && line[2] != ' ';
    if (!is_name) continue;
    std::vector<std::string> below = words;
    below.push_back(line.substr(2, line.find(' ', 2) - 2));
    walk_help(command, below, pages);
  }
}

TEST(Help, OfNoCommandHasControlCharacters) {
  const CommandLine command;
  std::vector<std::string> pages;
  walk_help(command, {}, pages);
  EXPECT_GT(pages.size(), 80u) << "there are that many commands";
  for (const std::string& page : pages) {
    const auto is_text = [](unsigned char c) { return c == '\n' || (c >= ' ' && c != 127); };
    EXPECT_TRUE(std::all_of(page.begin(), page.end(), is_text)) << page;
  }
}

TEST(Help, ExamplesOfFiltersAreFilters) {
  const CommandLine command;
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  const std::string before = "e.g. ";
  for (const std::vector<std::string>& list : std::vector<std::vector<std::string>>{{"image", "ls"},
                                                                                    {"content", "ls"},
                                                                                    {"content", "active"},
                                                                                    {"snapshot", "ls"},
                                                                                    {"container", "ls"},
                                                                                    {"sandbox", "ls"},
                                                                                    {"lease", "ls"}}) {
    std::vector<std::string> arguments = list;
    arguments.emplace_back("--help");
    const std::string page = command.ok(arguments);
    const std::size_t begin = page.find(before) + before.size();
    arguments.back() = "--filter";
    arguments.push_back(page.substr(begin, page.find(';', begin) - begin));
    command.ok(arguments);
  }
}

// Only a manifest's own size is in an image's record.
TEST(Help, NoExampleTakesTheSizeOfARecordForThatOfAnImage) {
  const CommandLine command;
  EXPECT_EQ(command.ok({"image", "ls", "--help"}).find("size>"), std::string::npos);
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  EXPECT_NE(command.ok({"image", "ls"}).find("TARGET SIZE"), std::string::npos);
}

TEST(Login, APasswordAmongTheArgumentsIsNotShown) {
  const CommandLine command;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"h.io", "-u", "x", "-p", "s3cret"},
                                             {"-u", "x", "-ps3cret", "h.io"},
                                             {"--password=s3cret", "h.io"},
                                             {"-p", "s3cret", "h.io"},
                                             {"h.io", "x", "s3cret"}}) {
    std::vector<std::string> whole = {"image", "login"};
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    const CommandResult refused = command.run(whole);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_EQ((refused.out + refused.err).find("s3cret"), std::string::npos) << refused.err;
    EXPECT_NE(refused.err.find("--password-stdin"), std::string::npos) << refused.err;
  }
}

TEST(Root, AnEmptyVariableIsNotTheHostsStore) {
  const CommandLine command;
  ::setenv("BAYPLAN_ROOT", "", 1);
  const CommandResult refused = command.run({"image", "ls"});
  ::unsetenv("BAYPLAN_ROOT");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("BAYPLAN_ROOT"), std::string::npos) << refused.err;
}

TEST(Store, AForeignDirectoryIsLeftAlone) {
  const CommandLine command;
  write_file(command.root() / "holiday.jpg", "bytes");
  const auto before = command.bytes();
  const CommandResult result = command.run({"image", "import", command.layout().string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("no store"), std::string::npos) << result.err;
  EXPECT_EQ(command.bytes(), before);
}

TEST(Store, AFileIsNoStore) {
  const CommandLine command;
  write_file(command.root(), "bytes");
  EXPECT_EQ(command.run({"image", "import", command.layout().string()}).exit_code, 1);
}

TEST(Store, ANewerLayoutIsRefused) {
  const CommandLine command;
  command.ok({"image", "import", command.layout().string(), "--no-unpack"});
  write_file(command.root() / "store.json", R"({"layout":2,"uuid":"00000000-0000-4000-8000-000000000000"})");
  const CommandResult result = command.run({"image", "ls"});
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_NE(result.err.find("version"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace bayplan::test
