// What stands between a file and whoever reads it: progress, cancellation, and a bound on what unpacks from
// it.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "bayplan/base/progress.h"
#include "bayplan/base/stream.h"
#include "bayplan/content/compression.h"
#include "bayplan/images/unpack.h"

namespace bayplan::images {

/// Passes bytes through, reports them, and stops when cancelled. Errors of read(): cancelled, and the
/// source's.
class ProgressSource final : public ByteSource {
 public:
  /// Borrows all but the strings. `total` in bytes.
  ProgressSource(ByteSource& source, const Control& control, std::string_view stage, std::string object,
                 std::uint64_t total);
  Result<std::size_t> read(std::span<std::byte> into) override;
  /// What is passed over is not reported.
  Result<std::uint64_t> skip(std::uint64_t bytes) override;

 private:
  ByteSource& source_;
  const Control& control_;
  std::string_view stage_;
  std::string object_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::uint64_t reported_ = 0;
};

/// A source whose first bytes can be looked at. Errors of read(): the source's.
class PeekedSource final : public ByteSource {
 public:
  explicit PeekedSource(ByteSource& source) noexcept : source_(source) {}

  /// The first content::kMagicBytes; fewer where the source is shorter. To be called before read(); valid as
  /// long as this object. Errors: the source's.
  Result<std::string_view> peek();
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  ByteSource& source_;
  std::array<std::byte, content::kMagicBytes> first_{};
  std::size_t have_ = 0;
  std::size_t given_ = 0;
};

/// A pipe, whose reader can be cancelled while nobody writes. Borrows all. Errors of read(): cancelled, io.
class PipeSource final : public ByteSource {
 public:
  PipeSource(int fd, std::string_view name, const CancelToken& cancel)
      : fd_(fd), name_(name), cancel_(cancel) {}
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  int fd_;
  std::string_view name_;
  const CancelToken& cancel_;
};

/// Passes decompressed bytes through as long as there are not absurdly many of them for what was compressed.
/// Errors of read(): too_large, and the source's.
class ExpansionLimit final : public ByteSource {
 public:
  /// `compressed` in bytes.
  ExpansionLimit(ByteSource& source, std::uint64_t compressed, const UnpackLimits& limits = {}) noexcept;
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  ByteSource& source_;
  std::uint64_t limit_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace bayplan::images
