// Platforms: normalisation and choice as containerd/platforms does them.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::images {

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant{};

  /// "os/arch[/variant]".
  std::string to_string() const;
  friend bool operator==(const Platform&, const Platform&) = default;
};

/// Lower case, aliases folded (x86_64 -> amd64, aarch64 -> arm64, armhf -> arm/v7, ...), default variants
/// dropped or given as containerd does.
Platform normalize(Platform platform);
/// "os/arch[/variant]", or one word that is a known os or architecture. Errors: invalid_argument.
Result<Platform> parse_platform(std::string_view text);
/// The machine this runs on.
Platform host_platform();
/// How well `candidate` serves `wanted`: 0 is best, larger is worse, empty is not at all.
std::optional<std::size_t> match_rank(const Platform& wanted, const Platform& candidate);

}  // namespace bayplan::images
