// What a Registries holds.
#pragma once

#include <utility>

#include "bayplan/images/registries.h"
#include "names/registry_rules.h"

namespace bayplan::images {

struct Registries::Config {
  Config(RegistryRules its_rules, ConfigDirs its_dirs)
      : rules(std::move(its_rules)), dirs(std::move(its_dirs)) {}
  RegistryRules rules;
  ConfigDirs dirs;
};

}  // namespace bayplan::images
