// Heads of answers: too much, too little, not HTTP, and fields that try to become others.
#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const Wanted kTooLarge{Errc::too_large, "registry"};
const Wanted kNoHttp{Errc::corrupt, "registry"};

HostileCase head(std::string name, std::function<HttpReply()> reply, Wanted wanted) {
  return {.name = std::move(name),
          .group = "head",
          .ask = Ask::manifest,
          .wanted = std::move(wanted),
          .registry = {.says = on("", [reply = std::move(reply)](const Places&) { return reply(); })}};
}

HostileCase bytes(std::string name, std::string text, Wanted wanted) {
  return head(
      std::move(name), [text = std::move(text)] { return raw(text); }, std::move(wanted));
}

HttpReply repeated(const std::string& first, const std::string& again) {
  HttpReply reply = raw(first, Then::endless);
  reply.body = again;
  return reply;
}

std::string many_fields(int count) {
  std::string text = kOk;
  for (int n = 0; n < count; ++n) text += "X-Flood-" + std::to_string(n) + ": a\r\n";
  return text + "\r\n";
}

HttpReply with_field(int status, const std::string& name, const std::string& value) {
  return {.status = status, .fields = {{name, value}}};
}

std::vector<HostileCase> floods() {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </" + std::string(1000, 'l') + ">\r\n\r\n";
  return {
      head(
          "ten_thousand_fields", [] { return raw(many_fields(10'000)); }, kTooLarge),
      head(
          "fields_without_end", [] { return repeated(kOk, "X-Flood: " + std::string(1000, 'f') + "\r\n"); },
          kTooLarge),
      head(
          "field_of_a_megabyte", [] { return raw(kOk + "X: " + std::string(1u << 20, 'x') + "\r\n\r\n"); },
          kTooLarge),
      head(
          "field_without_end", [] { return repeated(kOk + "X: ", std::string(65536, 'x')); }, kTooLarge),
      head(
          "folded_field_without_end",
          [] { return repeated(kOk + "X: y\r\n", " " + std::string(1000, 'x') + "\r\n"); }, kTooLarge),
      head(
          "status_line_without_end", [] { return repeated("HTTP/1.1 200 ", std::string(65536, 'O')); },
          kTooLarge),
      head(
          "interim_answers_flood", [=] { return repeated("", interim); }, kTooLarge),
      head("warnings_flood",
           [] {
             HttpReply reply{.status = 404};
             for (int n = 0; n < 50; ++n)
               reply.fields.emplace_back("Warning", "299 - \"" + std::string(1000, '\x1b') + "\"");
             return reply;
           },
           {Errc::not_found, "manifest"}),
  };
}

std::vector<HostileCase> no_http() {
  const Wanted bad_status{Errc::io, "manifest"};
  return {
      bytes("no_status_line", std::string(2000, 'x'), kNoHttp),
      bytes("other_protocol", "SSH-2.0-OpenSSH_9.2p1 Debian\r\n", kNoHttp),
      bytes("version_that_is_none", "HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", kNoHttp),
      bytes("status_of_letters", "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", kNoHttp),
      bytes("status_999", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", {Errc::io, "registry"}),
      bytes("status_of_a_fourth_digit", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", kNoHttp),
      bytes("no_content", "HTTP/1.1 204 None\r\n\r\n", bad_status),
      bytes("partial_that_nobody_asked_for",
            "HTTP/1.1 206 Part\r\nContent-Range: bytes 0-1/2\r\nContent-Length: 2\r\n\r\n{}", bad_status),
      bytes("not_modified", "HTTP/1.1 304 Same\r\n\r\n", bad_status),
      bytes("switching_protocols", "HTTP/1.1 101 Switch\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nPRI",
            {Errc::io, "registry"}),
      bytes("nul_in_a_field", kOk + std::string("X: a\0b\r\n\r\n", 10), kNoHttp),
      bytes("field_without_colon", kOk + "Transfer-Encoding chunked\r\nContent-Length: 2\r\n\r\n{}", kNoHttp),
  };
}

std::vector<HostileCase> injections() {
  const auto location = [](const std::string& value) { return with_field(307, "Location", value); };
  const auto challenge = [](const std::string& value) { return with_field(401, "WWW-Authenticate", value); };
  const Wanted nowhere{Errc::corrupt, "registry"};
  const Wanted no_challenge{Errc::corrupt, "WWW-Authenticate"};
  std::vector<HostileCase> rows{
      head(
          "location_with_carriage_return", [=] { return location("/v2/\rX-Evil: 1"); }, nowhere),
      head(
          "location_with_line_feed", [=] { return location("/v2/x\nX-Evil: 1"); }, nowhere),
      head("location_with_escaped_line_ends", [=] { return location("/v2/x%0d%0aX-Evil:%201"); },
           {Errc::corrupt, "registry"}),
      head(
          "location_with_escapes_for_a_terminal", [=] { return location("/\x1b[2J"); }, nowhere),
      head(
          "location_in_utf8", [=] { return location("/\xc3\xa9"); }, nowhere),
      head(
          "location_in_broken_utf8", [=] { return location("/\xff\xfe"); }, nowhere),
      head(
          "challenge_with_carriage_return", [=] { return challenge("Bearer realm=\"http://x\rX-Evil: 1\""); },
          no_challenge),
      head(
          "challenge_with_escapes_for_a_terminal", [=] { return challenge("Bearer realm=\"\x1b[2J\""); },
          no_challenge),
      head("digest_with_carriage_return",
           [=] { return with_field(200, "Docker-Content-Digest", "sha256:\rX-Evil: 1"); },
           {Errc::corrupt, "Docker-Content-Digest"}),
  };
  for (HostileCase& row : rows) row.login = Login::password;
  return rows;
}

HostileCase retry_after(std::string name, int status, const std::string& value, Errc code) {
  HostileCase row =
      head(std::move(name), [=] { return with_field(status, "Retry-After", value); }, {code, "registry"});
  row.most_requests = 5;
  return row;
}

std::vector<HostileCase> waits() {
  HostileCase bodiless = retry_after("retry_after_huge_for_upload", 503, "999999999999", Errc::busy);
  bodiless.ask = Ask::push_blob;
  return {
      retry_after("retry_after_a_year", 429, "31536000", Errc::busy),
      retry_after("retry_after_beyond_64_bits", 429, "99999999999999999999999", Errc::busy),
      retry_after("retry_after_negative", 429, "-1", Errc::busy),
      retry_after("retry_after_the_year_9999", 503, "Fri, 31 Dec 9999 23:59:59 GMT", Errc::busy),
      retry_after("retry_after_the_year_1970", 503, "Thu, 01 Jan 1970 00:00:00 GMT", Errc::busy),
      retry_after("retry_after_garbage", 500, std::string(5000, 'a'), Errc::io),
      bodiless,
  };
}

}  // namespace

std::vector<HostileCase> head_cases() {
  std::vector<HostileCase> all;
  for (const auto part : {floods, no_http, injections, waits}) {
    std::vector<HostileCase> more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace bayplan::test
