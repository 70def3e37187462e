// What the registry module exports: one object of this type, by this name.
#pragma once

#include <memory>

#include "bayplan/base/version.h"
#include "bayplan/images/registry.h"

namespace bayplan::images {

struct RegistryEntry {
  const char* build;  ///< kRegistryBuild, as the module was compiled; first, whatever follows
  Result<std::unique_ptr<Registry>> (*open)(const RegistryOptions& options);
};

inline constexpr const char* kRegistryEntryName = "bayplan_registry_entry";

// C++ objects pass between program and module: both come from one compiler and one set of sources.
inline constexpr const char* kRegistryBuild = BAYPLAN_VERSION " (" __VERSION__ ")";

}  // namespace bayplan::images
