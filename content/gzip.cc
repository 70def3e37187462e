#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>

#include "decoder.h"

namespace bayplan::content {
namespace {

std::uint8_t* raw(std::byte* bytes) noexcept { return reinterpret_cast<std::uint8_t*>(bytes); }

std::string_view words_of(int code) noexcept {
  switch (code) {
    case ISAL_INCORRECT_CHECKSUM:
      return "checksum or length does not match";
    case ISAL_INVALID_WRAPPER:
    case ISAL_UNSUPPORTED_METHOD:
      return "not a gzip member header";
    default:
      return "invalid deflate data";
  }
}

class GzipDecoder final : public Decoder {
 public:
  explicit GzipDecoder(ByteSource& source) : Decoder(source) { isal_inflate_init(&state_); }

 private:
  enum class Part { start, header, body, end };

  Result<std::size_t> decode(std::span<std::byte> out) override;
  Result<void> begin_member();
  Result<void> read_header();
  Result<std::size_t> inflate(std::span<std::byte> out);
  Result<void> after_member();
  /// Lends the input to `call`, which advances over it.
  template <class Call>
  int with_input(Call call);

  inflate_state state_;
  // Kept across buffers: isal_inflate's own header reading forgets the header's flags between calls.
  isal_gzip_header header_{};
  Part part_ = Part::start;
};

Result<std::size_t> GzipDecoder::decode(std::span<std::byte> out) {
  for (;;) {
    switch (part_) {
      case Part::start:
        BAYPLAN_TRY(begin_member());
        break;
      case Part::header:
        BAYPLAN_TRY(read_header());
        break;
      case Part::body: {
        BAYPLAN_ASSIGN(const std::size_t count, inflate(out));
        if (part_ == Part::start) BAYPLAN_TRY(after_member());
        if (count > 0) return count;
        break;
      }
      case Part::end:
        return std::size_t{0};
    }
  }
}

Result<void> GzipDecoder::begin_member() {
  isal_inflate_reset(&state_);
  state_.crc_flag = ISAL_GZIP_NO_HDR_VER;
  isal_gzip_header_init(&header_);
  part_ = Part::header;
  return {};
}

template <class Call>
int GzipDecoder::with_input(Call call) {
  const auto rest = input_.rest();
  state_.next_in = raw(rest.data());
  state_.avail_in = static_cast<std::uint32_t>(rest.size());
  const int code = call();
  input_.consume(rest.size() - state_.avail_in);
  return code;
}

Result<void> GzipDecoder::read_header() {
  BAYPLAN_TRY(input_.fill());
  if (input_.rest().empty()) return corrupt("gzip", "truncated in a member header");
  const int code = with_input([this] { return isal_read_gzip_header(&state_, &header_); });
  if (code < 0) return corrupt("gzip", words_of(code));
  if (code == ISAL_DECOMP_OK) part_ = Part::body;
  return {};
}

Result<std::size_t> GzipDecoder::inflate(std::span<std::byte> out) {
  BAYPLAN_TRY(input_.fill());
  const bool at_end = input_.rest().empty();
  const auto room = std::min<std::size_t>(out.size(), std::numeric_limits<std::int32_t>::max());
  state_.next_out = raw(out.data());
  state_.avail_out = static_cast<std::uint32_t>(room);
  const int code = with_input([this] { return isal_inflate(&state_); });
  if (code < 0) return corrupt("gzip", words_of(code));
  const std::size_t count = room - state_.avail_out;
  if (state_.block_state == ISAL_BLOCK_FINISH) {
    part_ = Part::start;
  } else if (at_end && count == 0) {
    return corrupt("gzip", "truncated");
  }
  return count;
}

// Zero padding is what tape-minded writers leave; containerd takes it, so some image somewhere has it.
Result<void> GzipDecoder::after_member() {
  bool padded = false;
  for (;;) {
    BAYPLAN_TRY(input_.fill());
    const auto rest = input_.rest();
    if (rest.empty()) {
      part_ = Part::end;
      return {};
    }
    const auto data = std::find_if(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; });
    if (data == rest.begin() && !padded) return {};
    if (data != rest.end()) return corrupt("gzip", "bytes after the last member");
    padded = true;
    input_.consume(rest.size());
  }
}

}  // namespace

std::unique_ptr<ByteSource> make_gzip_decoder(ByteSource& source) {
  return std::make_unique<GzipDecoder>(source);
}

}  // namespace bayplan::content
