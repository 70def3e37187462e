#include "bayplan/registry/client.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "client_fixture.h"

namespace bayplan::registry {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ClientTest, ErrorsThatPassAreTriedAgain) {
  for (const int status : {429, 500, 502, 503, 504, 408}) {
    std::atomic<int> calls{0};
    HttpServer server([&](const HttpServerRequest&) {
      return ++calls < 3 ? HttpReply{.status = status} : manifest_reply(kManifest);
    });
    EXPECT_TRUE(client().fetch_manifest(at(server), "latest", {})) << status;
    EXPECT_EQ(calls, 3) << status;
  }
}

TEST_F(ClientTest, ErrorsThatStayAreReportedWithTheRegistrysWords) {
  HttpServer server([&](const HttpServerRequest&) {
    return HttpReply{.status = 500, .body = R"({"errors":[{"code":"UNKNOWN","message":"disk\u001b[31m"}]})"};
  });
  const auto fetched = client().fetch_manifest(at(server), "latest", {});
  EXPECT_EQ(fetched.error().code(), Errc::io);
  EXPECT_THAT(fetched.error().to_string(), HasSubstr("UNKNOWN: disk\\x1b[31m"));
  EXPECT_EQ(server.requests().size(), options_.attempts);
}

TEST_F(ClientTest, RetryAfterIsWaitedForAndBounded) {
  std::atomic<int> calls{0};
  HttpServer server([&](const HttpServerRequest&) {
    return ++calls < 2 ? HttpReply{.status = 429, .fields = {{"Retry-After", "17"}}}
                       : manifest_reply(kManifest);
  });
  EXPECT_TRUE(client().fetch_manifest(at(server), "latest", {}));
  EXPECT_THAT(waits_, ElementsAre(seconds(17)));
  HttpServer later([&](const HttpServerRequest&) {
    return HttpReply{.status = 429, .fields = {{"Retry-After", "86400"}}};
  });
  EXPECT_EQ(client().fetch_manifest(at(later), "latest", {}).error().code(), Errc::busy);
  EXPECT_EQ(later.requests().size(), 1u);
}

TEST_F(ClientTest, NobodyThereIsAnErrorOfInputAndOutput) {
  images::RemoteRepository gone;
  {
    HttpServer server([](const HttpServerRequest&) { return HttpReply{}; });
    gone = at(server);
  }
  EXPECT_EQ(client().ping(gone, {}).error().code(), Errc::io);
  EXPECT_EQ(waits_.size(), options_.attempts - 1);
}

TEST_F(ClientTest, TlsIsNeverExchangedForPlainHttp) {
  options_.connect_timeout = std::chrono::milliseconds(200);
  options_.attempts = 2;
  HttpServer server([](const HttpServerRequest&) { return HttpReply{}; });
  images::RemoteRepository repository = at(server);
  repository.endpoint.plain_http = false;
  EXPECT_FALSE(client().ping(repository, {}));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(ClientTest, ProxyOfTheEndpointIsAsked) {
  HttpServer proxy([](const HttpServerRequest&) { return manifest_reply(kManifest); });
  images::RemoteRepository repository = at(proxy);
  repository.endpoint.host = "registry.invalid";
  repository.endpoint.port = 5000;
  repository.endpoint.proxy = "http://" + proxy.address();
  ASSERT_TRUE(client().fetch_manifest(repository, "latest", {}));
  EXPECT_THAT(lines_of(proxy), ElementsAre("GET http://registry.invalid:5000/v2/a/b/manifests/latest"));
}

TEST_F(ClientTest, EndpointsThatAreNone) {
  HttpServer server([](const HttpServerRequest&) { return HttpReply{}; });
  const auto code = [&](auto change) {
    images::RemoteRepository repository = at(server);
    change(repository.endpoint);
    return client().ping(repository, {}).error().code();
  };
  for (const char* host : {"", "a b", "a/b", "a@b", "a?b", "a#b", "a\r\nb"}) {
    EXPECT_EQ(code([&](images::RegistryEndpoint& endpoint) { endpoint.host = host; }), Errc::invalid_argument)
        << host;
  }
  const std::string longest = "/" + std::string(1024, 'v');
  for (const char* prefix : {"v2", "/../v2", "/v2?x", "/v2 ", longest.c_str()}) {
    EXPECT_EQ(code([&](images::RegistryEndpoint& endpoint) { endpoint.path_prefix = prefix; }),
              Errc::invalid_argument)
        << prefix;
  }
  EXPECT_EQ(code([](images::RegistryEndpoint& endpoint) {
              endpoint.headers = {{"X", "a\r\nHost: b"}};
            }),
            Errc::invalid_argument);
  EXPECT_EQ(code([](images::RegistryEndpoint& endpoint) {
              endpoint.headers = {{"X: y\r\nZ", "a"}};
            }),
            Errc::invalid_argument);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(ClientTest, ManyTransfersOnOneThreadShareConnections) {
  const std::string blob(300'000, 'x');
  const Descriptor descriptor{"application/octet-stream", Digest::of(blob), blob.size()};
  HttpServer server([&](const HttpServerRequest&) { return HttpReply{.body = blob}; });
  images::Registry& shared = client();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < 24; ++n) {
    threads.emplace_back([&] {
      StringSink sink;
      good += shared.fetch_blob(at(server), descriptor, 0, sink, {}) && sink.text == blob ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 24);
  EXPECT_LE(client().statistics().connections, options_.connections_per_host);
}

TEST(OpenClient, NeedsAConnection) {
  EXPECT_EQ(open_client({.connections_per_host = 0}).error().code(), Errc::invalid_argument);
}

TEST(OpenClient, RunsOnTheCallersExecutor) {
  boost::asio::io_context context;
  auto work = boost::asio::make_work_guard(context);
  std::thread thread([&] { context.run(); });
  {
    HttpServer server([](const HttpServerRequest&) { return HttpReply{}; });
    auto client = open_client({}, context.get_executor());
    ASSERT_TRUE(client);
    images::RemoteRepository repository;
    repository.endpoint = {.host = "127.0.0.1", .port = server.port(), .plain_http = true};
    repository.endpoint.proxy = "";
    EXPECT_TRUE((*client)->ping(repository, {}));
  }
  work.reset();
  thread.join();
}

}  // namespace
}  // namespace bayplan::registry
