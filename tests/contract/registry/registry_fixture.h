// A client, and images small enough to be written down.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "bayplan/registry/client.h"
#include "docker_registry.h"
#include "support/string_sink.h"

namespace bayplan::registry {

inline constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
inline constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar";

using test::StringSink;

inline Descriptor descriptor_of(const std::string& media_type, const std::string& bytes) {
  return {media_type, Digest::of(bytes), bytes.size()};
}

inline std::string json_of(const Descriptor& descriptor) {
  return R"({"mediaType":")" + descriptor.media_type + R"(","digest":")" + descriptor.digest.to_string() +
         R"(","size":)" + std::to_string(descriptor.size) + "}";
}

/// `more` are further members.
inline std::string manifest_of(const Descriptor& config, const Descriptor& layer,
                               const std::string& more = {}) {
  return R"({"schemaVersion":2,"mediaType":")" + std::string(kManifestType) + R"(","config":)" +
         json_of(config) + R"(,"layers":[)" + json_of(layer) + "]" + more + "}";
}

class RegistryTest : public testing::Test {
 protected:
  RegistryTest() {
    images::RegistryOptions options;
    options.first_wait = std::chrono::milliseconds(1);
    client_ = open_client(options).value();
  }

  Result<images::PushedBlob> push(const images::RemoteRepository& repository, const std::string& bytes,
                                  const images::PushBlobOptions& options = {}) {
    const images::BodySource body = [&bytes](std::uint64_t offset) -> Result<std::unique_ptr<ByteSource>> {
      return std::make_unique<MemorySource>(std::string_view(bytes).substr(static_cast<std::size_t>(offset)));
    };
    return client_->push_blob(repository, descriptor_of(kLayerType, bytes), body, options, {});
  }

  Result<std::string> fetch(const images::RemoteRepository& repository, const std::string& bytes,
                            std::uint64_t offset = 0) {
    StringSink sink;
    BAYPLAN_TRY(client_->fetch_blob(repository, descriptor_of(kLayerType, bytes), offset, sink, {}));
    return std::move(sink.text);
  }

  /// Bytes that no compression or repetition makes less of, the same in every run.
  static std::string noise(std::size_t size) {
    std::string bytes;
    std::uint64_t state = 88172645463325252ULL;
    while (bytes.size() < size) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      bytes.append(reinterpret_cast<const char*>(&state), sizeof state);
    }
    bytes.resize(size);
    return bytes;
  }

  std::unique_ptr<images::Registry> client_;
};

/// EXPECT that a Result is a value, and say its error if not.
#define EXPECT_DONE(...)                                            \
  do {                                                              \
    const auto& done_ = (__VA_ARGS__);                              \
    EXPECT_TRUE(done_) << (done_ ? "" : done_.error().to_string()); \
  } while (false)
#define ASSERT_DONE(...)                                            \
  do {                                                              \
    const auto& done_ = (__VA_ARGS__);                              \
    ASSERT_TRUE(done_) << (done_ ? "" : done_.error().to_string()); \
  } while (false)

}  // namespace bayplan::registry
