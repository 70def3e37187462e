// Whiteouts and opaque markers: what a layer removes from the layers below it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::snapshots {

class LayerContext;

enum class MarkerKind : std::uint8_t {
  none,      ///< an entry to be made
  whiteout,  ///< .wh.NAME
  opaque,    ///< .wh..wh..opq
  ignored,   ///< other names of AUFS, and all below them
};

struct Marker {
  MarkerKind kind = MarkerKind::none;
  std::string directory{};  ///< clean; of whiteouts and opaque markers
  std::string name{};       ///< of whiteouts: what to remove
};

/// What the clean path of an entry says about it.
/// Errors: invalid_argument (a whiteout of "", "." or "..", or an entry below a whiteout).
Result<Marker> parse_marker(std::string_view path);

/// Removes what the marker hides, except what this layer itself wrote, before or after. What is absent, or
/// only reached over a symbolic link that this layer wrote, is left alone. Errors: those of
/// TreeRoot::directory and empty_directory.
Result<void> apply_marker(LayerContext& context, const Marker& marker);

}  // namespace bayplan::snapshots
