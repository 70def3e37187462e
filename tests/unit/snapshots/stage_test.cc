#include "stage.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "bayplan/base/fault.h"
#include "snapshot_store.h"
#include "support/tar_builder.h"

namespace bayplan::snapshots {
namespace {

using metadata::WriteTx;
using test::TarBuilder;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kNs = SnapshotStore::kNs;

Result<ApplyReport> apply(Stage& stage, const TarBuilder& tar) {
  const std::string archive = tar.end();
  MemorySource source(archive);
  return stage.apply(source, {}, {});
}

class StageContract : public testing::TestWithParam<const char*> {
 protected:
  SnapshotStore store{GetParam()};

  Result<void> prepare(WriteTx& tx, const std::string& key, Stage& stage) {
    return store.snapshotter().prepare(tx, kNs, key, std::move(stage), {}, metadata::referred());
  }
  Error stop() { return Error(Errc::cancelled, "test", {}); }
};

INSTANTIATE_TEST_SUITE_P(Drivers, StageContract, testing::Values("overlay", "native"),
                         [](const auto& driver) { return std::string(driver.param); });

TEST_P(StageContract, a_dropped_stage_leaves_nothing) {
  {
    auto stage = store.stage();
    ASSERT_EQ(words(stage), "");
    EXPECT_THAT(store.directories(), testing::ElementsAre(stage->directory()));
    ASSERT_EQ(words(apply(*stage, TarBuilder().dir("d").file("d/f", "x"))), "");
  }
  EXPECT_THAT(store.directories(), IsEmpty());
}

TEST_P(StageContract, an_aborted_transaction_removes_the_directory) {
  auto stage = store.stage();
  const auto aborted = store.db().update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(prepare(tx, "key", *stage));
    EXPECT_THAT(store.directories(), SizeIs(1));
    return stop();
  });
  EXPECT_EQ(outcome(aborted), "cancelled");
  EXPECT_THAT(store.directories(), IsEmpty());
  EXPECT_EQ(outcome(store.stat("key")), "not_found");
}

TEST_P(StageContract, an_aborted_savepoint_removes_only_its_own_directory) {
  auto kept = store.stage();
  auto undone = store.stage();
  const std::string id = kept->directory();
  const auto committed = store.db().update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(prepare(tx, "kept", *kept));
    const auto inner = tx.savepoint([&](WriteTx& deeper) -> Result<void> {
      BAYPLAN_TRY(prepare(deeper, "undone", *undone));
      return stop();
    });
    EXPECT_EQ(outcome(inner), "cancelled");
    EXPECT_THAT(store.directories(), testing::ElementsAre(id));
    return {};
  });
  EXPECT_EQ(words(committed), "");
  EXPECT_THAT(store.keys(), testing::ElementsAre("kept"));
  EXPECT_THAT(store.directories(), testing::ElementsAre(id));
  EXPECT_THAT(store.problems(), IsEmpty());
}

TEST_P(StageContract, a_refused_stage_can_be_used_for_another_key) {
  ASSERT_EQ(words(store.prepare("taken")), "");
  auto stage = store.stage();
  const auto committed = store.db().update([&](WriteTx& tx) -> Result<void> {
    EXPECT_EQ(outcome(prepare(tx, "taken", *stage)), "already_exists");
    return prepare(tx, "free", *stage);
  });
  EXPECT_EQ(words(committed), "");
  EXPECT_THAT(store.directories(), SizeIs(2));
}

TEST_P(StageContract, a_consumed_stage_is_good_for_nothing) {
  auto stage = store.stage();
  ASSERT_EQ(words(store.db().update([&](WriteTx& tx) { return prepare(tx, "key", *stage); })), "");
  EXPECT_EQ(outcome(apply(*stage, TarBuilder())), "failed_precondition");
  EXPECT_EQ(outcome(stage->measure()), "failed_precondition");
  EXPECT_EQ(outcome(store.snapshotter().stage_on(*stage)), "invalid_argument");
  EXPECT_EQ(stage->directory(), "");
}

