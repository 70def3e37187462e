// Registries that ask who we are again and again, or in somebody else's name, and token servers that lie.
#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

const Wanted kRefused{Errc::permission_denied, "registry"};
const Wanted kNoChallenge{Errc::corrupt, "WWW-Authenticate"};
const Wanted kNoToken{Errc::corrupt, "token"};
const Wanted kNoTokenServer{Errc::corrupt, "token server"};
const Wanted kWeaker{Errc::failed_precondition, "token server"};

using Realm = std::function<std::string(const Places&)>;

std::string bearer(const std::string& realm) {
  return "Bearer realm=\"" + realm + "\",service=\"s\",scope=\"repository:a/b:pull\"";
}
std::string own_realm(const Places& places) { return places.registry + "/token"; }

HttpReply challenge(const std::string& field) {
  return {.status = 401,
          .fields = {{"WWW-Authenticate", field}},
          .body = R"({"errors":[{"code":"UNAUTHORIZED"}]})"};
}

/// Asks for a token of `realm`, and takes the honest one. `token` is what the registry's own token server
/// says; none: honest.
HostileCase row(std::string name, Realm realm, std::optional<HttpReply> token, Wanted wanted) {
  const auto says = [realm = std::move(realm), token = std::move(token)](const Places& places) -> Says {
    return [=, asked = challenge(bearer(realm(places)))](
               const HttpServerRequest& request) -> std::optional<HttpReply> {
      if (request.path() == "/token") return token;
      if (request.field("Authorization") == std::string("Bearer ") + kBearer) return std::nullopt;
      return asked;
    };
  };
  return {.name = std::move(name),
          .group = "auth",
          .wanted = std::move(wanted),
          .registry = {.says = says},
          .login = Login::password,
          .most_requests = 10};
}

HostileCase realm(std::string name, const std::string& text, Wanted wanted) {
  return row(
      std::move(name), [text](const Places&) { return text; }, {}, std::move(wanted));
}

HostileCase token(std::string name, HttpReply reply, Wanted wanted) {
  return row(std::move(name), own_realm, std::move(reply), std::move(wanted));
}

HostileCase asked(std::string name, HttpReply reply, Wanted wanted) {
  HostileCase made = token(std::move(name), {}, std::move(wanted));
  made.registry.says = on("/v2/", std::move(reply));
  made.most_requests = 3;
  return made;
}

