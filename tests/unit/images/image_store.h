// A store in a fresh directory, short words for what the tests do with it, and its trees as maps.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "bayplan/images/store.h"
#include "bayplan/snapshots/mount.h"
#include "outcome.h"
#include "support/temp_dir.h"

namespace bayplan::images {

inline constexpr std::string_view kNs = "default";

/// Content by path; directories end with a slash.
using Tree = std::map<std::string, std::string>;

class ImageStore {
 public:
  explicit ImageStore(const std::string& driver)
      : store_(Store::open(dir_.path() / "store", {.snapshotter = driver}).value()) {
    std::filesystem::create_directory(dir_.path() / "mnt");
  }

  Store& store() { return store_; }
  std::filesystem::path path() const { return dir_.path(); }

  /// Calls `body` with a read transaction.
  template <class F>
  auto view(F&& body) {
    return store_.db().view(std::forward<F>(body));
  }
  template <class F>
  auto update(F&& body) {
    return store_.db().update(std::forward<F>(body));
  }

  std::uint64_t revision() {
    return view([](const metadata::ReadTx& tx) -> Result<std::uint64_t> { return tx.revision(); }).value();
  }
  Result<content::Info> blob(const Digest& digest) {
    return view([&](const metadata::ReadTx& tx) { return content::stat(tx, kNs, digest); });
  }
  Result<snapshots::Info> snapshot(const Digest& chain_id) {
    return view(
        [&](const metadata::ReadTx& tx) { return store_.snapshotter().stat(tx, kNs, chain_id.to_string()); });
  }
  std::vector<std::string> snapshot_names() {
    std::vector<std::string> names;
    EXPECT_TRUE(view([&](const metadata::ReadTx& tx) {
      return store_.snapshotter().walk(tx, kNs, [&](const snapshots::Info& info) -> Result<void> {
        names.push_back(info.key);
        return {};
      });
    }));
    return names;
  }
  std::size_t blob_count() {
    std::size_t count = 0;
    EXPECT_TRUE(view([&](const metadata::ReadTx& tx) {
      return content::walk(tx, kNs, [&](const content::Info&) -> Result<void> {
        ++count;
        return {};
      });
    }));
    return count;
  }
  /// Ingests and snapshot directories on disk, besides what a driver has for itself.
  std::size_t directory_count() { return all_directories() - own_directories_; }
  metadata::GcReport collect() { return metadata::collect(store_.db(), store_.gc_kinds(), {}, {}).value(); }
  std::vector<std::string> problems() {
    std::vector<std::string> found;
    for (const metadata::GcKind* kind : store_.gc_kinds()) {
      EXPECT_TRUE(view([&](const metadata::ReadTx& tx) {
        return kind->check(tx, kNs, [&](const metadata::Problem& problem) { found.push_back(problem.what); });
      }));
    }
    return found;
  }

  /// Records a blob without labels.
  Descriptor add_blob(std::string_view bytes, std::string_view media_type) {
    content::Ingest ingest = store_.blobs().ingest().value();
    EXPECT_TRUE(ingest.write(as_bytes(bytes)));
    content::ReadyBlob ready = std::move(ingest).finish().value();
    EXPECT_TRUE(update([&](metadata::WriteTx& tx) {
      return content::add(tx, kNs, std::move(ready), {}, metadata::referred());
    }));
    return {std::string(media_type), Digest::of(bytes), bytes.size()};
  }

  /// What a committed snapshot holds, seen through a mount of it.
  Tree tree(const Digest& chain_id) {
    const std::string key = "view-" + std::to_string(++views_);
    auto stage = view([&](const metadata::ReadTx& tx) {
      return store_.snapshotter().stage(tx, kNs, chain_id.to_string());
    });
    EXPECT_EQ(test::outcome(stage), "ok");
    EXPECT_TRUE(update([&](metadata::WriteTx& tx) {
      return store_.snapshotter().view(tx, kNs, key, std::move(*stage), {}, metadata::referred());
    }));
    const auto mounts =
        view([&](const metadata::ReadTx& tx) { return store_.snapshotter().mounts(tx, kNs, key); });
    EXPECT_EQ(test::outcome(snapshots::mount_all(*mounts, dir_.path() / "mnt")), "ok");
    Tree tree = read_tree(dir_.path() / "mnt");
    EXPECT_EQ(test::outcome(snapshots::unmount_all(dir_.path() / "mnt")), "ok");
    EXPECT_TRUE(update([&](metadata::WriteTx& tx) { return store_.snapshotter().remove(tx, kNs, key); }));
    return tree;
  }

 private:
  std::size_t all_directories() {
    return directories_below("content/ingest") +
           directories_below("snapshots/" + std::string(store_.snapshotter().name()));
  }
  std::size_t directories_below(const std::string& name) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path() / "store" / name)) {
      if (entry.is_directory()) ++count;
    }
    return count;
  }
  static Tree read_tree(const std::filesystem::path& root) {
    Tree tree;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      const std::string name = entry.path().lexically_relative(root);
      if (entry.is_directory()) {
        tree[name + "/"];
      } else {
        std::ifstream file(entry.path(), std::ios::binary);
        tree[name] = {std::istreambuf_iterator<char>(file), {}};
      }
    }
    return tree;
  }

  test::TempDir dir_;
  Store store_;
  std::size_t own_directories_ = all_directories();
  int views_ = 0;
};

}  // namespace bayplan::images
