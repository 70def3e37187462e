#include "client_fixture.h"

namespace bayplan::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ManifestTest : public ClientTest {};

TEST_F(ManifestTest, ResolvedByHeadAndFetchedByGet) {
  HttpServer server([](const HttpServerRequest&) { return manifest_reply(kManifest); });
  const auto resolved = client().resolve(at(server), "latest", {});
  ASSERT_TRUE(resolved) << resolved.error().to_string();
  const auto fetched = client().fetch_manifest(at(server), resolved->digest, {});
  ASSERT_TRUE(fetched) << fetched.error().to_string();
  EXPECT_EQ(fetched->bytes, kManifest);
  EXPECT_EQ(fetched->descriptor, *resolved);
  EXPECT_THAT(lines_of(server), ElementsAre("HEAD /v2/a/b/manifests/latest",
                                            "GET /v2/a/b/manifests/" + Digest::of(kManifest).to_string()));
  EXPECT_EQ(server.requests()[0].field("Accept"),
            "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
            "application/vnd.docker.distribution.manifest.v2+json, "
            "application/vnd.docker.distribution.manifest.list.v2+json");
  EXPECT_EQ(server.requests()[0].field("Accept-Encoding"), "");
  EXPECT_EQ(client().statistics().connections, 1u);  // kept alive
}

TEST_F(ManifestTest, HeadThatTellsTooLittleOrIsRefusedBecomesAGet) {
  for (const int status : {200, 405}) {
    HttpServer server([&](const HttpServerRequest& request) {
      if (request.method == "HEAD") return HttpReply{.status = status};
      return HttpReply{.fields = {{"Content-Type", kManifestType}}, .body = kManifest};
    });
    const auto resolved = client().resolve(at(server), "latest", {});
    ASSERT_TRUE(resolved) << resolved.error().to_string();
    EXPECT_EQ(resolved->digest, Digest::of(kManifest));
  }
}

TEST_F(ManifestTest, AbsentIsNotFoundAndNamed) {
  HttpServer server([](const HttpServerRequest&) { return HttpReply{.status = 404}; });
  for (const auto& code : {client().resolve(at(server), "none", {}).error(),
                           client().fetch_manifest(at(server), "none", {}).error()}) {
    EXPECT_EQ(code.code(), Errc::not_found);
    EXPECT_THAT(code.to_string(), HasSubstr("a/b:none"));
  }
}

TEST_F(ManifestTest, WrongBytesAreRefused) {
  HttpServer server([](const HttpServerRequest&) {
    return HttpReply{.fields = {{"Content-Type", kManifestType}}, .body = kManifest};
  });
  EXPECT_EQ(client().fetch_manifest(at(server), Digest::of("other"), {}).error().code(),
            Errc::digest_mismatch);
}

TEST_F(ManifestTest, DigestOfDotsIsRefused) {
  HttpServer server([](const HttpServerRequest&) {
    return HttpReply{.fields = {{"Content-Type", kManifestType}, {"Docker-Content-Digest", "sha256:../../x"}},
                     .body = kManifest};
  });
  EXPECT_EQ(client().resolve(at(server), "latest", {}).error().code(), Errc::corrupt);
  EXPECT_EQ(client().fetch_manifest(at(server), "latest", {}).error().code(), Errc::corrupt);
}

TEST_F(ManifestTest, HugeOnesAreRefusedWithoutBeingRead) {
  HttpServer announced([](const HttpServerRequest&) {
    HttpReply reply{.fields = {{"Content-Type", kManifestType}}, .body = "x"};
    reply.content_length = 100u << 20;
    reply.then = Then::endless;
    return reply;
  });
  EXPECT_EQ(client().fetch_manifest(at(announced), "huge", {}).error().code(), Errc::too_large);
  EXPECT_LE(client().statistics().bytes_received, 1u << 20);

  HttpServer endless([](const HttpServerRequest&) {
    HttpReply reply{.fields = {{"Content-Type", kManifestType}}, .body = std::string(65536, ' ')};
    reply.sized = false;
    reply.then = Then::endless;
    return reply;
  });
  EXPECT_EQ(client().fetch_manifest(at(endless), "endless", {}).error().code(), Errc::too_large);
  EXPECT_LE(client().statistics().bytes_received, 8u << 20);
}

