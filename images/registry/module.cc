// The client as a module (bayplan/images/registry_module.h).
#include "bayplan/registry/client.h"
#include "registry_entry.h"

namespace {

bayplan::Result<std::unique_ptr<bayplan::images::Registry>> open(
    const bayplan::images::RegistryOptions& options) {
  return bayplan::registry::open_client(options);
}

}  // namespace

extern "C" [[gnu::visibility("default")]] const bayplan::images::RegistryEntry bayplan_registry_entry{
    bayplan::images::kRegistryBuild, open};
