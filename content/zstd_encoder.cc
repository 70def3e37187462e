#include <zstd.h>

#include <new>

#include "encoder.h"

namespace bayplan::content {
namespace {

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

class ZstdEncoder final : public Encoder {
 public:
  ZstdEncoder(ByteSink& target, int level) : Encoder(target), context_(ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    // Neither can fail: the context is fresh and the values within the library's bounds.
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

 private:
  Result<void> encode(std::span<const std::byte> block, Part part) override {
    ZSTD_inBuffer in{block.data(), block.size(), 0};
    const bool last = part == Part::last;
    for (;;) {
      const auto out = room();
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      const std::size_t left =
          ZSTD_compressStream2(context_.get(), &to, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) return Error(Errc::io, "stream", "zstd", ZSTD_getErrorName(left));
      BAYPLAN_TRY(emit(to.pos));
      if (last ? left == 0 : in.pos == in.size) return {};
    }
  }

  std::unique_ptr<ZSTD_CCtx, FreeContext> context_;
};

}  // namespace

std::unique_ptr<Compressor> make_zstd_encoder(ByteSink& target, int level) {
  return std::make_unique<ZstdEncoder>(target, level);
}

}  // namespace bayplan::content
