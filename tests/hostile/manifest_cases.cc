// Manifests and indexes that are too big, are something else than was asked for, or are no documents.
#include "hostile/good_registry.h"
#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";
constexpr std::size_t kHuge = 100u << 20;
constexpr std::size_t kMost = 4u << 20;
const Wanted kTooLarge{Errc::too_large, "registry"};
const Wanted kOtherBytes{Errc::digest_mismatch, "manifest"};

HostileCase row(std::string name, Ask ask, std::function<HttpReply()> reply, Wanted wanted) {
  return {
      .name = std::move(name),
      .group = "manifest",
      .ask = ask,
      .wanted = std::move(wanted),
      .registry = {.says = on("/manifests/", [reply = std::move(reply)](const Places&) { return reply(); })}};
}

HttpReply typed(const std::string& type, std::string body) {
  return {.fields = {{"Content-Type", type}}, .body = std::move(body)};
}

const std::string& good() { return good_image().registry.bytes(good_image().registry.tagged().digest); }

HttpReply with_digest(const std::string& digest) {
  HttpReply reply = typed(kManifestType, good());
  reply.fields.emplace_back("Docker-Content-Digest", digest);
  return reply;
}

HttpReply announced() {
  HttpReply reply = typed(kManifestType, std::string(65536, ' '));
  reply.content_length = kHuge;
  reply.then = Then::endless;
  return reply;
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string all;
  for (std::size_t n = 0; n < count; ++n) all += text;
  return all;
}

std::vector<HostileCase> sizes() {
  const auto without_length = [] {
    HttpReply reply = typed(kManifestType, std::string(kMost + 1, ' '));
    reply.sized = false;
    reply.then = Then::close;
    return reply;
  };
  const auto by_head = [] {
    HttpReply reply = with_digest(good_image().registry.tagged().digest.to_string());
    reply.content_length = kHuge;
    reply.then = Then::close;
    return reply;
  };
  const auto in_chunks = [] {
    HttpReply reply = raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Then::endless);
    reply.body = "10000\r\n" + std::string(65536, ' ') + "\r\n";
    return reply;
  };
  return {
      row("manifest_of_100_mib", Ask::manifest, announced, kTooLarge),
      row("manifest_of_100_mib_by_head", Ask::resolve, by_head, {Errc::too_large, "manifest"}),
      row("manifest_of_100_mib_by_digest", Ask::pinned, announced, kTooLarge),
      row("manifest_of_100_mib_in_chunks", Ask::manifest, in_chunks, kTooLarge),
      row(
          "manifest_one_byte_too_large", Ask::manifest,
          [] { return typed(kManifestType, std::string(kMost + 1, ' ')); }, kTooLarge),
      row("head_without_length_get_too_large", Ask::resolve, without_length, kTooLarge),
  };
}

std::vector<HostileCase> digests() {
  const Wanted no_digest{Errc::corrupt, "Docker-Content-Digest"};
  const std::string other = Digest::of("other").to_string();
  std::vector<HostileCase> rows{
      row(
          "pinned_manifest_of_other_bytes", Ask::pinned, [] { return typed(kManifestType, good() + " "); },
          kOtherBytes),
      row(
          "pinned_manifest_said_to_be_another", Ask::pinned, [=] { return with_digest(other); }, kOtherBytes),
      row(
          "tagged_manifest_said_to_be_another", Ask::manifest, [=] { return with_digest(other); },
          kOtherBytes),
      row(
          "tagged_manifest_cut_by_a_byte", Ask::manifest,
          [] {
            HttpReply reply = with_digest(good_image().registry.tagged().digest.to_string());
            reply.body.pop_back();
            return reply;
          },
          kOtherBytes),
  };
  constexpr std::pair<const char*, const char*> kBad[] = {{"of_dots", "sha256:../../x"},
                                                          {"of_an_absolute_path", "sha256:/etc/passwd"},
                                                          {"of_nothing", "sha256:"},
                                                          {"without_algorithm", "../../../../etc/passwd"},
                                                          {"with_a_query", "sha256:abc?x=1"},
                                                          {"in_upper_case", "sha256:ABCD"},
                                                          {"that_is_too_short", "sha256:abcdef"},
                                                          {"with_escaped_slashes", "sha256:..%2f..%2fx"}};
  for (const auto& [name, text] : kBad) {
    for (const Ask ask : {Ask::resolve, Ask::manifest, Ask::pinned}) {
      const char* const how = ask == Ask::resolve ? "head_" : ask == Ask::manifest ? "tagged_" : "pinned_";
      rows.push_back(row(
          std::string(how) + "digest_" + name, ask, [text = std::string(text)] { return with_digest(text); },
          no_digest));
    }
  }
  return rows;
}

