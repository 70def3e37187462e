#include "names/registry_rules.h"

#include <algorithm>

#include "names/registry_host.h"
#include "names/toml.h"

namespace bayplan::images {
namespace {

constexpr std::string_view kAnySubdomain = "*.";

Error broken(std::string_view what, std::string_view rule) {
  return Error(Errc::invalid_argument, "registry", what, rule);
}

// host[:port][/path], and nothing that would be taken for the path of another host.
Result<void> check_location(std::string_view location) {
  if (location.find("://") != std::string_view::npos)
    return broken(location, "has a scheme; write host[:port][/path]");
  const auto reference = Reference::parse(std::string(location) + "/x");
  if (reference && reference->domain_given()) return {};
  return broken(location, "is not host[:port][/path]");
}

Result<void> check_prefix(std::string_view prefix) {
  if (prefix.starts_with(kAnySubdomain)) {
    // "*.io" is one, though "io" alone would be no host in a reference.
    return check_location("any" + std::string(prefix.substr(kAnySubdomain.size() - 1)));
  }
  const auto exact = Reference::parse(prefix);
  if (exact && exact->domain_given()) return {};
  return check_location(prefix);
}

std::string without_slashes(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text;
}

Result<PullFrom> parse_pull_from(const toml::Table& table) {
  BAYPLAN_ASSIGN(const std::string text, table.string("pull-from-mirror"));
  if (text.empty() || text == "all") return PullFrom::all;
  if (text == "digest-only") return PullFrom::digest_only;
  if (text == "tag-only") return PullFrom::tag_only;
  return broken(text, "pull-from-mirror is all, digest-only or tag-only");
}

Result<RegistryMirror> parse_mirror(const toml::Table& table, bool by_digest_only) {
  BAYPLAN_TRY(table.only({"location", "insecure", "pull-from-mirror"}));
  RegistryMirror mirror;
  BAYPLAN_ASSIGN(std::string location, table.string("location"));
  mirror.location = without_slashes(std::move(location));
  BAYPLAN_TRY(check_location(mirror.location));
  BAYPLAN_ASSIGN(mirror.insecure, table.boolean("insecure", false));
  BAYPLAN_ASSIGN(mirror.pull_from, parse_pull_from(table));
  if (!by_digest_only) return mirror;
  if (table.find("pull-from-mirror") != nullptr) {
    return broken(mirror.location, "both mirror-by-digest-only and pull-from-mirror are set");
  }
  mirror.pull_from = PullFrom::digest_only;
  return mirror;
}

Result<RegistryRule> parse_rule(const toml::Table& table) {
  BAYPLAN_TRY(table.only({"prefix", "location", "insecure", "blocked", "mirror", "mirror-by-digest-only"}));
  RegistryRule rule;
  BAYPLAN_ASSIGN(std::string location, table.string("location"));
  BAYPLAN_ASSIGN(std::string prefix, table.string("prefix"));
  rule.location = without_slashes(std::move(location));
  rule.prefix = with_lower_host(prefix.empty() ? rule.location : without_slashes(std::move(prefix)));
  if (rule.prefix.empty()) return broken({}, "has neither prefix nor location");
  BAYPLAN_TRY(check_prefix(rule.prefix));
  if (!rule.location.empty()) BAYPLAN_TRY(check_location(rule.location));
  BAYPLAN_ASSIGN(rule.insecure, table.boolean("insecure", false));
  BAYPLAN_ASSIGN(rule.blocked, table.boolean("blocked", false));
  BAYPLAN_ASSIGN(const bool by_digest_only, table.boolean("mirror-by-digest-only", false));
  BAYPLAN_ASSIGN(const auto mirrors, table.tables("mirror"));
  for (const toml::Table* mirror : mirrors) {
    BAYPLAN_ASSIGN(RegistryMirror parsed, parse_mirror(*mirror, by_digest_only));
    rule.mirrors.push_back(std::move(parsed));
  }
  return rule;
}

Result<void> parse_rules(const toml::Table& root, RegistryRules& parsed) {
  if (const toml::Value* old = root.find("registries"); old != nullptr) {
    return Error(Errc::unsupported, "TOML key", "registries", "is version 1 of the format")
        .with_advice("write unqualified-search-registries and [[registry]]");
  }
  BAYPLAN_ASSIGN(const auto tables, root.tables("registry"));
  for (const toml::Table* table : tables) {
    BAYPLAN_ASSIGN(RegistryRule rule, parse_rule(*table));
    const bool twice = std::any_of(parsed.rules.begin(), parsed.rules.end(),
                                   [&](const RegistryRule& other) { return other.prefix == rule.prefix; });
    if (twice) return broken(rule.prefix, "is configured twice");
    parsed.rules.push_back(std::move(rule));
  }
  return {};
}

Result<void> parse_search(const toml::Table& root, RegistryRules& parsed) {
  if (root.find("unqualified-search-registries") == nullptr) return {};
  BAYPLAN_ASSIGN(std::vector<std::string> search, root.strings("unqualified-search-registries"));
  for (std::string& registry : search) {
    registry = without_slashes(std::move(registry));
    BAYPLAN_TRY(check_location(registry));
  }
  parsed.search = std::move(search);
  return {};
}

Result<void> parse_mode(const toml::Table& root, RegistryRules& parsed) {
  BAYPLAN_ASSIGN(const std::string mode, root.string("short-name-mode"));
  if (mode == "enforcing") parsed.mode = ShortNameMode::enforcing;
  if (mode == "permissive") parsed.mode = ShortNameMode::permissive;
  if (mode == "disabled") parsed.mode = ShortNameMode::disabled;
  if (mode.empty() || parsed.mode) return {};
  return broken(mode, "short-name-mode is enforcing, permissive or disabled");
}

Result<void> check_alias_target(std::string_view target) {
  const auto meant = Reference::parse(target);
  if (meant && meant->domain_given() && !meant->tag() && !meant->digest()) return {};
  return broken(target, "an alias stands for host[:port]/path without tag and digest");
}

Result<void> parse_aliases(const toml::Table& root, RegistryRules& parsed) {
  BAYPLAN_ASSIGN(const toml::Table* aliases, root.table("aliases"));
  for (const toml::Member& member : aliases->members) {
    BAYPLAN_ASSIGN(std::string target, aliases->string(member.key));
    const auto name = Reference::parse(member.key);
    if (!name || name->domain_given() || name->tag() || name->digest()) {
      return broken(member.key, "an alias is a name without registry, tag and digest");
    }
    if (!target.empty()) BAYPLAN_TRY(check_alias_target(target));
    parsed.aliases[member.key] = std::move(target);
  }
  return {};
}

}  // namespace

std::size_t RegistryRule::matched(std::string_view reference) const noexcept {
  std::size_t end = prefix.size();
  if (prefix.starts_with(kAnySubdomain)) {
    const std::string_view host = reference.substr(0, reference.find('/'));
    const std::string_view wanted = std::string_view(prefix).substr(kAnySubdomain.size() - 1);
    const std::string_view domain = wanted.substr(0, wanted.find('/'));
    const std::string_view path = wanted.substr(domain.size());
    if (host.size() == domain.size() || !host.ends_with(domain)) return 0;
    if (!reference.substr(host.size()).starts_with(path)) return 0;
    end = host.size() + path.size();
  } else if (!reference.starts_with(prefix)) {
    return 0;
  }
  if (end == reference.size()) return end;
  // Where the prefix ends in its host, a colon would begin another port.
  const bool in_host = prefix.find('/') == std::string::npos;
  return reference[end] == '/' || (!in_host && (reference[end] == ':' || reference[end] == '@')) ? end : 0;
}

Result<RegistryRules> RegistryRules::parse(std::string_view text, std::string_view what) {
  RegistryRules parsed;
  const auto fill = [&](const toml::Table& root) -> Result<void> {
    BAYPLAN_TRY(parse_rules(root, parsed));
    BAYPLAN_TRY(parse_search(root, parsed));
    BAYPLAN_TRY(parse_mode(root, parsed));
    return parse_aliases(root, parsed);
  };
  BAYPLAN_ASSIGN(const toml::Table root, toml::parse(text, what));
  BAYPLAN_TRY(fill(root).with_context("registries file", what));
  return parsed;
}

void RegistryRules::merge(RegistryRules later) {
  if (later.search) search = std::move(later.search);
  if (later.mode) mode = later.mode;
  for (auto& [name, target] : later.aliases) aliases[name] = std::move(target);
  for (RegistryRule& rule : later.rules) {
    std::erase_if(rules, [&](const RegistryRule& earlier) { return earlier.prefix == rule.prefix; });
    rules.push_back(std::move(rule));
  }
}

const RegistryRule* RegistryRules::find(const RegistryReference& reference) const {
  const std::string text = with_lower_host(reference.to_string());
  const RegistryRule* best = nullptr;
  for (const RegistryRule& rule : rules) {
    if (rule.matched(text) > 0 && (best == nullptr || rule.prefix.size() > best->prefix.size())) best = &rule;
  }
  return best;
}

Result<RegistryReference> relocated(const RegistryReference& reference, std::size_t matched,
                                    std::string_view location) {
  if (location.empty()) return reference;
  const std::string text = std::string(location) + reference.to_string().substr(matched);
  BAYPLAN_ASSIGN(const Reference moved, Reference::parse(text));
  if (moved.domain_given()) return RegistryReference::of(moved);
  return broken(text, "is where " + reference.to_string() + " should be, and names no repository");
}

}  // namespace bayplan::images
