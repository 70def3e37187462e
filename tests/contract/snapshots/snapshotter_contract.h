// What the contract's cases share: a store with one of the drivers, and layers made through real mounts.
#pragma once

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <string>

#include "support/all_or_nothing.h"
#include "unit/snapshots/snapshot_store.h"

namespace bayplan::snapshots {

/// Each file derives a suite of its own from it and runs that over every driver.
class SnapshotterContract : public testing::TestWithParam<const char*> {
 protected:
  SnapshotStore store{GetParam()};

  void TearDown() override { EXPECT_THAT(store.problems(), testing::IsEmpty()); }

  /// Prepares `name` over `parent`, lets `change` work in its mount, commits.
  template <class F>
  void layer(const std::string& name, const std::string& parent, F change) {
    ASSERT_EQ(words(store.prepare(name + "-active", parent)), "");
    {
      const Mounted mounted(store, name + "-active");
      change(mounted.path());
    }
    ASSERT_EQ(words(store.commit(name, name + "-active")), "");
  }

  /// Lets `check` look at a view of `parent`.
  template <class F>
  void look(const std::string& parent, F check) {
    ASSERT_EQ(words(store.view("look", parent)), "");
    {
      const Mounted mounted(store, "look");
      check(mounted.path());
    }
    ASSERT_EQ(words(store.remove("look")), "");
  }
};

inline auto every_driver() { return testing::Values("overlay", "native"); }
inline std::string driver_name(const testing::TestParamInfo<const char*>& driver) { return driver.param; }

inline mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777u;
}

}  // namespace bayplan::snapshots
