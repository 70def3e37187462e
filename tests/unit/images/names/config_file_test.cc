#include "names/config_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "bayplan/images/config_dirs.h"
#include "support/temp_dir.h"
#include "unit/images/names/text_files.h"
#include "unit/images/outcome.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;
using test::outcome;
using test::write_text;
using testing::ElementsAre;
using testing::IsEmpty;

class ConfigFileTest : public testing::Test {
 protected:
  fs::path at(const char* name) const { return dir_.path() / name; }

 private:
  test::TempDir dir_;
};

TEST_F(ConfigFileTest, ReadsFilesAndFollowsLinks) {
  write_text(at("file"), "text");
  fs::create_symlink("file", at("link"));
  EXPECT_EQ(**read_if_there(at("file")), "text");
  EXPECT_EQ(**read_if_there(at("link")), "text");
  EXPECT_EQ(*read_config(at("file")), "text");
}

TEST_F(ConfigFileTest, OnlyWhatIsNotThereIsAbsent) {
  write_text(at("file"), "text");
  fs::create_symlink("nothing", at("dangling"));
  fs::create_symlink("loop", at("loop"));
  EXPECT_EQ(*read_if_there(at("none")), std::nullopt);
  EXPECT_EQ(*read_if_there(at("none/none")), std::nullopt);
  EXPECT_EQ(*read_if_there(at("file/none")), std::nullopt);
  EXPECT_EQ(outcome(read_config(at("none"))), "not_found");
  EXPECT_EQ(outcome(read_if_there(at("dangling"))), "invalid_argument");
  EXPECT_EQ(outcome(read_if_there(at("loop"))), "invalid_argument");
  EXPECT_EQ(outcome(read_if_there(at("."))), "invalid_argument");
}

TEST_F(ConfigFileTest, BoundsWhatItReads) {
  write_text(at("most"), std::string(kMaxConfigBytes, 'a'));
  write_text(at("more"), std::string(kMaxConfigBytes + 1, 'a'));
  EXPECT_EQ(outcome(read_if_there(at("most"))), "ok");
  EXPECT_EQ(outcome(read_if_there(at("more"))), "too_large");
}

TEST_F(ConfigFileTest, ListsFilesByExtensionInOrder) {
  for (const char* name : {"b.conf", "a.conf", "c.txt", ".conf"}) write_text(at(name), "");
  EXPECT_THAT(*files_in(at("."), ".conf"), ElementsAre(at(".") / "a.conf", at(".") / "b.conf"));
  EXPECT_THAT(*files_in(at("none"), ".conf"), IsEmpty());
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    if (before != nullptr) before_ = before;
    had_ = before != nullptr;
    if (value != nullptr) {
      ::setenv(name, value, 1);
    } else {
      ::unsetenv(name);
    }
  }
  ~Variable() {
    if (had_) {
      ::setenv(name_, before_.c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_{};
  bool had_ = false;
};

TEST(ConfigDirs, ComeFromTheEnvironment) {
  const Variable home("HOME", "/h");
  const Variable config("XDG_CONFIG_HOME", nullptr);
  const Variable docker("DOCKER_CONFIG", nullptr);
  const Variable runtime("XDG_RUNTIME_DIR", nullptr);
  const Variable auth("REGISTRY_AUTH_FILE", nullptr);
  const Variable registries("CONTAINERS_REGISTRIES_CONF", "/r");
  const ConfigDirs dirs = ConfigDirs::of_process();
  EXPECT_EQ(dirs.user, "/h/.config");
  EXPECT_EQ(dirs.docker, "/h/.docker");
  EXPECT_EQ(dirs.runtime, "/run/containers/" + std::to_string(::getuid()));
  EXPECT_EQ(dirs.system, "/etc");
  EXPECT_EQ(dirs.auth_file, "");
  EXPECT_EQ(dirs.registries_file, "/r");
}

TEST(ConfigDirs, TheVariablesOfXdgAndDockerGoFirst) {
  const Variable home("HOME", nullptr);
  const Variable config("XDG_CONFIG_HOME", "/c");
  const Variable docker("DOCKER_CONFIG", nullptr);
  const Variable runtime("XDG_RUNTIME_DIR", "/x");
  const Variable auth("REGISTRY_AUTH_FILE", "/a");
  const ConfigDirs dirs = ConfigDirs::of_process();
  EXPECT_EQ(dirs.user, "/c");
  EXPECT_EQ(dirs.docker, "");
  EXPECT_EQ(dirs.runtime, "/x/containers");
  EXPECT_EQ(dirs.auth_file, "/a");
}

}  // namespace
}  // namespace bayplan::images
