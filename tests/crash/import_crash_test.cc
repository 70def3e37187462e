// Kills a process at every occurrence of every fault point of create, import, pull, export, mount, container
// create and collect, then looks at what it left with the shipped command: `inspect check` clean, a
// collection leaves no orphan, the same work done again succeeds. The list of points is walked whole: one
// that is never reached fails.
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <set>

#include "bayplan/base/fault.h"
#include "bayplan/containers/gc_kinds.h"
#include "bayplan/containers/runtime_service.h"
#include "bayplan/containers/service.h"
#include "bayplan/containers/tasks.h"
#include "bayplan/content/writer.h"
#include "bayplan/images/export.h"
#include "bayplan/images/import.h"
#include "bayplan/images/mount.h"
#include "bayplan/images/pull.h"
#include "crash/remains.h"
#include "support/image_builder.h"
#include "support/layout_registry.h"
#include "support/run_command.h"
#include "support/tar_builder.h"
#include "support/temp_dir.h"

namespace bayplan::test {
namespace {

constexpr const char* kImage = "localhost/crash:1";
constexpr const char* kPulled = "registry.test/crash:1";

/// An ingest by reference that is closed once on its way.
Result<void> ingest_by_reference(images::Store& store) {
  const std::string_view text = "first half, second half";
  for (const std::size_t end : {text.size() / 2, text.size()}) {
    BAYPLAN_ASSIGN(content::Writer writer,
                   content::open_writer(store.blobs(), store.db(), kNamespace, "crash"));
    // An earlier try may have come further.
    const std::size_t begin = static_cast<std::size_t>(writer.offset());
    if (begin < end) BAYPLAN_TRY(writer.write(as_bytes(text.substr(begin, end - begin))));
    if (end < text.size()) {
      BAYPLAN_TRY(std::move(writer).close());
      continue;
    }
    const auto made = std::move(writer).commit({}, metadata::referred(), {.digest = Digest::of(text)});
    if (!made && made.error().code() != Errc::already_exists) return made.error();
  }
  return {};
}

// By force: what a process that died had counted for itself stays counted.
Result<void> mount_and_unmount(images::Store& store) {
  if (::geteuid() != 0) return {};
  BAYPLAN_TRY(images::mount(store, kNamespace, kImage, {}, {}));
  BAYPLAN_TRY(images::unmount(store, kNamespace, kImage, {}, snapshots::Force::yes));
  return {};
}

/// Of another image, out of a registry in memory.
Result<void> pull_and_remove(images::Store& store) {
  LayoutBuilder layout;
  const Descriptor target = layout.image({TarBuilder().file("etc/pulled", "3").end()});
  LayoutRegistry registry(std::move(layout));
  registry.tag("1", target);
  const images::RegistryProvider provider = [&]() -> Result<images::Registry*> { return &registry; };
  BAYPLAN_TRY(images::pull(store, kNamespace, kPulled, provider, {}, {}, {}));
  return store.db().update([](metadata::WriteTx& tx) { return images::remove(tx, kNamespace, kPulled); });
}

/// A pod that starts, runs as this process does, stops and goes; one that an earlier try left goes first.
Result<void> run_pod(const std::shared_ptr<images::Store>& store) {
  const containers::RuntimeService service(store);
  BAYPLAN_TRY(service.delete_container("pod"));
  containers::SandboxRequest request;
  request.pod_name = request.pod_id = "pod";
  request.image_name = kImage;
  request.container_name = "pod-infra";
  request.config = R"({"ociVersion":"1.1.0"})";
  BAYPLAN_TRY(service.create_pod_sandbox(request, {}));
  if (::geteuid() == 0) BAYPLAN_TRY(service.start_container("pod"));
  BAYPLAN_ASSIGN(const auto task, containers::tasks::of_process("pod", ::getpid()));
  BAYPLAN_TRY(store->db().update(
      [&](metadata::WriteTx& tx) { return containers::tasks::create(tx, kNamespace, task); }));
  BAYPLAN_TRY(store->db().update(
      [](metadata::WriteTx& tx) { return containers::tasks::remove(tx, kNamespace, "pod"); }));
  BAYPLAN_TRY(service.stop_container("pod"));
  return service.remove_pod_sandbox("pod");
}

/// Whether a pod is part of the work. Its keys are many, and within its transactions one write is as good as
/// the next.
enum class Pods : bool { no, yes };
Pods pods_for(fault::Point point) { return point == fault::Point::key_write ? Pods::no : Pods::yes; }

/// Everything whose fault points are to be survived, on a store that may hold leftovers of any earlier try.
Result<void> work(const std::filesystem::path& root, const std::filesystem::path& source, Pods pods) {
  BAYPLAN_ASSIGN(auto opened, images::Store::open(root, {.run_root = root / "run"}));
  const auto shared = std::make_shared<images::Store>(std::move(opened));
  images::Store& store = *shared;
  BAYPLAN_TRY(ingest_by_reference(store));
  BAYPLAN_TRY(images::import(store, kNamespace, source, {.name = kImage}, {}));
  BAYPLAN_TRY(mount_and_unmount(store));
  BAYPLAN_TRY(pull_and_remove(store));
  const auto archive = root / "exported.tar";
  std::filesystem::remove(archive);
  BAYPLAN_TRY(images::export_images(store, kNamespace, {kImage}, archive, {}, {}));
  const auto there =
      store.db().view([](const metadata::ReadTx& tx) { return containers::get(tx, kNamespace, "c"); });
  if (!there) {
    const containers::CreateOptions options{.spec = {.args = {"/bin/true"}}};
    BAYPLAN_TRY(containers::create_from_image(store, kNamespace, "c", kImage, options, {}));
  }
  BAYPLAN_TRY(containers::remove_with_snapshot(store, root / "run", kNamespace, "c"));
  if (pods == Pods::yes) BAYPLAN_TRY(run_pod(shared));
  BAYPLAN_TRY(
      store.db().update([](metadata::WriteTx& tx) { return images::remove(tx, kNamespace, kImage); }));
  const containers::CollectedKinds kinds(store);
  BAYPLAN_TRY(metadata::collect(store.db(), kinds.list(), {}, {}));
  return {};
}

/// Where anonymous ingests have their bytes.
enum class Ingests { unnamed_files, directories };

struct Death {
  fault::Point point;
  Ingests ingests = Ingests::unnamed_files;
  int first = 1;  ///< of the occurrences that this test is for
  int step = 1;
};
/// Into how many tests the most frequent point is divided.
constexpr int kParts = 4;

/// Does the work in a child that dies at occurrence `nth` of a point; true if it got that far.
bool dies_at(const Death& death, int nth, const std::filesystem::path& root,
             const std::filesystem::path& source) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::atomic<int> seen{0};  // a pull has threads
    fault::arm([death, &seen, nth](fault::Point reached) -> std::optional<Error> {
      if (reached == death.point && ++seen == nth) ::kill(::getpid(), SIGKILL);
      if (reached == fault::Point::unnamed_file && death.ingests == Ingests::directories)
        return Error(Errc::unsupported, "file", "unnamed");
      return {};
    });
    auto done = work(root, source, pods_for(death.point));
    if (!done) std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
    ::_exit(done ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) return true;
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the work fails by itself";
  return false;
}

CommandResult bayplan(const std::filesystem::path& root, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {BAYPLAN_COMMAND, "--root", root.string(), "--run-root", (root / "run").string()});
  return run_command(arguments);
}