std::vector<HostileCase> loops() {
  HostileCase with_token = asked("token_never_good_enough", challenge("Bearer realm=\"http://x\""), kRefused);
  with_token.login = Login::token;
  HostileCase other_token =
      row("token_taken_by_nobody", own_realm, HttpReply{.body = R"({"token":"sesame-x"})"}, kRefused);
  HostileCase many = asked("challenge_a_hundred_times", challenge(""), kNoChallenge);
  many.registry.says = on("/v2/", [](const Places& places) {
    HttpReply reply{.status = 401};
    for (int n = 0; n < 100; ++n) reply.fields.emplace_back("WWW-Authenticate", bearer(own_realm(places)));
    return reply;
  });
  return {
      asked("basic_never_good_enough", challenge("Basic realm=\"r\""), kRefused),
      with_token,
      other_token,
      many,
      asked("challenge_missing", {.status = 401}, {Errc::unsupported, "registry"}),
      asked("challenge_of_digest", challenge("Digest realm=\"r\",nonce=\"n\""),
            {Errc::unsupported, "registry"}),
      asked("challenge_of_negotiate", challenge("Negotiate"), {Errc::unsupported, "registry"}),
      asked("challenge_unfinished", challenge("Bearer realm=\"open"), kNoChallenge),
      asked("challenge_of_separators", challenge(std::string(60'000, ',')), {Errc::unsupported, "registry"}),
      asked("challenge_of_backslashes", challenge("Bearer realm=\"" + std::string(60'000, '\\')),
            kNoChallenge),
      asked("challenge_without_realm", challenge("Bearer service=\"s\""), kNoTokenServer),
      asked("proxy_authentication", {.status = 407, .fields = {{"Proxy-Authenticate", "Basic realm=\"r\""}}},
            {Errc::permission_denied, "manifest"}),
  };
}

std::vector<HostileCase> realms() {
  const auto other = [](const Places& places) { return places.other + "/token"; };
  const auto user = [](const Places& places) { return "http://u:p@" + places.registry.substr(7) + "/token"; };
  const auto name = [](const Places& places) {
    return "http://localhost" + places.registry.substr(16) + "/token";
  };
  HostileCase from_tls = row("realm_in_plain_from_tls", other, {}, kWeaker);
  from_tls.registry.channel = Channel::tls;
  HostileCase stranger = row("realm_of_a_stranger", other, {}, {Errc::failed_precondition, "registry"});
  stranger.registry.channel = Channel::tls;
  stranger.other = HostileServer{.channel = Channel::unknown_ca};
  HostileCase expired =
      row("realm_with_an_expired_certificate", other, {}, {Errc::failed_precondition, "registry"});
  expired.registry.channel = Channel::tls;
  expired.other = HostileServer{.channel = Channel::expired};
  return {
      realm("realm_of_a_file", "file:///etc/passwd", kNoTokenServer),
      realm("realm_of_ftp", "ftp://127.0.0.1/token", kNoTokenServer),
      realm("realm_relative", "/token", kNoTokenServer),
      realm("realm_empty", "", kNoTokenServer),
      realm("realm_of_the_cloud", "http://169.254.169.254/latest/meta-data/", kWeaker),
      row("realm_with_a_user", user, {}, kNoTokenServer),
      row("realm_of_another_name", name, {}, kWeaker),
      from_tls,
      stranger,
      expired,
  };
}

std::vector<HostileCase> tokens() {
  const auto json = [](const std::string& text) { return HttpReply{.body = text}; };
  HostileCase elsewhere = row("token_server_redirects", own_realm, {}, kWeaker);
  elsewhere.registry.says = [](const Places& places) -> Says {
    return [=](const HttpServerRequest& request) -> std::optional<HttpReply> {
      if (request.path() == "/token") return redirect_to(places.other + "/token");
      return challenge(bearer(own_realm(places)));
    };
  };
  HostileCase slow = token("token_server_stalls", raw("", Then::stall), {Errc::io, "registry"});
  slow.impatient = true;
  HostileCase drips =
      token("token_server_drips", {.body = " ", .content_length = 100'000, .then = Then::drip},
            {Errc::io, "registry"});
  drips.impatient = true;
  return {
      elsewhere,
      slow,
      drips,
      token("token_refused", {.status = 401}, {Errc::permission_denied, "token server"}),
      token("token_refused_as_bad_request", {.status = 400}, {Errc::permission_denied, "token server"}),
      token("token_server_broken", {.status = 500}, {Errc::io, "token server"}),
      token("token_not_found", {.status = 404}, {Errc::not_found, "token server"}),
      token("token_without_end", {.body = std::string(65536, ' '), .sized = false, .then = Then::endless},
            {Errc::too_large, "registry"}),
      token("token_of_100_mib", {.body = " ", .content_length = 100u << 20, .then = Then::close},
            {Errc::too_large, "registry"}),
      token("token_of_900_kb", json(R"({"token":")" + std::string(900'000, 't') + "\"}"), kNoToken),
      token("token_in_gzip",
            {.fields = {{"Content-Encoding", "gzip"}}, .body = R"({"token":"sesame-bearer"})"}, kTaken),
      token("token_in_html", json("<html>"), kNoToken),
      token("token_absent", json("{}"), kNoToken),
      token("token_of_a_number", json(R"({"token":5})"), kNoToken),
      token("token_with_line_ends", json(R"({"token":"x\r\nX-Evil: 1"})"), kNoToken),
      token("token_with_nul", json(R"({"token":"x\u0000"})"), kNoToken),
      token("token_a_million_deep", json(std::string(1'000'000, '[')), kNoToken),
      token("token_for_minus_a_year", json(R"({"token":"sesame-bearer","expires_in":-31536000})"), kTaken),
      token("token_for_ever", json(R"({"token":"sesame-bearer","expires_in":9223372036854775807})"), kTaken),
  };
}

}  // namespace

std::vector<HostileCase> auth_cases() {
  std::vector<HostileCase> all;
  for (const auto part : {loops, realms, tokens}) {
    std::vector<HostileCase> more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace bayplan::test
