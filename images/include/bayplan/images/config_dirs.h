// Where a user and the system keep the files of container tools: containers' and Docker's places.
#pragma once

#include <filesystem>

namespace bayplan::images {

/// An empty path is a place that there is not.
struct ConfigDirs {
  std::filesystem::path user{};     ///< $XDG_CONFIG_HOME, else ~/.config
  std::filesystem::path runtime{};  ///< $XDG_RUNTIME_DIR/containers, else /run/containers/UID
  std::filesystem::path docker{};   ///< $DOCKER_CONFIG, else ~/.docker
  std::filesystem::path system{};   ///< /etc

  std::filesystem::path auth_file{};        ///< $REGISTRY_AUTH_FILE: it alone, where it is set
  std::filesystem::path registries_file{};  ///< $CONTAINERS_REGISTRIES_CONF: it alone, where it is set

  /// From the environment. Thread rule: not while another thread changes it.
  static ConfigDirs of_process();
};

}  // namespace bayplan::images
