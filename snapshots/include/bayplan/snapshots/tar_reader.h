// Streaming tar reader. Its definition is what Go's archive/tar reads, because every writer and scanner of
// container layers is Go: a difference would let an archive show one tree to a scanner and another to us.
// Dialects: v7, ustar, pax (x; g is parsed and has no effect), GNU (L, K, base-256), sparse (PAX 0.0,
// 0.1, 1.0, GNU S). Where headers speak about the same thing: GNU long names win over pax records, those over
// the header block, and a second x header replaces the first. The pax size says how much data follows.
// Directories, links and devices carry no data, whatever their size field says. Names and links are bytes,
// cut at the first NUL, at most 4,095 of them. Stricter than Go: ids, device numbers and entry types outside
// of what a tree can hold are errors. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bayplan/base/stream.h"
#include "bayplan/base/time.h"

namespace bayplan::snapshots {

enum class TarType : std::uint8_t { file, hard_link, symlink, char_device, block_device, directory, fifo };

struct TarEntry {
  TarType type = TarType::file;
  std::string name;        ///< as stored, not cleaned
  std::string link;        ///< target of hard and symbolic links
  std::uint32_t mode = 0;  ///< permission and set-id bits only (07777)
  std::uint32_t uid = 0;   ///< 0..2^32-2
  std::uint32_t gid = 0;
  Time mtime{};  ///< negative and sub-second values kept; beyond what Time holds, the nearest it does
  std::uint64_t size = 0;                       ///< bytes of content, holes included
  std::uint32_t dev_major = 0;                  ///< of devices, 0..4095
  std::uint32_t dev_minor = 0;                  ///< of devices, 0..2^20-1
  std::map<std::string, std::string> xattrs{};  ///< SCHILY.xattr.*, empty values kept

  struct Piece {
    std::uint64_t offset;
    std::uint64_t length;
  };
  bool sparse = false;
  std::vector<Piece>
      pieces{};  ///< of a sparse file: sorted, disjoint, inside `size`, none empty, at most 65,536
};

class TarReader {
 public:
  /// Borrows `source`, an uncompressed archive.
  explicit TarReader(ByteSource& source);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The next entry; content of the one before that was not read is skipped. Empty at the end: two zero
  /// blocks, or the end of the stream between entries. What follows the two blocks is left in the source.
  /// Errors: corrupt (checksum, numbers, sizes, pax records, sparse maps, a zero block before a header,
  /// truncation), unsupported (unknown entry type, named by number), invalid_argument (ids or device numbers
  /// out of range), too_large (headers over 1 MiB, names over 4,095 bytes, xattr values over 64 KiB or more
  /// than 256 of them, sparse maps over 65,536 pieces), and the source's own. After an error every call
  /// answers that error.
  Result<std::optional<TarEntry>> next();

  /// Content of the current entry: of a sparse file its pieces' bytes one after the other, without holes. 0
  /// at its end, and where there is no current entry. Precondition: `into` not empty. Errors: corrupt
  /// (truncated), and the source's own.
  Result<std::size_t> read(std::span<std::byte> into);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bayplan::snapshots
