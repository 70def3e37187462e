#include "hostile/runner.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "bayplan/base/fd.h"
#include "hostile/good_registry.h"
#include "names/base64.h"
#include "support/certificate.h"

namespace bayplan::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
// Sanitizers shadow all memory, and AddressSanitizer keeps 256 MiB of what was freed.
constexpr std::uint64_t kMostMemory = 1ull << 30;
#else
// A document of 4 MiB takes 25 times as much while it is parsed; the rest is a store, and what this process
// had when it forked.
constexpr std::uint64_t kMostMemory = 160ull << 20;
#endif
// Far beyond what any row takes: a client that never ends is killed.
constexpr unsigned kMostSeconds = 300;

struct Certificates {
  TempDir dir;
  Certificate good = make_certificate(dir, "good");
  Certificate stranger = make_certificate(dir, "stranger");
  Certificate expired = make_certificate(dir, "expired", {.from_now = std::chrono::hours(-24)});
  Certificate wrong_host = make_certificate(dir, "wrong-host", {.names = "DNS:registry.example"});
};

const Certificates& certificates() {
  static const Certificates kCertificates;
  return kCertificates;
}

const Certificate& certificate_of(Channel channel) {
  switch (channel) {
    case Channel::unknown_ca:
      return certificates().stranger;
    case Channel::expired:
      return certificates().expired;
    case Channel::wrong_host:
      return certificates().wrong_host;
    default:
      return certificates().good;
  }
}

// The CA that the client is given: of the server itself, where not exactly that is what is wrong.
const Certificate& trusted_by_client(Channel channel) {
  return channel == Channel::unknown_ca ? certificates().good : certificate_of(channel);
}

/// A pipe whose ends close by themselves.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    out = UniqueFd(ends[0]);
    in = UniqueFd(ends[1]);
  }
  UniqueFd out, in;
};

