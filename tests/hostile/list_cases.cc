// Lists of tags and referrers: without end, in circles, elsewhere, and full of what is none.
#include <memory>

#include "hostile/good_registry.h"
#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

constexpr std::size_t kMostPage = 4u << 20;
constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";

using Page = std::function<HttpReply(const Places&, int)>;

/// Each page from its number; pages count from 1.
HostileCase row(std::string name, Ask ask, Page page, Wanted wanted) {
  const std::string part = ask == Ask::tags ? "/tags/list" : "/referrers/";
  const auto says = [part, page = std::move(page)](const Places& places) -> Says {
    return
        [=, count = std::make_shared<int>(0)](const HttpServerRequest& request) -> std::optional<HttpReply> {
          if (request.target.find(part) == std::string::npos) return std::nullopt;
          return page(places, ++*count);
        };
  };
  return {.name = std::move(name),
          .group = "list",
          .ask = ask,
          .wanted = std::move(wanted),
          .registry = {.says = says}};
}

HostileCase tags(std::string name, const std::string& body, Wanted wanted) {
  return row(
      std::move(name), Ask::tags, [body](const Places&, int) { return HttpReply{.body = body}; },
      std::move(wanted));
}

HttpReply linked(std::string body, const std::string& next) {
  return {.fields = {{"Link", "<" + next + ">; rel=\"next\""}}, .body = std::move(body)};
}

std::string next_page(int number) { return "/v2/a/b/tags/list?page=" + std::to_string(number); }
std::string next_referrers(int number) {
  return "/v2/a/b/referrers/" + good_image().registry.tagged().digest.to_string() +
         "?page=" + std::to_string(number);
}

std::string repeated(const std::string& first, const std::string& again, const std::string& last) {
  std::string all = first;
  all.reserve(kMostPage);
  while (all.size() + again.size() + last.size() <= kMostPage) all += again;
  return all + last;
}

std::string entry(const std::string& digest, const std::string& more = "") {
  return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" + digest +
         R"(","size":1)" + more + "}";
}
std::string index(const std::string& entries) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
         entries + "]}";
}

HostileCase referrers(std::string name, const std::string& body, Wanted wanted) {
  return row(
      std::move(name), Ask::referrers, [body](const Places&, int) { return HttpReply{.body = body}; },
      std::move(wanted));
}

std::vector<HostileCase> pages() {
  const std::string some = R"({"tags":["a"]})";
  const Wanted circle{Errc::corrupt, "repository"};
  const Wanted elsewhere{Errc::corrupt, "registry"};
  const Wanted too_large{Errc::too_large, "repository"};
  HostileCase many = row(
      "tags_pages_without_end", Ask::tags, [=](const Places&, int n) { return linked(some, next_page(n)); },
      too_large);
  HostileCase none = row(
      "tags_empty_pages_without_end", Ask::tags,
      [=](const Places&, int n) { return linked(R"({"tags":null})", next_page(n)); }, too_large);
  many.most_requests = none.most_requests = 1000;
  HostileCase weaker =
      row("tags_go_on_in_plain", Ask::tags,
          [=](const Places& places, int) { return linked(some, places.other + "/v2/a/b/tags/list"); },
          {Errc::failed_precondition, "registry"});
  weaker.registry.channel = Channel::tls;
  const auto at = [=](const std::string& next) {
    return [=](const Places&, int) { return linked(some, next); };
  };
  return {
      many,
      none,
      weaker,
      row("tags_in_a_circle", Ask::tags, at("/v2/a/b/tags/list?n=1000"), circle),
      row(
          "tags_in_a_circle_of_two", Ask::tags,
          [=](const Places&, int n) { return linked(some, next_page(n % 2)); }, circle),
      row(
          "tags_go_on_at_another_port", Ask::tags,
          [=](const Places& places, int) { return linked(some, places.other + "/v2/a/b/tags/list"); },
          elsewhere),
      row("tags_go_on_in_a_file", Ask::tags, at("file:///etc/passwd"), elsewhere),
      row("tags_go_on_in_dots", Ask::tags, at("../../../../x"), elsewhere),
      row("tags_go_on_with_line_ends", Ask::tags, at("/v2/\rX-Evil: 1"), elsewhere),
      row(
          "tags_of_64_mib", Ask::tags,
          [](const Places&, int n) {
            return linked(repeated("{\"tags\":[\"a\"", "    ", "]}"), next_page(n));
          },
          too_large),
      row(
          "tags_by_the_million", Ask::tags,
          [](const Places&, int n) {
            return linked(repeated("{\"tags\":[\"a\"", ",\"a\"", "]}"), next_page(n));
          },
          too_large),
  };
}