/// Files and directories of `root` that belong to blobs, ingests, snapshots and containers.
std::set<std::string> leftovers(const std::filesystem::path& root) {
  std::set<std::string> found;
  for (const char* part : {"content/blobs", "content/ingest", "snapshots", "containers/default"}) {
    if (!std::filesystem::exists(root / part)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / part)) {
      const auto parent = entry.path().parent_path().filename();
      const bool ours = entry.is_regular_file() || parent == "ingest" || parent == "default";
      if (ours && entry.path().filename() != "next") found.insert(entry.path().string());
    }
  }
  return found;
}

/// Lines of mounts below `root`, and the names of mount points.
std::string mounted(const std::filesystem::path& root) {
  std::string found;
  std::ifstream table("/proc/self/mountinfo");
  for (std::string line; std::getline(table, line);) {
    if (line.find(root.native()) != std::string::npos) found += line + "\n";
  }
  if (!std::filesystem::exists(root / "run/.mounts")) return found;
  for (const auto& store : std::filesystem::directory_iterator(root / "run/.mounts")) {
    for (const auto& point : std::filesystem::directory_iterator(store))
      found += point.path().string() + "\n";
  }
  return found;
}

void expect_recovers(const std::filesystem::path& root, const std::filesystem::path& source, Pods pods) {
  // A crash while the store was being made may have left none; opening finishes the making.
  { ASSERT_TRUE(images::Store::open(root).has_value()); }
  const auto checked = bayplan(root, {"inspect", "check"});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  expect_collects(root);

  const auto again = work(root, source, pods);  // imports, creates, removes and collects everything
  EXPECT_TRUE(again) << again.error().to_string();
  const auto collected = bayplan(root, {"gc"});
  EXPECT_EQ(collected.exit_code, 0) << collected.err;
  EXPECT_EQ(leftovers(root), std::set<std::string>{});
  EXPECT_EQ(mounted(root), "");
  const auto clean = bayplan(root, {"inspect", "check"});
  EXPECT_EQ(clean.exit_code, 0) << clean.out << clean.err;
}

