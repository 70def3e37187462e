// What is said of an owner from what is left of it. Owners that live and die: lease_owner_test.cc.
#include "owner_probe.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "child_process.h"
#include "support/temp_dir.h"

namespace bayplan::metadata {
namespace {

class OwnerProbes : public testing::Test {
 protected:
  OwnerState state(const Owner& owner) const { return OwnerProbe(here()).state(owner); }
  std::filesystem::path here() const { return dir_.path() / "run"; }
  std::filesystem::path elsewhere() const { return dir_.path() / "other"; }

  static constexpr const char* kAbsent = "0123456789abcdef";

 private:
  test::TempDir dir_;
};

TEST_F(OwnerProbes, another_boot_is_the_end) {
  const LeaseOwner owner = LeaseOwner::acquire(here()).value();
  Owner earlier = owner.record();
  earlier.boot_id = "00000000-0000-4000-8000-000000000000";
  EXPECT_EQ(state(earlier), OwnerState::dead);
}

TEST_F(OwnerProbes, a_file_that_is_gone_is_the_end) {
  const LeaseOwner owner = LeaseOwner::acquire(here()).value();
  Owner gone = owner.record();
  gone.file = kAbsent;
  EXPECT_EQ(state(gone), OwnerState::dead);
}

TEST_F(OwnerProbes, a_file_that_nobody_locks_is_the_end) {
  const LeaseOwner owner = LeaseOwner::acquire(here()).value();
  Owner left = owner.record();
  left.file = kAbsent;
  std::ofstream(here() / kOwnersName / kAbsent);
  EXPECT_EQ(state(left), OwnerState::dead);
}

TEST_F(OwnerProbes, what_is_no_file_of_an_owner_tells_nothing) {
  const LeaseOwner owner = LeaseOwner::acquire(here()).value();
  Owner strange = owner.record();
  strange.file = "../../store.json";
  EXPECT_EQ(state(strange), OwnerState::unknown);
  strange.file = "notes";
  std::ofstream(here() / kOwnersName / strange.file);
  EXPECT_EQ(state(strange), OwnerState::unknown) << "there and not locked, but nothing that an owner makes";
  strange.file = kAbsent;
  std::filesystem::create_directory(here() / kOwnersName / kAbsent);
  EXPECT_EQ(state(strange), OwnerState::unknown);
  std::filesystem::remove(here() / kOwnersName / kAbsent);
  std::filesystem::create_symlink(owner.record().file, here() / kOwnersName / kAbsent);
  EXPECT_EQ(state(strange), OwnerState::unknown);
}

TEST_F(OwnerProbes, absence_from_another_directory_says_nothing_of_a_process_that_runs) {
  const LeaseOwner other = LeaseOwner::acquire(elsewhere()).value();
  EXPECT_EQ(state(other.record()), OwnerState::unknown) << "no run root";
  const LeaseOwner owner = LeaseOwner::acquire(here()).value();
  EXPECT_EQ(state(other.record()), OwnerState::unknown);
  EXPECT_EQ(owner_state(other.record(), {}), OwnerState::unknown);
}

TEST_F(OwnerProbes, a_process_that_ended_is_the_end_wherever_its_file_was) {
  const LeaseOwner other = LeaseOwner::acquire(elsewhere()).value();
  Owner dead = other.record();
  dead.pid = start_child([] { return 0; });
  wait_for(static_cast<pid_t>(dead.pid));
  EXPECT_EQ(state(dead), OwnerState::dead);
  Owner reused = other.record();
  ++reused.start_time;
  EXPECT_EQ(state(reused), OwnerState::dead) << "its pid is another's now";
}

TEST_F(OwnerProbes, processes_of_other_pid_namespaces_cannot_be_seen) {
  const LeaseOwner other = LeaseOwner::acquire(elsewhere()).value();
  Owner foreign = other.record();
  ++foreign.pid_namespace;
  foreign.pid = 1;
  EXPECT_EQ(state(foreign), OwnerState::unknown);
  Owner impossible = other.record();
  impossible.pid = -1;
  EXPECT_EQ(state(impossible), OwnerState::unknown);
  impossible.pid = std::int64_t{1} << 40;
  EXPECT_EQ(state(impossible), OwnerState::unknown);
}

TEST_F(OwnerProbes, states_have_words) {
  EXPECT_EQ(to_string(OwnerState::alive), "alive");
  EXPECT_EQ(to_string(OwnerState::dead), "dead");
  EXPECT_EQ(to_string(OwnerState::unknown), "unknown");
}

}  // namespace
}  // namespace bayplan::metadata
