// The contract of every driver. Names of cases follow containerd's suite for snapshotters.
#include "bayplan/snapshots/snapshotter.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot_store.h"
#include "support/all_or_nothing.h"

namespace bayplan::snapshots {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SnapshotterContract : public testing::TestWithParam<const char*> {
 protected:
  SnapshotStore store{GetParam()};

  void TearDown() override { EXPECT_THAT(store.problems(), IsEmpty()); }

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

INSTANTIATE_TEST_SUITE_P(Drivers, SnapshotterContract, testing::Values("overlay", "native"),
                         [](const auto& driver) { return std::string(driver.param); });

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777u;
}

TEST_P(SnapshotterContract, records_are_all_or_nothing_and_a_failure_leaves_the_stage) {
  Snapshotter& snapshotter = store.snapshotter();
  const auto writes = [&](const std::function<Result<void>(metadata::WriteTx&)>& change) {
    return metadata::expect_all_or_nothing(store.db(), change);
  };
  Stage base = store.stage().value();
  ASSERT_EQ(words(snapshotter.sync()), "");
  EXPECT_GT(writes([&](metadata::WriteTx& tx) {
              return snapshotter.add_committed(tx, store.kNs, "base", {}, std::move(base), {1, 0},
                                               {{"k", "v"}}, metadata::referred());
            }),
            5);
  Stage active = store.stage("base").value();
  EXPECT_GT(writes([&](metadata::WriteTx& tx) {
              return snapshotter.prepare(tx, store.kNs, "active", std::move(active), {},
                                         metadata::referred());
            }),
            5);
  Stage look = store.stage("base").value();
  EXPECT_GT(writes([&](metadata::WriteTx& tx) {
              return snapshotter.view(tx, store.kNs, "look", std::move(look), {}, metadata::referred());
            }),
            5);
  const Sealed sealed = store.seal("active").value();
  EXPECT_GT(
      writes([&](metadata::WriteTx& tx) {
        return snapshotter.commit(tx, store.kNs, "top", "active", sealed, {{"k", "v"}}, metadata::referred());
      }),
      5);
  EXPECT_GT(writes([&](metadata::WriteTx& tx) { return snapshotter.set_labels(tx, store.kNs, "top", {}); }),
            1);
  EXPECT_GT(writes([&](metadata::WriteTx& tx) { return snapshotter.remove(tx, store.kNs, "look"); }), 1);
  EXPECT_THAT(store.keys(), ElementsAre("base", "top"));
}

TEST_P(SnapshotterContract, basic) {
  layer("one", "", [](const auto& root) {
    write_file(root / "foo", "foo\n");
    std::filesystem::create_directories(root / "a/b/c");
  });
  layer("two", "one", [](const auto& root) {
    EXPECT_EQ(read_file(root / "foo"), "foo\n");
    write_file(root / "bar", "bar\n");
    std::filesystem::remove(root / "foo");
  });
  ASSERT_EQ(words(store.view("view", "two")), "");
  {
    const Mounted mounted(store, "view");
    EXPECT_EQ(read_file(mounted / "bar"), "bar\n");
    EXPECT_FALSE(std::filesystem::exists(mounted / "foo"));
    EXPECT_TRUE(std::filesystem::exists(mounted / "a/b/c"));
  }
  EXPECT_EQ(store.stat("two")->parent, "one");
  EXPECT_EQ(outcome(store.remove("two")), "in_use");
  EXPECT_EQ(outcome(store.remove("view")), "ok");
  EXPECT_EQ(outcome(store.remove("two")), "ok");
  EXPECT_EQ(outcome(store.remove("one")), "ok");
  EXPECT_THAT(store.keys(), IsEmpty());
}

TEST_P(SnapshotterContract, stat_active) {
  ASSERT_EQ(words(store.commit_empty("base")), "");
  ASSERT_EQ(words(store.prepare("key", "base", {{"colour", "blue"}, {"empty", ""}})), "");
  const auto info = store.stat("key");
  ASSERT_EQ(words(info), "");
  EXPECT_EQ(info->kind, Kind::active);
  EXPECT_EQ(info->key, "key");
  EXPECT_EQ(info->parent, "base");
  EXPECT_EQ(info->labels, (Labels{{"colour", "blue"}}));
  EXPECT_EQ(info->created, info->updated);
  EXPECT_EQ(info->usage, Usage());
  EXPECT_EQ(to_string(info->kind), "active");
}

TEST_P(SnapshotterContract, stat_committed) {
  ASSERT_EQ(words(store.prepare("key", "", {{"old", "label"}})), "");
  const auto before = store.stat("key");
  ASSERT_EQ(words(before), "");
  ASSERT_EQ(words(store.commit("name", "key", {{"new", "label"}})), "");
  EXPECT_EQ(outcome(store.stat("key")), "not_found");
  const auto info = store.stat("name");
  ASSERT_EQ(words(info), "");
  EXPECT_EQ(info->kind, Kind::committed);
  EXPECT_EQ(info->labels, (Labels{{"new", "label"}}));
  EXPECT_EQ(info->directory, before->directory);
  EXPECT_GT(info->created, before->created);
  EXPECT_EQ(info->created, info->updated);
  EXPECT_EQ(info->usage.inodes, 1u);
}

TEST_P(SnapshotterContract, transitivity) {
  ASSERT_EQ(words(store.commit_empty("a")), "");
  ASSERT_EQ(words(store.commit_empty("b", "a")), "");
  ASSERT_EQ(words(store.view("c", "b")), "");
  EXPECT_EQ(store.stat("c")->parent, "b");
  EXPECT_EQ(store.stat(store.stat("c")->parent)->parent, "a");
  EXPECT_EQ(store.stat("a")->parent, "");
}

TEST_P(SnapshotterContract, a_key_is_taken_by_every_kind) {
  ASSERT_EQ(words(store.prepare("active")), "");
  ASSERT_EQ(words(store.view("view")), "");
  ASSERT_EQ(words(store.commit_empty("committed")), "");
  for (const char* const taken : {"active", "view", "committed"}) {
    EXPECT_EQ(outcome(store.prepare(taken)), "already_exists") << taken;
    EXPECT_EQ(outcome(store.view(taken)), "already_exists") << taken;
    EXPECT_EQ(outcome(store.commit(taken, "active")), "already_exists") << taken;
  }
  EXPECT_EQ(store.stat("active")->kind, Kind::active);
  EXPECT_EQ(store.directories().size(), 3u) << "a stage that no record took is still there";
}

TEST_P(SnapshotterContract, keys_and_labels_are_checked) {
  EXPECT_EQ(outcome(store.prepare("")), "invalid_argument");
  EXPECT_EQ(outcome(store.prepare("key", "", {{"", "value"}})), "invalid_argument");
  ASSERT_EQ(words(store.prepare("key")), "");
  EXPECT_EQ(outcome(store.commit("", "key")), "invalid_argument");
  EXPECT_EQ(outcome(store.set_labels("key", {{"k", std::string(5000, 'v')}})), "invalid_argument");
  EXPECT_EQ(outcome(store.set_labels("other", {})), "not_found");
}

TEST_P(SnapshotterContract, update_labels_of_every_kind) {
  ASSERT_EQ(words(store.prepare("active")), "");
  ASSERT_EQ(words(store.view("view")), "");
  ASSERT_EQ(words(store.commit_empty("committed")), "");
  for (const char* const key : {"active", "view", "committed"}) {
    const auto before = store.stat(key);
    ASSERT_EQ(words(store.set_labels(key, {{"a", "1"}, {"gone", ""}})), "") << key;
    const auto after = store.stat(key);
    ASSERT_EQ(words(after), "");
    EXPECT_EQ(after->labels, (Labels{{"a", "1"}}));
    EXPECT_EQ(after->created, before->created);
    EXPECT_GT(after->updated, before->updated);
    EXPECT_EQ(after->usage, before->usage);
    ASSERT_EQ(words(store.set_labels(key, {})), "");
    EXPECT_THAT(store.stat(key)->labels, IsEmpty());
  }
}

TEST_P(SnapshotterContract, update_of_single_labels) {
  ASSERT_EQ(words(store.prepare("key", "", {{"a", "1"}, {"b", "2"}, {"c.d", "3"}})), "");
  ASSERT_EQ(words(store.set_labels("key", {{"a", "new"}, {"b", "not named"}}, {"labels.a", "labels.c.d"})),
            "");
  EXPECT_EQ(store.stat("key")->labels, (Labels{{"a", "new"}, {"b", "2"}}));
  ASSERT_EQ(words(store.set_labels("key", {{"e", "5"}}, {"labels"})), "");
  EXPECT_EQ(store.stat("key")->labels, (Labels{{"e", "5"}}));
  for (const char* const path : {"parent", "kind", "name", "", ".labels"}) {
    EXPECT_EQ(outcome(store.set_labels("key", {{"f", "6"}}, {"labels.f", path})), "invalid_argument") << path;
  }
  EXPECT_EQ(outcome(store.set_labels("key", {{"", "v"}}, {"labels."})), "invalid_argument");
  EXPECT_EQ(store.stat("key")->labels, (Labels{{"e", "5"}}));
}

TEST_P(SnapshotterContract, a_removed_key_can_be_used_again) {
  ASSERT_EQ(words(store.commit_empty("key")), "");
  const std::string first = store.stat("key")->directory;
  ASSERT_EQ(words(store.remove("key")), "");
  ASSERT_EQ(words(store.view("key")), "");
  ASSERT_EQ(words(store.remove("key")), "");
  ASSERT_EQ(words(store.prepare("key")), "");
  EXPECT_NE(store.stat("key")->directory, first);
  EXPECT_EQ(outcome(store.remove("absent")), "not_found");
}

TEST_P(SnapshotterContract, walk_in_key_order_with_stat_inside) {
  ASSERT_EQ(words(store.commit_empty("b")), "");
  ASSERT_EQ(words(store.prepare("c", "b")), "");
  ASSERT_EQ(words(store.view("a", "b")), "");
  EXPECT_THAT(store.keys(), ElementsAre("a", "b", "c"));
  const auto walked = store.db().view([&](const metadata::ReadTx& tx) {
    return store.snapshotter().walk(tx, SnapshotStore::kNs, [&](const Info& info) -> Result<void> {
      BAYPLAN_ASSIGN(const Info again, store.snapshotter().stat(tx, SnapshotStore::kNs, info.key));
      EXPECT_EQ(again, info);
      return {};
    });
  });
  EXPECT_EQ(words(walked), "");
}

TEST_P(SnapshotterContract, walk_ends_with_the_visitors_error) {
  ASSERT_EQ(words(store.prepare("a")), "");
  ASSERT_EQ(words(store.prepare("b")), "");
  int seen = 0;
  const auto walked = store.db().view([&](const metadata::ReadTx& tx) {
    return store.snapshotter().walk(tx, SnapshotStore::kNs, [&](const Info&) -> Result<void> {
      ++seen;
      return Error(Errc::cancelled, "test", {});
    });
  });
  EXPECT_EQ(outcome(walked), "cancelled");
  EXPECT_EQ(seen, 1);
}

TEST_P(SnapshotterContract, layer_file_update) {
  std::string parent;
  for (int i = 1; i <= 5; ++i) {
    const std::string content = "content " + std::to_string(i);
    layer("l" + std::to_string(i), parent, [&](const auto& root) { write_file(root / "file", content); });
    parent = "l" + std::to_string(i);
    look(parent, [&](const auto& root) { EXPECT_EQ(read_file(root / "file"), content); });
  }
}

TEST_P(SnapshotterContract, remove_directory_in_lower_layer) {
  layer("one", "", [](const auto& root) {
    std::filesystem::create_directory(root / "dir");
    write_file(root / "dir/old", "old");
  });
  layer("two", "one", [](const auto& root) { std::filesystem::remove_all(root / "dir"); });
  layer("three", "two", [](const auto& root) {
    EXPECT_FALSE(std::filesystem::exists(root / "dir"));
    std::filesystem::create_directory(root / "dir");
    write_file(root / "dir/new", "new");
  });
  look("three", [](const auto& root) {
    EXPECT_TRUE(std::filesystem::exists(root / "dir/new"));
    EXPECT_FALSE(std::filesystem::exists(root / "dir/old"));
  });
}

TEST_P(SnapshotterContract, chown) {
  layer("one", "", [](const auto& root) {
    write_file(root / "file", "x");
    ASSERT_EQ(::chown((root / "file").c_str(), 1, 1), 0);
  });
  layer("two", "one", [](const auto& root) { ASSERT_EQ(::chown((root / "file").c_str(), 2, 2), 0); });
  look("two", [](const auto& root) {
    struct stat info {};
    ASSERT_EQ(::stat((root / "file").c_str(), &info), 0);
    EXPECT_EQ(info.st_uid, 2u);
    EXPECT_EQ(info.st_gid, 2u);
  });
}

TEST_P(SnapshotterContract, directory_permission_on_commit) {
  layer("one", "", [](const auto& root) {
    for (const mode_t mode : {0700u, 0755u, 01777u, 02775u}) {
      const auto path = root / std::to_string(mode);
      std::filesystem::create_directory(path);
      ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    }
  });
  look("one", [](const auto& root) {
    for (const mode_t mode : {0700u, 0755u, 01777u, 02775u}) {
      EXPECT_EQ(mode_of(root / std::to_string(mode)), mode);
    }
  });
}

TEST_P(SnapshotterContract, remove_intermediate_snapshot) {
  ASSERT_EQ(words(store.commit_empty("base")), "");
  ASSERT_EQ(words(store.commit_empty("middle", "base")), "");
  ASSERT_EQ(words(store.prepare("leaf", "middle")), "");
  EXPECT_EQ(outcome(store.remove("middle")), "in_use");
  EXPECT_EQ(outcome(store.remove("base")), "in_use");
  EXPECT_EQ(outcome(store.remove("leaf")), "ok");
  EXPECT_EQ(outcome(store.remove("base")), "in_use");
  EXPECT_EQ(outcome(store.remove("middle")), "ok");
  EXPECT_EQ(outcome(store.remove("base")), "ok");
}

TEST_P(SnapshotterContract, deleted_files_in_child_snapshot) {
  layer("one", "", [](const auto& root) {
    write_file(root / "kept", "1");
    write_file(root / "gone", "2");
  });
  layer("two", "one", [](const auto& root) { std::filesystem::remove(root / "gone"); });
  look("two", [](const auto& root) {
    EXPECT_TRUE(std::filesystem::exists(root / "kept"));
    EXPECT_FALSE(std::filesystem::exists(root / "gone"));
  });
  look("one", [](const auto& root) { EXPECT_TRUE(std::filesystem::exists(root / "gone")); });
}

TEST_P(SnapshotterContract, move_file_from_lower_layer) {
  layer("one", "", [](const auto& root) {
    std::filesystem::create_directory(root / "dir");
    write_file(root / "dir/file", "moved");
  });
  layer("two", "one",
        [](const auto& root) { std::filesystem::rename(root / "dir/file", root / "dir/elsewhere"); });
  look("two", [](const auto& root) {
    EXPECT_EQ(read_file(root / "dir/elsewhere"), "moved");
    EXPECT_FALSE(std::filesystem::exists(root / "dir/file"));
  });
}

TEST_P(SnapshotterContract, view_refuses_writes) {
  ASSERT_EQ(words(store.commit_empty("one")), "");
  ASSERT_EQ(words(store.commit_empty("two", "one")), "");
  for (const char* const parent : {"", "one", "two"}) {
    look(parent, [&](const auto& root) {
      EXPECT_EQ(::mkdir((root / "new").c_str(), 0700), -1) << parent;
      EXPECT_EQ(errno, EROFS) << parent;
    });
  }
}

TEST_P(SnapshotterContract, root_permission) {
  layer("one", "", [](const auto& root) { EXPECT_EQ(mode_of(root), 0755u); });
  layer("two", "one", [](const auto& root) {
    EXPECT_EQ(mode_of(root), 0755u);
    ASSERT_EQ(::chmod(root.c_str(), 01711), 0);
    ASSERT_EQ(::chown(root.c_str(), 5, 6), 0);
  });
  ASSERT_EQ(words(store.prepare("three", "two")), "");
  const Mounted mounted(store, "three");
  EXPECT_EQ(mode_of(mounted.path()), 01711u);
  struct stat info {};
  ASSERT_EQ(::stat(mounted.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 5u);
  EXPECT_EQ(info.st_gid, 6u);
}

TEST_P(SnapshotterContract, a_chain_of_128_layers_mounts) {
  std::string parent;
  for (int i = 0; i < 128; ++i) {
    const std::string name = "l" + std::to_string(i);
    auto stage = store.stage(parent);
    ASSERT_EQ(words(stage), "");
    write_file(store.directory(stage->directory()) / "fs" / name, name);
    const auto added = store.db().update([&](metadata::WriteTx& tx) {
      return store.snapshotter().add_committed(tx, SnapshotStore::kNs, name, parent, std::move(*stage), {},
                                               {}, metadata::referred());
    });
    ASSERT_EQ(words(added), "");
    parent = name;
  }
  ASSERT_EQ(words(store.prepare("top", parent)), "");
  const Mounted mounted(store, "top");
  for (int i = 0; i < 128; ++i) {
    const std::string name = "l" + std::to_string(i);
    EXPECT_EQ(read_file(mounted / name), name);
  }
}

TEST_P(SnapshotterContract, usage_is_measured_while_active_and_stored_once_committed) {
  ASSERT_EQ(words(store.prepare("key")), "");
  {
    const Mounted mounted(store, "key");
    write_file(mounted / "file", std::string(100'000, 'x'));
    std::filesystem::create_hard_link(mounted / "file", mounted / "other");
  }
  const auto active = store.usage("key");
  ASSERT_EQ(words(active), "");
  EXPECT_EQ(active->inodes, 2u);
  EXPECT_GE(active->bytes, 100'000u);
  EXPECT_LT(active->bytes, 200'000u);
  ASSERT_EQ(words(store.commit("name", "key")), "");
  EXPECT_EQ(*store.usage("name"), *active);
  EXPECT_EQ(store.stat("name")->usage, *active);
  EXPECT_EQ(outcome(store.usage("key")), "not_found");
}

TEST_P(SnapshotterContract, only_committed_snapshots_are_parents) {
  ASSERT_EQ(words(store.prepare("active")), "");
  ASSERT_EQ(words(store.view("view")), "");
  EXPECT_EQ(outcome(store.stage("active")), "failed_precondition");
  EXPECT_EQ(outcome(store.stage("view")), "failed_precondition");
  EXPECT_EQ(outcome(store.stage("absent")), "not_found");
}

TEST_P(SnapshotterContract, only_active_snapshots_are_sealed_and_committed) {
  ASSERT_EQ(words(store.view("view")), "");
  ASSERT_EQ(words(store.commit_empty("committed")), "");
  EXPECT_EQ(outcome(store.seal("view")), "failed_precondition");
  EXPECT_EQ(outcome(store.seal("committed")), "failed_precondition");
  EXPECT_EQ(outcome(store.seal("absent")), "not_found");
  const std::string directory = store.stat("view")->directory;
  const auto forced = store.db().update([&](metadata::WriteTx& tx) {
    return store.snapshotter().commit(tx, SnapshotStore::kNs, "name", "view", {"view", directory, {}}, {},
                                      metadata::referred());
  });
  EXPECT_EQ(outcome(forced), "failed_precondition");
}

TEST_P(SnapshotterContract, commit_takes_only_what_was_sealed) {
  ASSERT_EQ(words(store.prepare("key")), "");
  const auto sealed = store.seal("key");
  ASSERT_EQ(words(sealed), "");
  ASSERT_EQ(words(store.remove("key")), "");
  ASSERT_EQ(words(store.prepare("key")), "");
  ASSERT_EQ(words(store.prepare("other")), "");
  const auto commit = [&](const std::string& key) {
    return store.db().update([&](metadata::WriteTx& tx) {
      return store.snapshotter().commit(tx, SnapshotStore::kNs, "name", key, *sealed, {},
                                        metadata::referred());
    });
  };
  EXPECT_EQ(outcome(commit("key")), "conflict");
  EXPECT_EQ(outcome(commit("other")), "conflict");
  EXPECT_EQ(outcome(commit("absent")), "not_found");
  EXPECT_EQ(store.stat("key")->kind, Kind::active);
}

TEST_P(SnapshotterContract, a_stage_whose_parent_changed_is_a_conflict) {
  ASSERT_EQ(words(store.commit_empty("parent")), "");
  auto replaced = store.stage("parent");
  auto gone = store.stage("parent");
  ASSERT_EQ(words(store.remove("parent")), "");
  const auto prepare = [&](Result<Stage>& stage) {
    return store.db().update([&](metadata::WriteTx& tx) {
      return store.snapshotter().prepare(tx, SnapshotStore::kNs, "key", std::move(*stage), {},
                                         metadata::referred());
    });
  };
  EXPECT_EQ(outcome(prepare(gone)), "conflict");
  ASSERT_EQ(words(store.commit_empty("parent")), "");
  EXPECT_EQ(outcome(prepare(replaced)), "conflict");
  EXPECT_EQ(outcome(store.stat("key")), "not_found");
}

TEST_P(SnapshotterContract, a_stage_is_committed_only_over_what_it_was_staged_on) {
  ASSERT_EQ(words(store.commit_empty("a")), "");
  ASSERT_EQ(words(store.commit_empty("b")), "");
  auto stage = store.stage("a");
  ASSERT_EQ(words(stage), "");
  const auto add = [&](const std::string& parent) {
    return store.db().update([&](metadata::WriteTx& tx) {
      return store.snapshotter().add_committed(tx, SnapshotStore::kNs, "c", parent, std::move(*stage), {}, {},
                                               metadata::referred());
    });
  };
  EXPECT_EQ(outcome(add("b")), "conflict");
  EXPECT_EQ(outcome(add("")), "conflict");
  EXPECT_EQ(outcome(add("absent")), "conflict");
  EXPECT_EQ(outcome(add("a")), "ok");
  EXPECT_EQ(outcome(add("a")), "invalid_argument") << "the stage was consumed";
}

TEST_P(SnapshotterContract, namespaces_do_not_see_one_another) {
  ASSERT_EQ(words(store.commit_empty("key")), "");
  const auto elsewhere = store.db().view(
      [&](const metadata::ReadTx& tx) { return store.snapshotter().stat(tx, "other", "key"); });
  EXPECT_EQ(outcome(elsewhere), "not_found");
  auto stage = store.stage("key");
  ASSERT_EQ(words(stage), "");
  const auto prepared = store.db().update([&](metadata::WriteTx& tx) {
    return store.snapshotter().prepare(tx, "other", "child", std::move(*stage), {}, metadata::referred());
  });
  EXPECT_EQ(outcome(prepared), "conflict");
}

TEST_P(SnapshotterContract, committed_snapshots_are_not_mounted) {
  ASSERT_EQ(words(store.commit_empty("key")), "");
  EXPECT_EQ(outcome(store.mounts("key")), "failed_precondition");
  EXPECT_EQ(outcome(store.mounts("absent")), "not_found");
}

TEST_P(SnapshotterContract, a_directory_lost_in_an_unclean_boot_is_made_again) {
  layer("one", "", [](const auto& root) {
    write_file(root / "file", "x");
    ASSERT_EQ(::chmod(root.c_str(), 0711), 0);
  });
  for (const std::string parent : {"", "one"}) {
    ASSERT_EQ(words(store.prepare("key", parent)), "");
    std::filesystem::remove_all(store.directory(store.stat("key")->directory));
    {
      const Mounted mounted(store, "key");
      EXPECT_EQ(std::filesystem::exists(mounted / "file"), !parent.empty());
      EXPECT_EQ(mode_of(mounted.path()), parent.empty() ? 0755u : 0711u);
      write_file(mounted / "new", "y");
    }
    const Mounted again(store, "key");
    EXPECT_EQ(read_file(again / "new"), "y");
    ASSERT_EQ(words(store.remove("key")), "");
  }
}

TEST_P(SnapshotterContract, mounts_of_a_snapshot_that_is_not_durable_yet) {
  auto stage = store.stage();
  ASSERT_EQ(words(stage), "");
  const auto mounts = store.db().update([&](metadata::WriteTx& tx) -> Result<std::vector<Mount>> {
    BAYPLAN_TRY(store.snapshotter().prepare(tx, SnapshotStore::kNs, "key", std::move(*stage), {},
                                            metadata::referred()));
    return store.snapshotter().mounts(tx, SnapshotStore::kNs, "key");
  });
  ASSERT_EQ(words(mounts), "");
  EXPECT_EQ(*mounts, *store.mounts("key"));
}

}  // namespace
}  // namespace bayplan::snapshots