TEST_P(StageContract, is_not_taken_by_another_snapshotter) {
  SnapshotStore other(GetParam());
  auto stage = other.stage();
  const auto prepared = store.db().update([&](WriteTx& tx) { return prepare(tx, "key", *stage); });
  EXPECT_EQ(outcome(prepared), "invalid_argument");
}

TEST_P(StageContract, a_sweep_leaves_a_living_stage_alone) {
  auto stage = store.stage();
  EXPECT_EQ(store.sweep()->files, 0u);
  EXPECT_THAT(store.directories(), SizeIs(1));
  ASSERT_EQ(words(store.db().update([&](WriteTx& tx) { return prepare(tx, "key", *stage); })), "");
  EXPECT_EQ(store.sweep()->files, 0u);
  EXPECT_THAT(store.directories(), SizeIs(1));
}

TEST_P(StageContract, what_a_killed_process_left_is_swept) {
  for (const fault::Point point : {fault::Point::stage_created, fault::Point::stage_applied}) {
    const pid_t child = ::fork();
    if (child == 0) {
      fault::arm([point](fault::Point at) -> std::optional<Error> {
        if (at == point) ::raise(SIGKILL);
        return std::nullopt;
      });
      auto db = metadata::Db::open(store.root() / "metadata");
      auto snapshotter = Snapshotter::open(store.root() / "snapshots", GetParam());
      if (!db || !snapshotter) ::_exit(1);
      auto stage = db->view([&](const metadata::ReadTx& tx) { return snapshotter->stage(tx, kNs, ""); });
      if (stage) ignore_error(apply(*stage, TarBuilder().file("f", "x")), "the process dies in it");
      ::_exit(2);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    EXPECT_THAT(store.directories(), SizeIs(1)) << fault::name(point);
    EXPECT_EQ(store.sweep()->files, 1u);
    EXPECT_THAT(store.directories(), IsEmpty());
  }
}

TEST_P(StageContract, a_failure_at_any_point_leaves_nothing) {
  for (const fault::Point point : {fault::Point::stage_created, fault::Point::stage_applied}) {
    fault::arm([&](fault::Point at) -> std::optional<Error> {
      if (at == point) return stop();
      return std::nullopt;
    });
    {
      auto stage = store.stage();
      EXPECT_EQ(static_cast<bool>(stage), point != fault::Point::stage_created);
      if (stage) {
        EXPECT_EQ(outcome(apply(*stage, TarBuilder().file("f", "x"))), "cancelled");
      }
    }
    fault::arm({});
    EXPECT_THAT(store.directories(), IsEmpty());
  }
}

TEST_P(StageContract, sync_reaches_its_fault_point) {
  fault::arm([&](fault::Point at) -> std::optional<Error> {
    if (at == fault::Point::stages_synced) return stop();
    return std::nullopt;
  });
  EXPECT_EQ(outcome(store.snapshotter().sync()), "cancelled");
  fault::arm({});
  EXPECT_EQ(words(store.snapshotter().sync()), "");
}

TEST_P(StageContract, layers_of_an_image_are_staged_on_one_another_and_committed_at_once) {
  auto base = store.stage();
  ASSERT_EQ(words(base), "");
  ASSERT_EQ(words(apply(*base, TarBuilder().dir("etc").file("etc/a", "1").file("etc/b", "1"))), "");
  auto middle = store.snapshotter().stage_on(*base);
  ASSERT_EQ(words(middle), "");
  ASSERT_EQ(words(apply(*middle, TarBuilder().file("etc/.wh.a", "").file("etc/c", "2"))), "");
  auto top = store.snapshotter().stage_on(*middle);
  ASSERT_EQ(words(top), "");
  ASSERT_EQ(words(apply(*top, TarBuilder().file("etc/b", "3"))), "");
  std::vector<Usage> usages;
  for (Stage* const stage : {&*base, &*middle, &*top}) usages.push_back(stage->measure().value());
  ASSERT_EQ(words(store.snapshotter().sync()), "");
  const auto committed = store.db().update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(store.snapshotter().add_committed(tx, kNs, "l1", "", std::move(*base), usages[0], {},
                                                  metadata::referred()));
    BAYPLAN_TRY(store.snapshotter().add_committed(tx, kNs, "l2", "l1", std::move(*middle), usages[1], {},
                                                  metadata::referred()));
    return store.snapshotter().add_committed(tx, kNs, "l3", "l2", std::move(*top), usages[2], {{"k", "v"}},
                                             metadata::referred());
  });
  ASSERT_EQ(words(committed), "");
  EXPECT_EQ(store.stat("l2")->usage, usages[1]);
  EXPECT_EQ(store.stat("l3")->labels, (Labels{{"k", "v"}}));
  ASSERT_EQ(words(store.view("look", "l3")), "");
  const Mounted mounted(store, "look");
  EXPECT_FALSE(std::filesystem::exists(mounted / "etc/a"));
  EXPECT_EQ(read_file(mounted / "etc/b"), "3");
  EXPECT_EQ(read_file(mounted / "etc/c"), "2");
  EXPECT_THAT(store.problems(), IsEmpty());
}

