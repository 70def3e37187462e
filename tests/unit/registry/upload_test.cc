#include <algorithm>
#include <map>

#include "client_fixture.h"

namespace bayplan::registry {
namespace {

using images::PushedBlob;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The upload half of a registry, with one upload at a time and what a test breaks in it.
class UploadRegistry {
 public:
  using Spoil = std::function<std::optional<HttpReply>(const HttpServerRequest&)>;

  explicit UploadRegistry(Spoil spoil = [](const HttpServerRequest&) { return std::nullopt; })
      : spoil_(std::move(spoil)),
        server([this](const HttpServerRequest& request) { return answer(request); }) {}

  std::string stored;
  std::string partial;

 private:
  Spoil spoil_;

  HttpReply answer(const HttpServerRequest& request) {
    if (auto spoiled = spoil_(request)) return *spoiled;
    if (request.method == "HEAD") return {.status = 404};
    if (request.method == "POST") {
      partial.clear();
      return at(202);
    }
    if (request.method == "GET") return at(204);
    if (request.method == "DELETE") return {.status = 204};
    const std::string range = request.field("Content-Range");
    const std::size_t first = range.empty() ? partial.size() : std::stoull(range);
    if (first != partial.size()) return at(416);
    partial += request.body;
    if (request.method == "PATCH") return at(202);
    stored = partial;
    return {.status = 201, .fields = {{"Docker-Content-Digest", Digest::of(stored).to_string()}}};
  }

 public:
  HttpReply at(int status) const {
    const std::string last = std::to_string(partial.empty() ? 0 : partial.size() - 1);
    return {.status = status,
            .fields = {{"Location", "/v2/a/b/blobs/uploads/1?state=" + std::to_string(partial.size())},
                       {"Range", "0-" + last}}};
  }
  HttpServer server;
};

class UploadTest : public ClientTest {
 protected:
  Result<PushedBlob> push(const HttpServer& server, const images::PushBlobOptions& options = {}) {
    const images::BodySource body = [this](std::uint64_t offset) -> Result<std::unique_ptr<ByteSource>> {
      ++opened_;
      return std::make_unique<MemorySource>(std::string_view(blob_).substr(static_cast<std::size_t>(offset)));
    };
    return client().push_blob(at(server), descriptor_, body, options, control_);
  }
  static std::vector<std::string> methods(const HttpServer& server) {
    std::vector<std::string> found;
    for (const HttpServerRequest& request : server.requests()) found.push_back(request.method);
    return found;
  }

  std::string blob_ = std::string(2'500'000, 'u') + "end";
  Descriptor descriptor_{"application/octet-stream", Digest::of(blob_), blob_.size()};
  int opened_ = 0;
  Control control_;
};

TEST_F(UploadTest, AllInOne) {
  UploadRegistry registry;
  const auto pushed = push(registry.server);
  ASSERT_TRUE(pushed) << pushed.error().to_string();
  EXPECT_EQ(*pushed, PushedBlob::uploaded);
  EXPECT_EQ(registry.stored, blob_);
  EXPECT_THAT(methods(registry.server), ElementsAre("HEAD", "POST", "PUT"));
  EXPECT_EQ(registry.server.requests()[2].target,
            "/v2/a/b/blobs/uploads/1?state=0&digest=sha256%3A" + descriptor_.digest.hex());
  EXPECT_EQ(registry.server.requests()[2].field("Expect"), "");
  EXPECT_EQ(client().statistics().bytes_sent, blob_.size());
}

TEST_F(UploadTest, ProgressWhileItIsSent) {
  UploadRegistry registry;
  std::vector<std::uint64_t> done;
  control_.progress = [&](const Progress& progress) { done.push_back(progress.done); };
  ASSERT_TRUE(push(registry.server));
  EXPECT_GE(done.size(), 3u);
  EXPECT_EQ(done.back(), blob_.size());
}

TEST_F(UploadTest, CancelledWhileItIsSent) {
  UploadRegistry registry;
  control_.progress = [&](const Progress&) { control_.cancel.cancel(); };
  EXPECT_EQ(push(registry.server).error().code(), Errc::cancelled);
  EXPECT_EQ(registry.stored, "");
}

TEST_F(UploadTest, InChunksWithProgress) {
  UploadRegistry registry;
  std::vector<std::uint64_t> done;
  control_.progress = [&](const Progress& progress) { done.push_back(progress.done); };
  ASSERT_TRUE(push(registry.server, {.chunk_bytes = 1'000'000}));
  EXPECT_EQ(registry.stored, blob_);
  EXPECT_THAT(methods(registry.server), ElementsAre("HEAD", "POST", "PATCH", "PATCH", "PATCH", "PUT"));
  EXPECT_EQ(registry.server.requests()[3].field("Content-Range"), "1000000-1999999");
  EXPECT_THAT(done, testing::Contains(testing::Gt(0u)));
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_EQ(done.back(), blob_.size());
}

TEST_F(UploadTest, EmptyBlob) {
  blob_.clear();
  descriptor_ = {"application/octet-stream", Digest::of(""), 0};
  UploadRegistry registry;
  registry.stored = "something";
  ASSERT_TRUE(push(registry.server));
  EXPECT_EQ(registry.stored, "");
}

TEST_F(UploadTest, ExistingIsNotSent) {
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.method == "HEAD") return HttpReply{.content_length = blob_.size()};
    return std::nullopt;
  });
  EXPECT_EQ(*push(registry.server), PushedBlob::existed);
  EXPECT_EQ(opened_, 0);
  UploadRegistry other([&](const HttpServerRequest&) { return HttpReply{.content_length = 1}; });
  EXPECT_EQ(push(other.server).error().code(), Errc::digest_mismatch);
}

