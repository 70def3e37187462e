// The names of containers and of their layers: a list in the record, and an index of the namespace.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bayplan/metadata/schema.h"
#include "bayplan/metadata/tx.h"

namespace bayplan::containers::storage {

struct NameSort {
  std::string_view list;   ///< in the storage bucket of the record
  std::string_view index;  ///< in the namespace
  std::string_view word;   ///< for errors
};
inline constexpr NameSort kContainerNames{metadata::schema::kNames, metadata::schema::kNameIndex,
                                          "container name"};
inline constexpr NameSort kLayerNames{metadata::schema::kLayerNames, metadata::schema::kLayerNameIndex,
                                      "layer name"};

/// What becomes of a name that another container has.
enum class Taken : bool { refuse, move };

/// Errors: invalid_argument.
Result<void> validate_names(const NameSort& sort, const std::vector<std::string>& names);
/// In their order, each once.
std::vector<std::string> without_duplicates(const std::vector<std::string>& names);
/// `names` less those that are in `others`.
std::vector<std::string> less(const std::vector<std::string>& names, const std::vector<std::string>& others);

/// The list of the container whose record this is. Errors: corrupt, closed, io.
Result<std::vector<std::string>> read_names(const metadata::Bucket& record, const NameSort& sort);
/// The ID in the index; empty: none, or of a container that is not there. Errors: corrupt, closed, io.
Result<std::optional<std::string>> holder(const metadata::BucketSource& source, std::string_view ns,
                                          const NameSort& sort, std::string_view name);

/// Makes the list `wanted`, which has no duplicates, with the index. Not all-or-nothing by itself. Errors:
/// already_exists (Taken::refuse), and those of MutableBucket.
Result<void> assign_names(metadata::WriteTx& tx, std::string_view ns, std::string_view id,
                          metadata::MutableBucket& record, const NameSort& sort,
                          const std::vector<std::string>& wanted, Taken taken);
/// Takes the names of a container that is about to go from the indexes. Not all-or-nothing by itself. Errors:
/// those of MutableBucket.
Result<void> forget_names(metadata::WriteTx& tx, std::string_view ns, std::string_view id);

}  // namespace bayplan::containers::storage
