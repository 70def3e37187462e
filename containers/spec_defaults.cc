#include "spec_defaults.h"

#include <array>
#include <initializer_list>

namespace bayplan::containers {
namespace {

// containerd's defaults (pkg/oci, populateDefaultUnixSpec), value for value.

constexpr std::array<std::string_view, 14> kCapabilities = {
    "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
    "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
    "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
    "CAP_KILL",    "CAP_AUDIT_WRITE"};

constexpr std::array<std::string_view, 11> kMaskedPaths = {
    "/proc/acpi",          "/proc/asound",
    "/proc/kcore",         "/proc/keys",
    "/proc/latency_stats", "/proc/timer_list",
    "/proc/timer_stats",   "/proc/sched_debug",
    "/sys/firmware",       "/sys/devices/virtual/powercap",
    "/proc/scsi"};

constexpr std::array<std::string_view, 5> kReadonlyPaths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                                            "/proc/sysrq-trigger"};

constexpr std::array<std::string_view, 5> kNamespaces = {"pid", "ipc", "uts", "mount", "network"};

constexpr std::uint64_t kOpenFiles = 1024;

template <class Strings>
void write_strings(json::Writer& out, const Strings& strings) {
  out.begin_array();
  for (const std::string_view text : strings) out.string(text);
  out.end_array();
}

void write_mount(json::Writer& out, std::string_view destination, std::string_view type,
                 std::string_view source, std::initializer_list<std::string_view> options) {
  out.begin_object().member("destination", destination).member("type", type).member("source", source);
  out.key("options");
  write_strings(out, options);
  out.end_object();
}

void write_namespaces(json::Writer& out, bool host_network) {
  out.begin_array();
  for (const std::string_view type : kNamespaces) {
    if (host_network && type == "network") continue;
    out.begin_object().member("type", type).end_object();
  }
  out.end_array();
}

// Everything is refused; runtimes add the devices that every container has (null, zero, random, tty, ...).
void write_resources(json::Writer& out) {
  out.begin_object().key("devices").begin_array();
  out.begin_object().key("allow").boolean(false).member("access", "rwm").end_object();
  out.end_array().end_object();
}

}  // namespace

void write_capabilities(json::Writer& out) {
  // No inheritable ones: a program with file capabilities would gain them without being root
  // (CVE-2022-24769).
  out.begin_object();
  for (const std::string_view set : {"bounding", "effective", "permitted"}) {
    out.key(set);
    write_strings(out, kCapabilities);
  }
  out.end_object();
}

void write_rlimits(json::Writer& out) {
  out.begin_array().begin_object().member("type", "RLIMIT_NOFILE");
  out.key("hard").unsigned_integer(kOpenFiles).key("soft").unsigned_integer(kOpenFiles);
  out.end_object().end_array();
}

void write_mounts(json::Writer& out) {
  out.begin_array();
  write_mount(out, "/proc", "proc", "proc", {"nosuid", "noexec", "nodev"});
  write_mount(out, "/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"});
  write_mount(out, "/dev/pts", "devpts", "devpts",
              {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"});
  write_mount(out, "/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"});
  write_mount(out, "/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"});
  write_mount(out, "/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"});
  write_mount(out, "/run", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"});
  out.end_array();
}

void write_linux(json::Writer& out, bool host_network) {
  out.begin_object().key("resources");
  write_resources(out);
  out.key("namespaces");
  write_namespaces(out, host_network);
  out.key("maskedPaths");
  write_strings(out, kMaskedPaths);
  out.key("readonlyPaths");
  write_strings(out, kReadonlyPaths);
  out.end_object();
}

}  // namespace bayplan::containers
