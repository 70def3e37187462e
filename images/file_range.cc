#include "file_range.h"

#include <algorithm>

#include "bayplan/base/file.h"

namespace bayplan::images {

Result<std::size_t> FileRange::read(std::span<std::byte> into) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), end_ - offset_));
  if (count == 0) return count;
  BAYPLAN_TRY(file::pread_exact(file_->get(), into.first(count), offset_, name_));
  offset_ += count;
  return count;
}

Result<std::uint64_t> FileRange::skip(std::uint64_t bytes) {
  const std::uint64_t skipped = std::min(bytes, end_ - offset_);
  offset_ += skipped;
  return skipped;
}

}  // namespace bayplan::images
