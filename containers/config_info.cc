#include "config_info.h"

#include <limits>

#include "bayplan/base/json.h"

namespace bayplan::containers {
namespace {

constexpr std::string_view kWhat = "runtime configuration";

Result<std::uint32_t> id_at(const json::Value& mapping, std::string_view name) {
  BAYPLAN_ASSIGN(const std::int64_t number, mapping.integer(name));
  if (number >= 0 && number <= std::numeric_limits<std::uint32_t>::max()) {
    return static_cast<std::uint32_t>(number);
  }
  return Error(Errc::invalid_argument, "ID mapping", name, "it is no ID: " + std::to_string(number));
}

Result<std::vector<IdMapping>> mappings(const json::Value& linux_part, std::string_view name) {
  std::vector<IdMapping> found;
  const auto member = linux_part.find(name);
  if (!member || member->is_null()) return found;
  BAYPLAN_ASSIGN(const auto elements, member->as_array());
  for (const json::Value& element : elements) {
    IdMapping& mapping = found.emplace_back();
    BAYPLAN_ASSIGN(mapping.container_id, id_at(element, "containerID"));
    BAYPLAN_ASSIGN(mapping.host_id, id_at(element, "hostID"));
    BAYPLAN_ASSIGN(mapping.size, id_at(element, "size"));
  }
  return found;
}

Result<ContainerInfo> read(std::string_view config) {
  ContainerInfo info;
  BAYPLAN_ASSIGN(const auto document, json::Document::parse(config, kWhat));
  BAYPLAN_TRY(document.root().as_object());
  if (const auto process = document.root().find("process")) {
    BAYPLAN_ASSIGN(const auto label, process->optional_string("selinuxLabel"));
    info.process_label = label.value_or(std::string_view());
  }
  if (const auto linux_part = document.root().find("linux")) {
    BAYPLAN_ASSIGN(info.uid_map, mappings(*linux_part, "uidMappings"));
    BAYPLAN_ASSIGN(info.gid_map, mappings(*linux_part, "gidMappings"));
  }
  return info;
}

}  // namespace

Result<ContainerInfo> info_of_config(std::string_view config) { return read(config).with_context(kWhat, {}); }

}  // namespace bayplan::containers
