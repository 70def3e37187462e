// Every row of the corpus, through the command, with every driver, as root and as root of a user namespace:
// the verdict is met, nothing outside of the store changes, memory stays bounded, the store is without fault
// and, after a refusal, as it was; what is accepted becomes the expected tree, in both drivers the same.
#include "corpus/corpus.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <set>

#include "bayplan/images/resolve.h"
#include "bayplan/images/store.h"
#include "bayplan/metadata/digest.h"
#include "bayplan/snapshots/mount.h"
#include "support/run_command.h"
#include "support/temp_dir.h"
#include "support/tree_dump.h"
#include "support/user_namespace.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
// Sanitizers shadow all memory, and AddressSanitizer keeps 256 MiB of what was freed.
constexpr std::uint64_t kMostMemory = 1ull << 30;
#else
constexpr std::uint64_t kMostMemory = 256ull << 20;
#endif
constexpr const char* kNamespace = "default";
constexpr const char* kVictim = "localhost/victim:1";
constexpr const char* kName = "localhost/corpus:1";
constexpr const char* kDrivers[] = {"overlay", "native"};

/// Everything that a refusal must leave alone: paths with type, mode and size; the lock files and the counter
/// of names, which any command may write to, excepted.
std::map<std::string, std::string> files_of(const fs::path& root) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string path = entry.path().lexically_relative(root);
    const bool ours =
        path.starts_with("metadata") || path.ends_with("/next") || path.find(".probe") != path.npos;
    if (ours) continue;
    struct stat info {};
    EXPECT_EQ(::lstat(entry.path().c_str(), &info), 0) << path;
    found[path] =
        std::to_string(info.st_mode) + " " + (entry.is_directory() ? "" : std::to_string(info.st_size));
  }
  return found;
}

class CorpusStore {
 public:
  CorpusStore(const fs::path& home, const char* driver) : root_(home / driver), driver_(driver) {
    fs::create_directory(root_);
    LayoutBuilder layout;
    layout.tag(layout.image({TarBuilder().dir("d").file("d/f", "victim").end()}));
    layout.write_to(home / "victim");
    const auto imported = command({"image", "import", (home / "victim").string(), "--name", kVictim});
    EXPECT_EQ(imported.exit_code, 0) << imported.err;
  }
  ~CorpusStore() { fs::remove_all(root_); }
  CorpusStore(const CorpusStore&) = delete;
  CorpusStore& operator=(const CorpusStore&) = delete;

  CommandResult command(std::vector<std::string> words) const {
    words.insert(words.begin(), {BAYPLAN_COMMAND, "--root", root_.string(), "--snapshotter", driver_});
    return run_command(words);
  }

  std::string records() const {
    auto store = open();
    if (!store) return store.error().to_string();
    const auto digest = store->db().view([](const metadata::ReadTx& tx) -> Result<std::string> {
      BAYPLAN_ASSIGN(const auto bucket, tx.bucket("v1"));
      BAYPLAN_ASSIGN(const Digest logical, metadata::logical_digest(*bucket));
      return logical.to_string();
    });
    return digest ? *digest : digest.error().to_string();
  }
  std::map<std::string, std::string> files() const { return files_of(root_); }

  /// Looks at the tree of the image through a mount.
  template <class Look>
  void with_tree(Look look) const {
    auto store = open();
    ASSERT_TRUE(store) << store.error().to_string();
    const auto mounts = prepare_view(*store);
    ASSERT_TRUE(mounts) << mounts.error().to_string();
    if (mounts->empty()) return;
    const fs::path target = root_.parent_path() / "tree";
    fs::create_directory(target);
    const auto mounted = snapshots::mount_all(*mounts, target);
    ASSERT_TRUE(mounted) << mounted.error().to_string();
    look(target);
    EXPECT_TRUE(snapshots::unmount_all(target));
  }

 private:
  Result<images::Store> open() const { return images::Store::open(root_, {.snapshotter = driver_}); }

  // None for an image without layers.
  static Result<std::vector<snapshots::Mount>> prepare_view(images::Store& store) {
    snapshots::Snapshotter& snapshotter = store.snapshotter();
    std::vector<snapshots::Mount> none;
    BAYPLAN_ASSIGN(const auto chain, store.db().view([&](const metadata::ReadTx& tx) -> Result<std::string> {
      BAYPLAN_ASSIGN(const auto resolved, images::resolve(store, tx, kNamespace, kName, {}));
      return resolved.chain_id ? resolved.chain_id->to_string() : std::string();
    }));
    if (chain.empty()) return none;
    BAYPLAN_ASSIGN(auto stage, store.db().view([&](const metadata::ReadTx& tx) {
      return snapshotter.stage(tx, kNamespace, chain);
    }));
    BAYPLAN_TRY(store.db().update([&](metadata::WriteTx& tx) {
      return snapshotter.view(tx, kNamespace, "look", std::move(stage), {}, metadata::referred());
    }));
    return store.db().view(
        [&](const metadata::ReadTx& tx) { return snapshotter.mounts(tx, kNamespace, "look"); });
  }

