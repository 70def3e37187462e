// Compression of what is exported: gzip (ISA-L) and zstd.
#pragma once

#include <memory>
#include <optional>

#include "bayplan/base/stream.h"
#include "bayplan/content/compression.h"

namespace bayplan::content {

/// Takes bytes and writes them compressed. Not thread-safe. The same bytes at the same level always give the
/// same stream, however they were cut into writes: no names, no times, one thread. (Another release of the
/// compression library, or for gzip another family of processors, may give other bytes.)
class Compressor : public ByteSink {
 public:
  /// Ends the stream; precondition of using it. Nothing may be written afterwards. Errors:
  /// failed_precondition (finished before, or an earlier call failed), the target's.
  virtual Result<void> finish() = 0;
};

struct CompressionLevels {
  int lowest;
  int highest;
  int usual;
};
/// Of `none` there is but 0.
CompressionLevels levels_of(Compression compression) noexcept;

/// A compressor into `target`, which must outlive it; at the usual level unless told otherwise. `none` passes
/// bytes through. Its write() errors: failed_precondition (finished, or an earlier call failed), the
/// target's. Errors: invalid_argument (no such level).
Result<std::unique_ptr<Compressor>> compress(ByteSink& target, Compression compression,
                                             std::optional<int> level = {});

}  // namespace bayplan::content
