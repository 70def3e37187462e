// Streaming tar writer: the bytes that Go's archive/tar writes for the same entries, because those are the
// layers everybody reads. ustar where a header has room for all of an entry, else a pax header before it:
// names over 100 bytes that do not split, names that are not ASCII, ids over 2^21-1, sizes of 8 GiB and more,
// times before 1970 or of parts of seconds, extended attributes. The same entries always give the same bytes.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "bayplan/base/stream.h"
#include "bayplan/snapshots/tar_reader.h"

namespace bayplan::snapshots {

class TarWriter {
 public:
  /// Borrows `sink`.
  explicit TarWriter(ByteSink& sink) : sink_(sink) {}
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  /// Writes the header of `entry`, its name as it is (that of a directory should end with a slash). Exactly
  /// `entry.size` bytes of write() follow for a file, none for the others. Sparse maps are not written: holes
  /// are zeros. Errors: invalid_argument (an empty name; NUL in a name, '=' or NUL in the name of an
  /// attribute), too_large (more than TarReader takes: a name or link over 4,095 bytes, a pax header over
  /// 1 MiB), failed_precondition (content of the entry before is missing), the sink's.
  Result<void> add(const TarEntry& entry);
  /// Content of the file added last. Errors: invalid_argument (more than its size), the sink's.
  Result<void> write(std::span<const std::byte> bytes);
  /// Ends the archive. Errors: failed_precondition (content of the last entry is missing), the sink's.
  Result<void> finish();

 private:
  Result<void> pad();
  Result<void> check_complete() const;

  ByteSink& sink_;
  std::string name_{};         // of the last entry
  std::uint64_t missing_ = 0;  // of its content
  std::size_t padding_ = 0;    // after it
};

}  // namespace bayplan::snapshots
