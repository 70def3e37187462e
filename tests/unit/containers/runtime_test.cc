#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "bayplan/containers/service.h"
#include "runtime_state.h"
#include "support/temp_dir.h"

namespace bayplan::containers {
namespace {

namespace fs = std::filesystem;

// Sets a variable, and what it was at the end.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    const char* const before = std::getenv(name);
    if (before != nullptr) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

class FindRuntimeTest : public ::testing::Test {
 protected:
  fs::path program(const std::string& name, mode_t mode = 0755) const {
    const fs::path path = dir_.path() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "#!/bin/sh\n";
    ::chmod(path.c_str(), mode);
    return path;
  }
  test::TempDir dir_;
  ScopedVariable path_{"PATH", (dir_.path() / "one").string() + "::rel:" + (dir_.path() / "two").string()};
  ScopedVariable runtime_{"BAYPLAN_RUNTIME", ""};
};

TEST_F(FindRuntimeTest, RuncComesBeforeCrun) {
  program("one/crun");
  const fs::path runc = program("two/runc");
  EXPECT_EQ(find_runtime().value(), runc);
}

TEST_F(FindRuntimeTest, CrunWhereThereIsNoRunc) {
  const fs::path crun = program("two/crun");
  program("one/runc", 0644);
  fs::create_directories(dir_.path() / "two/runc");
  EXPECT_EQ(find_runtime().value(), crun);
}

TEST_F(FindRuntimeTest, TheVariableComesFirstAsPathOrName) {
  program("one/runc");
  const fs::path mine = program("elsewhere/mine");
  const fs::path named = program("two/youki");
  {
    const ScopedVariable variable("BAYPLAN_RUNTIME", mine.string());
    EXPECT_EQ(find_runtime().value(), mine);
  }
  const ScopedVariable variable("BAYPLAN_RUNTIME", "youki");
  EXPECT_EQ(find_runtime().value(), named);
}

TEST_F(FindRuntimeTest, AVariableThatNamesNothingIsNotReplacedByAnother) {
  program("one/runc");
  for (const char* name : {"/no/such", "crun", "one/runc"}) {
    const ScopedVariable variable("BAYPLAN_RUNTIME", name);
    const auto found = find_runtime();
    ASSERT_FALSE(found) << *found;
    EXPECT_EQ(found.error().code(), Errc::not_found);
    EXPECT_EQ(found.error().name(), name);
  }
}

TEST_F(FindRuntimeTest, NoneIsNotFoundWithAdvice) {
  const auto found = find_runtime();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Errc::not_found);
  EXPECT_FALSE(found.error().advice().empty());
}

TEST(RuntimeState, NamesOfDifferentContainersDiffer) {
  EXPECT_NE(runtime_id("a-b", "c"), runtime_id("a", "b-c"));
  EXPECT_EQ(runtime_id("default", "c1"), "default+c1");
}

TEST(RuntimeState, NoNamespaceCanTakeItsDirectory) {
  EXPECT_FALSE(validate_identifier("namespace", runtime_state_root("/r").filename().string()));
}

TEST(RuntimeState, NothingLeftNeedsNoRuntime) {
  const test::TempDir dir;
  const ScopedVariable variable("BAYPLAN_RUNTIME", "/no/such");
  EXPECT_TRUE(end_leftover(dir.path(), "default", "c1"));
}

TEST(RuntimeState, WhatIsLeftIsDeletedByForce) {
  const test::TempDir dir;
  const fs::path log = dir.path() / "log";
  const fs::path fake = dir.path() / "runc";
  std::ofstream(fake) << "#!/bin/sh\necho \"$@\" > " << log.string() << "\n";
  ::chmod(fake.c_str(), 0755);
  fs::create_directories(dir.path() / ".runtime/default+c1");
  ASSERT_TRUE(end_leftover(dir.path(), "default", "c1", fake));
  std::ifstream said(log);
  std::string line;
  std::getline(said, line);
  EXPECT_EQ(line, "--root " + (dir.path() / ".runtime").string() + " delete --force default+c1");
}

TEST(RuntimeState, ARefusalIsAnErrorWithTheCommandAsAdvice) {
  const test::TempDir dir;
  fs::create_directories(dir.path() / ".runtime/default+c1");
  const auto ended = end_leftover(dir.path(), "default", "c1", "/bin/false");
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code(), Errc::failed_precondition);
  EXPECT_NE(ended.error().advice().find("delete --force default+c1"), std::string::npos);
}

TEST(DefaultRunRoot, IsPrivateToTheUser) {
  const ScopedVariable variable("XDG_RUNTIME_DIR", "/run/user/77");
  EXPECT_EQ(default_run_root(), ::geteuid() == 0 ? "/run/bayplan" : "/run/user/77/bayplan");
}

}  // namespace
}  // namespace bayplan::containers
