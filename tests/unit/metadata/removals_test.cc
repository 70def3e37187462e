#include "bayplan/metadata/removals.h"

#include <map>
#include <mutex>

#include "bayplan/base/fault.h"
#include "store_test_base.h"

namespace bayplan::metadata {
namespace {

/// Has files by name, and takes them away when asked.
class KindWithFiles final : public GcKind {
 public:
  explicit KindWithFiles(std::string word) : word_(std::move(word)) {}
  std::string_view kind() const override { return word_; }
  Result<void> scan(const BucketSource&, std::string_view, GcSink&) const override { return {}; }
  Result<void> look(const BucketSource&, std::string_view, std::string_view, GcSink&) const override {
    return {};
  }
  Result<void> remove(WriteTx&, const GcNode&) const override { return {}; }
  Result<void> check(const BucketSource&, std::string_view, const ProblemSink&) const override { return {}; }
  Result<std::optional<FileSweep>> unlink(const Db& db, const Removal& removal) const override {
    {
      const std::lock_guard guard(mutex_);
      asked.push_back(removal.name);
    }
    if (while_unlinking) while_unlinking();
    if (in_use.contains(removal.name)) return std::optional<FileSweep>();
    if (stuck.contains(removal.name)) return Error(Errc::failed_precondition, word_, removal.name);
    BAYPLAN_ASSIGN(const bool queued,
                   db.view([&](const ReadTx& tx) { return is_queued(tx, word_, removal); }));
    if (!queued) return std::optional(FileSweep{});
    return std::optional(FileSweep{1, 10});
  }

  Result<FileSweep> sweep_files(const Db&, const Control&) const override {
    ++sweeps;
    if (fails_to_sweep) return Error(Errc::io, word_, {});
    return FileSweep{};
  }

  mutable std::vector<std::string> asked{};
  mutable int sweeps = 0;
  std::set<std::string> in_use{};
  std::set<std::string> stuck{};
  bool fails_to_sweep = false;
  std::function<void()> while_unlinking{};

 private:
  std::string word_;
  mutable std::mutex mutex_;
};

class Removals : public StoreTest {
 protected:
  void TearDown() override {
    fault::arm({});
    StoreTest::TearDown();
  }
  void queue(const std::string& kind, const std::string& name) {
    update([&](WriteTx& tx) { queue_removal(tx, kind, name).value(); });
  }
  bool queued(const std::string& kind, const std::string& name) {
    bool found = false;
    view([&](const ReadTx& tx) { found = is_queued(tx, kind, std::string_view(name)).value(); });
    return found;
  }
  Result<FileSweep> run(std::size_t most = kAllRemovals) {
    return unlink_removed(db(), kinds_, most, control_);
  }

