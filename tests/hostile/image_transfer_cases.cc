// A good image from a registry that changes its mind in the middle of a pull.
#include <memory>

#include "hostile/good_registry.h"
#include "hostile/image_rows.h"

namespace bayplan::test {
namespace {

/// What becomes of the n-th request, from 0 on; none: what is honest.
using Nth = std::function<std::optional<HttpReply>(const HttpServerRequest&, std::size_t n)>;

HostileCase row(std::string name, const std::string& part, Nth nth, Wanted wanted) {
  const auto says = [=](const Places&) -> Says {
    const auto count = std::make_shared<std::size_t>(0);
    return [=](const HttpServerRequest& request) -> std::optional<HttpReply> {
      if (request.target.find(part) == std::string::npos) return std::nullopt;
      return nth(request, (*count)++);
    };
  };
  return {.name = std::move(name),
          .group = "transfer",
          .ask = Ask::pull,
          .wanted = std::move(wanted),
          .registry = {.says = says}};
}

std::string layer_part() { return good_image().layer.digest.hex(); }

HttpReply begin_of_layer(std::size_t bytes, Then then) {
  HttpReply reply{.body = good_image().layer_bytes().substr(0, bytes)};
  reply.content_length = good_image().layer.size;
  reply.then = then;
  return reply;
}

HttpReply nothing() { return raw("", Then::reset); }

/// The manifest with a space behind it: other bytes, the same meaning.
HttpReply other_manifest() {
  const Descriptor& tagged = good_image().registry.tagged();
  return {.fields = {{"Content-Type", kManifestType}},
          .body = good_image().registry.bytes(tagged.digest) + " "};
}

std::vector<HostileCase> deaths() {
  const Wanted gone{Errc::io, "registry"};
  const auto after = [](std::size_t bytes) {
    return [=](const HttpServerRequest&, std::size_t n) {
      return n == 0 ? begin_of_layer(bytes, Then::reset) : nothing();
    };
  };
  const auto never = [](const HttpServerRequest&, std::size_t) { return nothing(); };
  return {
      row("dies_in_a_layer", layer_part(), after(kRestFrom), gone),
      row("dies_before_a_layer", layer_part(), never, gone),
      row("dies_behind_the_head", "/manifests/sha256:", never, gone),
      row(
          "dies_at_every_byte", layer_part(),
          [](const HttpServerRequest&, std::size_t) { return begin_of_layer(1, Then::reset); }, gone),
      row("layer_answered_500", layer_part(),
          [](const HttpServerRequest&, std::size_t) { return HttpReply{.status = 500}; }, {Errc::io, "blob"}),
      row("layer_answered_429_for_a_day", layer_part(),
          [](const HttpServerRequest&, std::size_t) {
            return HttpReply{.status = 429, .fields = {{"Retry-After", "86400"}}};
          },
          {Errc::busy, "blob"}),
      row("layer_answered_404", layer_part(),
          [](const HttpServerRequest&, std::size_t) { return HttpReply{.status = 404}; },
          {Errc::not_found, "blob"}),
  };
}

std::vector<HostileCase> changes() {
  const Wanted other_bytes{Errc::digest_mismatch, "blob"};
  const auto flipped = [](const HttpServerRequest& request) {
    HttpReply reply = good_image().registry.answer(request);
    for (char& byte : reply.body) byte = static_cast<char>(byte ^ 1);
    return reply;
  };
  const auto head_of = [](const Digest& digest, const char* type) {
    HttpReply reply{.fields = {{"Content-Type", type}, {"Docker-Content-Digest", digest.to_string()}}};
    reply.content_length = good_image().registry.tagged().size;
    return reply;
  };
  const auto for_head = [](const HttpReply& reply) {
    return [=](const HttpServerRequest& request, std::size_t) -> std::optional<HttpReply> {
      if (request.method != "HEAD") return std::nullopt;
      return reply;
    };
  };
  const Digest tagged = good_image().registry.tagged().digest;
  return {
      row(
          "layer_of_other_bytes", layer_part(),
          [=](const HttpServerRequest& request, std::size_t) { return flipped(request); }, other_bytes),
      row(
          "layer_goes_on_with_other_bytes", layer_part(),
          [=](const HttpServerRequest& request, std::size_t n) {
            return n == 0 ? begin_of_layer(kRestFrom, Then::close) : flipped(request);
          },
          other_bytes),
      row("manifest_swapped_behind_the_head",
          "/manifests/sha256:", [](const HttpServerRequest&, std::size_t) { return other_manifest(); },
          {Errc::digest_mismatch, "manifest"}),
      row(
          "tag_moves_behind_the_head", "/manifests/v1",
          [](const HttpServerRequest&, std::size_t n) {
            return n == 0 ? std::optional<HttpReply>() : other_manifest();
          },
          kTaken),
      row("head_of_what_is_not_there", "/manifests/v1",
          for_head(head_of(Digest::of("not there"), kManifestType)), {Errc::not_found, "manifest"}),
      row("head_says_index_of_a_manifest", "/manifests/v1", for_head(head_of(tagged, kIndexType)),
          {Errc::invalid_argument, "document"}),
  };
}

std::vector<HostileCase> gates() {
  const Wanted refused{Errc::permission_denied, "registry"};
  const auto asks = [](std::string challenge) -> HttpReply {
    return {.status = 401, .fields = {{"WWW-Authenticate", std::move(challenge)}}};
  };
  const auto bearer = [=](std::string name, std::size_t from) {
    HostileCase row;
    row.name = std::move(name);
    row.group = "transfer";
    row.ask = Ask::pull;
    row.wanted = refused;
    row.login = Login::password;
    row.registry.says = [=](const Places& places) -> Says {
      const auto count = std::make_shared<std::size_t>(0);
      const HttpReply again = asks("Bearer realm=\"" + places.registry + "/token\",service=\"s\"");
      return [=](const HttpServerRequest& request) -> std::optional<HttpReply> {
        if (request.target.find(layer_part()) == std::string::npos) return std::nullopt;
        if ((*count)++ >= from) return again;
        return begin_of_layer(kRestFrom, Then::reset);
      };
    };
    return row;
  };
  HostileCase basic = row(
      "layer_asks_for_basic_again_and_again", layer_part(),
      [=](const HttpServerRequest&, std::size_t) { return asks("Basic realm=\"give\""); }, refused);
  basic.login = Login::password;
  return {bearer("layer_asks_for_bearer_again_and_again", 0), bearer("rest_of_layer_asks_for_bearer", 1),
          basic};
}

std::vector<HostileCase> detours() {
  const auto other_layer = [](const Places& places) {
    return redirect_to(places.other + "/v2/a/b/blobs/" + good_image().layer.digest.to_string());
  };
  const auto detour = [&](std::string name, HostileServer other, Wanted wanted) {
    HostileCase row{
        .name = std::move(name), .group = "transfer", .ask = Ask::pull, .wanted = std::move(wanted)};
    row.registry.says = on(layer_part(), other_layer);
    row.other = std::move(other);
    return row;
  };
  return {
      detour("layer_at_another_host", {}, kTaken),
      detour("layer_of_other_bytes_at_another_host",
             {.says = always({.body = std::string(good_image().layer.size, 'x')})},
             {Errc::digest_mismatch, "blob"}),
      detour("layer_at_another_host_that_dies", {.says = always(begin_of_layer(kRestFrom, Then::reset))},
             {Errc::io, "registry"}),
  };
}

}  // namespace

std::vector<HostileCase> image_transfer_cases() {
  std::vector<HostileCase> all = deaths();
  for (const auto part : {changes, gates, detours}) {
    for (HostileCase& row : part()) all.push_back(std::move(row));
  }
  return all;
}

}  // namespace bayplan::test
