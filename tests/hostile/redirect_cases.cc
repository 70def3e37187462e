// Registries that send us on: in circles, to other hosts, over weaker channels, to what is no registry.
#include <memory>

#include "hostile/good_registry.h"
#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

const Wanted kNowhere{Errc::corrupt, "registry"};
const Wanted kWeaker{Errc::failed_precondition, "registry"};

using To = std::function<std::string(const Places&)>;

HostileCase row(std::string name, Ask ask, const std::string& part, To to, Wanted wanted) {
  return {.name = std::move(name),
          .group = "redirect",
          .ask = ask,
          .wanted = std::move(wanted),
          .registry = {.says = on(part, [to = std::move(to)](const Places& places) {
                         return redirect_to(to(places));
                       })}};
}

HostileCase blob(std::string name, To to, Wanted wanted) {
  return row(std::move(name), Ask::blob, "/blobs/", std::move(to), std::move(wanted));
}

HostileCase text(std::string name, const std::string& to) {
  return blob(
      std::move(name), [to](const Places&) { return to; }, kNowhere);
}

/// Where the same is to be had from the other server.
std::string other_blob(const Places& places) {
  return places.other + "/v2/a/b/blobs/" + good_image().layer.digest.to_string() + "?signature=1";
}
std::string other_manifest(const Places& places) { return places.other + "/v2/a/b/manifests/v1"; }

HostileCase with_other(HostileCase row, HostileServer other = {}) {
  row.other = std::move(other);
  return row;
}

/// A pull asks for the config before the layer, and is sent to the layer.
HostileCase with_layer_for_config(HostileCase row) {
  row.pulled = {Errc::digest_mismatch, "blob"};
  return row;
}

HostileCase over_tls(HostileCase row, Channel other) {
  row.registry.channel = Channel::tls;
  if (row.other) row.other->channel = other;
  return row;
}

/// "localhost" for "127.0.0.1": another host at the same address and port.
std::string by_name(std::string url) {
  const std::size_t at = url.find("127.0.0.1");
  return url.replace(at, 9, "localhost");
}

std::vector<HostileCase> circles() {
  HostileCase spiral = blob("spiral", {}, kNowhere);
  spiral.registry.says = [](const Places&) -> Says {
    return [step = std::make_shared<int>(0)](const HttpServerRequest&) {
      return redirect_to("/v2/" + std::to_string(++*step));
    };
  };
  spiral.most_requests = 11;
  const auto back = [](const Places& places) { return places.registry + "/v2/back"; };
  HostileCase back_again =
      with_other(row("and_back_again", Ask::blob, "/v2/a/b/blobs",
                     [](const Places& places) { return places.other + "/x"; }, {Errc::not_found, "blob"}),
                 {.says = on("/x", [=](const Places& places) { return redirect_to(back(places)); })});
  back_again.pulled = {Errc::not_found, "config"};  // which it asks for first
  return {
      row(
          "to_itself", Ask::blob, "", [](const Places&) { return "/v2/again"; }, kNowhere),
      spiral,
      with_other(
          blob(
              "circle_over_another_host", [](const Places& places) { return places.other + "/x"; }, kNowhere),
          {.says = on(
               "/x", [](const Places& places) { return redirect_to(places.registry + "/v2/a/b/blobs/y"); })}),
      back_again,
  };
}

