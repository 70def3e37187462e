// Namespaces: they come into being with their first record (containerd). Functions that change something are
// all-or-nothing inside the caller's transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bayplan/metadata/tx.h"

namespace bayplan::metadata {

inline constexpr std::string_view kDefaultNamespace = "default";

/// An identifier (labels.h) other than "version". Errors: invalid_argument.
Result<void> validate_namespace(std::string_view name);

/// Names in byte order. Errors: corrupt, closed, io.
Result<std::vector<std::string>> list_namespaces(const BucketSource& source);

/// The bucket v1/<name>/<path...>; empty when any step is absent. Errors: corrupt, closed, io.
Result<std::optional<Bucket>> namespace_bucket(const BucketSource& source, std::string_view name,
                                               std::initializer_list<std::string_view> path);

/// The same, created as far as missing. Errors: invalid_argument (bad name), no_space, closed, corrupt, io.
Result<MutableBucket> create_namespace_bucket(WriteTx& tx, std::string_view name,
                                              std::initializer_list<std::string_view> path);

/// The same, for changing what exists; empty when any step is absent. Errors: corrupt, closed, io.
Result<std::optional<MutableBucket>> open_namespace_bucket(WriteTx& tx, std::string_view name,
                                                           std::initializer_list<std::string_view> path);

}  // namespace bayplan::metadata