TEST_F(UploadTest, MountedOrElseUploadedInTheSameSession) {
  for (const bool mounts : {true, false}) {
    UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
      if (request.method != "POST" || !mounts) return std::nullopt;
      return HttpReply{.status = 201, .fields = {{"Location", "/x"}}};
    });
    const auto pushed = push(registry.server, {.mount_from = "other/repo"});
    ASSERT_TRUE(pushed) << pushed.error().to_string();
    EXPECT_EQ(*pushed, mounts ? PushedBlob::mounted : PushedBlob::uploaded);
    EXPECT_EQ(registry.server.requests()[1].target,
              "/v2/a/b/blobs/uploads/?mount=sha256%3A" + descriptor_.digest.hex() + "&from=other%2Frepo");
    EXPECT_EQ(registry.server.requests().size(), mounts ? 2u : 3u);
  }
}

TEST_F(UploadTest, GoesOnWhereTheRegistryIs) {
  int patches = 0;
  UploadRegistry* self = nullptr;
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.method != "PATCH" || ++patches != 2) return std::nullopt;
    self->partial += request.body.substr(0, 500'000);  // half of the chunk arrived, and the answer did not
    return HttpReply{.status = 502};
  });
  self = &registry;
  const auto pushed = push(registry.server, {.chunk_bytes = 1'000'000});
  ASSERT_TRUE(pushed) << pushed.error().to_string();
  EXPECT_EQ(registry.stored, blob_);
  EXPECT_THAT(methods(registry.server),
              ElementsAre("HEAD", "POST", "PATCH", "PATCH", "GET", "PATCH", "PATCH", "PUT"));
  EXPECT_EQ(registry.server.requests()[5].field("Content-Range"), "1500000-2499999");
}

TEST_F(UploadTest, PlaceThatDoesNotFitIsAskedFor) {
  int patches = 0;
  UploadRegistry* self = nullptr;
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.method == "PATCH" && ++patches == 2) self->partial.resize(600'000);  // it lost some
    return std::nullopt;
  });
  self = &registry;
  ASSERT_TRUE(push(registry.server, {.chunk_bytes = 1'000'000}));
  EXPECT_EQ(registry.stored, blob_);
}

TEST_F(UploadTest, LostUploadBeginsAnew) {
  int puts = 0;
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.method == "PUT" && ++puts == 1) return HttpReply{.status = 500};
    if (request.method == "GET") return HttpReply{.status = 404};
    return std::nullopt;
  });
  ASSERT_TRUE(push(registry.server));
  EXPECT_EQ(registry.stored, blob_);
  EXPECT_EQ(opened_, 2);
  EXPECT_THAT(methods(registry.server), ElementsAre("HEAD", "POST", "PUT", "GET", "POST", "PUT"));
}

