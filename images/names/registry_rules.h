// registries.conf, version 2, as far as it says where images are (containers-registries.conf(5)).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/images/registry_reference.h"

namespace bayplan::images {

enum class PullFrom { all, digest_only, tag_only };
enum class ShortNameMode { enforcing, permissive, disabled };

struct RegistryMirror {
  std::string location;
  bool insecure = false;
  PullFrom pull_from = PullFrom::all;
};

struct RegistryRule {
  std::string prefix;    ///< host[:port][/path[:tag|@digest]] or *.domain
  std::string location;  ///< stands in place of the prefix; empty: the reference stays as it is
  bool insecure = false;
  bool blocked = false;
  std::vector<RegistryMirror> mirrors{};

  /// How many bytes of `reference` the prefix stands for; 0 where it does not apply.
  std::size_t matched(std::string_view reference) const noexcept;
};

struct RegistryRules {
  std::optional<std::vector<std::string>> search{};
  std::optional<ShortNameMode> mode{};
  std::map<std::string, std::string, std::less<>> aliases{};  ///< to "" where a file takes one back
  std::vector<RegistryRule> rules{};

  /// Errors: invalid_argument, unsupported, too_large, as Registries::load.
  static Result<RegistryRules> parse(std::string_view text, std::string_view what);
  /// What `later` sets wins: lists as a whole, rules by their prefix.
  void merge(RegistryRules later);
  /// The rule with the longest prefix that applies; none when none does. Valid as long as this.
  const RegistryRule* find(const RegistryReference& reference) const;
};

/// `reference` with its first `matched` bytes replaced by `location`. Errors: invalid_argument.
Result<RegistryReference> relocated(const RegistryReference& reference, std::size_t matched,
                                    std::string_view location);

}  // namespace bayplan::images
