// A value of a type that its name tells: protobuf's Any, in which containerd keeps specs, options and
// extensions.
#pragma once

#include <string>

namespace bayplan::metadata {

struct Any {
  std::string type_url;  ///< "types.containerd.io/opencontainers/runtime-spec/1/Spec"
  std::string value;     ///< in the encoding of that type: JSON, protobuf

  friend bool operator==(const Any&, const Any&) = default;
};

}  // namespace bayplan::metadata