TEST_F(UploadTest, NothingIsNotTakenForAByte) {
  int puts = 0;
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.method == "PUT" && ++puts == 1)
      return HttpReply{.status = 500};  // "0-0" is what it says then
    return std::nullopt;
  });
  ASSERT_TRUE(push(registry.server));
  EXPECT_EQ(registry.stored, blob_);
  EXPECT_THAT(methods(registry.server), ElementsAre("HEAD", "POST", "PUT", "GET", "POST", "PUT"));
}

TEST_F(UploadTest, RegistryThatLosesWhatItTookIsGivenUp) {
  UploadRegistry* self = nullptr;
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.field("Content-Range") != "1000000-1999999") return std::nullopt;
    self->partial.clear();
    return self->at(416);
  });
  self = &registry;
  EXPECT_FALSE(push(registry.server, {.chunk_bytes = 1'000'000}));
  EXPECT_LE(waits_.size(), options_.attempts);
}

TEST_F(UploadTest, RegistryThatClaimsToGetOnByTwoBytesIsGivenUp) {
  UploadRegistry* self = nullptr;
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.method != "PUT") return std::nullopt;
    self->partial += request.body.substr(0, 2);
    return HttpReply{.status = 500};
  });
  self = &registry;
  EXPECT_FALSE(push(registry.server));
  EXPECT_LE(waits_.size(), options_.attempts);
}

TEST_F(UploadTest, RefusalEndsItAndTakesItBack) {
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.method != "PUT") return std::nullopt;
    return HttpReply{.status = 400, .body = R"({"errors":[{"code":"DIGEST_INVALID","message":"other"}]})"};
  });
  EXPECT_EQ(push(registry.server).error().code(), Errc::digest_mismatch);
  EXPECT_THAT(methods(registry.server), ElementsAre("HEAD", "POST", "PUT", "DELETE"));
}

TEST_F(UploadTest, RegistryThatStoredSomethingElse) {
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.method != "PUT") return std::nullopt;
    return HttpReply{.status = 201, .fields = {{"Docker-Content-Digest", Digest::of("other").to_string()}}};
  });
  EXPECT_EQ(push(registry.server).error().code(), Errc::digest_mismatch);
}

TEST_F(UploadTest, RangesThatLie) {
  for (const char* range : {"0-2999999", "0-999"}) {
    int patches = 0;
    UploadRegistry* self = nullptr;
    UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
      if (request.method != "PATCH" || ++patches < 2) return std::nullopt;
      HttpReply reply = self->at(202);
      reply.fields[1].second = range;
      return reply;
    });
    self = &registry;
    EXPECT_EQ(push(registry.server, {.chunk_bytes = 1'000'000}).error().code(), Errc::corrupt) << range;
  }
}

TEST_F(UploadTest, LocationElsewhereGetsNoSecrets) {
  std::string got;
  HttpServer storage([&](const HttpServerRequest& request) {
    got = request.body;
    return HttpReply{.status = 201};
  });
  UploadRegistry registry([&](const HttpServerRequest& request) -> std::optional<HttpReply> {
    if (request.method != "POST") return std::nullopt;
    return HttpReply{.status = 202, .fields = {{"Location", "http://" + storage.address() + "/up"}}};
  });
  images::RemoteRepository repository = at(registry.server);
  repository.credentials.registry_token = "secret";
  repository.endpoint.headers = {{"X-Key", "secret"}};
  const images::BodySource body = [this](std::uint64_t) { return std::make_unique<MemorySource>(blob_); };
  ASSERT_TRUE(client().push_blob(repository, descriptor_, body, {}, {}));
  EXPECT_EQ(got, blob_);
  const std::vector<HttpServerRequest> requests = storage.requests();
  ASSERT_EQ(requests.size(), 1u);
  for (const auto& [name, value] : requests[0].fields) EXPECT_THAT(value, Not(HasSubstr("secret"))) << name;
}

