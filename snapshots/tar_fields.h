// Where the fields of a tar header block lie.
#pragma once

#include <cstddef>

namespace bayplan::snapshots::tar_fields {

struct Field {
  std::size_t offset;
  std::size_t length;
};
inline constexpr Field kName{0, 100};
inline constexpr Field kMode{100, 8};
inline constexpr Field kUid{108, 8};
inline constexpr Field kGid{116, 8};
inline constexpr Field kSize{124, 12};
inline constexpr Field kMtime{136, 12};
inline constexpr Field kChecksum{148, 8};
inline constexpr Field kType{156, 1};
inline constexpr Field kLink{157, 100};
inline constexpr Field kMagic{257, 8};
inline constexpr Field kDevMajor{329, 8};
inline constexpr Field kDevMinor{337, 8};
inline constexpr Field kUstarPrefix{345, 155};

}  // namespace bayplan::snapshots::tar_fields
