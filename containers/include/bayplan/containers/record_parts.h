// What records of containers and of sandboxes are both made of.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "bayplan/metadata/any.h"

namespace bayplan::containers {

/// What runs it.
struct Runtime {
  std::string name{};                      ///< "io.containerd.runc.v2"
  std::optional<metadata::Any> options{};  ///< as its program wants them

  friend bool operator==(const Runtime&, const Runtime&) = default;
};

/// What clients keep with a record, each under a name of its own of 1 to metadata::kMaxKeyBytes bytes.
using Extensions = std::map<std::string, metadata::Any, std::less<>>;

}  // namespace bayplan::containers