/// With mounts of its own: whoever is killed leaves some.
class Crash : public testing::TestWithParam<Death> {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) return;
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
    ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr), 0);
  }
};

bool needs_root(fault::Point point) {
  return std::string_view(fault::name(point)).find("mount") != std::string_view::npos;
}

TEST_P(Crash, KilledAtEveryOccurrenceOf) {
  if (needs_root(GetParam().point) && ::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  const TempDir directory;
  const auto source = directory.path() / "layout";
  LayoutBuilder layout;
  const std::string base = TarBuilder().dir("bin").file("bin/true", "#!").dir("etc").file("etc/a", "1").end();
  const std::string top = TarBuilder().file("etc/b", "2").file("etc/.wh.a", "").end();
  layout.tag(layout.image({base, top}));
  layout.write_to(source);
  int reached = 0;
  for (int nth = GetParam().first;; nth += GetParam().step) {
    const auto root = directory.path() / ("store" + std::to_string(nth));
    if (!dies_at(GetParam(), nth, root, source)) break;
    SCOPED_TRACE("killed at occurrence " + std::to_string(nth));
    expect_recovers(root, source, pods_for(GetParam().point));
    ++reached;
  }
  EXPECT_GT(reached, 0) << "nothing here reaches this point: extend work()";
}

std::vector<Death> all_deaths() {
  std::vector<Death> deaths;
  for (int at = 0; at < static_cast<int>(fault::Point::count_); ++at) {
    const auto point = static_cast<fault::Point>(at);
    const int parts = point == fault::Point::key_write ? kParts : 1;
    for (int part = 1; part <= parts; ++part)
      deaths.push_back({.point = point, .first = part, .step = parts});
  }
  for (const fault::Point point :
       {fault::Point::ingest_created, fault::Point::ingest_written, fault::Point::ingest_synced,
        fault::Point::blob_renamed, fault::Point::blob_durable})
    deaths.push_back({.point = point, .ingests = Ingests::directories});
  return deaths;
}

INSTANTIATE_TEST_SUITE_P(FaultPoints, Crash, testing::ValuesIn(all_deaths()), [](const auto& tested) {
  std::string name(fault::name(tested.param.point));
  if (tested.param.step > 1) name += "_" + std::to_string(tested.param.first);
  return tested.param.ingests == Ingests::directories ? name + "_in_directories" : name;
});

}  // namespace
}  // namespace bayplan::test