TEST_F(ManifestTest, ContentEncodingIsRefused) {
  HttpServer server([](const HttpServerRequest&) {
    HttpReply reply = manifest_reply(kManifest);
    reply.fields.emplace_back("Content-Encoding", "gzip");
    return reply;
  });
  EXPECT_EQ(client().fetch_manifest(at(server), "latest", {}).error().code(), Errc::unsupported);
}

TEST_F(ManifestTest, HeadOfAHundredThousandFieldsIsRefused) {
  HttpServer server([](const HttpServerRequest&) {
    std::string raw = "HTTP/1.1 200 OK\r\n";
    for (int n = 0; n < 10'000; ++n)
      raw += "X-Flood-" + std::to_string(n) + ": aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    return HttpReply{.raw = raw + "\r\n"};
  });
  const auto fetched = client().fetch_manifest(at(server), "latest", {});
  EXPECT_EQ(fetched.error().code(), Errc::too_large);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(ManifestTest, SilenceEndsAtTheDeadline) {
  options_.answer_timeout = std::chrono::milliseconds(100);
  options_.attempts = 2;
  HttpServer silent(
      [](const HttpServerRequest&) { return HttpReply{.then = Then::stall, .raw = "HTTP/1.1 200 OK\r\n"}; });
  const auto fetched = client().fetch_manifest(at(silent), "latest", {});
  EXPECT_EQ(fetched.error().code(), Errc::io);
  EXPECT_EQ(silent.requests().size(), 2u);
}

TEST_F(ManifestTest, DripsEndAtTheDeadline) {
  options_.answer_timeout = std::chrono::milliseconds(100);
  options_.attempts = 1;
  HttpServer body([](const HttpServerRequest&) {
    HttpReply reply{.fields = {{"Content-Type", kManifestType}}, .body = " "};
    reply.content_length = 1'000'000;
    reply.then = Then::drip;
    return reply;
  });
  EXPECT_EQ(client().fetch_manifest(at(body), "latest", {}).error().code(), Errc::io);
  HttpServer head([](const HttpServerRequest&) {
    return HttpReply{.body = "X: y\r\n", .then = Then::drip, .raw = "HTTP/1.1 200 OK\r\n"};
  });
  EXPECT_EQ(client().fetch_manifest(at(head), "latest", {}).error().code(), Errc::io);
}

TEST_F(ManifestTest, NamesThatAreNoneAreNeverSent) {
  HttpServer server([](const HttpServerRequest&) { return HttpReply{}; });
  for (const char* tag : {"", "../x", "a b", "a?b", "a#b", "a/b", "a\r\nX: y", ".a"}) {
    EXPECT_EQ(client().resolve(at(server), tag, {}).error().code(), Errc::invalid_argument) << tag;
  }
  for (const char* path : {"", "A", "../x", "a/../b", "a?b", "a:b", "/a", "a/", "a@sha256:b"}) {
    images::RemoteRepository repository = at(server);
    repository.path = path;
    EXPECT_EQ(client().resolve(repository, "latest", {}).error().code(), Errc::invalid_argument) << path;
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(ManifestTest, MirrorIsToldForWhomItStandsIn) {
  HttpServer server([](const HttpServerRequest&) { return manifest_reply(kManifest); });
  images::RemoteRepository mirror = at(server);
  mirror.endpoint.ns = "docker.io";
  mirror.endpoint.path_prefix = "/cache/v2";
  ASSERT_TRUE(client().resolve(mirror, "latest", {}));
  EXPECT_THAT(lines_of(server), ElementsAre("HEAD /cache/v2/a/b/manifests/latest?ns=docker.io"));
}

}  // namespace
}  // namespace bayplan::registry
