// What stands between a file and whoever reads it: progress, cancellation, and a bound on what unpacks from
// it.
#pragma once

#include <string>
#include <string_view>

#include "bayplan/base/progress.h"
#include "bayplan/base/stream.h"

namespace bayplan::images {

/// Passes bytes through, reports them, and stops when cancelled. Errors of read(): cancelled, and the
/// source's.
class ProgressSource final : public ByteSource {
 public:
  /// Borrows all but the strings. `total` in bytes.
  ProgressSource(ByteSource& source, const Control& control, std::string_view stage, std::string object,
                 std::uint64_t total);
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  ByteSource& source_;
  const Control& control_;
  std::string_view stage_;
  std::string object_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::uint64_t reported_ = 0;
};

/// Passes decompressed bytes through as long as there are not absurdly many of them for what was compressed:
/// gzip cannot exceed a factor of 1,032; zstd can, and then only a bomb does beyond the first GiB. Errors of
/// read(): too_large, and the source's.
class ExpansionLimit final : public ByteSource {
 public:
  /// `compressed` in bytes.
  ExpansionLimit(ByteSource& source, std::uint64_t compressed) noexcept;
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  ByteSource& source_;
  std::uint64_t limit_;
  std::uint64_t done_ = 0;
};

}  // namespace bayplan::images
