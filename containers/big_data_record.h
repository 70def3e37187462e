// Items of big data as they are stored.
#pragma once

#include <functional>
#include <optional>

#include "bayplan/containers/big_data.h"

namespace bayplan::containers::big_data {

struct StoredItem {
  std::string_view key;
  std::optional<std::string_view> data{};  ///< what lies in the record, or
  std::optional<Digest> blob{};            ///< the digest of the blob that it is
  std::uint64_t size = 0;

  Digest digest() const { return blob ? *blob : Digest::of(*data); }
};

/// Tells the items of a container's record in byte order; views live as its source says. Errors: visit's,
/// corrupt, closed, io.
Result<void> walk_record(const metadata::Bucket& record,
                         const std::function<Result<void>(const StoredItem&)>& visit);

}  // namespace bayplan::containers::big_data
