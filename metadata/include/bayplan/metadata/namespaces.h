// Namespaces: they come into being with their first record (containerd), or by themselves with labels.
// Functions that change something are all-or-nothing inside the caller's transaction. As containerd's store,
// but: what does not exist is not_found for every function, and removing a namespace never destroys leases,
// ingests, sandboxes, or anything else that is still in it.
//
// A store of schema 0 (migrations: store_root.h) has no namespaces, and its v1/images is none: nothing is
// found in it, and creating in it is version_mismatch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bayplan/base/labels.h"
#include "bayplan/metadata/tx.h"

namespace bayplan::metadata {

inline constexpr std::string_view kDefaultNamespace = "default";

// Labels of namespaces that containerd and its clients act on.
inline constexpr std::string_view kDefaultSnapshotterLabel = "containerd.io/defaults/snapshotter";
inline constexpr std::string_view kDefaultRuntimeLabel = "containerd.io/defaults/runtime";
inline constexpr std::string_view kDefaultSandboxerLabel = "containerd.io/defaults/sandboxer";
inline constexpr std::string_view kShareableLabel = "containerd.io/namespace.shareable";

/// An identifier (labels.h) other than "version". Errors: invalid_argument.
Result<void> validate_namespace(std::string_view name);

/// Names in byte order. Errors: corrupt, closed, io.
Result<std::vector<std::string>> list_namespaces(const BucketSource& source);

/// A namespace without records. Labels with empty values are not stored. Errors: already_exists (also when it
/// came into being with a record), invalid_argument (name, labels), and those of MutableBucket.
Result<void> create_namespace(WriteTx& tx, std::string_view name, const Labels& labels = {});

/// Errors: not_found, corrupt, closed, io.
Result<Labels> namespace_labels(const BucketSource& source, std::string_view name);

/// Sets one label; an empty value removes it, absent or not. Errors: not_found, invalid_argument, and those
/// of MutableBucket.
Result<void> set_namespace_label(WriteTx& tx, std::string_view name, std::string_view key,
                                 std::string_view value);

/// Replaces all labels; those with empty values are not stored. Errors: as set_namespace_label.
Result<void> set_namespace_labels(WriteTx& tx, std::string_view name, const Labels& labels);

/// Removes a namespace that holds nothing but labels. Errors: not_found, failed_precondition (naming what is
/// left: images, blobs, containers, snapshots on which snapshotter, leases, ingests, sandboxes, and whatever
/// else is there), and those of MutableBucket.
Result<void> remove_namespace(WriteTx& tx, std::string_view name);

/// The bucket v1/<name>/<path...>; empty when any step is absent. Errors: corrupt, closed, io.
Result<std::optional<Bucket>> namespace_bucket(const BucketSource& source, std::string_view name,
                                               std::initializer_list<std::string_view> path);

/// The same, created as far as missing. Errors: invalid_argument (bad name), version_mismatch (schema 0),
/// no_space, closed, corrupt, io.
Result<MutableBucket> create_namespace_bucket(WriteTx& tx, std::string_view name,
                                              std::initializer_list<std::string_view> path);

/// The same, for changing what exists; empty when any step is absent. Errors: corrupt, closed, io.
Result<std::optional<MutableBucket>> open_namespace_bucket(WriteTx& tx, std::string_view name,
                                                           std::initializer_list<std::string_view> path);

}  // namespace bayplan::metadata
