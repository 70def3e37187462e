#include "bayplan/images/registries.h"

#include "names/config_file.h"
#include "names/registries_config.h"

namespace bayplan::images {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDefaultRegistry = "docker.io";

Result<void> merge_file(const fs::path& file, RegistryRules& rules) {
  BAYPLAN_ASSIGN(const std::string text, read_config(file));
  BAYPLAN_ASSIGN(RegistryRules later, RegistryRules::parse(text, file.native()));
  rules.merge(std::move(later));
  return {};
}

// The user's file in place of the system's.
Result<void> merge_main_file(const ConfigDirs& dirs, RegistryRules& rules) {
  for (const fs::path& dir : {dirs.user, dirs.system}) {
    if (dir.empty()) continue;
    const fs::path file = dir / "containers/registries.conf";
    BAYPLAN_ASSIGN(const std::optional<std::string> text, read_if_there(file));
    if (!text) continue;
    BAYPLAN_ASSIGN(rules, RegistryRules::parse(*text, file.native()));
    return {};
  }
  return {};
}

// The name that an alias may stand for: without tag and digest.
std::string_view alias_name(std::string_view text) noexcept {
  return text.substr(0, text.find_first_of(":@"));
}

}  // namespace

Registries::Registries(std::shared_ptr<const Config> config) : config_(std::move(config)) {}

Result<Registries> Registries::load(const ConfigDirs& dirs) {
  RegistryRules rules;
  if (!dirs.registries_file.empty()) {
    BAYPLAN_TRY(merge_file(dirs.registries_file, rules));
    return Registries(std::make_shared<Config>(std::move(rules), dirs));
  }
  BAYPLAN_TRY(merge_main_file(dirs, rules));
  for (const fs::path& dir : {dirs.system, dirs.user}) {
    if (dir.empty()) continue;
    BAYPLAN_ASSIGN(const std::vector<fs::path> files,
                   files_in(dir / "containers/registries.conf.d", ".conf"));
    for (const fs::path& file : files) BAYPLAN_TRY(merge_file(file, rules));
  }
  return Registries(std::make_shared<Config>(std::move(rules), dirs));
}

Result<Registries> Registries::parse(std::string_view text, std::string_view what, const ConfigDirs& dirs) {
  BAYPLAN_ASSIGN(RegistryRules rules, RegistryRules::parse(text, what));
  return Registries(std::make_shared<Config>(std::move(rules), dirs));
}

Result<std::vector<RegistryReference>> Registries::candidates(std::string_view text) const {
  BAYPLAN_ASSIGN(const Reference reference, Reference::parse(text));
  if (reference.domain_given()) return std::vector<RegistryReference>{RegistryReference::of(reference)};
  const RegistryRules& rules = config_->rules;
  const std::string_view name = alias_name(text);
  const auto alias = rules.aliases.find(name);
  std::vector<std::string> texts;
  if (alias != rules.aliases.end() && !alias->second.empty()) {
    texts.push_back(alias->second + std::string(text.substr(name.size())));
  } else if (!rules.search) {
    texts.push_back(std::string(kDefaultRegistry) + "/" + std::string(text));
  } else {
    for (const std::string& registry : *rules.search) texts.push_back(registry + "/" + std::string(text));
  }
  if (texts.empty()) {
    return Error(Errc::invalid_argument, "image reference", text,
                 "does not name its registry, and none is to be searched")
        .with_advice("write HOST/NAME, or set unqualified-search-registries");
  }
  if (texts.size() > 1 && rules.mode == ShortNameMode::enforcing) {
    return Error(
               Errc::invalid_argument, "image reference", text,
               "may be in " + std::to_string(texts.size()) + " registries, and short-name-mode is enforcing")
        .with_advice("write " + texts.front() + " or another");
  }
  std::vector<RegistryReference> found;
  for (const std::string& candidate : texts) {
    BAYPLAN_ASSIGN(RegistryReference parsed,
                   RegistryReference::parse(candidate).with_context("short name", text));
    found.push_back(std::move(parsed));
  }
  return found;
}

}  // namespace bayplan::images
