#include "bundle_config.h"

#include "bayplan/base/file.h"
#include "bayplan/base/json.h"
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

Result<void> write_linux(json::Writer& out, const json::Value& linux_part, std::string_view cgroup) {
  BAYPLAN_ASSIGN(const auto members, linux_part.as_object());
  out.key("linux").begin_object();
  if (!linux_part.find("cgroupsPath")) out.member("cgroupsPath", cgroup);
  for (const auto& [name, value] : members) out.key(name).value(value);
  out.end_object();
  return {};
}

}  // namespace

Result<std::string> cgroup_name(int directory, std::string_view ns, std::string_view id) {
  BAYPLAN_ASSIGN(const struct stat info, file::stat_fd(directory, "run directory"));
  return "bayplan-" + runtime_id(ns, id) + '-' + std::to_string(info.st_dev) + '-' +
         std::to_string(info.st_ino);
}

Result<std::string> bound_config(std::string_view spec, std::string_view root, std::string_view cgroup) {
  BAYPLAN_ASSIGN(const auto document, json::Document::parse(spec, "runtime spec"));
  BAYPLAN_ASSIGN(const auto members, document.root().as_object());
  json::Writer out;
  out.begin_object();
  write_root(out, document.root().find("root"), root);
  for (const auto& [name, value] : members) {
    if (name == "root") continue;
    if (cgroup.empty() || name != "linux" || value.is_null()) {
      out.key(name).value(value);
      continue;
    }
    BAYPLAN_TRY(write_linux(out, value, cgroup));
  }
  out.end_object();
  return std::move(out).take();
}

}  // namespace bayplan::containers
