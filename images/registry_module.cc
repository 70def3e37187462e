#include "bayplan/images/registry_module.h"

#include <dlfcn.h>

#include "registry_entry.h"

namespace bayplan::images {

Result<std::unique_ptr<Registry>> load_registry(const std::filesystem::path& path,
                                                const RegistryOptions& options) {
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown)) {
    return Error(Errc::not_found, "registry module", path.native())
        .with_advice("install the part of bayplan that speaks to registries");
  }
  // Its results have code in it: it is never unloaded.
  void* module =
      ::dlopen(std::filesystem::absolute(path, unknown).c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (module == nullptr) {
    const char* why = ::dlerror();
    return Error(Errc::invalid_argument, "registry module", path.native(), why != nullptr ? why : "");
  }
  const auto* entry = static_cast<const RegistryEntry*>(::dlsym(module, kRegistryEntryName));
  if (entry == nullptr)
    return Error(Errc::invalid_argument, "registry module", path.native(), "is none of bayplan");
  if (std::string_view(entry->build) != kRegistryBuild) {
    return Error(Errc::version_mismatch, "registry module", path.native(),
                 "of bayplan " + quoted(entry->build) + ", and this is " + quoted(kRegistryBuild));
  }
  return entry->open(options);
}

}  // namespace bayplan::images