TEST_P(StageContract, what_is_staged_on_a_stage_only_add_committed_takes) {
  auto base = store.stage();
  auto upper = store.snapshotter().stage_on(*base);
  ASSERT_EQ(words(upper), "");
  const auto prepared = store.db().update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(store.snapshotter().add_committed(tx, kNs, "base", "", std::move(*base), {}, {},
                                                  metadata::referred()));
    return prepare(tx, "key", *upper);
  });
  EXPECT_EQ(outcome(prepared), "conflict");
}

TEST_P(StageContract, many_threads_stage_at_once) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string key = std::to_string(t) + "-" + std::to_string(i);
        EXPECT_EQ(words(store.prepare(key)), "");
        EXPECT_TRUE(store.sweep());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(store.directories(), SizeIs(40));
  EXPECT_THAT(store.problems(), IsEmpty());
}

TEST(StageOverlay, applies_over_300_layers) {
  SnapshotStore store("overlay");
  std::vector<Stage> stages;
  stages.push_back(store.stage().value());
  ASSERT_EQ(words(apply(stages.back(), TarBuilder().dir("d").file("d/bottom", "0").file("d/gone", "0"))), "");
  while (stages.size() < 300) {
    auto next = store.snapshotter().stage_on(stages.back());
    ASSERT_EQ(words(next), "");
    stages.push_back(*std::move(next));
  }
  auto top = store.snapshotter().stage_on(stages.back());
  ASSERT_EQ(words(top), "");
  ASSERT_EQ(words(apply(*top, TarBuilder().file("d/.wh.gone", "").file("d/top", "1"))), "");
  const auto tree = store.directory(top->directory()) / "fs/d";
  EXPECT_TRUE(std::filesystem::is_character_file(tree / "gone"));
  EXPECT_TRUE(std::filesystem::exists(tree / "top"));
  EXPECT_FALSE(std::filesystem::exists(tree / "bottom"));
  const auto committed = store.db().update([&](WriteTx& tx) -> Result<void> {
    std::string parent;
    for (Stage& stage : stages) {
      const std::string name = "l" + stage.directory();
      BAYPLAN_TRY(store.snapshotter().add_committed(tx, kNs, name, parent, std::move(stage), {}, {},
                                                    metadata::referred()));
      parent = name;
    }
    return store.snapshotter().add_committed(tx, kNs, "top", parent, std::move(*top), {}, {},
                                             metadata::referred());
  });
  ASSERT_EQ(words(committed), "");
  ASSERT_EQ(words(store.view("look", "top")), "");
  const Mounted mounted(store, "look");
  EXPECT_EQ(read_file(mounted / "d/bottom"), "0");
  EXPECT_EQ(read_file(mounted / "d/top"), "1");
  EXPECT_FALSE(std::filesystem::exists(mounted / "d/gone"));
}

}  // namespace
}  // namespace bayplan::snapshots
