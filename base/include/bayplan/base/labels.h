// Labels and identifiers: containerd's rules (pkg/labels, pkg/identifiers).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan {

/// Sorted by key bytes. An empty value means "remove" to setters and is never stored.
using Labels = std::map<std::string, std::string>;

inline constexpr std::size_t kMaxLabelBytes = 4096;  ///< key plus value
inline constexpr std::size_t kMaxIdentifierBytes = 76;

/// Errors: invalid_argument for an empty key, or key plus value over kMaxLabelBytes (names the whole key).
Result<void> validate_label(std::string_view key, std::string_view value);
Result<void> validate_labels(const Labels& labels);

/// True for keys only bayplan's own code may set: "containerd.io/gc.*" and "io.bayplan/*". What comes from an
/// image or a registry is never allowed to carry them.
bool is_reserved_label(std::string_view key) noexcept;

/// [A-Za-z0-9]+([._-][A-Za-z0-9]+)*, 1..76 bytes: names of namespaces, containers, sandboxes.
/// `kind` is the word used in the error. Errors: invalid_argument.
Result<void> validate_identifier(std::string_view kind, std::string_view id);

/// 1..most_bytes bytes of UTF-8 without control characters: names that people choose freely (images, leases).
/// `kind` is the word used in the error. Errors: invalid_argument.
Result<void> validate_name(std::string_view kind, std::string_view name, std::size_t most_bytes);

}  // namespace bayplan
