// Starting and stopping: mounts, the template and the run directory (items S47, S48, S50, S54, T32, N6, A31).
#include "bayplan/containers/tasks.h"
#include "service_fixture.h"

namespace bayplan::containers {
namespace {

namespace fs = std::filesystem;
using metadata::WriteTx;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kTemplate =
    R"({"ociVersion":"1.1.0","root":{"path":"/elsewhere","readonly":true},"process":{"args":["a"]},"x":[1,null]})";

class RuntimeStart : public ServiceFixture {
 protected:
  RuntimeStart() {
    ContainerRequest request = member("p1", "c1");
    request.config = kTemplate;
    auto made = service().create_container(request, {});
    EXPECT_EQ(words(made), "");
    info_ = *std::move(made);
  }
  ~RuntimeStart() override {
    EXPECT_EQ(words(service().wipe()), "");
    EXPECT_EQ(mounted_below(store_.run_root()), 0u);
  }
  static std::size_t mounted_below(const fs::path& path) {
    std::size_t count = 0;
    std::istringstream lines(read_text_file("/proc/self/mountinfo"));
    for (std::string line; std::getline(lines, line);) count += line.find(path.native()) != std::string::npos;
    return count;
  }
  static std::string root_of(const fs::path& config) {
    const std::string text = read_text_file(config);
    const auto document = json::Document::parse(text, "config.json").value();
    return std::string(document.root().find("root")->string("path").value());
  }
  fs::path config() const { return info_.run_dir / "config.json"; }
  fs::path template_path() const { return info_.dir / "config.json"; }

