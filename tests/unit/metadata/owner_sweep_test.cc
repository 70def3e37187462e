#include "owner_sweep.h"

#include <gtest/gtest.h>

#include <fstream>

#include "bayplan/metadata/lease_owner.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

class OwnerSweep : public testing::Test {
 protected:
  Result<FileSweep> sweep() { return sweep_owner_files(run_.path(), control_); }
  void leave(const std::string& name, std::string_view bytes = {}) {
    std::ofstream(run_.path() / ".leases" / name) << bytes;
  }
  test::TempDir run_;
  Control control_;
};

TEST_F(OwnerSweep, takes_what_nobody_locks) {
  const LeaseOwner owner = LeaseOwner::acquire(run_.path()).value();
  leave("0123456789abcdef");
  leave("fedcba9876543210", "bytes");
  const FileSweep swept = sweep().value();
  EXPECT_EQ(swept.files, 2u);
  EXPECT_EQ(sweep()->files, 0u);
  EXPECT_EQ(owner_state(owner.record(), run_.path()), OwnerState::alive);
}

TEST_F(OwnerSweep, leaves_what_is_no_owners) {
  const LeaseOwner owner = LeaseOwner::acquire(run_.path()).value();
  leave("README");
  leave("0123456789abcdeF");
  std::filesystem::create_directory(run_.path() / ".leases/00112233445566aa");
  EXPECT_EQ(sweep()->files, 0u);
  EXPECT_TRUE(std::filesystem::exists(run_.path() / ".leases/README"));
}

TEST_F(OwnerSweep, without_a_run_root_there_is_nothing) {
  EXPECT_EQ(sweep()->files, 0u);
  EXPECT_EQ(sweep_owner_files({}, control_)->files, 0u);
  EXPECT_EQ(sweep_owner_files(run_.path() / "absent", control_)->files, 0u);
}

TEST_F(OwnerSweep, can_be_cancelled) {
  const LeaseOwner owner = LeaseOwner::acquire(run_.path()).value();
  control_.cancel.cancel();
  EXPECT_EQ(code(sweep()), Errc::cancelled);
}

}  // namespace
}  // namespace bayplan::metadata
