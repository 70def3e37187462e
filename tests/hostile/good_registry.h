// An honest registry of one image, and an honest token server beside it.
#pragma once

#include <map>
#include <string>

#include "bayplan/base/descriptor.h"
#include "support/http_server.h"
#include "support/image_builder.h"

namespace bayplan::test {

inline constexpr const char* kRepository = "a/b";
inline constexpr const char* kTag = "v1";

/// Immutable, thus thread-safe.
class GoodRegistry {
 public:
  /// Has the blobs of `layout` and says that kTag is `tagged`, one of them.
  GoodRegistry(LayoutBuilder layout, Descriptor tagged)
      : blobs_(std::move(layout.files())), tagged_(std::move(tagged)) {}

  HttpReply answer(const HttpServerRequest& request) const;
  const Descriptor& tagged() const noexcept { return tagged_; }
  const std::string& bytes(const Digest& digest) const { return blobs_.at(LayoutBuilder::blob_name(digest)); }

 private:
  HttpReply manifest(const std::string& name) const;
  HttpReply blob(const HttpServerRequest& request, const std::string& digest) const;

  std::map<std::string, std::string> blobs_;
  Descriptor tagged_;
};

/// An image of one layer, of more than two buffers of the client's.
struct GoodImage {
  GoodRegistry registry;
  Descriptor layer;

  const std::string& layer_bytes() const { return registry.bytes(layer.digest); }
};
const GoodImage& good_image();

}  // namespace bayplan::test