  ContainerInfo info_;
};

TEST_F(RuntimeStart, S47_MountsTheContainer) {
  const fs::path at = service().start_container("name-c1").value();
  EXPECT_TRUE(is_mounted(at));
  EXPECT_EQ(read_text_file(at / "from-1000"), "x");
  write_text_file(at / "written", "by the container");
  ASSERT_EQ(words(service().stop_container("c1")), "");
  EXPECT_FALSE(fs::exists(at)) << "the mount point goes too";
  const fs::path again = service().start_container("c1").value();
  EXPECT_EQ(read_text_file(again / "written"), "by the container");
}

TEST_F(RuntimeStart, S47_WhatIsUnknownOrHasNoMetadataIsNotMounted) {
  for (const char* id : {"", "none"}) {
    EXPECT_EQ(bad_input(service().start_container(id).error()), BadInput::container_id);
  }
  store_->db().update([](WriteTx& tx) { return storage::set_metadata(tx, kNs, "c1", "nonsense"); }).value();
  EXPECT_EQ(outcome(service().start_container("c1")), "corrupt");
  EXPECT_EQ(mounted_below(store_.run_root()), 0u);
}

TEST_F(RuntimeStart, S48_StopsHoweverOftenItWasStartedAndWhateverIsOpen) {
  const fs::path at = service().start_container("c1").value();
  EXPECT_EQ(service().start_container("c1").value(), at);
  EXPECT_EQ(service().container_status("c1")->mounted->count, 2u);
  const std::ifstream open(at / "from-1000");
  ASSERT_EQ(words(service().stop_container("c1")), "");
  EXPECT_EQ(mounted_below(store_.run_root()), 0u);
  EXPECT_EQ(words(service().stop_container("c1")), "") << "it is stopped already";
}

TEST_F(RuntimeStart, S48_ASnapshotThatIsGoneIsStopped) {
  store_->db().update([&](WriteTx& tx) { return store_->snapshotter().remove(tx, kNs, "c1"); }).value();
  EXPECT_EQ(words(service().stop_container("c1")), "");
  EXPECT_EQ(outcome(service().start_container("c1")), "not_found");
  EXPECT_EQ(words(service().delete_container("c1")), "");
}

TEST_F(RuntimeStart, S50_TheTemplateStaysAndTheConfigNamesTheMountpoint) {
  EXPECT_EQ(read_text_file(template_path()), kTemplate);
  const fs::path first = service().start_container("c1").value();
  EXPECT_EQ(root_of(config()), first);
  ASSERT_EQ(words(service().stop_container("c1")), "");
  const fs::path second = service().start_container("c1").value();
  EXPECT_NE(first, second) << "or this shows nothing";
  EXPECT_EQ(read_text_file(template_path()), kTemplate);
  EXPECT_EQ(root_of(config()), second);
  std::string rest = read_text_file(config());
  EXPECT_THAT(rest, HasSubstr(R"("readonly":true)"));
  EXPECT_THAT(rest, HasSubstr(R"("process":{"args":["a"]},"x":[1,null])"));
}

TEST_F(RuntimeStart, S50_AGeneratedTemplateIsOfTheImage) {
  const ContainerInfo info = service().create_container(member("p1", "c2"), {}).value();
  const std::string text = read_text_file(info.dir / "config.json");
  EXPECT_THAT(text, HasSubstr(R"("args":["/bin/app"])"));
  EXPECT_THAT(text, HasSubstr(R"("user":{"uid":1000,"gid":1000)"));
}

TEST_F(RuntimeStart, S50_WithoutATemplateNothingIsMounted) {
  fs::remove(template_path());
  const auto started = service().start_container("c1");
  EXPECT_EQ(outcome(started), "not_found");
  EXPECT_EQ(started.error().kind(), "file");
  for (const char* text : {"", "nonsense", "[]", "{\"root\":"}) {
    write_text_file(template_path(), text);
    EXPECT_EQ(outcome(service().start_container("c1")), "corrupt") << text;
  }
  EXPECT_EQ(mounted_below(store_.run_root()), 0u);
  EXPECT_FALSE(fs::exists(config()));
  write_text_file(template_path(), kTemplate);
  EXPECT_EQ(words(service().start_container("c1")), "");
}

TEST_F(RuntimeStart, S50_AStartThatFailsLeavesTheMountThatWasThere) {
  const fs::path at = service().start_container("c1").value();
  write_text_file(template_path(), "nonsense");
  EXPECT_EQ(outcome(service().start_container("c1")), "corrupt");
  EXPECT_TRUE(is_mounted(at));
  EXPECT_EQ(service().container_status("c1")->mounted->count, 1u);
}

TEST_F(RuntimeStart, S50_TheConfigIsReplacedAtomically) {
  ASSERT_EQ(words(service().start_container("c1")), "");
  std::ifstream reader(config());
  ASSERT_EQ(words(service().stop_container("c1")), "");
  const fs::path second = service().start_container("c1").value();
  std::ostringstream old;
  old << reader.rdbuf();
  EXPECT_EQ(old.str().find(second.native()), std::string::npos) << "who has it open reads what was there";
  EXPECT_EQ(std::distance(fs::directory_iterator(info_.run_dir), fs::directory_iterator()), 1)
      << "no temporary file stays";
}

TEST_F(RuntimeStart, N6_AfterARebootEverythingStartsAgain) {
  const fs::path first = service().start_container("c1").value();
  // A reboot: nothing is mounted, the run root is empty, and the row is of another boot.
  snapshots::unmount_all(first).value();
  fs::remove_all(store_.run_root());
  store_->db()
      .update([](WriteTx& tx) -> Result<void> {
        auto row = tx.root().descend({"v1", "default", "bayplan.mounts", "native", "c1"}).value();
        return row->put("bootid", "00000000-0000-0000-0000-000000000000");
      })
      .value();
  EXPECT_EQ(service().container_status("c1")->mounted, std::nullopt);
  const fs::path second = service().start_container("c1").value();
  EXPECT_TRUE(is_mounted(second));
  EXPECT_EQ(root_of(config()), second);
  EXPECT_EQ(service().container_status("c1")->mounted->count, 1u);
}

TEST_F(RuntimeStart, S54_AShutdownTellsWhatIsMountedAndBreaksNothing) {
  ASSERT_EQ(words(libpod().create_container(libpod_request("l1"), {})), "");
  const fs::path theirs = libpod().start_container("l1").value();
  const fs::path at = service().start_container("c1").value();
  EXPECT_EQ(service().shutdown().value(), (std::vector<MountedContainer>{{"c1", at, 1}}));
  EXPECT_TRUE(is_mounted(at));
  EXPECT_EQ(service().shutdown(snapshots::Force::yes)->size(), 1u);
  EXPECT_EQ(service().shutdown().value(), std::vector<MountedContainer>{});
  EXPECT_TRUE(is_mounted(theirs)) << "libpod's are spared";
  EXPECT_EQ(words(libpod().wipe()), "");
}

TEST_F(RuntimeStart, T32_DeletingUnmountsFirst) {
  const fs::path at = service().start_container("c1").value();
  ASSERT_EQ(words(service().delete_container("c1")), "");
  EXPECT_FALSE(fs::exists(at));
  EXPECT_THAT(service().list().value(), IsEmpty());
}

class RuntimeLabel : public ServiceFixture {
 protected:
  static constexpr const char* kLabel = "system_u:object_r:container_file_t:s0:c1,c2";

