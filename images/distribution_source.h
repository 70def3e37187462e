// Where blobs came from, as containerd notes it on content records: containerd.io/distribution.source.HOST,
// the repositories there, sorted, with commas between. HOST is without port. A push reads from which
// repository of its registry a blob can be mounted instead of being sent.
#pragma once

#include <string>

#include "bayplan/base/labels.h"
#include "bayplan/images/registry_reference.h"

namespace bayplan::images {

/// What the content record of a blob, with the labels `present`, gains once the blob was seen in `repository`
/// (its tag or digest is not used): at most one label. None when it says so already, or would be too long.
Labels distribution_source_labels(const Labels& present, const RegistryReference& repository);

/// The path of another repository of the registry of `destination` that `labels` say has the blob: the one
/// that has most of its path in common with it. Empty when they know none.
std::string mount_source(const Labels& labels, const RegistryReference& destination);

}  // namespace bayplan::images