  fs::path root_;
  std::string driver_;
};

class Corpus : public testing::Test {
 protected:
  static void make_canary() {
    fs::remove_all(canary());
    write_file(canary() / "victim", "safe");
    fs::permissions(canary() / "victim", fs::perms(0644));
  }

  static void try_row(const CorpusRow& row, const fs::path& home, bool as_outside) {
    SCOPED_TRACE(row.name);
    const fs::path source = home / "source";
    row.write(source);
    make_canary();
    const auto before = dump_tree(canary());
    std::map<std::string, std::string> trees[std::size(kDrivers)];
    std::string outcome;
    for (std::size_t i = 0; i < std::size(kDrivers); ++i) {
      SCOPED_TRACE(kDrivers[i]);
      const CorpusStore store(home, kDrivers[i]);
      outcome = try_import(row, store, source);
      if (row.verdict == Verdict::contain && row.tree != std::vector<std::string>{kNotListed}) {
        store.with_tree([&](const fs::path& tree) {
          if (!row.tree.empty() && (as_outside || !row.needs_devices)) {
            EXPECT_EQ(list_tree(tree), row.tree);
          }
          trees[i] = dump_tree(tree);
        });
      }
    }
    EXPECT_EQ(first_difference(trees[0], trees[1]), "");
    EXPECT_EQ(first_difference(before, dump_tree(canary())), "");
    fs::remove_all(source);
    std::printf("%-40s %-14s %-8s %s\n", row.name.substr(0, 40).c_str(), row.kind.c_str(),
                row.verdict == Verdict::contain ? "contain" : "reject", outcome.c_str());
  }

  /// Answers what to print of it.
  static std::string try_import(const CorpusRow& row, const CorpusStore& store, const fs::path& source) {
    const auto files = store.files();
    const std::string records = store.records();
    const auto imported = store.command({"image", "import", source.string(), "--name", kName});
    if (row.verdict == Verdict::contain) {
      EXPECT_EQ(imported.exit_code, 0) << imported.err;
    } else {
      EXPECT_TRUE(imported.exit_code > 0 && imported.exit_code < 7) << imported.exit_code << imported.out;
      EXPECT_NE(imported.err, "");
      EXPECT_EQ(first_difference(files, store.files()), "");
      EXPECT_EQ(records, store.records());
    }
    EXPECT_LE(imported.peak_memory, kMostMemory);
    const auto checked = store.command({"system", "check"});
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
    return std::to_string(imported.peak_memory >> 20) + " MiB  " +
           (imported.exit_code == 0 ? "accepted" : imported.err.substr(0, imported.err.size() - 1));
  }

  static std::vector<CorpusRow> rows() {
    std::vector<CorpusRow> all;
    for (const auto group : {path_attacks, tar_attacks, stream_attacks, layout_attacks, archive_attacks,
                             single_layer_edges, lower_layer_edges}) {
      std::vector<CorpusRow> more = group();
      all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    return all;
  }

  static void try_all(const fs::path& home, bool as_outside) {
    std::set<std::string> names;
    std::size_t rejected = 0;
    for (const CorpusRow& row : rows()) {
      EXPECT_TRUE(names.insert(row.name).second) << row.name;
      rejected += row.verdict == Verdict::reject ? 1 : 0;
      try_row(row, home, as_outside);
    }
    std::printf("%zu rows: %zu to be refused, %zu to be contained\n", names.size(), rejected,
                names.size() - rejected);
    fs::remove_all(canary());
  }
};

TEST_F(Corpus, EveryVerdictIsMetAsRoot) {
  const TempDir home;
  try_all(home.path(), true);
}

TEST_F(Corpus, EveryVerdictIsMetInAUserNamespace) {
  const TempDir home;
  ASSERT_EQ(::chown(home.path().c_str(), outside_root(kAllIds), outside_root(kAllIds)), 0);
  EXPECT_TRUE(run_in_user_namespace(kAllIds, [&] { try_all(home.path(), false); }));
}

}  // namespace

const fs::path& canary() {
  static const fs::path path = fs::temp_directory_path() / "bayplan-corpus-canary";
  return path;
}

}  // namespace bayplan::test