TEST_F(UploadTest, BodyThatEndsEarly) {
  UploadRegistry registry;
  const images::BodySource body = [](std::uint64_t) { return std::make_unique<MemorySource>("short"); };
  EXPECT_EQ(client().push_blob(at(registry.server), descriptor_, body, {}, {}).error().code(), Errc::io);
  EXPECT_EQ(registry.stored, "");
}

// Manifests by name, with or without a list of referrers of the registry's own.
class ManifestRegistry {
 public:
  explicit ManifestRegistry(bool lists_subjects)
      : server([this, lists_subjects](const HttpServerRequest& request) {
          const std::string path = request.path();
          if (request.method == "PUT") {
            manifests[path] = request.body;
            HttpReply reply{.status = 201,
                            .fields = {{"Docker-Content-Digest", Digest::of(request.body).to_string()}}};
            if (lists_subjects) reply.fields.emplace_back("OCI-Subject", "any");
            return reply;
          }
          if (!manifests.contains(path)) return HttpReply{.status = 404};
          return HttpReply{.fields = {{"Content-Type", kIndexType}}, .body = manifests[path]};
        }) {}
  std::map<std::string, std::string> manifests;
  HttpServer server;
};

std::string with_subject(const std::string& subject, const std::string& artifact_type) {
  return R"({"schemaVersion":2,"artifactType":")" + artifact_type +
         R"(","subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
         Digest::of(subject).to_string() + R"(","size":1}})";
}

class PushManifestTest : public ClientTest {};

TEST_F(PushManifestTest, BytesAsTheyAre) {
  ManifestRegistry registry(false);
  const auto pushed = client().push_manifest(at(registry.server), "v1", kManifestType, kManifest, {});
  ASSERT_TRUE(pushed) << pushed.error().to_string();
  EXPECT_EQ(*pushed, Digest::of(kManifest));
  EXPECT_EQ(registry.manifests["/v2/a/b/manifests/v1"], kManifest);
  EXPECT_EQ(registry.server.requests()[0].field("Content-Type"), kManifestType);
  EXPECT_EQ(registry.server.requests().size(), 1u);
}

TEST_F(PushManifestTest, NameAndBytesMustAgree) {
  ManifestRegistry registry(false);
  const auto code = [&](const images::ManifestName& name, std::string_view type, std::string_view bytes) {
    return client().push_manifest(at(registry.server), name, type, bytes, {}).error().code();
  };
  EXPECT_EQ(code(Digest::of("other"), kManifestType, kManifest), Errc::digest_mismatch);
  EXPECT_EQ(code("v1", "bad type\r\n", kManifest), Errc::invalid_argument);
  EXPECT_EQ(code("v1", kManifestType, "not JSON"), Errc::invalid_argument);
  EXPECT_EQ(code("v1", kManifestType, std::string((4u << 20) + 1, ' ')), Errc::too_large);
  EXPECT_TRUE(registry.server.requests().empty());
}

TEST_F(PushManifestTest, ReferrersAreListedUnderTheTagWhereTheRegistryDoesNot) {
  ManifestRegistry registry(false);
  const Digest subject = Digest::of("s");
  for (const char* type : {"x/one", "x/two", "x/one"}) {
    const std::string bytes = with_subject("s", type);
    ASSERT_TRUE(client().push_manifest(at(registry.server), Digest::of(bytes), kManifestType, bytes, {}));
  }
  const auto found = client().referrers(at(registry.server), subject, {}, {});
  ASSERT_TRUE(found) << found.error().to_string();
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].artifact_type, "x/one");
  EXPECT_EQ((*found)[1].artifact_type, "x/two");
}

TEST_F(PushManifestTest, AndNotWhereItDoes) {
  ManifestRegistry registry(true);
  ASSERT_TRUE(client().push_manifest(at(registry.server), "v1", kManifestType, with_subject("s", "x/y"), {}));
  EXPECT_EQ(registry.server.requests().size(), 1u);
}

TEST_F(PushManifestTest, WhatIsMissingIsAPrecondition) {
  HttpServer server([](const HttpServerRequest&) {
    return HttpReply{.status = 404,
                     .body = R"({"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown"}]})"};
  });
  EXPECT_EQ(client().push_manifest(at(server), "v1", kManifestType, kManifest, {}).error().code(),
            Errc::failed_precondition);
}

}  // namespace
}  // namespace bayplan::registry
