#include "layer_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "outcome.h"
#include "support/image_builder.h"

namespace bayplan::images {
namespace {

using content::Compression;
using test::outcome;
using test::pack;
using test::Packing;

constexpr const char* kOciTar = "application/vnd.oci.image.layer.v1.tar";
constexpr const char* kOciGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* kDockerTar = "application/vnd.docker.image.rootfs.diff.tar";
constexpr const char* kDockerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";

class OwnedBytes final : public ByteSource {
 public:
  explicit OwnedBytes(std::string bytes) : bytes_(std::move(bytes)), source_(bytes_) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return source_.read(into); }

 private:
  std::string bytes_;
  MemorySource source_;
};

LayerInput layer_of(const char* media_type, const std::string& blob, const Digest& diff_id) {
  return {
      {media_type, Digest::of(blob), blob.size()}, diff_id, [blob]() -> Result<std::unique_ptr<ByteSource>> {
        return std::unique_ptr<ByteSource>(std::make_unique<OwnedBytes>(blob));
      }};
}

Result<std::string> read_layer(const LayerInput& layer) {
  const Control control{};
  BAYPLAN_ASSIGN(const auto stream, LayerStream::open(layer, control));
  BAYPLAN_ASSIGN(std::string bytes, read_all(*stream, 64u << 20));
  BAYPLAN_TRY(stream->finish());
  return bytes;
}

TEST(LayerCompression, OciTypesAreBelievedAndDockersBareTypeIsNot) {
  EXPECT_EQ(layer_compression(kOciTar).value(), Compression::none);
  EXPECT_EQ(layer_compression(kOciGzip).value(), Compression::gzip);
  EXPECT_EQ(layer_compression("application/vnd.oci.image.layer.v1.tar+zstd").value(), Compression::zstd);
  EXPECT_EQ(layer_compression("application/vnd.oci.image.layer.nondistributable.v1.tar").value(),
            Compression::none);
  EXPECT_EQ(layer_compression(kDockerGzip).value(), Compression::gzip);
  EXPECT_EQ(layer_compression("application/vnd.docker.image.rootfs.diff.tar.zstd").value(),
            Compression::zstd);
  EXPECT_EQ(layer_compression("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip").value(),
            Compression::gzip);
  EXPECT_EQ(layer_compression(kDockerTar).value(), std::nullopt);
  EXPECT_EQ(layer_compression("application/vnd.docker.image.rootfs.foreign.diff.tar").value(), std::nullopt);
}

TEST(LayerCompression, OtherTypesCannotBeUnpacked) {
  for (const char* type : {"text/html", "application/vnd.oci.image.config.v1+json",
                           "application/vnd.oci.image.layer.v1.tar+gzip+encrypted", ""}) {
    EXPECT_EQ(outcome(layer_compression(type)), "unsupported") << type;
  }
}

TEST(LayerStream, GivesTheTarWhateverItIsPackedIn) {
  const std::string tar(3u << 20, 't');
  EXPECT_EQ(read_layer(layer_of(kOciTar, tar, Digest::of(tar))).value(), tar);
  EXPECT_EQ(read_layer(layer_of(kOciGzip, pack(tar, Packing::gzip), Digest::of(tar))).value(), tar);
  EXPECT_EQ(read_layer(layer_of("application/vnd.oci.image.layer.v1.tar+zstd", pack(tar, Packing::zstd),
                                Digest::of(tar)))
                .value(),
            tar);
}

TEST(LayerStream, DockersBareTypeIsDecidedByTheFirstBytes) {
  const std::string tar(1000, 't');
  for (const Packing packing : {Packing::none, Packing::gzip, Packing::zstd}) {
    EXPECT_EQ(read_layer(layer_of(kDockerTar, pack(tar, packing), Digest::of(tar))).value(), tar);
  }
  EXPECT_EQ(read_layer(layer_of(kDockerTar, "", Digest::of(""))).value(), "");
}

TEST(LayerStream, AGzipTypeMustBeGzip) {
  const std::string tar(1000, 't');
  EXPECT_EQ(outcome(read_layer(layer_of(kOciGzip, tar, Digest::of(tar)))), "corrupt");
  EXPECT_EQ(outcome(read_layer(layer_of(kOciGzip, pack(tar, Packing::zstd), Digest::of(tar)))), "corrupt");
}

TEST(LayerStream, AnOciTarIsNeverDecompressed) {
  const std::string blob = pack("tar", Packing::gzip);
  EXPECT_EQ(read_layer(layer_of(kOciTar, blob, Digest::of(blob))).value(), blob);
}

TEST(LayerStream, AnotherDiffIdIsAMismatch) {
  const std::string tar(1000, 't');
  EXPECT_EQ(outcome(read_layer(layer_of(kOciTar, tar, Digest::of("another")))), "digest_mismatch");
}

TEST(LayerStream, TheDiffIdMayBeSha512) {
  const std::string tar(1000, 't');
  const Digest diff_id = Digest::of(tar, DigestAlgorithm::sha512);
  EXPECT_EQ(outcome(read_layer(layer_of(kOciTar, tar, diff_id))), "ok");
}

TEST(LayerStream, FinishHashesWhatNobodyRead) {
  const std::string tar(3u << 20, 't');
  const Control control{};
  const LayerInput layer = layer_of(kOciTar, tar, Digest::of(tar));
  const auto stream = LayerStream::open(layer, control).value();
  std::array<std::byte, 10> buffer;
  ASSERT_EQ(outcome(stream->read(buffer)), "ok");
  EXPECT_EQ(outcome(stream->finish()), "ok");
}

TEST(LayerStream, StopsWhenCancelled) {
  const std::string tar(3u << 20, 't');
  const Control control{};
  control.cancel.cancel();
  const LayerInput layer = layer_of(kOciTar, tar, Digest::of(tar));
  EXPECT_EQ(outcome(LayerStream::open(layer, control).value()->finish()), "cancelled");
}

TEST(LayerStream, PassesOnWhyItsBlobCannotBeOpened) {
  LayerInput layer = layer_of(kDockerTar, "", Digest::of(""));
  layer.open = []() -> Result<std::unique_ptr<ByteSource>> { return Error(Errc::not_found, "blob", "x"); };
  const Control control{};
  EXPECT_EQ(outcome(LayerStream::open(layer, control)), "not_found");
}

}  // namespace
}  // namespace bayplan::images
