#include "client_fixture.h"

namespace bayplan::registry {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class ListTest : public ClientTest {
 protected:
  static std::string entry(const std::string& content, const std::string& artifact_type) {
    return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
           Digest::of(content).to_string() + R"(","size":1,"artifactType":")" + artifact_type + R"("})";
  }
  static std::string index(const std::string& entries) {
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
           entries + "]}";
  }
};

TEST_F(ListTest, TagsOfAllPages) {
  HttpServer server([](const HttpServerRequest& request) {
    if (request.target.find("last=b") != std::string::npos)
      return HttpReply{.body = R"({"name":"a/b","tags":["c"]})"};
    return HttpReply{.fields = {{"Link", "</v2/a/b/tags/list?n=2&last=b>; rel=\"next\""}},
                     .body = R"({"name":"a/b","tags":["a","b"]})"};
  });
  const auto tags = client().tags(at(server), {});
  ASSERT_TRUE(tags) << tags.error().to_string();
  EXPECT_THAT(*tags, ElementsAre("a", "b", "c"));
}

TEST_F(ListTest, NoTagsAndNoRepository) {
  HttpServer empty(
      [](const HttpServerRequest&) { return HttpReply{.body = R"({"name":"a/b","tags":null})"}; });
  EXPECT_TRUE(client().tags(at(empty), {})->empty());
  HttpServer none([](const HttpServerRequest&) { return HttpReply{.status = 404}; });
  EXPECT_EQ(client().tags(at(none), {}).error().code(), Errc::not_found);
}

TEST_F(ListTest, PagesInACircleElsewhereOrWithoutEnd) {
  const auto code_of = [&](auto next) {
    HttpServer server([&](const HttpServerRequest&) {
      return HttpReply{.fields = {{"Link", "<" + next() + ">; rel=\"next\""}}, .body = R"({"tags":["a"]})"};
    });
    return client().tags(at(server), {}).error().code();
  };
  EXPECT_EQ(code_of([] { return std::string("/v2/a/b/tags/list?n=1000&last=a"); }), Errc::corrupt);
  EXPECT_EQ(code_of([] { return std::string("http://localhost:1/v2/"); }), Errc::corrupt);
  int page = 0;
  EXPECT_EQ(code_of([&] { return "/v2/a/b/tags/list?page=" + std::to_string(++page); }), Errc::too_large);
}

TEST_F(ListTest, TagsThatAreNone) {
  for (const char* body :
       {R"({"tags":["../x"]})", R"({"tags":["\u001b[2J"]})", R"({"tags":[1]})", "<html>"}) {
    HttpServer server([&](const HttpServerRequest&) { return HttpReply{.body = body}; });
    EXPECT_FALSE(client().tags(at(server), {})) << body;
  }
}

TEST_F(ListTest, ReferrersByTheProtocol) {
  HttpServer server([&](const HttpServerRequest&) {
    return HttpReply{.fields = {{"Content-Type", kIndexType}},
                     .body = index(entry("1", "x/y") + "," + entry("2", "z/z"))};
  });
  const auto all = client().referrers(at(server), Digest::of("s"), {}, {});
  ASSERT_TRUE(all) << all.error().to_string();
  EXPECT_THAT(*all, SizeIs(2));
  const auto some = client().referrers(at(server), Digest::of("s"), "x/y", {});
  ASSERT_TRUE(some);
  EXPECT_THAT(*some, SizeIs(1));
  EXPECT_EQ(server.requests()[1].target,
            "/v2/a/b/referrers/" + Digest::of("s").to_string() + "?artifactType=x%2Fy");
}

TEST_F(ListTest, ReferrersByTheTag) {
  const std::string tag = "/v2/a/b/manifests/sha256-" + Digest::of("s").hex();
  HttpServer server([&](const HttpServerRequest& request) {
    if (request.target != tag) return HttpReply{.status = 404, .body = "404 page not found"};
    return HttpReply{.fields = {{"Content-Type", kIndexType}}, .body = index(entry("1", "x/y"))};
  });
  const auto found = client().referrers(at(server), Digest::of("s"), {}, {});
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_THAT(*found, SizeIs(1));
  const auto none = client().referrers(at(server), Digest::of("other"), {}, {});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

}  // namespace
}  // namespace bayplan::registry
