// A layer's blob as the tar it holds: decompressed, bounded, and hashed on the way.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "bayplan/base/progress.h"
#include "bayplan/content/compression.h"
#include "bayplan/images/unpack.h"

namespace bayplan::images {

/// How a layer of this media type is compressed. OCI's types are believed; empty for docker's without a
/// suffix, which in practice hold anything: their first bytes decide. Errors: unsupported (no layer's type).
Result<std::optional<content::Compression>> layer_compression(std::string_view media_type);

/// Reads ahead in a thread of its own. Not thread-safe.
/// Errors of read(): corrupt, too_large (expands absurdly), cancelled, and those of the layer's source.
class LayerStream final : public ByteSource {
 public:
  /// Borrows `layer` and `control`. Errors: unsupported, and those of the layer's source.
  static Result<std::unique_ptr<LayerStream>> open(const LayerInput& layer, const Control& control,
                                                   const UnpackLimits& limits = {});
  ~LayerStream() override;

  Result<std::size_t> read(std::span<std::byte> into) override;
  /// Reads what is left and compares all of it with the diffID; nothing may be believed before.
  /// Errors: digest_mismatch, and those of read().
  Result<void> finish();

 private:
  struct State;
  explicit LayerStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bayplan::images
