// Maps of sparse files: which pieces of the file the archive holds.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "bayplan/base/result.h"
#include "bayplan/snapshots/tar_reader.h"
#include "tar_header.h"
#include "tar_pax.h"

namespace bayplan::snapshots {

struct SparseMap {
  std::uint64_t size = 0;  ///< of the whole file
  std::vector<TarEntry::Piece> pieces;
  std::uint64_t stored = 0;  ///< bytes of all pieces
};

/// Gives the archive's next block.
using NextBlock = std::function<Result<void>(TarBlock& into)>;

/// The map that pax records announce; empty when the entry is not sparse. GNU.sparse.name replaces `header`'s
/// name. `next` reads the entry's data, in which format 1.0 keeps its map. Errors: corrupt, too_large, those
/// of `next`.
Result<std::optional<SparseMap>> read_pax_sparse(const PaxRecords& records, TarHeader& header,
                                                 const NextBlock& next);

/// The map in and behind an old GNU header (type S). `next` reads what follows it in the archive.
/// Errors: corrupt, too_large, those of `next`.
Result<SparseMap> read_gnu_sparse(const TarBlock& block, TarFormat format, const NextBlock& next);

}  // namespace bayplan::snapshots