  KindWithFiles blob_{"blob"};
  KindWithFiles tree_{"tree"};
  std::vector<const GcKind*> kinds_{&blob_, &tree_};
  Control control_;
};

TEST_F(Removals, are_unlinked_and_taken_from_the_queue) {
  queue("blob", "a");
  queue("blob", "b");
  queue("tree", "t");
  const FileSweep swept = run().value();
  EXPECT_EQ(swept.files, 3u);
  EXPECT_EQ(swept.bytes, 30u);
  EXPECT_EQ(blob_.asked, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(queued("blob", "a"));
  EXPECT_FALSE(queued("tree", "t"));
  EXPECT_EQ(run()->files, 0u);
}

TEST_F(Removals, an_empty_queue_commits_nothing) {
  const std::uint64_t revision = db().stats().value().revision;
  EXPECT_EQ(run()->files, 0u);
  EXPECT_EQ(db().stats().value().revision, revision);
}

TEST_F(Removals, of_kinds_that_are_not_there_stay) {
  queue("unheard-of", "x");
  EXPECT_EQ(run()->files, 0u);
  EXPECT_TRUE(queued("unheard-of", "x"));
}

TEST_F(Removals, what_is_in_use_stays_queued) {
  queue("blob", "a");
  queue("blob", "b");
  blob_.in_use = {"a"};
  EXPECT_EQ(run()->files, 1u);
  EXPECT_TRUE(queued("blob", "a"));
  blob_.in_use.clear();
  EXPECT_EQ(run()->files, 1u);
}

TEST_F(Removals, a_rolled_back_removal_queues_nothing) {
  const auto given_up = db().update([&](WriteTx& tx) -> Result<void> {
    BAYPLAN_TRY(queue_removal(tx, "blob", "a"));
    return Error(Errc::conflict, "test", {});
  });
  EXPECT_EQ(code(given_up), Errc::conflict);
  EXPECT_FALSE(queued("blob", "a"));
}

TEST_F(Removals, what_is_recorded_again_is_dropped) {
  queue("blob", "a");
  update([&](WriteTx& tx) { drop_removal(tx, "blob", "a").value(); });
  update([&](WriteTx& tx) { drop_removal(tx, "blob", "never").value(); });
  EXPECT_FALSE(queued("blob", "a"));
  EXPECT_EQ(run()->files, 0u);
}

// Its files are those of a later record, whose removal is not durable as far as anybody knows.
TEST_F(Removals, what_is_removed_again_meanwhile_stays_queued) {
  queue("blob", "a");
  blob_.while_unlinking = [&] {
    update([&](WriteTx& tx) { drop_removal(tx, "blob", "a").value(); });
    queue("blob", "a");
  };
  EXPECT_EQ(run()->files, 0u);
  EXPECT_TRUE(queued("blob", "a"));
  blob_.while_unlinking = {};
  EXPECT_EQ(run()->files, 1u);
}

TEST_F(Removals, more_than_one_batch) {
  update([&](WriteTx& tx) {
    for (int n = 0; n < 1000; ++n) queue_removal(tx, "blob", std::to_string(n)).value();
  });
  EXPECT_EQ(run(300)->files, 300u);
  EXPECT_EQ(run()->files, 700u);
}

TEST_F(Removals, weak_commits_are_made_durable_first) {
  WriteOptions weak;
  weak.durability = Durability::no_metasync;
  bool durable = false;
  db().update(
          [&](WriteTx& tx) {
            tx.on_commit([&] { durable = true; });
            return queue_removal(tx, "blob", "a");
          },
          weak)
      .value();
  blob_.while_unlinking = [&] { EXPECT_TRUE(durable); };
  EXPECT_EQ(run()->files, 1u);
}

TEST_F(Removals, a_crash_between_the_files_and_the_queue_loses_nothing) {
  queue("blob", "a");
  fault::arm([](fault::Point point) -> std::optional<Error> {
    if (point != fault::Point::removals_unlinked) return {};
    return Error(Errc::io, "test", {});
  });
  EXPECT_EQ(code(run()), Errc::io);
  fault::arm({});
  EXPECT_TRUE(queued("blob", "a"));
  EXPECT_EQ(run()->files, 1u);
}

TEST_F(Removals, can_be_cancelled) {
  queue("blob", "a");
  control_.cancel.cancel();
  EXPECT_EQ(code(run()), Errc::cancelled);
  EXPECT_TRUE(queued("blob", "a"));
}

TEST_F(Removals, a_damaged_row_is_named) {
  update([&](WriteTx& tx) {
    auto queue = tx.create_bucket("removals").value();
    queue.create_bucket("blob").value().put("a", "short").value();
  });
  const auto swept = run();
  ASSERT_EQ(code(swept), Errc::corrupt);
  EXPECT_NE(swept.error().to_string().find("\"a\""), std::string::npos) << swept.error().to_string();
}

TEST_F(Removals, one_that_cannot_be_unlinked_holds_up_no_others) {
  for (const char* name : {"a", "b", "c", "d"}) queue("blob", name);
  queue("tree", "t");
  blob_.stuck = {"b", "c"};
  const auto swept = run();
  ASSERT_EQ(code(swept), Errc::failed_precondition);
  EXPECT_EQ(swept.error().name(), "b") << "the first error";
  EXPECT_FALSE(queued("blob", "a"));
  EXPECT_TRUE(queued("blob", "b"));
  EXPECT_TRUE(queued("blob", "c"));
  EXPECT_FALSE(queued("blob", "d"));
  EXPECT_FALSE(queued("tree", "t"));
  blob_.stuck.clear();
  EXPECT_EQ(run()->files, 2u);
}

TEST_F(Removals, a_damaged_row_holds_up_no_others) {
  for (const char* name : {"a", "b", "c"}) queue("blob", name);
  queue("tree", "t");
  update([&](WriteTx& tx) {
    tx.root().descend({"removals", "blob"}).value().value().put("b", "short").value();
  });
  EXPECT_EQ(code(run()), Errc::corrupt);
  EXPECT_EQ(blob_.asked, (std::vector<std::string>{"a", "c"}));
  EXPECT_FALSE(queued("blob", "c"));
  EXPECT_FALSE(queued("tree", "t"));
}

TEST_F(Removals, collect_looks_for_leftovers_of_every_kind_whatever_fails) {
  queue("blob", "a");
  queue("tree", "t");
  blob_.stuck = {"a"};
  blob_.fails_to_sweep = true;
  EXPECT_EQ(code(collect(db(), kinds_, {}, {})), Errc::failed_precondition) << "the first error";
  EXPECT_FALSE(queued("tree", "t"));
  EXPECT_EQ(blob_.sweeps, 1);
  EXPECT_EQ(tree_.sweeps, 1);
  blob_.stuck.clear();
  EXPECT_EQ(code(collect(db(), kinds_, {}, {})), Errc::io);
  EXPECT_EQ(tree_.sweeps, 2);
}

TEST_F(Removals, collect_unlinks_them_whether_it_looks_for_leftovers_or_not) {
  queue("blob", "a");
  const auto report = collect(db(), kinds_, {.leftovers = false}, {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->files.files, 1u);
}

}  // namespace
}  // namespace bayplan::metadata
