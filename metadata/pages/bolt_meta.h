// The two meta pages of a bolt file: which transaction is read, and where its root lies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bayplan/base/result.h"

namespace bayplan::metadata::bolt {

inline constexpr std::size_t kPageHeaderBytes = 16;
inline constexpr std::uint64_t kFirstDataPage = 2;
inline constexpr std::uint64_t kNoFreeList = ~std::uint64_t{0};

struct Meta {
  std::uint32_t page_bytes = 0;
  std::uint64_t root = 0;
  std::uint64_t sequence = 0;   ///< of the root bucket
  std::uint64_t free_list = 0;  ///< kNoFreeList: not stored
  std::uint64_t end = 0;        ///< the first page that was never used
  std::uint64_t txn = 0;

  friend bool operator==(const Meta&, const Meta&) = default;
};

/// Page 0 and page 1; each a meta, or why it is none.
struct Metas {
  Result<Meta> page[2];

  /// The one of the last commit. Precondition: one at least can be read.
  const Meta& newest() const;
};

/// Reads both. The second one lies where the first says, or, where that cannot be read, at one of the sizes
/// that pages can have. Errors: version_mismatch, corrupt (neither can be read), io.
Result<Metas> read_metas(int fd, std::string_view name);

/// The error for page `number`, which contradicts itself.
Error damaged(std::uint64_t number, std::string_view what);

}  // namespace bayplan::metadata::bolt
