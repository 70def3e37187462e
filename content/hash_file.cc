#include "hash_file.h"

#include <algorithm>
#include <vector>

#include "bayplan/base/file.h"

namespace bayplan::content {
namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{256} * 1024;

}  // namespace

Result<void> hash_file(int fd, std::string_view name, std::uint64_t begin, std::uint64_t end, Hasher& hasher,
                       const OnHashed& on_hashed) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(kPieceBytes, end - begin)));
  for (std::uint64_t at = begin; at < end;) {
    const auto piece = std::span(buffer).first(static_cast<std::size_t>(std::min(kPieceBytes, end - at)));
    BAYPLAN_TRY(file::pread_exact(fd, piece, at, name));
    hasher.update(piece);
    at += piece.size();
    if (on_hashed) BAYPLAN_TRY(on_hashed(piece.size()));
  }
  return {};
}

}  // namespace bayplan::content