std::vector<HostileCase> types() {
  const Wanted unsupported{Errc::unsupported, "manifest"};
  const Wanted contradiction{Errc::corrupt, "manifest"};
  const Wanted schema1_refused{Errc::unsupported, "docker schema 1"};
  const std::string schema1 = R"({"schemaVersion":1,"fsLayers":[],"history":[]})";
  return {
      row(
          "type_html", Ask::manifest, [] { return typed("text/html", "<html>"); }, unsupported),
      row(
          "type_unknown", Ask::manifest, [] { return typed("application/vnd.evil+json", good()); },
          unsupported),
      row(
          "type_of_a_layer", Ask::manifest,
          [] { return typed("application/vnd.oci.image.layer.v1.tar", good()); }, unsupported),
      row(
          "type_index_of_a_manifest", Ask::manifest, [] { return typed(kIndexType, good()); }, contradiction),
      row(
          "type_of_64_kib", Ask::manifest, [] { return typed("a/" + std::string(60'000, 'b'), good()); },
          unsupported),
      row(
          "type_none_at_all", Ask::manifest, [] { return HttpReply{.body = R"({"schemaVersion":2})"}; },
          unsupported),
      row(
          "schema1_by_type", Ask::manifest,
          [=] { return typed("application/vnd.docker.distribution.manifest.v1+prettyjws", schema1); },
          schema1_refused),
      row(
          "schema1_by_document", Ask::manifest, [=] { return typed("application/json", schema1); },
          schema1_refused),
      row(
          "schema1_said_to_be_oci", Ask::manifest, [=] { return typed(kManifestType, schema1); },
          schema1_refused),
  };
}

std::vector<HostileCase> documents() {
  const Wanted no_json{Errc::invalid_argument, "JSON document"};
  const Wanted no_object{Errc::invalid_argument, "manifest"};
  const auto of = [](const std::string& name, std::function<std::string()> body, Wanted wanted) {
    HostileCase made = row(
        name, Ask::manifest, [body = std::move(body)] { return typed(kManifestType, body()); },
        std::move(wanted));
    // Good JSON, as far as a client looks at it.
    if (!made.wanted.code) made.pulled = {Errc::invalid_argument, "JSON member"};
    return made;
  };
  const auto text = [&](const std::string& name, const std::string& body) {
    return of(
        name, [body] { return body; }, no_json);
  };
  return {
      text("document_empty", ""),
      of(
          "document_null", [] { return "null"; }, no_object),
      of(
          "document_array", [] { return "[]"; }, no_object),
      text("document_cut", R"({"schemaVersion":2,)"),
      text("document_with_a_bom", "\xef\xbb\xbf{}"),
      text("document_in_broken_utf8", "{\"mediaType\":\"\xff\xfe\"}"),
      text("document_with_a_surrogate", R"({"mediaType":"\ud800"})"),
      text("document_with_bytes_behind", "{} {}"),
      text("document_with_nul_behind", std::string("{}\0x", 4)),
      text("document_with_a_name_twice", R"({"schemaVersion":2,"schemaVersion":1})"),
      text("document_with_twins_in_case", R"({"schemaVersion":2,"mediaType":"a/b","MediaType":"c/d"})"),
      of(
          "document_1000_deep", [] { return repeated("{\"a\":", 1000) + "1" + repeated("}", 1000); },
          no_json),
      of(
          "document_a_million_deep", [] { return repeated("[", 1'000'000) + repeated("]", 1'000'000); },
          no_json),
      of(
          "document_of_empty_objects", [] { return "{\"a\":[" + repeated("{},", kMost / 3 - 10) + "{}]}"; },
          kTaken),
      of(
          "document_of_empty_names",
          [] { return "{\"a\":[" + repeated("{\"\":0},", kMost / 7 - 10) + "{}]}"; }, kTaken),
      of(
          "document_of_numbers", [] { return "{\"a\":[" + repeated("1,", kMost / 2 - 10) + "1]}"; }, kTaken),
      of(
          "document_of_one_string", [] { return "{\"a\":\"" + std::string(kMost - 20, 'x') + "\"}"; },
          kTaken),
      text("document_with_a_number_beyond_all", R"({"schemaVersion":1e400})"),
  };
}

}  // namespace

std::vector<HostileCase> manifest_cases() {
  std::vector<HostileCase> all;
  for (const auto part : {sizes, digests, types, documents}) {
    std::vector<HostileCase> more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace bayplan::test
