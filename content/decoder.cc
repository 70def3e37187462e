#include "decoder.h"

#include <algorithm>

namespace bayplan::content {

Result<void> DecoderInput::fill() {
  if (!rest_.empty()) return {};
  // A whole buffer, however little the source answers: each call of a decoder has a price of its own.
  std::size_t filled = 0;
  while (!ended_ && filled < buffer_.size()) {
    BAYPLAN_ASSIGN(const std::size_t count, source_->read(std::span(buffer_).subspan(filled)));
    filled += count;
    ended_ = count == 0;
  }
  rest_ = std::span(buffer_).first(filled);
  return {};
}

Result<std::size_t> Decoder::read(std::span<std::byte> into) {
  if (decoded_.empty()) {
    if (into.size() >= kDecoderBufferBytes) return decode_or_fail(into);
    buffer_.resize(kDecoderBufferBytes);
    BAYPLAN_ASSIGN(const std::size_t count, decode_or_fail(buffer_));
    decoded_ = std::span(buffer_).first(count);
  }
  const std::size_t count = std::min(into.size(), decoded_.size());
  std::copy_n(decoded_.begin(), count, into.begin());
  decoded_ = decoded_.subspan(count);
  return count;
}

Result<std::size_t> Decoder::decode_or_fail(std::span<std::byte> out) {
  // A stream that failed must never look as if it had ended.
  if (failure_) return *failure_;
  auto result = decode(out);
  if (!result) failure_ = result.error();
  return result;
}

Error Decoder::corrupt(std::string_view format, std::string_view message) {
  return {Errc::corrupt, "stream", format, message};
}

}  // namespace bayplan::content
