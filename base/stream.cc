#include "bayplan/base/stream.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace bayplan {
namespace {

constexpr std::size_t kBufferBytes = 128u << 10;

}  // namespace

Result<std::uint64_t> ByteSource::skip(std::uint64_t bytes) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kBufferBytes)));
  std::uint64_t skipped = 0;
  while (skipped < bytes) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(bytes - skipped, buffer.size()));
    BAYPLAN_ASSIGN(const std::size_t count, read(std::span(buffer).first(want)));
    if (count == 0) break;
    skipped += count;
  }
  return skipped;
}

Result<std::size_t> MemorySource::read(std::span<std::byte> into) {
  const std::size_t count = std::min(into.size(), rest_.size());
  if (count != 0) std::memcpy(into.data(), rest_.data(), count);
  rest_.remove_prefix(count);
  return count;
}

Result<std::string> read_all(ByteSource& source, std::size_t limit) {
  std::string text;
  std::vector<std::byte> buffer(std::min(limit, kBufferBytes - 1) +
                                1);  // one more, to see the end at `limit`
  while (true) {
    BAYPLAN_ASSIGN(const std::size_t count, source.read(buffer));
    if (count == 0) return text;
    if (count > limit - text.size()) {
      return Error(Errc::too_large, "stream", {}, "more than " + std::to_string(limit) + " bytes");
    }
    text += as_text(std::span(buffer).first(count));
  }
}

Result<std::uint64_t> copy(ByteSource& source, ByteSink& sink) {
  std::vector<std::byte> buffer(kBufferBytes);
  std::uint64_t total = 0;
  while (true) {
    BAYPLAN_ASSIGN(const std::size_t count, source.read(buffer));
    if (count == 0) return total;
    BAYPLAN_TRY(sink.write(std::span(buffer).first(count)));
    total += count;
  }
}

}  // namespace bayplan
