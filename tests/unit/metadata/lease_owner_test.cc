#include "bayplan/metadata/lease_owner.h"

#include <sys/prctl.h>
#include <sys/stat.h>

#include "child_process.h"
#include "lease_store.h"

namespace bayplan::metadata::leases {
namespace {

class LeaseOwners : public LeaseTest {
 protected:
  std::filesystem::path run_root() const { return run_.path() / "run"; }
  std::filesystem::path owners() const { return run_root() / ".leases"; }
  std::size_t files() const {
    const std::filesystem::directory_iterator all(owners());
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  OwnerState state(const Owner& owner) const { return owner_state(owner, run_root()); }

 private:
  test::TempDir run_;
};

TEST_F(LeaseOwners, hold_a_file_as_long_as_they_live) {
  Owner record;
  {
    const LeaseOwner owner = LeaseOwner::acquire(run_root()).value();
    record = owner.record();
    EXPECT_TRUE(std::filesystem::is_regular_file(owners() / record.file));
    EXPECT_EQ(record.pid, ::getpid());
    EXPECT_EQ(state(record), OwnerState::alive);
    EXPECT_EQ(state(record), OwnerState::alive) << "asking takes nothing away";
  }
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(state(record), OwnerState::dead) << "ended, although the process lives";
}

TEST_F(LeaseOwners, make_their_directory_private) {
  const LeaseOwner owner = LeaseOwner::acquire(run_root()).value();
  struct stat info {};
  ASSERT_EQ(::stat(owners().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0700u);
  ASSERT_EQ(::stat((owners() / owner.record().file).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  EXPECT_EQ(code(LeaseOwner::acquire("/dev/null/run")), Errc::io);
}

TEST_F(LeaseOwners, of_one_process_are_several) {
  LeaseOwner first = LeaseOwner::acquire(run_root()).value();
  const Owner replaced = first.record();
  LeaseOwner second = LeaseOwner::acquire(run_root()).value();
  EXPECT_NE(replaced.file, second.record().file);
  const Owner moved = second.record();
  first = std::move(second);
  EXPECT_EQ(first.record(), moved);
  EXPECT_EQ(state(replaced), OwnerState::dead);
  EXPECT_EQ(state(moved), OwnerState::alive);
  EXPECT_EQ(files(), 1u);
}

TEST_F(LeaseOwners, die_when_they_are_killed) {
  close();  // so that the child opens the store for itself
  Signal made;
  const pid_t child = start_child([&] {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const Db store = Db::open(path()).value();
    const LeaseOwner owner = LeaseOwner::acquire(run_root()).value();
    store.update([&](WriteTx& tx) { return leases::create(tx, kNs, {.id = "l", .owner = owner.record()}); })
        .value();
    made.send();
    while (true) ::pause();
    return 0;
  });
  made.wait();
  reopen();
  const Owner owner = get("l")->owner.value();
  EXPECT_EQ(owner.pid, child);
  EXPECT_EQ(state(owner), OwnerState::alive);
  ::kill(child, SIGKILL);
  EXPECT_EQ(wait_for(child), -1);
  EXPECT_EQ(files(), 1u) << "nobody was left to remove it";
  EXPECT_EQ(state(owner), OwnerState::dead);
}

TEST_F(LeaseOwners, outlive_a_child_that_ends) {
  LeaseOwner owner = LeaseOwner::acquire(run_root()).value();
  EXPECT_EQ(run_in_child([&] {
              const LeaseOwner copy = std::move(owner);
              return 0;
            }),
            0);
  EXPECT_EQ(files(), 1u) << "a child's copy removes nothing";
  EXPECT_EQ(state(owner.record()), OwnerState::alive);
}

}  // namespace
}  // namespace bayplan::metadata::leases
