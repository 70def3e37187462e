#include "bayplan/containers/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bayplan/base/json.h"

namespace bayplan::containers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using Words = std::vector<std::string>;

images::ImageConfig shell_image() {
  images::ImageConfig config;
  config.env = {"PATH=/opt/bin", "LANG=C"};
  config.entrypoint = {"/entry"};
  config.cmd = {"serve", "--all"};
  config.working_dir = "/srv";
  return config;
}

// A generated spec, parsed.
class Spec {
 public:
  explicit Spec(const Result<std::string>& text)
      : document_(json::Document::parse(text.value(), "spec").value()) {}

  json::Value root() const { return document_.root(); }
  json::Value process() const { return root().object("process").value(); }
  json::Value linux_part() const { return root().object("linux").value(); }
  Words words(const json::Value& object, std::string_view name) const {
    Words words;
    for (const std::string_view word : object.optional_strings(name).value()) words.emplace_back(word);
    return words;
  }
  Words args() const { return words(process(), "args"); }
  Words env() const { return words(process(), "env"); }
  Words namespaces() const {
    Words types;
    for (const json::Value& entry : linux_part().array("namespaces").value()) {
      types.emplace_back(entry.string("type").value());
    }
    return types;
  }

 private:
  json::Document document_;
};

Spec make(const images::ImageConfig& config, const SpecOptions& options = {}, const ProcessUser& user = {}) {
  return Spec(generate_spec(config, user, options));
}

Errc failure(const images::ImageConfig& config, const SpecOptions& options) {
  const auto spec = generate_spec(config, {}, options);
  EXPECT_FALSE(spec) << *spec;
  return spec ? Errc{} : spec.error().code();
}

TEST(Spec, AnswersTheVersionThatBothRuntimesTake) {
  EXPECT_EQ(make(shell_image()).root().string("ociVersion").value(), "1.1.0");
}

TEST(Spec, RootIsRootfsInTheBundle) {
  const Spec spec = make(shell_image());
  const json::Value root = spec.root().object("root").value();
  EXPECT_EQ(root.string("path").value(), "rootfs");
  EXPECT_FALSE(root.find("readonly")->as_bool().value());
}

TEST(Spec, ReadOnlyRootfsIsAsked) {
  const Spec spec = make(shell_image(), {.read_only_rootfs = true});
  EXPECT_TRUE(spec.root().object("root")->find("readonly")->as_bool().value());
}

TEST(SpecArgs, AreEntrypointAndCmd) {
  EXPECT_THAT(make(shell_image()).args(), ElementsAre("/entry", "serve", "--all"));
}

TEST(SpecArgs, ArgumentsReplaceTheCmdOnly) {
  EXPECT_THAT(make(shell_image(), {.args = {"check"}}).args(), ElementsAre("/entry", "check"));
}

TEST(SpecArgs, AnotherEntrypointDropsTheCmdThatWasMeantForTheImages) {
  EXPECT_THAT(make(shell_image(), {.entrypoint = Words{"/sh"}}).args(), ElementsAre("/sh"));
}

TEST(SpecArgs, ArgumentsFollowAnotherEntrypoint) {
  EXPECT_THAT(make(shell_image(), {.args = {"-c", "x"}, .entrypoint = Words{"/sh"}}).args(),
              ElementsAre("/sh", "-c", "x"));
}

TEST(SpecArgs, AnEmptyEntrypointLeavesTheArguments) {
  EXPECT_THAT(make(shell_image(), {.args = {"/sh"}, .entrypoint = Words{}}).args(), ElementsAre("/sh"));
}

TEST(SpecArgs, NothingToRunIsRefused) {
  EXPECT_EQ(failure({}, {}), Errc::invalid_argument);
  EXPECT_EQ(failure(shell_image(), {.entrypoint = Words{}}), Errc::invalid_argument);
  EXPECT_EQ(failure({}, {.args = {""}}), Errc::invalid_argument);
}

TEST(SpecArgs, WhatJsonOrExecWouldChangeIsRefused) {
  EXPECT_EQ(failure({}, {.args = {"/sh", std::string("a\0b", 3)}}), Errc::invalid_argument);
  EXPECT_EQ(failure({}, {.args = {"/sh", "\xff"}}), Errc::invalid_argument);
}

TEST(SpecArgs, ShellTextStaysOneArgument) {
  EXPECT_THAT(make({}, {.args = {"/sh", "-c", "a; \"b\" $(c)\n"}}).args(),
              ElementsAre("/sh", "-c", "a; \"b\" $(c)\n"));
}

