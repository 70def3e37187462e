#include "bayplan/images/config_dirs.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace bayplan::images {
namespace {

std::filesystem::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::filesystem::path below(const std::filesystem::path& dir, const char* name) {
  return dir.empty() ? dir : dir / name;
}

std::filesystem::path first_of(std::filesystem::path one, std::filesystem::path other) {
  return one.empty() ? std::move(other) : std::move(one);
}

}  // namespace

ConfigDirs ConfigDirs::of_process() {
  const std::filesystem::path home = variable("HOME");
  ConfigDirs dirs;
  dirs.user = first_of(variable("XDG_CONFIG_HOME"), below(home, ".config"));
  dirs.runtime = first_of(below(variable("XDG_RUNTIME_DIR"), "containers"),
                          std::filesystem::path("/run/containers") / std::to_string(::getuid()));
  dirs.docker = first_of(variable("DOCKER_CONFIG"), below(home, ".docker"));
  dirs.system = "/etc";
  dirs.auth_file = variable("REGISTRY_AUTH_FILE");
  dirs.registries_file = variable("CONTAINERS_REGISTRIES_CONF");
  return dirs;
}

}  // namespace bayplan::images
