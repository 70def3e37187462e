#include <isa-l/igzip_lib.h>

#include <array>

#include "encoder.h"

namespace bayplan::content {
namespace {

constexpr std::array<std::uint32_t, 4> kLevelBytes{ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT,
                                                   ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT};

class GzipEncoder final : public Encoder {
 public:
  GzipEncoder(ByteSink& target, int level)
      : Encoder(target), level_buffer_(kLevelBytes[static_cast<std::size_t>(level)]) {
    isal_deflate_init(&state_);
    state_.level = static_cast<std::uint32_t>(level);
    state_.level_buf = level_buffer_.data();
    state_.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
    state_.gzip_flag = IGZIP_GZIP;
  }

 private:
  Result<void> encode(std::span<const std::byte> block, Part part) override {
    // The library's type is not const; it only reads.
    state_.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(block.data()));
    state_.avail_in = static_cast<std::uint32_t>(block.size());
    state_.end_of_stream = part == Part::last ? 1 : 0;
    do {
      const auto out = room();
      state_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
      state_.avail_out = static_cast<std::uint32_t>(out.size());
      const int code = isal_deflate(&state_);
      if (code != COMP_OK) {
        return Error(Errc::io, "stream", "gzip", "the compressor answers " + std::to_string(code));
      }
      BAYPLAN_TRY(emit(out.size() - state_.avail_out));
    } while (state_.avail_out == 0);
    return {};
  }

  isal_zstream state_{};
  std::vector<std::uint8_t> level_buffer_;
};

}  // namespace

std::unique_ptr<Compressor> make_gzip_encoder(ByteSink& target, int level) {
  return std::make_unique<GzipEncoder>(target, level);
}

}  // namespace bayplan::content
