// A client that does not wait between attempts, and what tests of it want to say.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "bayplan/base/json.h"
#include "client.h"
#include "support/http_server.h"
#include "support/string_sink.h"

namespace bayplan::registry {

using test::HttpReply;
using test::HttpServer;
using test::HttpServerRequest;
using test::Then;

inline constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";

using test::StringSink;

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    options_.answer_timeout = std::chrono::seconds(20);
    options_.longest_wait = std::chrono::seconds(60);
  }

  /// Opened at first use, with options_ as they are then.
  images::Registry& client() {
    if (!client_) {
      const auto waiter = [this](std::chrono::milliseconds time, const CancelToken& cancel) {
        waits_.push_back(time);
        return cancel.check();
      };
      client_ = open_client_with(options_, std::nullopt, waiter).value();
    }
    return *client_;
  }

  static images::RemoteRepository at(const HttpServer& server, images::RegistryCredentials credentials = {}) {
    images::RemoteRepository repository;
    repository.endpoint.host = "127.0.0.1";
    repository.endpoint.port = server.port();
    repository.endpoint.plain_http = true;
    repository.endpoint.proxy = "";
    repository.credentials = std::move(credentials);
    repository.path = "a/b";
    return repository;
  }

  static HttpReply manifest_reply(std::string bytes) {
    return {
        .fields = {{"Content-Type", kManifestType}, {"Docker-Content-Digest", Digest::of(bytes).to_string()}},
        .body = std::move(bytes)};
  }

  images::RegistryOptions options_;
  std::vector<std::chrono::milliseconds> waits_;
  std::unique_ptr<images::Registry> client_;
};

inline const std::string kManifest =
    R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]})";

/// "METHOD target" of each request.
inline std::vector<std::string> lines_of(const HttpServer& server) {
  std::vector<std::string> lines;
  for (const HttpServerRequest& request : server.requests())
    lines.push_back(request.method + " " + request.target);
  return lines;
}

}  // namespace bayplan::registry
