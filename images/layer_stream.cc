#include "layer_stream.h"

#include <vector>

#include "pipelined_source.h"
#include "source_filters.h"

namespace bayplan::images {
namespace {

class HashingSource final : public ByteSource {
 public:
  HashingSource(ByteSource& source, DigestAlgorithm algorithm) : source_(source), hasher_(algorithm) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    BAYPLAN_ASSIGN(const std::size_t count, source_.read(into));
    hasher_.update(into.first(count));
    return count;
  }
  Digest digest() const { return hasher_.digest(); }

 private:
  ByteSource& source_;
  Hasher hasher_;
};

Result<content::Compression> compression_of(std::string_view media_type, PeekedSource& blob) {
  BAYPLAN_ASSIGN(const auto told, layer_compression(media_type));
  if (told) return *told;
  BAYPLAN_ASSIGN(const std::string_view first, blob.peek());
  return content::detect_compression(first);
}

}  // namespace

Result<std::optional<content::Compression>> layer_compression(std::string_view media_type) {
  if (media_kind(media_type) != MediaKind::layer) {
    return Error(Errc::unsupported, "layer", {}, "media type " + quoted(media_type) + " cannot be unpacked");
  }
  if (media_type.ends_with("gzip")) return std::optional(content::Compression::gzip);
  if (media_type.ends_with("zstd")) return std::optional(content::Compression::zstd);
  if (media_type.starts_with("application/vnd.docker.")) return std::optional<content::Compression>();
  return std::optional(content::Compression::none);
}

// Each reads from the one before it, so the order of the members is the order of their lives.
struct LayerStream::State {
  State(const LayerInput& layer, const Control& control, std::unique_ptr<ByteSource> bytes,
        std::unique_ptr<PeekedSource> looked_at, content::Compression compression, const UnpackLimits& limits)
      : diff_id(layer.diff_id),
        blob(std::move(bytes)),
        peeked(std::move(looked_at)),
        reported(*peeked, control, "unpack", layer.descriptor.digest.to_string(), layer.descriptor.size),
        inflated(content::decompress(reported, compression)),
        bounded(*inflated, layer.descriptor.size, limits),
        hashed(bounded, diff_id.algorithm()),
        ahead(hashed) {}

  const Digest diff_id;
  std::unique_ptr<ByteSource> blob;
  std::unique_ptr<PeekedSource> peeked;
  ProgressSource reported;
  std::unique_ptr<ByteSource> inflated;
  ExpansionLimit bounded;
  HashingSource hashed;
  PipelinedSource ahead;
};

LayerStream::LayerStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
LayerStream::~LayerStream() = default;

Result<std::unique_ptr<LayerStream>> LayerStream::open(const LayerInput& layer, const Control& control,
                                                       const UnpackLimits& limits) {
  BAYPLAN_ASSIGN(std::unique_ptr<ByteSource> blob, layer.open());
  auto peeked = std::make_unique<PeekedSource>(*blob);
  BAYPLAN_ASSIGN(const auto compression, compression_of(layer.descriptor.media_type, *peeked));
  auto state =
      std::make_unique<State>(layer, control, std::move(blob), std::move(peeked), compression, limits);
  return std::unique_ptr<LayerStream>(new LayerStream(std::move(state)));
}

Result<std::size_t> LayerStream::read(std::span<std::byte> into) { return state_->ahead.read(into); }

Result<void> LayerStream::finish() {
  std::vector<std::byte> rest(PipelinedSource::kBlockBytes);
  while (true) {
    BAYPLAN_ASSIGN(const std::size_t count, read(rest));
    if (count == 0) break;
  }
  const Digest actual = state_->hashed.digest();
  if (actual == state_->diff_id) return {};
  return Error(Errc::digest_mismatch, "layer", state_->diff_id.to_string(),
               "holds a tar of " + actual.to_string());
}

}  // namespace bayplan::images
