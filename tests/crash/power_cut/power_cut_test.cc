// Cuts the power at every write, sync and change of a name that a command does, and looks at what may be
// left: every record has its bytes, every committed snapshot all its files, the store is without fault, a
// collection takes what is left over, what the command said is true, and the same command done again
// succeeds.
//
// BAYPLAN_POWER_CUT_STATES is how many states after each cut are tried (default 2; the first five know no
// chance), BAYPLAN_TEST_SEED where chance begins.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "bayplan/containers/service.h"
#include "bayplan/images/images.h"
#include "crash/power_cut/disk_history.h"
#include "crash/remains.h"
#include "support/image_builder.h"
#include "support/run_command.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"
#include "support/tree_dump.h"

namespace bayplan::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImage = "localhost/cut:1";
constexpr const char* kOther = "localhost/other:1";

std::uint32_t number_from_environment(const char* name, std::uint32_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

/// A command whose power is cut.
struct Scenario {
  const char* name;
  std::vector<std::vector<std::string>> before;  ///< commands that make the store what it is; S is the source
  std::vector<std::string> command;
  std::vector<std::string> images;  ///< which are there once it said so
  std::vector<std::string> containers{};
  /// Makes what the command needs to be done again, as far as that is not there.
  std::vector<std::string> before_again{};
};

const Scenario kScenarios[] = {
    {"ImportIntoANewStore", {}, {"image", "import", "S", "--name", kImage}, {kImage}},
    {"ImportBesideItsBase",
     {{"image", "import", "S-base", "--name", kOther}},
     {"image", "import", "S", "--name", kImage},
     {kImage, kOther}},
    {"Collect",
     {{"image", "import", "S", "--name", kImage},
      {"image", "import", "S-base", "--name", kOther},
      {"image", "rm", kImage}},
     {"gc"},
     {kOther}},
    {"UntagTheLastName",
     {{"image", "import", "S", "--name", kImage}},
     {"image", "untag", kImage},
     {},
     {},
     {"image", "import", "S", "--name", kImage}},
    {"CreateContainer",
     {{"image", "import", "S", "--name", kImage}},
     {"container", "create", kImage, "c1", "/bin/true"},
     {kImage},
     {"c1"},
     {"container", "rm", "c1"}},
    {"RemoveContainer",
     {{"image", "import", "S", "--name", kImage}, {"container", "create", kImage, "c1", "/bin/true"}},
     {"container", "rm", "c1"},
     {kImage},
     {},
     {"container", "create", kImage, "c1", "/bin/true"}},
    {"Prune",
     {{"image", "import", "S", "--name", kImage},
      {"image", "import", "S-base", "--name", kOther},
      {"container", "create", kOther, "c1", "/bin/true"}},
     {"image", "prune", "--all"},
     {kOther},
     {"c1"}},
};

class Bench {
 public:
  Bench(const Scenario& scenario, std::string driver) : scenario_(scenario), driver_(std::move(driver)) {
    const std::string base =
        TarBuilder().dir("bin").file("bin/true", std::string(9000, '#')).dir("etc").file("etc/a", "1").end();
    const std::string top =
        TarBuilder().file("etc/b", "2").hard_link("etc/c", "etc/b").file("etc/.wh.a", "").end();
    write_layout("source", {base, top});
    write_layout("source-base", {base});
    fs::create_directory(store());
    for (const auto& command : scenario.before) run(store(), command);
    keep_trees();
  }

  /// The scenario's command, recorded.
  DiskHistory record() {
    DiskScan before = scan_disk(store());
    const fs::path log = directory_.path() / "log";
    std::vector<std::string> recorded{"env", std::string("LD_PRELOAD=") + BAYPLAN_RECORDER,
                                      std::string(kRecordRoot) + "=" + store().string(),
                                      std::string(kRecordLog) + "=" + log.string()};
    for (std::string& word : words(store(), scenario_.command)) recorded.push_back(std::move(word));
    const auto result = run_command(recorded);
    if (result.exit_code != 0) throw std::runtime_error(result.err);
    keep_trees();
    return DiskHistory(std::move(before), read_log(log));
  }

  /// Looks at `state` in a child; what it expects in vain, that child says.
  bool survives(const DiskState& state, bool said_something) {
    const fs::path root = directory_.path() / "after";
    state.write_to(root, store());
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      look_at(root, said_something);
      std::fflush(nullptr);
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = -1;
    const bool ended = ::waitpid(child, &status, 0) == child;
    fs::remove_all(root);
    return ended && status == 0;
  }

  fs::path store() const { return directory_.path() / "store"; }

 private:
  void write_layout(const std::string& name, const std::vector<std::string>& layers) const {
    LayoutBuilder layout;
    layout.tag(layout.image(layers));
    layout.write_to(directory_.path() / name);
  }

  std::vector<std::string> words(const fs::path& root, const std::vector<std::string>& command) const {
    std::vector<std::string> all{BAYPLAN_COMMAND,
                                 "--root",
                                 root.string(),
                                 "--snapshotter",
                                 driver_,
                                 "--run-root",
                                 (directory_.path() / "run").string()};
    for (const std::string& word : command) {
      const bool source = word == "S" || word == "S-base";
      all.push_back(source ? (directory_.path() / ("source" + word.substr(1))).string() : word);
    }
    return all;
  }

  void run(const fs::path& root, const std::vector<std::string>& command) const {
    const auto result = run_command(words(root, command));
    EXPECT_EQ(result.exit_code, 0) << command.front() << ": " << result.out << result.err;
  }

  // The directories of snapshots, which never change and whose names never come back.
  void keep_trees() {
    const fs::path trees = store() / "snapshots" / driver_;
    if (!fs::exists(trees)) return;
    for (const auto& entry : fs::directory_iterator(trees)) {
      if (fs::exists(entry.path() / "fs")) trees_[entry.path().filename()] = dump_tree(entry.path() / "fs");
    }
  }

  images::StoreOptions options() const { return {.snapshotter = driver_}; }

  void look_at(const fs::path& root, bool said_something) {
    if (fs::exists(root / "store.json")) run(root, {"inspect", "check"});
    expect_bytes(root, said_something);
    if (testing::Test::HasFailure()) return;
    expect_collects(root, options());
    if (!scenario_.before_again.empty()) run_command(words(root, scenario_.before_again));
    run(root, scenario_.command);
    expect_bytes(root, true);
  }

  void expect_bytes(const fs::path& root, bool said_something) {
    auto store = images::Store::open(root, options());
    ASSERT_TRUE(store) << store.error().to_string();
    const auto looked = store->db().view([&](const metadata::ReadTx& tx) -> Result<void> {
      BAYPLAN_TRY(read_blobs(*store, tx));
      BAYPLAN_TRY(compare_trees(*store, tx, root / "snapshots" / driver_));
      for (const std::string& image : scenario_.images) {
        if (said_something) BAYPLAN_TRY(images::get(tx, kNamespace, image));
      }
      for (const std::string& container : scenario_.containers) {
        if (!said_something) continue;
        BAYPLAN_ASSIGN(const auto record, containers::get(tx, kNamespace, container));
        BAYPLAN_TRY(store->snapshotter().stat(tx, kNamespace, record.snapshot_key));
      }
      return {};
    });
    EXPECT_TRUE(looked) << looked.error().to_string();
  }

  static Result<void> read_blobs(images::Store& store, const metadata::ReadTx& tx) {
    constexpr std::size_t kLimit = 1u << 20;
    return content::walk(tx, kNamespace, [&](const content::Info& info) -> Result<void> {
      BAYPLAN_TRY(store.blobs().read_blob(info.digest, info.size, kLimit));
      return {};
    });
  }

  Result<void> compare_trees(images::Store& store, const metadata::ReadTx& tx, const fs::path& trees) const {
    return store.snapshotter().walk(tx, kNamespace, [&](const snapshots::Info& info) -> Result<void> {
      // What a cut took of an active one is made anew, empty, by who mounts it next.
      if (info.kind != snapshots::Kind::committed) return {};
      const fs::path tree = trees / info.directory / "fs";
      if (!fs::exists(tree)) return Error(Errc::corrupt, "snapshot", info.key, "has no files");
      const auto known = trees_.find(info.directory);
      if (known == trees_.end()) return {};  // made after the cut
      const std::string difference = first_difference(known->second, dump_tree(tree));
      if (!difference.empty()) return Error(Errc::corrupt, "snapshot", info.key, difference);
      return {};
    });
  }

  const Scenario& scenario_;
  std::string driver_;
  TempDir directory_;
  std::map<std::string, std::map<std::string, std::string>> trees_;
};

class PowerCut : public testing::TestWithParam<std::tuple<const Scenario*, const char*>> {};

TEST_P(PowerCut, LeavesNoRecordWithoutItsBytes) {
  constexpr Loss kLosses[] = {Loss::all, Loss::data, Loss::zeroed, Loss::names, Loss::nothing};
  const std::uint32_t states = number_from_environment("BAYPLAN_POWER_CUT_STATES", 2);
  std::uint32_t seed = number_from_environment("BAYPLAN_TEST_SEED", 1);
  Bench bench(*std::get<0>(GetParam()), std::get<1>(GetParam()));
  const DiskHistory history = bench.record();
  ASSERT_EQ(history.after(history.size(), Loss::nothing).difference_to(bench.store()), "");

  std::set<std::pair<std::string, bool>> seen;
  for (std::size_t cut = 0; cut <= history.size(); ++cut) {
    const bool said = history.said_something(cut);
    for (std::uint32_t i = 0; i < states; ++i) {
      // Few states are spread over all kinds of losses; many are all of them, and then chance.
      const std::size_t kind = states < std::size(kLosses) && i > 0 ? 1 + (cut + i) % std::size(kLosses) : i;
      const Loss loss = kind < std::size(kLosses) ? kLosses[kind] : Loss::some;
      const DiskState state = history.after(cut, loss, ++seed);
      if (!seen.emplace(state.fingerprint(), said).second) continue;
      EXPECT_TRUE(bench.survives(state, said))
          << "cut " << cut << " of " << history.size() << ", before " << history.describe(cut) << ", loss "
          << static_cast<int>(loss) << ", seed " << seed;
      if (HasFailure()) return;
    }
  }
  std::printf("%zu operations, %zu different states\n", history.size(), seen.size());
}

std::vector<const Scenario*> all_scenarios() {
  std::vector<const Scenario*> all;
  for (const Scenario& scenario : kScenarios) all.push_back(&scenario);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Commands, PowerCut,
                         testing::Combine(testing::ValuesIn(all_scenarios()),
                                          testing::Values("overlay", "native")),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param)->name) + "_" +
                                  std::get<1>(tested.param);
                         });

}  // namespace
}  // namespace bayplan::test