std::vector<HostileCase> elsewhere() {
  const HttpReply unauthorized{.status = 401, .fields = {{"WWW-Authenticate", "Basic realm=\"give\""}}};
  const auto asks_for_more = [=](const Places& places) {
    HttpReply reply = unauthorized;
    reply.fields[0].second = "Bearer realm=\"" + places.registry + "/token\",service=\"s\"";
    return reply;
  };
  const Wanted refused{Errc::permission_denied, "blob"};
  HostileCase user =
      with_other(blob("other_host_asks_for_basic", other_blob, refused), {.says = always(unauthorized)});
  HostileCase bearer =
      with_other(blob("other_host_asks_for_bearer", other_blob, refused), {.says = on("", asks_for_more)});
  user.login = bearer.login = Login::password;
  return {
      with_layer_for_config(with_other(blob("to_another_port", other_blob, kTaken))),
      with_layer_for_config(with_other(blob(
          "to_another_name", [](const Places& places) { return by_name(other_blob(places)); }, kTaken))),
      with_other(row("manifest_at_another_port", Ask::manifest, "/manifests/", other_manifest, kTaken)),
      with_other(row("head_at_another_port", Ask::resolve, "/manifests/", other_manifest, kTaken)),
      with_other(row(
          "tags_at_another_port", Ask::tags, "/tags/",
          [](const Places& places) { return places.other + "/v2/a/b/tags/list"; }, kTaken)),
      with_layer_for_config(
          over_tls(with_other(blob("from_tls_to_another_tls", other_blob, kTaken)), Channel::tls)),
      user,
      bearer,
      with_other(
          blob("other_host_sends_endless_error", other_blob, {Errc::permission_denied, "blob"}),
          {.says = always(
               {.status = 403, .body = std::string(65536, 'e'), .sized = false, .then = Then::endless})}),
  };
}

std::vector<HostileCase> weaker() {
  const auto from_tls = [](HostileCase row) {
    row.registry.channel = Channel::tls;
    return row;
  };
  const auto same_port = [](const Places& places) { return "http" + places.registry.substr(5) + "/v2/x"; };
  return {
      from_tls(blob("from_tls_to_plain", other_blob, kWeaker)),
      from_tls(blob("from_tls_to_plain_at_the_same_port", same_port, kWeaker)),
      from_tls(row("manifest_from_tls_to_plain", Ask::manifest, "/manifests/", other_manifest, kWeaker)),
      from_tls(row("head_from_tls_to_plain", Ask::resolve, "/manifests/", other_manifest, kWeaker)),
      with_other(blob("to_a_certificate_of_a_stranger", other_blob, kWeaker),
                 {.channel = Channel::unknown_ca}),
      with_other(blob("to_a_certificate_of_another_host", other_blob, kWeaker),
                 {.channel = Channel::wrong_host}),
      with_other(blob("to_an_expired_certificate", other_blob, kWeaker), {.channel = Channel::expired}),
  };
}

std::vector<HostileCase> no_address() {
  return {
      text("to_a_file", "file:///etc/passwd"),
      text("to_ftp", "ftp://127.0.0.1/x"),
      text("to_gopher", "gopher://127.0.0.1:70/_x"),
      text("to_a_dictionary", "dict://127.0.0.1:11211/stat"),
      text("to_data", "data:text/plain,x"),
      text("to_a_script", "javascript:alert(1)"),
      text("to_nothing", ""),
      text("to_no_host", "http://"),
      text("to_dots", "/v2/../../etc/passwd"),
      text("to_escaped_dots", "/v2/%2e%2e/%2E./x"),
      text("to_16_kib", "/" + std::string(17'000, 'a')),
      blob(
          "to_a_user_at_another_port",
          [](const Places& places) { return "http://user:p@" + places.other.substr(7) + "/"; }, kNowhere),
      blob(
          "to_a_host_behind_an_at",
          [](const Places& places) { return places.registry + "@" + places.other.substr(7) + "/"; },
          kNowhere),
      blob(
          "to_a_host_behind_a_backslash",
          [](const Places& places) { return places.registry + "\\@" + places.other.substr(7) + "/"; },
          kNowhere),
      blob(
          "to_an_escaped_host", [](const Places&) { return "http://127.0.0%2e1/"; }, kNowhere),
      row("upload_to_elsewhere", Ask::push_blob, "/uploads/",
          [](const Places& places) { return places.other + "/"; }, {Errc::unsupported, "registry"}),
      row("manifest_put_to_elsewhere", Ask::push_manifest, "/manifests/", other_manifest,
          {Errc::unsupported, "registry"}),
  };
}

}  // namespace

std::vector<HostileCase> redirect_cases() {
  std::vector<HostileCase> all;
  for (const auto part : {circles, elsewhere, weaker, no_address}) {
    std::vector<HostileCase> more = part();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace bayplan::test
