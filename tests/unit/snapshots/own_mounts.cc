// Gives these tests a mount namespace of their own, so that whatever they leave mounted ends with the
// process, and in it a file system in memory for their temporary directories, so that thousands of syncs cost
// nothing.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace {

class OwnMounts final : public testing::Environment {
 public:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr), 0);
    const std::string temporary = std::filesystem::temp_directory_path();
    ASSERT_EQ(::mount("tmpfs", temporary.c_str(), "tmpfs", 0, "mode=1777"), 0);
  }
};

const testing::Environment* const kEnvironment = testing::AddGlobalTestEnvironment(new OwnMounts);

}  // namespace
