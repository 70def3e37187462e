// A store and a snapshotter in a fresh directory, and short words for what the tests do with them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "bayplan/metadata/check.h"
#include "bayplan/snapshots/snapshotter.h"
#include "support/temp_dir.h"

namespace bayplan::snapshots {

/// "ok", or the name of the error's code.
template <class T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : std::string(errc_name(result.error().code()));
}

/// The whole error, or nothing.
template <class T>
std::string words(const Result<T>& result) {
  return result ? std::string() : result.error().to_string();
}

inline void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  ASSERT_TRUE(out) << path;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class SnapshotStore {
 public:
  explicit SnapshotStore(const std::string& driver)
      : db_(metadata::Db::open(dir_.path() / "metadata").value()),
        snapshotter_(Snapshotter::open(dir_.path() / "snapshots", driver).value()) {
    std::filesystem::create_directory(dir_.path() / "mnt");
  }

  const metadata::Db& db() const { return db_; }
  Snapshotter& snapshotter() { return snapshotter_; }
  std::filesystem::path root() const { return dir_.path(); }
  std::filesystem::path directory(const std::string& id) const {
    return dir_.path() / "snapshots" / snapshotter_.name() / id;
  }

  Result<Stage> stage(const std::string& parent = {}) {
    return db_.view([&](const metadata::ReadTx& tx) { return snapshotter_.stage(tx, kNs, parent); });
  }
  Result<void> prepare(const std::string& key, const std::string& parent = {}, const Labels& labels = {}) {
    BAYPLAN_ASSIGN(Stage made, stage(parent));
    return db_.update([&](metadata::WriteTx& tx) {
      return snapshotter_.prepare(tx, kNs, key, std::move(made), labels, metadata::referred());
    });
  }
  Result<void> view(const std::string& key, const std::string& parent = {}) {
    BAYPLAN_ASSIGN(Stage made, stage(parent));
    return db_.update([&](metadata::WriteTx& tx) {
      return snapshotter_.view(tx, kNs, key, std::move(made), {}, metadata::referred());
    });
  }
  Result<Sealed> seal(const std::string& key) {
    return db_.view([&](const metadata::ReadTx& tx) { return snapshotter_.seal(tx, kNs, key); });
  }
  Result<void> commit(const std::string& name, const std::string& key, const Labels& labels = {}) {
    BAYPLAN_ASSIGN(const Sealed sealed, seal(key));
    return db_.update([&](metadata::WriteTx& tx) {
      return snapshotter_.commit(tx, kNs, name, key, sealed, labels, metadata::referred());
    });
  }
  /// A committed snapshot with nothing in it.
  Result<void> commit_empty(const std::string& name, const std::string& parent = {}) {
    BAYPLAN_TRY(prepare(name + "-active", parent));
    return commit(name, name + "-active");
  }
  Result<void> remove(const std::string& key) {
    return db_.update([&](metadata::WriteTx& tx) { return snapshotter_.remove(tx, kNs, key); });
  }
  Result<void> set_labels(const std::string& key, const Labels& labels, const FieldMask& mask = {}) {
    return db_.update(
        [&](metadata::WriteTx& tx) { return snapshotter_.set_labels(tx, kNs, key, labels, mask); });
  }
  Result<Info> stat(const std::string& key) {
    return db_.view([&](const metadata::ReadTx& tx) { return snapshotter_.stat(tx, kNs, key); });
  }
  Result<Usage> usage(const std::string& key) {
    return db_.view([&](const metadata::ReadTx& tx) { return snapshotter_.usage(tx, kNs, key); });
  }
  Result<std::vector<Mount>> mounts(const std::string& key) {
    return db_.view([&](const metadata::ReadTx& tx) { return snapshotter_.mounts(tx, kNs, key); });
  }
  /// Keys in the order of walk().
  std::vector<std::string> keys() {
    std::vector<std::string> found;
    const auto walked = db_.view([&](const metadata::ReadTx& tx) {
      return snapshotter_.walk(tx, kNs, [&](const Info& info) -> Result<void> {
        found.push_back(info.key);
        return {};
      });
    });
    EXPECT_EQ(words(walked), "");
    return found;
  }
  Result<metadata::FileSweep> sweep() { return snapshotter_.gc_kind().sweep_files(db_, {}); }
  /// What the checks find wrong, one text each.
  std::vector<std::string> problems() {
    const std::vector<const metadata::GcKind*> kinds{&snapshotter_.gc_kind()};
    const auto report = metadata::check(db_, kinds);
    EXPECT_EQ(words(report), "");
    std::vector<std::string> found;
    if (!report) return found;
    for (const metadata::Problem& problem : report->problems) {
      found.push_back(problem.object.key + ": " + problem.what);
    }
    return found;
  }
  /// Directories on disk, the probe's apart.
  std::vector<std::string> directories() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory({}))) {
      const std::string name = entry.path().filename();
      if (entry.is_directory() && name != ".probe") found.push_back(name);
    }
    return found;
  }

  static constexpr std::string_view kNs = "default";

 private:
  test::TempDir dir_;
  metadata::Db db_;
  Snapshotter snapshotter_;
};

/// A snapshot mounted at a directory of the store until the end of the scope.
class Mounted {
 public:
  Mounted(SnapshotStore& store, const std::string& key) : path_(store.root() / "mnt") {
    const auto mounts = store.mounts(key);
    EXPECT_EQ(words(mounts), "");
    if (mounts) {
      EXPECT_EQ(words(mount_all(*mounts, path_)), "");
    }
  }
  ~Mounted() { EXPECT_EQ(words(unmount_all(path_)), ""); }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace bayplan::snapshots
