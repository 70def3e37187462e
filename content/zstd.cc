#include <zstd.h>

#include <new>

#include "decoder.h"

namespace bayplan::content {
namespace {

/// 128 MiB: what level 22 needs, and all the memory a frame from outside may claim.
constexpr int kMaxWindowLog = 27;

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

class ZstdDecoder final : public Decoder {
 public:
  explicit ZstdDecoder(ByteSource& source) : Decoder(source), context_(ZSTD_createDCtx()) {
    if (!context_) throw std::bad_alloc();
    // Cannot fail: the context is fresh and the value within the library's bounds.
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  }

 private:
  Result<std::size_t> decode(std::span<std::byte> out) override;

  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  bool inside_frame_ = true;  // an empty input is no stream
};

Result<std::size_t> ZstdDecoder::decode(std::span<std::byte> out) {
  for (;;) {
    BAYPLAN_TRY(input_.fill());
    const auto rest = input_.rest();
    if (rest.empty() && !inside_frame_) return std::size_t{0};
    ZSTD_inBuffer in{rest.data(), rest.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t code = ZSTD_decompressStream(context_.get(), &to, &in);
    if (ZSTD_isError(code) != 0) return corrupt("zstd", ZSTD_getErrorName(code));
    input_.consume(in.pos);
    inside_frame_ = code != 0;
    if (to.pos > 0) return to.pos;
    if (rest.empty()) return corrupt("zstd", "truncated");
  }
}

}  // namespace

std::unique_ptr<ByteSource> make_zstd_decoder(ByteSource& source) {
  return std::make_unique<ZstdDecoder>(source);
}

}  // namespace bayplan::content
