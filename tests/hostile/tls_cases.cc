// Certificates that prove nothing, and TLS that is none.
#include "hostile/hostile_case.h"

namespace bayplan::test {
namespace {

HostileCase row(std::string name, Ask ask, Channel channel, Wanted wanted) {
  return {.name = std::move(name),
          .group = "tls",
          .ask = ask,
          .wanted = std::move(wanted),
          .registry = {.channel = channel},
          .most_requests = 0};
}

}  // namespace

std::vector<HostileCase> tls_cases() {
  const Wanted untrusted{Errc::failed_precondition, "registry"};
  const Wanted no_tls{Errc::io, "registry"};
  HostileCase silent = row("tls_never_answered", Ask::manifest, Channel::pretended, no_tls);
  silent.registry.says = always(raw("", Then::stall));
  silent.registry.asked = Asked::connection;
  silent.impatient = true;
  HostileCase garbage = row("tls_answered_with_garbage", Ask::manifest, Channel::pretended, no_tls);
  garbage.registry.says = always(raw(std::string(100'000, '\x16')));
  garbage.registry.asked = Asked::connection;
  HostileCase alert = row("tls_answered_with_an_alert", Ask::manifest, Channel::pretended, no_tls);
  alert.registry.says = always(raw(std::string("\x15\x03\x03\x00\x02\x02\x28", 7)));
  alert.registry.asked = Asked::connection;
  HostileCase reset = row("tls_reset", Ask::manifest, Channel::pretended, no_tls);
  reset.registry.says = always(raw("", Then::reset));
  reset.registry.asked = Asked::connection;
  std::vector<HostileCase> rows{
      silent,
      garbage,
      alert,
      reset,
  };
  for (const Ask ask : {Ask::ping, Ask::blob, Ask::push_blob}) {
    const char* const how = ask == Ask::ping ? "ping" : ask == Ask::blob ? "blob" : "push";
    rows.push_back(row(std::string("plain_where_tls_is_said_") + how, ask, Channel::pretended, no_tls));
    rows.back().registry.says = always(raw("HTTP/1.1 400 Bad Request\r\n\r\n"));
    rows.back().registry.asked = Asked::connection;
  }
  constexpr std::pair<const char*, Channel> kChannels[] = {{"unknown_ca", Channel::unknown_ca},
                                                           {"expired", Channel::expired},
                                                           {"wrong_host", Channel::wrong_host}};
  constexpr std::pair<const char*, Ask> kAsks[] = {{"ping", Ask::ping},         {"head", Ask::resolve},
                                                   {"manifest", Ask::manifest}, {"blob", Ask::blob},
                                                   {"tags", Ask::tags},         {"push", Ask::push_blob}};
  for (const auto& [channel_name, channel] : kChannels) {
    for (const auto& [ask_name, ask] : kAsks) {
      rows.push_back(row(std::string(channel_name) + "_" + ask_name, ask, channel, untrusted));
    }
  }
  return rows;
}

}  // namespace bayplan::test