void write_text(const UniqueFd& to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(to.get(), text.data(), text.size());
    if (count <= 0) std::abort();
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string read_text(const UniqueFd& from) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(from.get(), buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string outcome(const std::optional<Errc>& code, const std::string& kind) {
  if (!code) return "taken";
  return std::string(errc_name(*code)) + " " + kind;
}

images::RemoteRepository repository_of(const HostileCase& hostile, std::uint16_t port) {
  images::RemoteRepository repository;
  repository.endpoint.host = "127.0.0.1";
  repository.endpoint.port = port;
  repository.endpoint.plain_http = hostile.registry.channel == Channel::plain;
  repository.endpoint.proxy = "";
  repository.endpoint.headers = {{"X-Registry-Key", kSecretHeader}};
  repository.endpoint.ca_file = trusted_by_client(hostile.registry.channel).certificate;
  if (hostile.login == Login::token) {
    repository.credentials.registry_token = kToken;
  } else {
    repository.credentials.user = kUser;
    repository.credentials.password = kPassword;
  }
  repository.path = kRepository;
  return repository;
}

// The child: waits until the servers listen, does what it is for, and says what became of it.
[[noreturn]] void be_client(const HostileCase& hostile, const HostileClient& client, const UniqueFd& port,
                            const UniqueFd& said) {
  ::alarm(kMostSeconds);
  const std::string number = read_text(port);
  const auto done = client(hostile, repository_of(hostile, static_cast<std::uint16_t>(std::stoul(number))));
  if (done) {
    write_text(said, "taken\n");
  } else {
    write_text(said, outcome(done.error().code(), done.error().kind()) + "\n" + done.error().to_string());
  }
  std::_Exit(0);
}

class Servers {
 public:
  explicit Servers(const HostileCase& hostile)
      : other_(start(hostile.other.value_or(HostileServer{}), other_says_)),
        registry_(start(hostile.registry, registry_says_)) {
    const Places places{address(*registry_, hostile.registry.channel),
                        address(*other_, hostile.other ? hostile.other->channel : Channel::plain)};
    // Nobody asks before the client is told the port.
    if (hostile.registry.says) registry_says_ = hostile.registry.says(places);
    if (hostile.other && hostile.other->says) other_says_ = hostile.other->says(places);
  }

  std::uint16_t port() const { return registry_->port(); }
  std::vector<HttpServerRequest> at_registry() const { return registry_->requests(); }
  std::vector<HttpServerRequest> at_other() const { return other_->requests(); }

 private:
  static std::unique_ptr<HttpServer> start(const HostileServer& server, const Says& says) {
    HttpServerOptions options{.asked = server.asked, .http2 = server.channel == Channel::http2};
    if (server.channel != Channel::plain && server.channel != Channel::pretended) {
      options.certificate = certificate_of(server.channel).certificate;
      options.key = certificate_of(server.channel).key;
    }
    const auto answer = [&says](const HttpServerRequest& request) {
      const auto said = says ? says(request) : std::nullopt;
      return said ? *said : good_image().registry.answer(request);
    };
    return std::make_unique<HttpServer>(answer, options);
  }
  static std::string address(const HttpServer& server, Channel channel) {
    return (channel == Channel::plain ? "http://" : "https://") + server.address();
  }

  Says other_says_;
  Says registry_says_;
  std::unique_ptr<HttpServer> other_;
  std::unique_ptr<HttpServer> registry_;
};

bool holds_secret(std::string_view text) {
  static const std::string kBasic = images::encode_base64(std::string(kUser) + ":" + kPassword);
  return text.find(kSecret) != std::string_view::npos || text.find(kBasic) != std::string_view::npos;
}

std::size_t secrets_in(const std::vector<HttpServerRequest>& requests) {
  std::size_t count = 0;
  for (const HttpServerRequest& request : requests) {
    count += holds_secret(request.target) || holds_secret(request.body);
    for (const auto& [name, value] : request.fields) count += holds_secret(value);
  }
  return count;
}

void judge(const HostileCase& hostile, HostileReport& report) {
  const auto fault = [&](bool is_one, const std::string& text) {
    if (is_one) report.faults.push_back(text);
  };
  const Wanted& wanted = hostile.wanted;
  const bool as_good = wanted.or_code && report.got == outcome(wanted.or_code, wanted.kind);
  fault(report.got != report.wanted && !as_good,
        "wanted " + report.wanted + ", got " + report.got + ": " + report.text);
  fault(report.peak_memory > kMostMemory, std::to_string(report.peak_memory >> 20) + " MiB of memory");
  fault(report.secrets > 0, "secrets leaked");
  fault(!hostile.other && report.elsewhere > 0, "went to the other server");
  fault(report.requests > hostile.most_requests, "made " + std::to_string(report.requests) + " requests");
  const bool plain = std::all_of(report.text.begin(), report.text.end(), [](char c) { return c >= ' '; });
  fault(!plain, "an error that is no line of text");
}

}  // namespace

images::RegistryOptions options_of(const HostileCase& hostile) {
  images::RegistryOptions options;
  const std::chrono::milliseconds patience(hostile.impatient ? 300 : 20'000);
  options.answer_timeout = patience;
  options.stall_window = patience;
  options.connect_timeout = patience;
  if (hostile.impatient) options.attempts = 2;
  return options;
}

HostileReport run_hostile(const HostileCase& hostile, const HostileClient& client) {
  certificates();
  good_image();
  ::malloc_trim(0);  // what is free here would be counted in the child
  Pipe port;
  Pipe said;
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    port.in.reset();
    said.out.reset();
    be_client(hostile, client, port.out, said.in);
  }
  port.out.reset();
  said.in.reset();
  const Servers servers(hostile);
  write_text(port.in, std::to_string(servers.port()));
  port.in.reset();
  const std::string words = read_text(said.out);
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0) {
  }
  const std::size_t end = std::min(words.find('\n'), words.size());
  HostileReport report;
  report.wanted = outcome(hostile.wanted.code, hostile.wanted.kind);
  report.got = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? words.substr(0, end)
                                                             : "ended with status " + std::to_string(status);
  report.text = words.substr(std::min(end + 1, words.size()));
  report.peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) << 10;
  report.requests = servers.at_registry().size();
  report.elsewhere = servers.at_other().size();
  report.secrets = secrets_in(servers.at_other()) + (holds_secret(report.text) ? 1 : 0);
  judge(hostile, report);
  return report;
}

std::string table_line(const HostileCase& hostile, const HostileReport& report) {
  std::array<char, 256> line{};
  std::snprintf(line.data(), line.size(), "%-9s %-38s %-28s %-28s %6.1f MiB %5zu %3zu %3zu%s",
                hostile.group.c_str(), hostile.name.c_str(), report.wanted.c_str(), report.got.c_str(),
                static_cast<double>(report.peak_memory) / (1 << 20), report.requests, report.elsewhere,
                report.secrets, report.faults.empty() ? "" : "  FAULT");
  return line.data();
}

std::size_t print_hostile_table(const std::vector<HostileCase>& cases, std::string_view part,
                                const HostileClient& client) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("%-9s %-38s %-28s %-28s %10s %5s %3s %3s\n", "group", "case", "wanted", "got", "peak RSS",
              "asks", "off", "sec");
  std::size_t count = 0;
  std::size_t faulty = 0;
  std::uint64_t most = 0;
  for (const HostileCase& hostile : cases) {
    if ((hostile.group + "/" + hostile.name).find(part) == std::string::npos) continue;
    ++count;
    const HostileReport report = run_hostile(hostile, client);
    std::printf("%s\n", table_line(hostile, report).c_str());
    for (const std::string& fault : report.faults) std::printf("          %s\n", fault.c_str());
    faulty += report.faults.empty() ? 0 : 1;
    most = std::max(most, report.peak_memory);
  }
  std::printf("%zu cases, %zu not as they must be; at most %.1f MiB\n", count, faulty,
              static_cast<double>(most) / (1 << 20));
  return faulty;
}

}  // namespace bayplan::test
