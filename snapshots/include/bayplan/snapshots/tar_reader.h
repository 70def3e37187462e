// Streaming tar reader. Its definition is what Go's archive/tar reads, because every writer and scanner of
// container layers is Go; plus old GNU sparse. Dialects: v7, ustar, pax (x; g is skipped), GNU (L, K, base-256), sparse
// (PAX 0.0, 0.1, 1.0, GNU S). Names and links are bytes, cut at the first NUL, at most 4,095 of them.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bayplan/base/stream.h"
#include "bayplan/base/time.h"

namespace bayplan::snapshots {

enum class TarType : std::uint8_t { file, hard_link, symlink, char_device, block_device, directory, fifo };

struct TarEntry {
  TarType type = TarType::file;
  std::string name;         ///< as stored, not cleaned
  std::string link;         ///< target of hard and symbolic links
  std::uint32_t mode = 0;   ///< permission and set-id bits only (07777)
  std::uint32_t uid = 0;    ///< 0..2^32-2
  std::uint32_t gid = 0;
  Time mtime{};             ///< negative and sub-second values kept
  std::uint64_t size = 0;   ///< bytes of content, holes included
  std::uint32_t dev_major = 0;
  std::uint32_t dev_minor = 0;
  std::map<std::string, std::string> xattrs{};  ///< SCHILY.xattr.*, empty values kept

  struct Piece {
    std::uint64_t offset;
    std::uint64_t length;
  };
  bool sparse = false;
  std::vector<Piece> pieces{};  ///< of a sparse file: sorted, disjoint, inside `size`
};

class TarReader {
 public:
  /// Borrows `source`, an uncompressed archive.
  explicit TarReader(ByteSource& source);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The next entry; content of the one before that was not read is skipped. Empty at the end: two zero blocks, or
  /// the end of the stream between entries. What follows the two blocks is left in the source.
  /// Errors: corrupt (checksum, numbers, sizes, pax records, a lone zero block, truncation), unsupported
  /// (unknown entry type, named by number), too_large (headers, names, xattrs, sparse maps over their limits), and the
  /// source's own.
  Result<std::optional<TarEntry>> next();

  /// Content of the current entry: of a sparse file its pieces' bytes one after the other, without holes. 0 at its end.
  /// Errors: corrupt (truncated), and the source's own.
  Result<std::size_t> read(std::span<std::byte> into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bayplan::snapshots
