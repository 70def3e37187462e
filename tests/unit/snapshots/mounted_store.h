// A store whose snapshots are mounted, and its rows of mounts as the tests want to see and make them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "bayplan/metadata/codec.h"
#include "bayplan/metadata/namespaces.h"
#include "bayplan/metadata/schema.h"
#include "bayplan/snapshots/mounts.h"
#include "mount_records.h"
#include "unit/snapshots/snapshot_store.h"

namespace bayplan::snapshots {

class MountedStore {
 protected:
  std::filesystem::path points() const { return store.root() / "run/.mounts/store"; }
  Mounts mounts() { return {store.db(), store.snapshotter(), points()}; }
  Result<MountPoint> mount(const std::string& key, const std::filesystem::path& target = {}) {
    return mounts().mount(store.kNs, key, target);
  }
  Result<std::uint64_t> unmount(const std::string& key, Force force = Force::no) {
    return mounts().unmount(store.kNs, key, force);
  }
  std::vector<MountPoint> mounted() {
    std::vector<MountPoint> found;
    EXPECT_EQ(words(store.db().view([&](const metadata::ReadTx& tx) {
                return mounts().walk(tx, store.kNs, [&](const MountPoint& at) -> Result<void> {
                  found.push_back(at);
                  return {};
                });
              })),
              "");
    return found;
  }

  /// Of whatever boot and count.
  std::size_t rows() {
    return store.db()
        .view([&](const metadata::ReadTx& tx) -> Result<std::size_t> {
          std::size_t count = 0;
          BAYPLAN_ASSIGN(const auto all,
                         metadata::namespace_bucket(tx, store.kNs, {metadata::schema::kMounts, "overlay"}));
          if (all) {
            BAYPLAN_TRY(all->for_each([&](const metadata::Entry&) -> Result<void> {
              ++count;
              return {};
            }));
          }
          return count;
        })
        .value();
  }
  void put_row(const std::string& key, const MountRow& row) {
    ASSERT_EQ(words(store.db().update([&](metadata::WriteTx& tx) {
                return mount_records::put(tx, {store.kNs, "overlay"}, key, row);
              })),
              "");
  }

  std::vector<const metadata::GcKind*> kinds() { return {&store.snapshotter().gc_kind(), &mount_gc_kind()}; }
  /// "<kind> <key>" of what a collection removes.
  std::vector<std::string> collect() {
    std::vector<std::string> removed;
    const auto report = metadata::collect(store.db(), kinds(), {}, {});
    EXPECT_EQ(words(report), "");
    if (!report) return removed;
    for (const auto& gone : report->removed) removed.push_back(gone.node.kind + " " + gone.node.key);
    return removed;
  }
  std::vector<std::string> check() {
    std::vector<std::string> found;
    for (const metadata::Problem& problem : metadata::check(store.db(), kinds()).value().problems) {
      found.push_back(problem.object.key + ": " + problem.what);
    }
    return found;
  }

  SnapshotStore store{"overlay"};
};

}  // namespace bayplan::snapshots
