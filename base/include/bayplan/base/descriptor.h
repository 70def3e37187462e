// Descriptor: what names a piece of content (OCI image-spec, descriptor.md). A plain value.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "bayplan/base/digest.h"

namespace bayplan {

struct Descriptor {
  std::string media_type;  ///< RFC 6838 type/subtype
  Digest digest;
  std::uint64_t size = 0;  ///< bytes
  std::map<std::string, std::string> annotations{};

  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

}  // namespace bayplan
