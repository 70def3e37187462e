// What containers/storage keeps with a container and containerd does not: names, names of its layer, a
// metadata string, and which service made it. Kept inside the container's record, in a bucket of ours, so
// that it goes with it; the names are looked up in two indexes of the namespace, which every function here
// keeps right. In the caller's transaction; all-or-nothing each. A container without any of this is one
// of containerd's. "Not known" is not_found with the kind "container". Items of big data: big_data.h.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayplan/metadata/tx.h"

namespace bayplan::containers::storage {

/// Bytes of a name. They are stored whole, whatever their length.
inline constexpr std::size_t kMaxNameBytes = 4096;
inline constexpr std::size_t kMaxMetadataBytes = 1u << 20;
/// How many characters of an ID have to be given for a lookup by prefix.
inline constexpr std::size_t kMinIdPrefix = 3;

struct Record {
  std::string owner{};                     ///< the service that made it, an identifier; empty: none of ours
  std::vector<std::string> names{};        ///< unique in the namespace; what was added last comes first
  std::vector<std::string> layer_names{};  ///< the same, of its snapshot; in a name space of their own
  std::string metadata{};                  ///< as the service wants it

  friend bool operator==(const Record&, const Record&) = default;
};

/// Gives the container `id` all of that. A name that is given twice counts once. Errors: not_found,
/// already_exists (it has a record of this kind; kind "container name" or "layer name": another container
/// has it, which is named with the service that made it), invalid_argument (owner; a name that is empty,
/// longer than kMaxNameBytes, no UTF-8 or with control characters), too_large (kMaxMetadataBytes), and those
/// of MutableBucket.
Result<void> attach(metadata::WriteTx& tx, std::string_view ns, std::string_view id, const Record& record);
/// Of a container of containerd's all is empty. Errors: not_found, corrupt, closed, io.
Result<Record> get(const metadata::BucketSource& source, std::string_view ns, std::string_view id);

/// What most callers look for, as views that live as the source says.
struct View {
  std::string_view id;
  std::string_view owner;
  std::string_view metadata;
};
/// All that attach() was called for, in byte order of the IDs. Errors: visit's, corrupt, closed, io.
Result<void> walk(const metadata::BucketSource& source, std::string_view ns,
                  const std::function<Result<void>(const View&)>& visit);

/// The ID of the container that `text` means: its ID, one of its names, a name of its layer, or how its ID
/// begins (kMinIdPrefix characters or more, of no other), in this order. Errors: not_found (also a beginning
/// that several IDs have), corrupt, closed, io.
Result<std::string> find(const metadata::BucketSource& source, std::string_view ns, std::string_view text);
/// The ID of the container of this name; empty: none is called so. Errors: corrupt, closed, io.
Result<std::optional<std::string>> named(const metadata::BucketSource& source, std::string_view ns,
                                         std::string_view name);
/// The ID of the container whose layer has this name, or whose snapshot has this key; which reads the records
/// of all containers. Errors: not_found, corrupt, closed, io.
Result<std::string> with_layer(const metadata::BucketSource& source, std::string_view ns,
                               std::string_view layer);

/// Puts names in front. One that another container has moves here. Errors: not_found, invalid_argument
/// (names, as attach has them), and those of MutableBucket.
Result<void> add_names(metadata::WriteTx& tx, std::string_view ns, std::string_view id,
                       const std::vector<std::string>& names);
/// Replaces all names; none is fine. Errors: as add_names.
Result<void> set_names(metadata::WriteTx& tx, std::string_view ns, std::string_view id,
                       const std::vector<std::string>& names);
/// Takes names away, as far as it has them. Errors: as add_names.
Result<void> remove_names(metadata::WriteTx& tx, std::string_view ns, std::string_view id,
                          const std::vector<std::string>& names);
/// add_names() of its layer.
Result<void> add_layer_names(metadata::WriteTx& tx, std::string_view ns, std::string_view id,
                             const std::vector<std::string>& names);
/// Errors: not_found, too_large (kMaxMetadataBytes), and those of MutableBucket.
Result<void> set_metadata(metadata::WriteTx& tx, std::string_view ns, std::string_view id,
                          std::string_view metadata);

}  // namespace bayplan::containers::storage