std::vector<HostileCase> names() {
  const Wanted no_tag{Errc::corrupt, "tag"};
  const Wanted no_json{Errc::invalid_argument, "JSON document"};
  const Wanted no_list{Errc::invalid_argument, "JSON member"};
  return {
      tags("tag_of_dots", R"({"tags":["../x"]})", no_tag),
      tags("tag_with_line_ends", R"({"tags":["a\r\nb"]})", no_tag),
      tags("tag_for_a_terminal", R"({"tags":["\u001b[2J"]})", no_tag),
      tags("tag_of_a_megabyte", "{\"tags\":[\"" + std::string(1u << 20, 'a') + "\"]}", no_tag),
      tags("tag_of_a_number", R"({"tags":[1]})", no_list),
      tags("tags_of_an_object", R"({"tags":{}})", no_list),
      tags("tags_in_html", "<html>", no_json),
      row("tags_page_too_large", Ask::tags,
          [](const Places&, int) { return HttpReply{.body = std::string(kMostPage + 1, ' ')}; },
          {Errc::too_large, "registry"}),
      row("tags_page_without_end", Ask::tags,
          [](const Places&, int) {
            return HttpReply{.body = std::string(65536, ' '), .sized = false, .then = Then::endless};
          },
          {Errc::too_large, "registry"}),
      row(
          "tags_page_of_empty_objects", Ask::tags,
          [](const Places&, int) { return HttpReply{.body = repeated("{\"tags\":[{}", ",{}", "]}")}; },
          no_list),
  };
}

std::vector<HostileCase> subjects() {
  const std::string digest = Digest::of("x").to_string();
  const Wanted no_digest{Errc::invalid_argument, "digest"};
  const Wanted too_large{Errc::too_large, "referrers"};
  const auto paged = [](std::function<std::string()> body) {
    return [body = std::move(body)](const Places&, int n) { return linked(body(), next_referrers(n)); };
  };
  HostileCase many = row("referrers_pages_without_end", Ask::referrers,
                         paged([=] { return index(entry(digest)); }), too_large);
  many.most_requests = 1000;
  HostileCase annotated = row("referrers_of_annotations", Ask::referrers, paged([=] {
                                std::string notes = ",\"annotations\":{\"0\":\"\"";
                                for (int n = 1; n < 200'000; ++n)
                                  notes += ",\"" + std::to_string(n) + "\":\"\"";
                                return index(entry(digest, notes + "}"));
                              }),
                              too_large);
  HostileCase small = row("referrers_by_the_million", Ask::referrers, paged([=] {
                            std::string entries = entry(digest);
                            for (int n = 1; n < 4096; ++n) entries += "," + entry(digest);
                            return index(entries);
                          }),
                          too_large);
  annotated.most_requests = small.most_requests = 1000;
  const HttpReply no_index{
      .fields = {{"Content-Type", kManifestType}},
      .body =
          R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]})"};
  HostileCase by_tag{.name = "referrers_tag_of_another_type",
                     .group = "list",
                     .ask = Ask::referrers,
                     .wanted = {Errc::invalid_argument, "list of referrers"},
                     .registry = {.says = on("/manifests/sha256-", no_index)}};
  std::string crowd = entry(digest);
  for (int n = 0; n < 5000; ++n) crowd += "," + entry(digest);
  return {
      many,
      annotated,
      small,
      referrers("referrers_with_a_digest_of_dots", index(entry("sha256:../../x")), no_digest),
      referrers("referrers_with_an_unknown_algorithm", index(entry("md5:d41d8cd98f00b204e9800998ecf8427e")),
                {Errc::unsupported, "digest"}),
      referrers("referrers_with_a_negative_size",
                index(R"({"mediaType":"a/b","digest":")" + digest + R"(","size":-1})"),
                {Errc::invalid_argument, "JSON member"}),
      referrers("referrers_that_are_no_index", R"({"mediaType":"a/b","manifests":[]})",
                {Errc::invalid_argument, "list of referrers"}),
      referrers("referrers_of_a_crowd_in_a_page", index(crowd), {Errc::too_large, "list of referrers"}),
      by_tag,
  };
}

}  // namespace

std::vector<HostileCase> list_cases() {
  std::vector<HostileCase> all;
  for (const auto part : {pages, names, subjects}) {
    std::vector<HostileCase> more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace bayplan::test
