// A part of a file as a stream; several of them share one descriptor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bayplan/base/fd.h"
#include "bayplan/base/stream.h"

namespace bayplan::images {

/// Reads by position. Errors of read(): io, corrupt (the file became shorter).
class FileRange final : public ByteSource {
 public:
  /// `size` bytes of `file`, a regular one, from `offset` on. `name` is for errors.
  FileRange(std::shared_ptr<const UniqueFd> file, std::string name, std::uint64_t offset, std::uint64_t size)
      : file_(std::move(file)), name_(std::move(name)), offset_(offset), end_(offset + size) {}

  Result<std::size_t> read(std::span<std::byte> into) override;
  Result<std::uint64_t> skip(std::uint64_t bytes) override;

  /// Where in the file it stands.
  std::uint64_t offset() const noexcept { return offset_; }

 private:
  std::shared_ptr<const UniqueFd> file_;
  std::string name_;
  std::uint64_t offset_;
  std::uint64_t end_;
};

}  // namespace bayplan::images
