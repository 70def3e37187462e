#include "hostile/hostile_case.h"

#include <iterator>

namespace bayplan::test {

std::vector<HostileCase> hostile_cases() {
  std::vector<HostileCase> all;
  for (const auto group : {body_cases, range_cases, silence_cases, head_cases, manifest_cases, redirect_cases,
                           auth_cases, tls_cases, http2_cases, list_cases, upload_cases}) {
    std::vector<HostileCase> more = group();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

std::function<Says(const Places&)> on(std::string part, std::function<HttpReply(const Places&)> reply) {
  return [part = std::move(part), reply = std::move(reply)](const Places& places) -> Says {
    return [part, said = reply(places)](const HttpServerRequest& request) -> std::optional<HttpReply> {
      if (request.target.find(part) == std::string::npos) return std::nullopt;
      return said;
    };
  };
}

std::function<Says(const Places&)> on(std::string part, HttpReply reply) {
  return on(std::move(part), [reply = std::move(reply)](const Places&) { return reply; });
}

std::function<Says(const Places&)> always(HttpReply reply) { return on("", std::move(reply)); }

HttpReply raw(std::string bytes, Then then) { return {.then = then, .raw = std::move(bytes)}; }

HttpReply redirect_to(const std::string& location, int status) {
  return {.status = status, .fields = {{"Location", location}}};
}

}  // namespace bayplan::test