  RuntimeLabel() : ServiceFixture("overlay") {
    ContainerRequest request = member("p1", "c1");
    request.mount_label = kLabel;
    EXPECT_EQ(words(service().create_container(request, {})), "");
  }
  ~RuntimeLabel() override { EXPECT_EQ(words(service().wipe()), ""); }
  RuntimeService with(Selinux selinux) const { return service({.common = {.selinux = selinux}}); }
};

TEST_F(RuntimeLabel, S47_IsKeptAndIgnoredWhereSelinuxIsOff) {
  ASSERT_EQ(words(with(Selinux::off).start_container("c1")), "");
  EXPECT_EQ(service().container_metadata("c1")->mount_label, kLabel);
}

TEST_F(RuntimeLabel, S47_TheKernelIsAskedUnlessItIsSaid) {
  EXPECT_EQ(words(with(Selinux::if_kernel_has_it).start_container("c1")), "");
}

// A kernel without SELinux knows no such option: that it refuses shows that it was told.
TEST_F(RuntimeLabel, S47_IsTheContextOfTheMountWhereSelinuxIsOn) {
  if (snapshots::selinux_is_on()) GTEST_SKIP() << "this kernel would take the label";
  EXPECT_EQ(outcome(with(Selinux::on).start_container("c1")), "unsupported");
  EXPECT_EQ(service().container_status("c1")->mounted, std::nullopt);
  EXPECT_EQ(words(with(Selinux::off).start_container("c1")), "") << "and nothing is in the way";
}

TEST_F(RuntimeLabel, S47_OneThatIsNoneMakesNoContainerAndMountsNothing) {
  ContainerRequest request = member("p1", "c2");
  request.mount_label = "a\",upperdir=/etc,context=\"b";
  EXPECT_EQ(outcome(service().create_container(request, {})), "invalid_argument");
  request.mount_label.assign(snapshots::kMaxMountLabel + 1, 'a');
  EXPECT_EQ(outcome(service().create_container(request, {})), "too_large");
  EXPECT_THAT(service().list().value(), testing::ElementsAre("c1"));
  auto metadata = service().container_metadata("c1").value();
  metadata.mount_label = "a\",upperdir=/etc,context=\"b";
  ASSERT_EQ(words(service().set_container_metadata("c1", metadata)), "");
  EXPECT_EQ(outcome(with(Selinux::on).start_container("c1")), "invalid_argument");
  EXPECT_EQ(words(with(Selinux::off).start_container("c1")), "") << "ignored with what is in it";
}

class RuntimeJoin : public ServiceFixture {
 protected:
  RuntimeJoin() {
    make_pod("p1");
    make("p1", "generated");
    ContainerRequest request = member("p1", "own");
    request.config = kOwn;
    EXPECT_EQ(words(service().create_container(request, {})), "");
  }
  ~RuntimeJoin() override { EXPECT_EQ(words(service().wipe()), ""); }
  void set_task(const tasks::Task& task) {
    ASSERT_EQ(words(store_->db().update([&](WriteTx& tx) -> Result<void> {
                ignore_error(tasks::remove(tx, kNs, "p1"), "it may have none");
                return tasks::create(tx, kNs, task);
              })),
              "");
  }
  void forget_task() {
    ASSERT_EQ(words(store_->db().update([](WriteTx& tx) { return tasks::remove(tx, kNs, "p1"); })), "");
  }
  /// linux.namespaces of the config that a start of `id` writes: type to path.
  std::map<std::string, std::string> namespaces(const std::string& id) {
    EXPECT_EQ(words(service().start_container(id)), "");
    const std::string text = read_text_file(service().run_dir(id).value() / "config.json");
    const auto document = json::Document::parse(text, "config.json").value();
    std::map<std::string, std::string> found;
    for (const json::Value& space : document.root().object("linux")->array("namespaces").value()) {
      found[std::string(space.string("type").value())] = space.optional_string("path").value().value_or("");
    }
    return found;
  }
  static constexpr const char* kOwn =
      R"({"linux":{"namespaces":[{"type":"network"},{"type":"ipc","path":"/its/own"},{"type":"pid"}]}})";
  using Paths = std::map<std::string, std::string>;
  const Paths none_{{"pid", ""}, {"ipc", ""}, {"uts", ""}, {"mount", ""}, {"network", ""}};
  const std::string pid_ = std::to_string(::getpid());
};

TEST_F(RuntimeJoin, AMemberJoinsTheNamespacesOfTheInfrastructureContainer) {
  EXPECT_EQ(namespaces("generated"), none_) << "it does not run";
  set_task(tasks::of_process("p1", ::getpid()).value());
  const Paths joined{{"pid", ""},
                     {"ipc", "/proc/" + pid_ + "/ns/ipc"},
                     {"uts", "/proc/" + pid_ + "/ns/uts"},
                     {"mount", ""},
                     {"network", "/proc/" + pid_ + "/ns/net"}};
  EXPECT_EQ(namespaces("generated"), joined);
  EXPECT_EQ(namespaces("p1"), none_) << "it has them";
  tasks::Task ended = tasks::of_process("p1", ::getpid()).value();
  ++ended.start_time;
  set_task(ended);
  EXPECT_EQ(namespaces("generated"), none_);
  forget_task();
}

TEST_F(RuntimeJoin, AConfigurationOfTheCallersIsLetBeUnlessItAsks) {
  set_task(tasks::of_process("p1", ::getpid()).value());
  EXPECT_EQ(namespaces("own"), (Paths{{"network", ""}, {"ipc", "/its/own"}, {"pid", ""}}));
  const std::string asking = std::string(R"({"annotations":{"io.bayplan.joins-pod":"true"},)") + (kOwn + 1);
  write_text_file(service().work_dir("own").value() / "config.json", asking);
  EXPECT_EQ(namespaces("own"),
            (Paths{{"network", "/proc/" + pid_ + "/ns/net"}, {"ipc", "/its/own"}, {"pid", ""}}));
  EXPECT_EQ(read_text_file(service().work_dir("own").value() / "config.json"), asking);
  forget_task();
}

TEST_F(RuntimeJoin, WhatCannotBeToldStartsNothing) {
  tasks::Task elsewhere = tasks::of_process("p1", ::getpid()).value();
  ++elsewhere.pid_namespace;
  set_task(elsewhere);
  EXPECT_EQ(outcome(service().start_container("generated")), "failed_precondition");
  EXPECT_EQ(service().container_status("generated")->mounted, std::nullopt);
  forget_task();
}

}  // namespace
}  // namespace bayplan::containers
