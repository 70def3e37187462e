// Which bytes of a blob an answer speaks of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bayplan::registry {

struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;                ///< inclusive
  std::optional<std::uint64_t> total{};  ///< empty where the server says that it does not know
};

/// "bytes 5-9/10" of a 206. Empty for everything else, ranges that contradict themselves included.
std::optional<ContentRange> parse_content_range(std::string_view field);

/// How many bytes of an upload a registry has, from the Range of its answer ("0-9" or "bytes=0-9": 10). "0-0"
/// is what registries say of none as well as of one byte: it counts as none where nothing was sent, which the
/// caller knows. Empty for everything else.
std::optional<std::uint64_t> parse_upload_range(std::string_view field);

}  // namespace bayplan::registry
