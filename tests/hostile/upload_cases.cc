// Registries that take an upload elsewhere, lose it, or lie about what they have of it.
#include <memory>

#include "bayplan/base/digest.h"
#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

using To = std::function<std::string(const Places&)>;

HostileCase row(std::string name, Ask ask, std::function<Says(const Places&)> says, Wanted wanted) {
  return {.name = std::move(name),
          .group = "upload",
          .ask = ask,
          .wanted = std::move(wanted),
          .registry = {.says = std::move(says)},
          .most_requests = 40};
}

HttpReply accepted(const std::string& location, int status = 202) {
  return {.status = status, .fields = {{"Location", location}}};
}

/// To requests of this method.
std::function<Says(const Places&)> by(std::string method, std::function<HttpReply(const Places&)> reply) {
  return [=](const Places& places) -> Says {
    return [=](const HttpServerRequest& request) -> std::optional<HttpReply> {
      if (request.method != method) return std::nullopt;
      return reply(places);
    };
  };
}
std::function<Says(const Places&)> by(std::string method, HttpReply reply) {
  return by(std::move(method), [reply = std::move(reply)](const Places&) { return reply; });
}

HostileCase location(std::string name, To to, Wanted wanted) {
  return row(std::move(name), Ask::push_blob,
             by("POST", [=](const Places& places) { return accepted(to(places)); }), std::move(wanted));
}

HostileCase location(std::string name, const std::string& to) {
  return location(std::move(name), [to](const Places&) { return to; }, {Errc::corrupt, "registry"});
}

/// PATCH is answered with this Range.
HostileCase range(std::string name, const std::string& value, Wanted wanted) {
  HttpReply reply = accepted("/v2/a/b/blobs/uploads/1");
  reply.fields.emplace_back("Range", value);
  return row(std::move(name), Ask::push_chunks, by("PATCH", reply), std::move(wanted));
}

std::vector<HostileCase> places() {
  const auto other = [](const Places& places) { return places.other + "/v2/a/b/blobs/uploads/1?state=x"; };
  HostileCase elsewhere = location("upload_at_another_port", other, kTaken);
  elsewhere.other = HostileServer{};
  HostileCase asks = location("upload_at_another_port_that_asks", other, {Errc::permission_denied, "upload"});
  asks.other =
      HostileServer{.says = always({.status = 401, .fields = {{"WWW-Authenticate", "Basic realm=\"r\""}}})};
  asks.login = Login::password;
  HostileCase weaker = location("upload_in_plain_from_tls", other, {Errc::failed_precondition, "registry"});
  weaker.registry.channel = Channel::tls;
  return {
      elsewhere,
      asks,
      weaker,
      location("upload_in_a_file", "file:///etc/passwd"),
      location("upload_by_ftp", "ftp://127.0.0.1/x"),
      location("upload_in_dots", "/v2/../../x"),
      location("upload_with_line_ends", "/v2/\rX-Evil: 1"),
      location("upload_of_a_user", "http://u:p@127.0.0.1/"),
      row("upload_nowhere", Ask::push_blob, by("POST", HttpReply{.status = 202}), {Errc::corrupt, "blob"}),
      row("upload_redirected", Ask::push_blob, by("PUT", redirect_to("/v2/x")),
          {Errc::unsupported, "registry"}),
  };
}

std::vector<HostileCase> lies() {
  const Wanted lie{Errc::corrupt, "blob"};
  HttpReply chunks = accepted("/v2/a/b/blobs/uploads/1");
  chunks.fields.emplace_back("OCI-Chunk-Min-Length", "99999999999999999999");
  HttpReply huge_chunks = accepted("/v2/a/b/blobs/uploads/1");
  huge_chunks.fields.emplace_back("OCI-Chunk-Min-Length", "9223372036854775807");
  const auto with_digest = [](int status, const std::string& digest) {
    return HttpReply{.status = status, .fields = {{"Location", "/x"}, {"Docker-Content-Digest", digest}}};
  };
  const Wanted no_digest{Errc::corrupt, "Docker-Content-Digest"};
  return {
      range("chunk_range_beyond_what_was_sent", "0-99999999", lie),
      range("chunk_range_of_64_bits", "0-18446744073709551614", lie),
      range("chunk_range_of_less_than_before", "0-0", lie),
      range("chunk_range_of_garbage", "bytes=x-y", kTaken),
      row("least_chunk_beyond_64_bits", Ask::push_chunks, by("POST", chunks), kTaken),
      row("least_chunk_of_everything", Ask::push_chunks, by("POST", huge_chunks), kTaken),
      row("stored_under_a_digest_of_dots", Ask::push_blob, by("PUT", with_digest(201, "sha256:../../x")),
          no_digest),
      row("stored_under_another_digest", Ask::push_blob,
          by("PUT", with_digest(201, Digest::of("x").to_string())), {Errc::digest_mismatch, "blob"}),
      row("mounted_as_another_digest", Ask::push_manifest,
          by("PUT", with_digest(201, Digest::of("x").to_string())), {Errc::digest_mismatch, "manifest"}),
      row("manifest_stored_under_dots", Ask::push_manifest, by("PUT", with_digest(201, "sha256:../../x")),
          no_digest),
      row("blob_there_in_another_size", Ask::push_blob, by("HEAD", HttpReply{.content_length = 5}),
          {Errc::digest_mismatch, "blob"}),
      row("blob_there_in_no_size", Ask::push_blob, by("HEAD", HttpReply{.sized = false}),
          {Errc::corrupt, "blob"}),
  };
}

std::vector<HostileCase> losses() {
  const Wanted given_up{Errc::io, "upload"};
  HostileCase early =
      row("upload_answered_before_it_is_sent", Ask::push_blob,
          by("PUT", HttpReply{.status = 400, .then = Then::close}), {Errc::invalid_argument, "upload"});
  early.registry.asked = Asked::head;
  HostileCase cut = row("upload_reset_in_the_body", Ask::push_blob, by("PUT", raw("", Then::reset)),
                        {Errc::io, "registry"});
  cut.registry.asked = Asked::head;
  return {
      early,
      cut,
      row("upload_reset_after_the_body", Ask::push_blob, by("PUT", raw("", Then::reset)),
          {Errc::io, "registry"}),
      row("upload_reset_in_a_chunk", Ask::push_chunks, by("PATCH", raw("", Then::reset)),
          {Errc::io, "registry"}),
      row("upload_lost_again_and_again", Ask::push_blob, by("PUT", HttpReply{.status = 404}),
          {Errc::not_found, "upload"}),
      row("upload_broken_again_and_again", Ask::push_blob, by("PUT", HttpReply{.status = 500}), given_up),
      row("chunk_out_of_place_again_and_again", Ask::push_chunks, by("PATCH", HttpReply{.status = 416}),
          given_up),
      row("upload_refused_at_length", Ask::push_blob,
          by("PUT",
             HttpReply{
                 .status = 400, .body = std::string(65536, 'e'), .sized = false, .then = Then::endless}),
          {Errc::invalid_argument, "upload"}),
      row("manifest_reset", Ask::push_manifest, by("PUT", raw("", Then::reset)), {Errc::io, "registry"}),
  };
}

}  // namespace

std::vector<HostileCase> upload_cases() {
  std::vector<HostileCase> all;
  for (const auto part : {places, lies, losses}) {
    std::vector<HostileCase> more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace bayplan::test
