#include "crash/remains.h"

#include <gtest/gtest.h>

#include <set>

#include "bayplan/containers/gc_kinds.h"
#include "bayplan/content/ingests.h"
#include "bayplan/content/store.h"
#include "bayplan/metadata/check.h"

namespace bayplan::test {

std::vector<const metadata::GcKind*> all_kinds(const images::Store& store) {
  auto kinds = store.gc_kinds();
  for (const metadata::GcKind* kind : containers::gc_kinds()) kinds.push_back(kind);
  return kinds;
}

namespace {

/// Names of what is recorded, by directory; what a collection keeps for itself comes as "collection" (notes)
/// and "removals KIND NAME" (files still to go).
Result<std::set<std::string>> recorded(images::Store& store, const metadata::ReadTx& tx) {
  std::set<std::string> found;
  BAYPLAN_TRY(content::walk(tx, kNamespace, [&](const content::Info& info) -> Result<void> {
    found.insert(info.digest.hex());
    return {};
  }));
  BAYPLAN_TRY(content::ingests::walk(tx, kNamespace,
                                     [&](const content::ingests::IngestRecord& ingest) -> Result<void> {
                                       found.insert(Digest::of(ingest.backend).hex());
                                       return {};
                                     }));
  const auto trees = store.root().path / "snapshots" / store.snapshotter().name();
  BAYPLAN_TRY(store.snapshotter().walk(tx, kNamespace, [&](const snapshots::Info& info) -> Result<void> {
    // A power cut may take the directory of an active one; who mounts it next makes it anew.
    const bool may_lack_it = info.kind == snapshots::Kind::active;
    if (!may_lack_it || std::filesystem::exists(trees / info.directory)) found.insert(info.directory);
    return {};
  }));
  BAYPLAN_ASSIGN(const auto notes, tx.bucket("collection"));
  if (notes) found.insert("collection");
  BAYPLAN_ASSIGN(const auto removals, tx.bucket("removals"));
  if (!removals) return found;
  BAYPLAN_TRY(removals->for_each_bucket([&](std::string_view kind, const metadata::Bucket& names) {
    return names.for_each([&](const metadata::Entry& name) -> Result<void> {
      found.insert(std::string("removals ").append(kind).append(" ").append(name.key));
      return {};
    });
  }));
  return found;
}

/// Blobs, ingests and snapshots that have files.
std::set<std::string> files(images::Store& store, const std::filesystem::path& root) {
  const std::string snapshots = std::string("snapshots/").append(store.snapshotter().name());
  std::set<std::string> found;
  for (const std::string& part :
       {std::string("content/blobs/sha256"), std::string("content/ingest"), snapshots}) {
    if (!std::filesystem::exists(root / part)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(root / part)) {
      const std::string name = entry.path().filename();
      if (name != "next" && name != ".probe") found.insert(name);
    }
  }
  return found;
}

}  // namespace

void expect_collects(const std::filesystem::path& root, const images::StoreOptions& options) {
  auto store = images::Store::open(root, options);
  ASSERT_TRUE(store) << store.error().to_string();
  const auto kinds = all_kinds(*store);
  const auto report = metadata::collect(store->db(), kinds, {}, {});
  ASSERT_TRUE(report) << report.error().to_string();
  const auto left = store->db().view([&](const metadata::ReadTx& tx) { return recorded(*store, tx); });
  ASSERT_TRUE(left) << left.error().to_string();
  EXPECT_EQ(files(*store, root), *left);
  for (const auto& problem : metadata::check(store->db(), kinds).value().problems)
    ADD_FAILURE() << problem.object.key << ": " << problem.what;
}

}  // namespace bayplan::test