TEST(SpecEnv, DefaultPathWhereTheImageHasNone) {
  EXPECT_THAT(make({}, {.args = {"x"}}).env(),
              ElementsAre("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
}

TEST(SpecEnv, TheImagesPathReplacesTheDefault) {
  EXPECT_THAT(make(shell_image()).env(), ElementsAre("PATH=/opt/bin", "LANG=C"));
}

TEST(SpecEnv, OptionsReplaceAndAdd) {
  EXPECT_THAT(make(shell_image(), {.env = {"LANG=de", "A=", "B=x=y"}}).env(),
              ElementsAre("PATH=/opt/bin", "LANG=de", "A=", "B=x=y"));
}

TEST(SpecEnv, ANameThatBeginsAnotherIsAnother) {
  EXPECT_THAT(make(shell_image(), {.env = {"LANGUAGE=de"}}).env(),
              ElementsAre("PATH=/opt/bin", "LANG=C", "LANGUAGE=de"));
}

TEST(SpecEnv, EntriesWithoutANameOrValueAreRefused) {
  EXPECT_EQ(failure(shell_image(), {.env = {"HOME"}}), Errc::invalid_argument);
  EXPECT_EQ(failure(shell_image(), {.env = {"=x"}}), Errc::invalid_argument);
  EXPECT_EQ(failure(shell_image(), {.env = {""}}), Errc::invalid_argument);
}

TEST(SpecEnv, TheHostsEnvironmentIsNotConsulted) {
  ASSERT_EQ(::setenv("BAYPLAN_TEST_SECRET", "leak", 1), 0);
  EXPECT_THAT(generate_spec(shell_image(), {}, {.env = {"A=b"}}).value(),
              Not(HasSubstr("BAYPLAN_TEST_SECRET")));
  ::unsetenv("BAYPLAN_TEST_SECRET");
}

TEST(SpecEnv, ATerminalHasAName) {
  EXPECT_THAT(make(shell_image(), {.terminal = true}).env(),
              ElementsAre("PATH=/opt/bin", "TERM=xterm", "LANG=C"));
  EXPECT_TRUE(make(shell_image(), {.terminal = true}).process().find("terminal")->as_bool().value());
  EXPECT_FALSE(make(shell_image()).process().find("terminal")->as_bool().value());
}

TEST(SpecWorkingDir, ImagesOwnOrOptionOrRoot) {
  EXPECT_EQ(make(shell_image()).process().string("cwd").value(), "/srv");
  EXPECT_EQ(make(shell_image(), {.working_dir = "/tmp"}).process().string("cwd").value(), "/tmp");
  EXPECT_EQ(make({}, {.args = {"x"}}).process().string("cwd").value(), "/");
}

TEST(SpecWorkingDir, RelativeOnesAreRefused) {
  EXPECT_EQ(failure(shell_image(), {.working_dir = "tmp"}), Errc::invalid_argument);
  images::ImageConfig config = shell_image();
  config.working_dir = "../..";
  EXPECT_EQ(failure(config, {}), Errc::invalid_argument);
}

TEST(SpecUser, IdsAndGroups) {
  const Spec spec = make(shell_image(), {}, {.uid = 1000, .gid = 100, .additional_gids = {4, 27}});
  const json::Value user = spec.process().object("user").value();
  EXPECT_EQ(user.integer("uid").value(), 1000);
  EXPECT_EQ(user.integer("gid").value(), 100);
  EXPECT_EQ(user.array("additionalGids")->size(), 2u);
  EXPECT_EQ(user.array("additionalGids")->at(1).as_int().value(), 27);
}

TEST(SpecCapabilities, NoneAreInheritableOrAmbient) {
  const Spec spec = make(shell_image());
  const json::Value capabilities = spec.process().object("capabilities").value();
  EXPECT_FALSE(capabilities.find("inheritable"));
  EXPECT_FALSE(capabilities.find("ambient"));
  for (const char* set : {"bounding", "effective", "permitted"}) {
    EXPECT_THAT(spec.words(capabilities, set),
                UnorderedElementsAre("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD",
                                     "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP",
                                     "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE"))
        << set;
  }
}

TEST(SpecProcess, NoNewPrivilegesAndABoundOnOpenFiles) {
  const Spec spec = make(shell_image());
  EXPECT_TRUE(spec.process().find("noNewPrivileges")->as_bool().value());
  const auto limits = spec.process().array("rlimits").value();
  ASSERT_EQ(limits.size(), 1u);
  EXPECT_EQ(limits[0].string("type").value(), "RLIMIT_NOFILE");
  EXPECT_EQ(limits[0].integer("hard").value(), 1024);
}

TEST(SpecMounts, AreContainerdsInOrder) {
  const Spec spec = make(shell_image());
  Words destinations;
  for (const json::Value& mount : spec.root().array("mounts").value()) {
    destinations.emplace_back(mount.string("destination").value());
    EXPECT_THAT(spec.words(mount, "options"), testing::Contains("nosuid"));
    EXPECT_THAT(spec.words(mount, "options"), Not(testing::Contains("bind")));
  }
  EXPECT_THAT(destinations,
              ElementsAre("/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/run"));
}

TEST(SpecLinux, NamespacesOfItsOwn) {
  EXPECT_THAT(make(shell_image()).namespaces(), ElementsAre("pid", "ipc", "uts", "mount", "network"));
}

TEST(SpecLinux, HostNetworkSharesThatNamespaceOnly) {
  EXPECT_THAT(make(shell_image(), {.host_network = true}).namespaces(),
              ElementsAre("pid", "ipc", "uts", "mount"));
}

TEST(SpecLinux, KernelInterfacesAreMaskedOrReadOnly) {
  const Spec spec = make(shell_image());
  EXPECT_THAT(
      spec.words(spec.linux_part(), "maskedPaths"),
      testing::IsSupersetOf({"/proc/kcore", "/proc/keys", "/sys/firmware", "/sys/devices/virtual/powercap"}));
  EXPECT_THAT(spec.words(spec.linux_part(), "readonlyPaths"),
              ElementsAre("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"));
}

TEST(SpecLinux, DevicesAreRefusedByDefaultAndNoCgroupIsNamed) {
  const Spec spec = make(shell_image());
  const auto devices = spec.linux_part().object("resources")->array("devices").value();
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_FALSE(devices[0].find("allow")->as_bool().value());
  EXPECT_EQ(devices[0].string("access").value(), "rwm");
  EXPECT_FALSE(spec.linux_part().find("cgroupsPath"));
}

TEST(SpecHostname, OnlyWhenAsked) {
  EXPECT_FALSE(make(shell_image()).root().find("hostname"));
  EXPECT_EQ(make(shell_image(), {.hostname = "bay"}).root().string("hostname").value(), "bay");
  EXPECT_EQ(failure(shell_image(), {.hostname = std::string("a\0b", 3)}), Errc::invalid_argument);
}

}  // namespace
}  // namespace bayplan::containers
