#include "bundle_config.h"

#include "bayplan/base/file.h"
#include "bayplan/base/json.h"
#include "bayplan/containers/spec.h"
#include "runtime_state.h"
#include "spec_defaults.h"

namespace bayplan::containers {
namespace {

void write_root(json::Writer& out, const std::optional<json::Value>& root, std::string_view path) {
  const auto readonly = root ? root->find("readonly") : std::nullopt;
  out.key("root").begin_object().member("path", path);
  if (readonly) out.key("readonly").value(*readonly);
  out.end_object();
}

// As /proc/PID/ns calls what the runtime-spec calls so; empty: members of a pod have their own.
std::string_view shared_name(std::string_view type) {
  if (type == "network") return "net";
  return type == "ipc" || type == "uts" ? type : std::string_view();
}

// Without a path a namespace would be a new one.
Result<void> write_namespaces(json::Writer& out, const json::Value& namespaces, std::int64_t process) {
  BAYPLAN_ASSIGN(const auto elements, namespaces.as_array());
  out.begin_array();
  for (const json::Value& element : elements) {
    BAYPLAN_ASSIGN(const std::string_view type, element.string("type"));
    const std::string_view shared = shared_name(type);
    if (shared.empty() || element.find("path")) {
      out.value(element);
      continue;
    }
    const std::string path = "/proc/" + std::to_string(process) + "/ns/" + std::string(shared);
    out.begin_object().member("type", type).member("path", path).end_object();
  }
  out.end_array();
  return {};
}

Result<void> write_linux(json::Writer& out, const json::Value& linux_part, std::string_view cgroup,
                         std::int64_t joined) {
  BAYPLAN_ASSIGN(const auto members, linux_part.as_object());
  out.key("linux").begin_object();
  if (!cgroup.empty() && !linux_part.find("cgroupsPath")) out.member("cgroupsPath", cgroup);
  for (const auto& [name, value] : members) {
    out.key(name);
    if (joined != 0 && name == "namespaces") {
      BAYPLAN_TRY(write_namespaces(out, value, joined));
    } else {
      out.value(value);
    }
  }
  out.end_object();
  return {};
}

bool joins_pod(const json::Value& spec) {
  const auto annotations = spec.find("annotations");
  const auto joins = annotations ? annotations->find(kJoinsPodAnnotation) : std::nullopt;
  return joins && joins->is_string() && joins->as_string().value() == "true";
}

}  // namespace

Result<std::string> cgroup_name(int directory, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(directory, "run directory"));
  return "bayplan-" + runtime_id(ns, id) + '-' + std::to_string(info.st_dev) + '-' +
         std::to_string(info.st_ino);
}

Result<std::string> bound_config(std::string_view spec, const ConfigPlace& place) {
  BAYPLAN_ASSIGN(const auto document, json::Document::parse(spec, "runtime spec"));
  BAYPLAN_ASSIGN(const auto members, document.root().as_object());
  const std::int64_t joined = joins_pod(document.root()) ? place.pod_process : 0;
  json::Writer out;
  out.begin_object();
  write_root(out, document.root().find("root"), place.root);
  for (const auto& [name, value] : members) {
    if (name == "root") continue;
    if (name != "linux" || value.is_null()) {
      out.key(name).value(value);
      continue;
    }
    BAYPLAN_TRY(write_linux(out, value, place.cgroup, joined));
  }
  out.end_object();
  return std::move(out).take();
}

}  // namespace bayplan::containers
